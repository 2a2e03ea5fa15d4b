"""A recipe and a table's header → the column of each field."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

from rolesync.errors import InputRefusedError
from rolesync.migrate.plain_tables import recipe_by_meaning
from rolesync.migrate.recipe import Recipe
from rolesync.model.findings import printable, quoted
from rolesync.reader.column_words import header_meanings, is_of_other_program
from rolesync.reader.header_findings import list_headers, option
from rolesync.reader.identity import is_address
from rolesync.reader.known_exports import RowCondition
from rolesync.reader.recognise_exports import fold_export_header, recognise_export
from rolesync.tables.column_letters import named_header
from rolesync.tables.header_text import fold_header
from rolesync.tables.table import HeaderRules

_NAME_ONE = "name the right one (--email-column, --role-column …), or rename the others"


@dataclass(frozen=True, slots=True)
class SourceLayout:
    """The columns of a source table, counted from 0; None for a column that the table doesn't have.

    Attributes:
        header: the header's cells, printable.
        emails: the columns of addresses: where one is blank, the next counts.
        logins: the columns of login names, which may be addresses.
        roles: the columns of roles.
        user_id, starts, expires, action: the columns of these fields.
        key: the column whose text identifies the user in the joined file.
        allows_many: whether a cell of a role column may name several roles.
        names: the columns that together hold the user's name.
        matrix: the columns that each give a role, with the role.
        keep: the columns of conditions, with the condition.
        foreign: the columns that show that the user ids are probably another program's.
    """

    header: tuple[str, ...]
    emails: tuple[int, ...]
    logins: tuple[int, ...]
    user_id: int | None
    key: int | None
    roles: tuple[int, ...]
    allows_many: bool
    names: tuple[int, ...]
    starts: int | None
    expires: int | None
    action: int | None
    matrix: tuple[tuple[int, str], ...]
    keep: tuple[tuple[int, RowCondition], ...]
    foreign: tuple[int, ...] = ()

    @property
    def used(self) -> frozenset[int]:
        """The columns that are read."""
        single = (self.user_id, self.key, self.starts, self.expires, self.action)
        places = [*self.emails, *self.logins, *self.roles, *(place for place in single if place is not None)]
        return frozenset([*places, *self.names, *(place for place, _ in (*self.matrix, *self.keep))])

    @property
    def deciding(self) -> frozenset[int]:
        """The columns that decide who gets which role; a name decides nothing."""
        return self.used - {*self.names}

    @property
    def named_only(self) -> frozenset[int]:
        """The columns in which, once options name words, no other word counts."""
        return frozenset(place for place, condition in self.keep if condition.named_only)

    @property
    def min_cells(self) -> int:
        """The number of cells that every row must have: in a shorter row, a used cell may be in the wrong column."""
        return 1 + max(self.deciding, default=0)


def header_rules(recipe: Recipe, *, fixed: str = "") -> HeaderRules:
    """The rules for a source's header: it names the user, and the role unless that is fixed; or it is an export's.

    Args:
        recipe: the headers of each field.
        fixed: the role of all users; "" if the rows name it.
    """

    @lru_cache(maxsize=64)  # both rules look at each of the first rows, once for each delimiter and encoding
    def rate(cells: tuple[str, ...]) -> tuple[bool, int]:
        """Whether a header is complete, and its score."""
        headers, meant = set(map(fold_export_header, named_header(cells))), recipe_by_meaning(recipe, cells)
        is_export = recognise_export(cells) is not None
        identity = [_names_any(names, headers) for names in (meant.email, meant.login, meant.user_id, meant.key)]
        role, matrix = _names_any(meant.role, headers), _names_any(meant.matrix, headers)
        has_role = bool(meant.fixed or fixed) or matrix or role
        score = len(headers) * is_export + sum([*identity, role, matrix, _names_any(meant.name, headers)])
        return is_export or (any(identity) and has_role), score

    return HeaderRules(lambda cells: rate(tuple(cells))[1], lambda cells: rate(tuple(cells))[0], is_address)


def lay_out_source(recipe: Recipe, header: Sequence[str], source: str, *, fixed: str = "") -> SourceLayout:
    """Find the recipe's columns in a header.

    Args:
        recipe: the headers of each field.
        header: the header's cells.
        source: the name of the table for messages.
        fixed: the role of all users; "" if the rows name it.

    Raises:
        InputRefusedError: a column for the user or the role, or a column that an option names, is missing. Or two
            columns have the same field.
    """
    recipe = recipe_by_meaning(recipe, header)
    columns = _Columns(header, source, first_of_many=bool(recipe.preset))
    for name in recipe.needed:
        columns.require(name, "check its spelling, or name the header's row with --header-row")
    fixed = fixed or recipe.fixed
    hint = "each --matrix COLUMN=ROLE must name a column of the table"
    matrix = tuple((columns.require(name, hint), role) for name, role in recipe.matrix.items())
    roles = () if fixed or matrix else columns.role_columns(recipe)
    key, user_id = columns.find(recipe.key), columns.find(recipe.user_id)
    emails = columns.find_all(recipe.email)
    foreign = _foreign_columns(recipe, header, user_id)
    decided = {columns.find([name]) for name in (*recipe.keep_words, *recipe.ignored_columns)}
    layout = SourceLayout(
        header=columns.printable_names,
        emails=emails,
        logins=tuple(place for place in columns.find_all(recipe.login) if place not in emails),
        user_id=None if user_id == key or (emails and foreign) else user_id,
        key=key,
        roles=roles,
        allows_many=bool(recipe.separator) or any(fold_header(header[place]) == "roles" for place in roles),
        names=columns.name_columns(recipe),
        starts=columns.find_limit(recipe.starts, without=decided),
        expires=columns.find_limit(recipe.expires, without=decided),
        action=columns.find_limit(recipe.action, without=decided),
        matrix=matrix,
        keep=tuple(_conditions(recipe, columns)),
        foreign=foreign,
    )
    _check_fields(layout, recipe, source, has_role=bool(roles or fixed or matrix))
    return layout


def _foreign_columns(recipe: Recipe, header: Sequence[str], user_id: int | None) -> tuple[int, ...]:
    """Find the columns that only other programs have, so that a user id that no option names is probably theirs."""
    if "user_id" in recipe.named or user_id is None:
        return ()
    pairs = zip(header, header_meanings(header), strict=True)
    return tuple(at for at, (text, meaning) in enumerate(pairs) if is_of_other_program(text, meaning))


def find_role_columns(recipe: Recipe, header: Sequence[str]) -> tuple[int, ...]:
    """Find the columns of roles, whether or not the rows give another role."""
    recipe = recipe_by_meaning(recipe, header)
    return _Columns(header, "", first_of_many=True).role_columns(recipe)


def settled_columns(recipe: Recipe, header: Sequence[str]) -> frozenset[int]:
    """Find the columns about whose words an export's recipe decides."""
    columns = _Columns(header, "", first_of_many=True)
    return frozenset(_present(columns.find(rule.columns) for rule in recipe.keep))


