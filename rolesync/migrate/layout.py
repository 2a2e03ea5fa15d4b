"""A recipe and a table's header → the column of each field."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rolesync.errors import InputRefusedError
from rolesync.migrate.recipe import Condition, Recipe
from rolesync.model.findings import printable, quoted
from rolesync.reader.identity import is_address
from rolesync.tables.header_text import fold_header
from rolesync.tables.table import HeaderRules

MAX_LISTED = 20  # headers that a message lists


@dataclass(frozen=True, slots=True)
class SourceLayout:
    """The columns of a source table, counted from 0; None for a column that the table doesn't have.

    Attributes:
        header: the header's cells, printable.
        email, user_id, role, starts, expires, action: the columns of these fields.
        key: the column whose text identifies the user in the joined file.
        allows_many: whether a cell of the role column may name several roles.
        names: the columns that together hold the user's name.
        matrix: the columns that each give a role, with the role.
        keep: the columns of conditions, with the condition.
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
        """The columns that are read."""
        single = (self.email, self.user_id, self.key, self.role, self.starts, self.expires, self.action)
        places = [place for place in single if place is not None]
        return frozenset([*places, *self.names, *(place for place, _ in (*self.matrix, *self.keep))])

    @property
    def min_cells(self) -> int:
        """The number of cells that every row must have: in a shorter row, a used cell may be in the wrong column."""
        return 1 + max(self.used - {*self.names}, default=0)


def header_rules(recipe: Recipe, *, fixed: str = "") -> HeaderRules:
    """The rules for a source's header: it names the user, and the role unless that is fixed.

    Args:
        recipe: the headers of each field.
        fixed: the role of all users; "" if the rows name it.
    """

    def complete(cells: Sequence[str]) -> bool:
        headers = set(map(fold_header, cells))
        identity = _names_any(recipe.email, headers) or _names_any(recipe.user_id, headers)
        identity = identity or _names_any(recipe.key, headers)
        role = bool(recipe.fixed or fixed) or _names_any(recipe.matrix, headers) or _names_any(recipe.role, headers)
        return identity and role

    def score(cells: Sequence[str]) -> int:
        fields = (recipe.email, recipe.user_id, recipe.key, recipe.role, recipe.name, tuple(recipe.matrix))
        headers = set(map(fold_header, cells))
        return sum(_names_any(names, headers) for names in fields)

    return HeaderRules(score, complete, is_address)


def lay_out_source(recipe: Recipe, header: Sequence[str], source: str, *, fixed: str = "") -> SourceLayout:
    """Find the recipe's columns in a header.

    Args:
        recipe: the headers of each field.
        header: the header's cells.
        source: the name of the table for messages.
        fixed: the role of all users; "" if the rows name it.

    Raises:
        InputRefusedError: there is no column for the user or the role, no column that an option names, or there are two
            columns for the same field.
    """
    shown = tuple(printable(text) for text in header)
    find = _column_finder(header, shown, source, first_of_many=bool(recipe.preset))
    for name in recipe.needed:
        _find_required(find, name, shown, source, "check its spelling, or name the header's row with --header-row")
    fixed = fixed or recipe.fixed
    hint = "each --matrix COLUMN=ROLE must name a column of the table"
    matrix = tuple((_find_required(find, name, shown, source, hint), role) for name, role in recipe.matrix.items())
    role = None if fixed or matrix else find(recipe.role)
    key, user_id = find(recipe.key), find(recipe.user_id)
    layout = SourceLayout(
        header=shown,
        email=find(recipe.email),
        user_id=None if user_id == key else user_id,  # a key of the joined file is not Studio's id
        key=key,
        role=role,
        allows_many=bool(recipe.separator) or (role is not None and fold_header(header[role]) == "roles"),
        names=_name_columns(find, recipe),
        starts=find(recipe.starts),
        expires=find(recipe.expires),
        action=find(recipe.action),
        matrix=matrix,
        keep=tuple((place, rule) for rule in recipe.keep if (place := find(rule.columns)) is not None),
    )
    headers = ", ".join(map(quoted, shown[:MAX_LISTED])) + (", …" if len(shown) > MAX_LISTED else "")
    if layout.email is None and layout.user_id is None and layout.key is None:
        wanted = " or ".join(map(repr, dict.fromkeys([*recipe.email, *recipe.user_id, *recipe.key])))
        text = f"{source}: no column {wanted} identifies the user; the header has {headers}"
        raise InputRefusedError(text, hint="name the column with --email-column, or the header's row with --header-row")
    if layout.role is None and not fixed and not matrix:
        text = f"{source}: no column names the role; the header has {headers}"
        hint = "name it (--role-column), or one role for all users (--role), or a column for each role (--matrix)"
        raise InputRefusedError(text, hint=hint)
    return layout


def _column_finder(
    header: Sequence[str], shown: Sequence[str], source: str, *, first_of_many: bool
) -> Callable[..., int | None]:
    """A function that finds the column of a field by the headers it may have; None if there is none.

    With `first_of_many`, or its keyword `first`, it takes the first of several columns; else several are refused.
    """
    places: dict[str, list[int]] = {}
    for place, text in enumerate(header):
        if text.strip():
            places.setdefault(fold_header(text), []).append(place)

    def find(names: Iterable[str], *, first: bool = first_of_many) -> int | None:
        matches = [places[text] for text in dict.fromkeys(map(fold_header, names)) if text in places]
        columns = matches[0] if matches and first else [place for match in matches for place in match]
        if len(columns) > 1:
            text = f"{source}: {' and '.join(quoted(shown[place]) for place in columns)} are columns for the same"
            hint = "name the right one (--email-column, --role-column …), or rename the others"
            raise InputRefusedError(text, hint=hint)
        return columns[0] if columns else None

    return find


def _find_required(find: Callable[..., int | None], name: str, header: Sequence[str], source: str, hint: str) -> int:
    place = find([name])
    if place is None:
        text = f"{source}: no column {quoted(name)}; the header has {', '.join(map(quoted, header[:MAX_LISTED]))}"
        raise InputRefusedError(text, hint=hint)
    return place


def _name_columns(find: Callable[..., int | None], recipe: Recipe) -> tuple[int, ...]:
    whole = find(recipe.name, first=True)
    parts = [find(names, first=True) for names in recipe.name_parts] if whole is None else [whole]
    return tuple(place for place in parts if place is not None)


def _names_any(names: Iterable[str], headers: set[str]) -> bool:
    return any(fold_header(name) in headers for name in names)
