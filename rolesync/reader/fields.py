"""The cells of a header → the columns that may hold each field, and the columns about which the operator decides.

A header means a field if the settings name it, or it is in `KNOWN_HEADERS`, or by `column_words`. For user and role,
the first of these rules that finds a column decides: if there is `email`, `Work email` is not read as the user. All
columns that take a role away or limit it count, because an ignored column could be the one that removes the role.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rolesync.model.lists import ListForm
from rolesync.reader.column_words import (
    ColumnKind,
    HeaderMeaning,
    header_meanings,
    is_of_other_program,
)
from rolesync.reader.recognise_exports import recognise_export
from rolesync.reader.word_tables import fold_word
from rolesync.tables.column_letters import column_number, named_header
from rolesync.tables.header_text import fold_header


class Field(StrEnum):
    """A field that the reader reads from a column."""

    EMAIL = "email"
    USER_ID = "user_id"
    ROLE = "role"
    ROLES = "roles"
    ACTION = "action"
    REMOVE = "remove"
    STARTS = "starts"
    EXPIRES = "expires"
    ERRORS = "errors"  # of a list with its errors, see `error_column`


KNOWN_HEADERS: Mapping[str, Field] = {
    "email": Field.EMAIL,
    "emailaddress": Field.EMAIL,
    "userid": Field.USER_ID,
    "role": Field.ROLE,
    "roles": Field.ROLES,
    "errors": Field.ERRORS,
}
OPTIONAL = frozenset({Field.ACTION, Field.REMOVE, Field.STARTS, Field.EXPIRES, Field.ERRORS})
_NAMES = frozenset({ColumnKind.EMAIL, ColumnKind.NAME, ColumnKind.GIVEN_NAME, ColumnKind.FAMILY_NAME})
_NAMED, _KNOWN, _WORD = range(3)


@dataclass(frozen=True, slots=True)
class FoundColumns:
    """The columns of a header, counted from 0.

    Attributes:
        fields: the columns that may hold each field; several contradict each other.
        kept_words: the columns whose words decide which rows count, with these words, folded.
        left_out_words: those of them in which only some other words are known, with these words, folded.
        doubtful: the other columns that may speak against a user, with what their header means.
        unread: all other columns, except those of names and addresses.
        unclear_roles: columns that may hold the role, but whose header has another meaning, too.
        foreign: columns that only other programs have, so that a user id is probably another program's.
    """

    fields: Mapping[Field, tuple[int, ...]]
    kept_words: tuple[tuple[int, frozenset[str]], ...] = ()
    left_out_words: tuple[tuple[int, frozenset[str]], ...] = ()
    doubtful: tuple[tuple[int, HeaderMeaning], ...] = ()
    unread: tuple[int, ...] = ()
    unclear_roles: tuple[int, ...] = ()
    foreign: tuple[int, ...] = ()


def find_columns(header: Sequence[str], form: ListForm) -> FoundColumns:
    """Find the columns that may hold each field.

    Args:
        header: the header's cells.
        form: the columns that the settings name, keep or ignore.
    """
    folded = [fold_header(text) for text in named_header(header)]
    kept_words = {fold_name(name, form): frozenset(map(fold_word, words)) for name, words in form.keep.items()}
    left_out_words = {fold_name(name, form): frozenset(map(fold_word, words)) for name, words in form.leave_out.items()}
    ignored = {fold_name(name, form) for name in form.ignore_columns}
    read = [at for at, text in enumerate(folded) if ignored.isdisjoint({text, fold_header(header[at])})]
    meanings = header_meanings(header)
    ranks = _ranks(header, folded, meanings, [place for place in read if folded[place] not in kept_words], form)
    fields: dict[Field, tuple[int, ...]] = {}
    for group in ({Field.EMAIL}, {Field.USER_ID}, {Field.ROLE, Field.ROLES}):
        best = min((rank for _, field, rank in ranks if field in group), default=_WORD)
        for field in group:
            fields[field] = tuple(place for place, of, rank in ranks if of is field and rank == best)
    for field in OPTIONAL:
        fields[field] = tuple(place for place, of, _ in ranks if of is field)
    used = {place for places in fields.values() for place in places}
    unused = [place for place in read if place not in used and folded[place] not in kept_words]
    unnamed = HeaderMeaning(ColumnKind.STATUS, sure=False) if form.no_header else None  # its cells must tell
    unclear = [(place, meaning) for place in unused if (meaning := meanings[place] or unnamed)]
    foreign = [  # kept and ignored columns, too: what the user decides about them proves nothing of the ids
        place for place, text in enumerate(header) if place not in used and is_of_other_program(text, meanings[place])
    ]
    doubtful = tuple((place, meaning) for place, meaning in unclear if meaning.may_speak_against)
    names = {place for place, meaning in enumerate(meanings) if meaning and meaning.kind in _NAMES and meaning.sure}
    return FoundColumns(
        {field: places for field, places in fields.items() if places},
        kept_words=tuple((place, kept_words[folded[place]]) for place in read if folded[place] in kept_words),
        left_out_words=tuple(
            (place, left_out_words[folded[place]])
            for place in read
            if folded[place] in kept_words and folded[place] in left_out_words
        ),
        doubtful=doubtful,
        unread=tuple(place for place in unused if place not in names and place not in dict(doubtful)),
        unclear_roles=tuple(
            place for place, meaning in unclear if meaning.kind is ColumnKind.ROLE and not meaning.sure
        ),
        foreign=() if form.user_id_column else tuple(foreign),
    )


def fold_name(name: str, form: ListForm) -> str:
    """Fold the name of a column in the settings; in a list without a header, names are letters or numbers."""
    return fold_header(column_number(name) if form.no_header else name)


def _named_columns(form: ListForm) -> Mapping[str, set[Field]]:
    """The fields of the columns that the settings name, by folded header."""
    names = (
        (form.email_column, {Field.EMAIL}),
        (form.user_id_column, {Field.USER_ID}),
        (form.role_column, {Field.ROLE, Field.ROLES}),
    )
    return {fold_name(name, form): fields for name, fields in names if name}


def _ranks(
    header: Sequence[str],
    folded: Sequence[str],
    meanings: Sequence[HeaderMeaning | None],
    read: Iterable[int],
    form: ListForm,
) -> list[tuple[int, Field, int]]:
    """The field of each column, and by which rule its header means it."""
    named_fields = _named_columns(form)
    settled = {field for fields in named_fields.values() for field in fields}
    if form.no_user_id:
        settled.add(Field.USER_ID)
    if recognise_export(header):  # its other columns may have the headers of a list but another meaning
        settled |= {*Field} - OPTIONAL
    ranks = []
    for place in read:
        if fields := named_fields.get(folded[place]):
            ranks.append((place, min(fields), _NAMED))
            continue
        field, rank = KNOWN_HEADERS.get(folded[place]), _KNOWN
        if field is None and (meaning := meanings[place]) and meaning.sure and meaning.kind in {*Field}:
            field, rank = Field(meaning.kind.value), _WORD
        if field and field not in settled:
            ranks.append((place, field, rank))
    return ranks