def _check_fields(layout: SourceLayout, recipe: Recipe, source: str, *, has_role: bool) -> None:
    """Refuse a table without a column for the user or the role."""
    headers = list_headers(layout.header)
    if not layout.emails and not layout.logins and layout.user_id is None and layout.key is None:
        names = dict.fromkeys([*recipe.email, *recipe.login, *recipe.user_id, *recipe.key])
        text = f"{source}: no column {' or '.join(map(repr, names))} identifies the user; the header has {headers}"
        raise ColumnMissingError(
            text, hint="name the column with --email-column, or the header's row with --header-row"
        )
    if not has_role:
        text = f"{source}: no column names the role; the header has {headers}"
        hint = "name it (--role-column), or one role for all users (--role), or a column for each role (--matrix)"
        raise ColumnMissingError(text, hint=hint)


def _conditions(recipe: Recipe, columns: "_Columns") -> Iterator[tuple[int, RowCondition]]:
    """Yield the conditions of the recipe, with the user's decisions about their columns."""
    ignored = {place for name in recipe.ignored_columns if (place := columns.find([name])) is not None}
    words = {place: words for name, words in recipe.keep_words.items() if (place := columns.find([name])) is not None}
    conditions = [(place, rule) for rule in recipe.keep if (place := columns.find(rule.columns)) is not None]
    for place, condition in conditions:
        if place not in ignored:
            yield place, condition.decided(words[place]) if place in words else condition
    for place in words.keys() - {place for place, _ in conditions}:
        yield place, RowCondition(columns=(columns.printable_names[place],), why="").decided(words[place])


