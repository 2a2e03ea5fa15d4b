"""A recipe held against a header: where everything stands in the rows of one table."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rolesync.errors import InputRefusedError
from rolesync.migrate.recipe import Condition, Recipe
from rolesync.reader.exports import fold
from rolesync.reader.findings import printable, quoted
from rolesync.reader.table import Headers

LISTED = 20  # headers that a message lists at most


@dataclass(frozen=True, slots=True)
class Columns:
    """Places counted from 0, None for what the table doesn't have. `several` tells a column of several roles."""

    header: tuple[str, ...]
    email: int | None
    user_id: int | None
    key: int | None
    role: int | None
    several: bool
    name: int | None
    starts: int | None
    expires: int | None
    action: int | None
    matrix: tuple[tuple[int, str], ...]
    keep: tuple[tuple[int, Condition], ...]

    @property
    def used(self) -> frozenset[int]:
        """The columns that something is read from."""
        single = (self.email, self.user_id, self.key, self.role, self.name, self.starts, self.expires, self.action)
        places = [place for place in single if place is not None]
        return frozenset([*places, *(place for place, _ in (*self.matrix, *self.keep))])


def headers(recipe: Recipe, *, fixed: str = "") -> Headers:
    """Tell what makes a row a header for a recipe: that it names the person, and the role unless that is fixed."""

    def complete(cells: Sequence[str]) -> bool:
        names = set(map(fold, cells))
        person = _any(recipe.email, names) or _any(recipe.user_id, names) or _any(recipe.key, names)
        return person and (bool(recipe.fixed or fixed) or _any(recipe.matrix, names) or _any(recipe.role, names))

    def score(cells: Sequence[str]) -> int:
        groups = (recipe.email, recipe.user_id, recipe.key, recipe.role, recipe.name, tuple(recipe.matrix))
        names = set(map(fold, cells))
        return sum(_any(group, names) for group in groups)

    return Headers(score, complete)


def resolve(recipe: Recipe, header: Sequence[str], where: str, *, fixed: str = "") -> Columns:
    """Find the recipe's columns in a header.

    Raises:
        InputRefusedError: the person or the role has no column, or one is there twice.
    """
    shown = tuple(printable(text) for text in header)
    places: dict[str, list[int]] = {}
    for place, text in enumerate(header):
        if text.strip():
            places.setdefault(fold(text), []).append(place)

    def find(names: Iterable[str]) -> int | None:
        found = next((places[fold(name)] for name in names if fold(name) in places), [])
        if len(found) > 1:
            text = f"{where}: {quoted(shown[found[0]])} is the header of {len(found)} columns"
            raise InputRefusedError(text, hint="give the one that is meant a name of its own")
        return found[0] if found else None

    fixed = fixed or recipe.fixed
    matrix = tuple((_needed(find, name, shown, where), role) for name, role in recipe.matrix.items())
    role = None if fixed or matrix else find(recipe.role)
    columns = Columns(
        header=shown,
        email=find(recipe.email),
        user_id=find(recipe.user_id),
        key=find(recipe.key),
        role=role,
        several=bool(recipe.separator) or (role is not None and fold(header[role]) == "roles"),
        name=find(recipe.name),
        starts=find(recipe.starts),
        expires=find(recipe.expires),
        action=find(recipe.action),
        matrix=matrix,
        keep=tuple((at, one) for one in recipe.keep if (at := find(one.columns)) is not None),
    )
    found = ", ".join(map(quoted, shown[:LISTED])) + (", …" if len(shown) > LISTED else "")
    if columns.email is None and columns.user_id is None and columns.key is None:
        wanted = " or ".join(map(repr, dict.fromkeys([*recipe.email, *recipe.user_id, *recipe.key])))
        text = f"{where}: no column {wanted} names the person; the header has {found}"
        raise InputRefusedError(text, hint="name the column: --email-column, and --header-row if this is no header")
    if columns.role is None and not fixed and not matrix:
        text = f"{where}: no column says which role is given; the header has {found}"
        hint = "name it (--role-column), say one role for all (--role), or a column for each (--matrix COLUMN=ROLE)"
        raise InputRefusedError(text, hint=hint)
    return columns


def _needed(find: Callable[[Iterable[str]], int | None], name: str, header: Sequence[str], where: str) -> int:
    place = find([name])
    if place is None:
        text = f"{where}: no column {quoted(name)}; the header has {', '.join(map(quoted, header[:LISTED]))}"
        raise InputRefusedError(text, hint="--matrix names a column that is there: --matrix COLUMN=ROLE")
    return place


def _any(names: Iterable[str], header: set[str]) -> bool:
    return any(fold(name) in header for name in names)
