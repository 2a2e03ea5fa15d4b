"""A recipe held against a header: where everything stands in the rows of one table."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rolesync.errors import InputRefusedError
from rolesync.migrate.recipe import Condition, Recipe
from rolesync.model.findings import printable, quoted
from rolesync.reader.identity import is_address
from rolesync.tables.header_text import fold_header
from rolesync.tables.table import HeaderRules

LISTED = 20  # headers that a message lists at most


@dataclass(frozen=True, slots=True)
class Columns:
    """Places counted from 0, None for what the table doesn't have.

    `allows_many` tells a column of several roles; `names` are the columns that together are somebody's name.
    """

    header: tuple[str, ...]
    email: int | None
    user_id: int | None
    key: int | None
    role: int | None
    allows_many: bool
    names: tuple[int, ...]
    starts: int | None
    expires: int | None
    action: int | None
    matrix: tuple[tuple[int, str], ...]
    keep: tuple[tuple[int, Condition], ...]

    @property
    def used(self) -> frozenset[int]:
        """The columns that something is read from."""
        single = (self.email, self.user_id, self.key, self.role, self.starts, self.expires, self.action)
        places = [place for place in single if place is not None]
        return frozenset([*places, *self.names, *(place for place, _ in (*self.matrix, *self.keep))])

    @property
    def min_cells(self) -> int:
        """The number of cells a row must have: where one of these is missing, any other may stand in its place."""
        return 1 + max(self.used - {*self.names}, default=0)


def header_rules(recipe: Recipe, *, fixed: str = "") -> HeaderRules:
    """Tell what makes a row a header for a recipe: that it names the person, and the role unless that is fixed."""

    def complete(cells: Sequence[str]) -> bool:
        names = set(map(fold_header, cells))
        person = _any(recipe.email, names) or _any(recipe.user_id, names) or _any(recipe.key, names)
        return person and (bool(recipe.fixed or fixed) or _any(recipe.matrix, names) or _any(recipe.role, names))

    def score(cells: Sequence[str]) -> int:
        groups = (recipe.email, recipe.user_id, recipe.key, recipe.role, recipe.name, tuple(recipe.matrix))
        names = set(map(fold_header, cells))
        return sum(_any(group, names) for group in groups)

    return HeaderRules(score, complete, is_address)


def resolve(recipe: Recipe, header: Sequence[str], where: str, *, fixed: str = "") -> Columns:
    """Find the recipe's columns in a header.

    Raises:
        InputRefusedError: the person, the role or a column that was named isn't there, or one is there twice.
    """
    shown = tuple(printable(text) for text in header)
    places: dict[str, list[int]] = {}
    for place, text in enumerate(header):
        if text.strip():
            places.setdefault(fold_header(text), []).append(place)

    def find(names: Iterable[str], *, first: bool = bool(recipe.preset)) -> int | None:
        found = [places[text] for text in dict.fromkeys(map(fold_header, names)) if text in places]
        columns = found[0] if found and first else [place for several in found for place in several]
        if len(columns) > 1:
            text = f"{where}: {' and '.join(quoted(shown[place]) for place in columns)} are columns for the same"
            hint = "name the one that is meant (--email-column, --role-column …), or give the others other headers"
            raise InputRefusedError(text, hint=hint)
        return columns[0] if columns else None

    for name in recipe.needed:
        _needed(find, name, shown, where, "check how it is written, and --header-row if this is no header")
    fixed = fixed or recipe.fixed
    hint = "--matrix names a column that is there: --matrix COLUMN=ROLE"
    matrix = tuple((_needed(find, name, shown, where, hint), role) for name, role in recipe.matrix.items())
    role = None if fixed or matrix else find(recipe.role)
    key, user_id = find(recipe.key), find(recipe.user_id)
    columns = Columns(
        header=shown,
        email=find(recipe.email),
        user_id=None if user_id == key else user_id,  # what is a key elsewhere is no id of Studio
        key=key,
        role=role,
        allows_many=bool(recipe.separator) or (role is not None and fold_header(header[role]) == "roles"),
        names=_names(find, recipe),
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


def _needed(
    find: Callable[[Iterable[str]], int | None], name: str, header: Sequence[str], where: str, hint: str
) -> int:
    place = find([name])
    if place is None:
        text = f"{where}: no column {quoted(name)}; the header has {', '.join(map(quoted, header[:LISTED]))}"
        raise InputRefusedError(text, hint=hint)
    return place


def _names(find: Callable[..., int | None], recipe: Recipe) -> tuple[int, ...]:
    whole = find(recipe.name, first=True)
    parts = [find(names, first=True) for names in recipe.name_parts] if whole is None else [whole]
    return tuple(place for place in parts if place is not None)


def _any(names: Iterable[str], header: set[str]) -> bool:
    return any(fold_header(name) in header for name in names)