class ColumnMissingError(InputRefusedError):
    """No column identifies the user, or none names the role."""


class _Columns:
    """The columns of a header, found by the headers that a field may have; `*` in such a header stands for any text.

    Args:
        header: the header's cells.
        source: the name of the table for messages.
        first_of_many: whether the first of several columns for the same field counts; else they are refused.
    """

    def __init__(self, header: Sequence[str], source: str, *, first_of_many: bool) -> None:
        names = named_header(header)
        self.printable_names, self._source, self._first_of_many = tuple(map(printable, names)), source, first_of_many
        self._places: dict[str, list[int]] = {}
        for place, text in enumerate(names):
            self._places.setdefault(fold_export_header(text), []).append(place)

    def _matches(self, names: Iterable[str]) -> list[list[int]]:
        """The columns of each name."""
        matches = [
            self._places.get(fold_export_header(name))
            or [place for text, places in self._places.items() if _is_like(text, name) for place in places]
            for name in dict.fromkeys(map(fold_header, names))
        ]
        return [places for places in matches if places]

    def find(self, names: Iterable[str], *, first: bool = False) -> int | None:
        """The column of a field; None if there is none.

        Raises:
            InputRefusedError: several columns fit, and neither this call nor the recipe takes the first.
        """
        return self._single(self._candidates(names, first=first), _NAME_ONE)

    def find_limit(self, names: Iterable[str], *, without: Collection[int | None]) -> int | None:
        """The column of a field that limits a role or takes it away; None if there is none.

        Args:
            names: its possible headers.
            without: columns about which the user has decided.

        Raises:
            InputRefusedError: several columns fit, and the recipe doesn't take the first.
        """
        places = self._candidates(names, without=without)
        ignores = dict.fromkeys(option("ignore-column", self.printable_names[place].strip()) for place in places)
        hint = f"ignore all but one of them: {' or '.join(ignores)}"
        return self._single(places, hint if len(ignores) == len(places) else "rename or delete all but one of them")

    def _candidates(
        self, names: Iterable[str], *, first: bool = False, without: Collection[int | None] = ()
    ) -> list[int]:
        matches = [left for places in self._matches(names) if (left := [at for at in places if at not in without])]
        if first or self._first_of_many:
            return matches[0] if matches else []
        return list(dict.fromkeys(place for places in matches for place in places))

    def find_all(self, names: Iterable[str]) -> tuple[int, ...]:
        """The columns of a field in the order of its names; for a table that is not an export, a single one."""
        if not self._first_of_many:
            return _present([self.find(names)])
        return _present(self._single(places, _NAME_ONE) for places in self._matches(names))

    def role_columns(self, recipe: Recipe) -> tuple[int, ...]:
        """The columns of roles."""
        if recipe.every_role:
            return tuple(sorted({place for places in self._matches(recipe.role) for place in places}))
        return _present([self.find(recipe.role)])

    def name_columns(self, recipe: Recipe) -> tuple[int, ...]:
        """The columns that together hold the user's name."""
        whole = self.find(recipe.name, first=True)
        parts = [self.find(names, first=True) for names in recipe.name_parts] if whole is None else [whole]
        return _present(parts)

    def require(self, name: str, hint: str) -> int:
        """The column with this header."""
        place = self.find([name])
        if place is None:
            text = f"{self._source}: no column {quoted(name)}; the header has {list_headers(self.printable_names)}"
            raise InputRefusedError(text, hint=hint)
        return place

    def _single(self, places: Sequence[int], hint: str) -> int | None:
        if len(places) > 1:
            text = f"{self._source}: {' and '.join(quoted(self.printable_names[place]) for place in places)}"
            raise InputRefusedError(f"{text} are columns for the same", hint=hint)
        return places[0] if places else None


def _present(places: Iterable[int | None]) -> tuple[int, ...]:
    """The places of columns that a table has, each once."""
    return tuple(dict.fromkeys(place for place in places if place is not None))


def _is_like(text: str, name: str) -> bool:
    """Whether a folded header is like a name in which `*` stands for any text."""
    return "*" in name and fnmatchcase(text, name.replace("[", "[[]"))


def _names_any(names: Iterable[str], headers: set[str]) -> bool:
    return any(fold_export_header(name) in headers for name in names)
