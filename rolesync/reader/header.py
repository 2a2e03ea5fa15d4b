"""A header → the column of each field, or what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rolesync.model.findings import Finding, printable
from rolesync.model.lists import AS_WRITTEN, ListForm
from rolesync.reader.column_words import HeaderMeaning
from rolesync.reader.fields import OPTIONAL, Field, find_columns
from rolesync.reader.header_findings import (
    Hints,
    contradicting_columns,
    foreign_export,
    holders_review,
    is_row,
    missing_columns,
    no_header,
)
from rolesync.reader.identity import is_address
from rolesync.reader.recognise_exports import recognise_export
from rolesync.tables.column_letters import named_header
from rolesync.tables.table import HeaderRules

_HINTS = Hints()
_DATES = {Field.STARTS, Field.EXPIRES}


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a list, counted from 0; None for a column that the list doesn't have.

    Attributes:
        header: the header's cells, printable, see `named_header`.
        email: the column of addresses.
        user_id: the column of Studio's user ids.
        role: the column of roles.
        allows_many: whether that column is `roles`, whose cells may name several.
        min_cells: the number of cells that every row must have, see `_min_cells`.
        action, remove, starts, expires, errors: the optional columns.
        kept_words: the columns whose words decide which rows count, with these words, folded.
        left_out_words: those of them in which only some other words are known, with these words, folded.
        doubtful: the columns that may speak against a user, see `doubtful_columns`.
        unread: the other columns whose cells may speak against a user, see `unknown_columns`.
        foreign: the columns that show that the user ids are probably another program's.
        unnamed: the columns whose header is blank.
    """

    header: tuple[str, ...]
    email: int | None
    user_id: int | None
    role: int
    allows_many: bool
    min_cells: int
    action: int | None = None
    remove: int | None = None
    starts: int | None = None
    expires: int | None = None
    errors: int | None = None
    kept_words: tuple[tuple[int, frozenset[str]], ...] = ()
    left_out_words: tuple[tuple[int, frozenset[str]], ...] = ()
    doubtful: tuple[tuple[int, HeaderMeaning], ...] = ()
    unread: tuple[int, ...] = ()
    foreign: tuple[int, ...] = ()
    unnamed: frozenset[int] = frozenset()

    @property
    def identity(self) -> str | None:
        """The header of the only column that identifies the user; None if there are two."""
        places = [place for place in (self.email, self.user_id) if place is not None]
        return self.header[places[0]] if len(places) == 1 else None

    @property
    def used(self) -> tuple[int, ...]:
        """The columns that are read."""
        places = (self.email, self.user_id, self.role, self.action, self.remove, self.starts, self.expires, self.errors)
        return tuple(place for place in (*places, *(place for place, _ in self.kept_words)) if place is not None)

    @property
    def has_validity(self) -> bool:
        """Whether a column takes roles away, limits them, or notes errors."""
        return (
            bool(self.kept_words) or (self.action, self.remove, self.starts, self.expires, self.errors) != (None,) * 5
        )

    @property
    def ignored(self) -> tuple[int, ...]:
        """The columns that are not read."""
        used = self.used
        return tuple(place for place in range(len(self.header)) if place not in used)


def header_rules(form: ListForm = AS_WRITTEN) -> HeaderRules:
    """The rules for the header of a list: it names a user and a role, or is the header of a known export."""

    @lru_cache(maxsize=64)  # both rules look at each of the first rows, once for each delimiter and encoding
    def rate(cells: tuple[str, ...]) -> tuple[int, bool]:
        fields = find_columns(cells, form).fields.keys()
        has_both = bool(fields & {Field.EMAIL, Field.USER_ID}) and bool(fields & {Field.ROLE, Field.ROLES})
        return len(fields), has_both or (not form.names_columns and recognise_export(cells) is not None)

    return HeaderRules(lambda cells: rate(tuple(cells))[0], lambda cells: rate(tuple(cells))[1], is_address)


def lay_out(
    header: Sequence[str], row: int, form: ListForm = AS_WRITTEN, hints: Hints = _HINTS
) -> Layout | tuple[Finding, ...]:
    """Find the columns of a list.

    Args:
        header: the header's cells.
        row: the header's row number; 0 for a list without a header.
        form: the columns that the settings name.
        hints: the file and roles that advice names.

    Returns:
        The layout, or a finding for everything that is wrong with the header.
    """
    if not form.no_header and is_row(header, hints.managed_roles):
        return (no_header(header, row, hints),)
    if review := holders_review(header, row, hints):
        return (review,)
    if (export := recognise_export(header)) and not form.names_columns:
        return (foreign_export(export, row, hints),)
    columns = find_columns(header, form)
    findings = [*contradicting_columns(columns, header, row), *missing_columns(columns, header, row, form, hints)]
    if findings:
        return tuple(findings)
    places = {field: of_field[0] for field, of_field in columns.fields.items()}
    return Layout(
        header=tuple(printable(text) for text in named_header(header)),
        unnamed=frozenset(place for place, text in enumerate(header) if not text.strip()),
        email=places.get(Field.EMAIL),
        user_id=places.get(Field.USER_ID),
        role=places.get(Field.ROLE, places.get(Field.ROLES, -1)),
        allows_many=Field.ROLES in places,
        min_cells=_min_cells(places, [place for place, _ in columns.kept_words], len(header)),
        action=places.get(Field.ACTION),
        remove=places.get(Field.REMOVE),
        starts=places.get(Field.STARTS),
        expires=places.get(Field.EXPIRES),
        errors=places.get(Field.ERRORS),
        kept_words=columns.kept_words,
        left_out_words=columns.left_out_words,
        doubtful=columns.doubtful,
        unread=columns.unread,
        foreign=columns.foreign if Field.USER_ID in places else (),
    )


def _min_cells(places: Mapping[Field, int], kept_places: Sequence[int], width: int) -> int:
    """The number of cells that every row must have.

    Some programs drop empty cells at the end of a row, so ignored and optional columns may be missing there. There are
    two exceptions:

    - If an ignored column is between used ones, a row without that cell would have another cell's text as its role.
      Then every row must be complete.
    - If there are two date columns, one date could be taken for the other. Then both must be there.
    """
    used = sorted({*places.values(), *kept_places})
    if used[-1] - used[0] != len(used) - 1:
        return width
    optional = OPTIONAL - _DATES if set(places) >= _DATES else OPTIONAL
    return 1 + max([*kept_places, *(place for field, place in places.items() if field not in optional)])
