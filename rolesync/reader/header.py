"""A header → which column is what.

Accepted spellings, after case, blanks, `_` and `-` are dropped: `email`, `email address` (so also `E-Mail`,
`EMAIL_ADDRESS`); `user id` (`user_id`, `User-ID`); `role`; `roles`; `action` or `status`; `starts`, `starts on`,
`valid from`; `expires`, `expires on`, `expiry`, `expiry date`, `expiration date`, `valid until`. Every other column is
ignored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rolesync.model.findings import Code, Finding, error, printable, quoted
from rolesync.model.lists import AS_WRITTEN, ListForm
from rolesync.reader.foreign_exports import Export, recognise_export
from rolesync.reader.identity import is_address
from rolesync.tables.header_text import fold_header
from rolesync.tables.table import HeaderRules


class Field(StrEnum):
    """A column that the reader uses."""

    EMAIL = "email"
    USER_ID = "user_id"
    ROLE = "role"
    ROLES = "roles"
    ACTION = "action"
    STARTS = "starts"
    EXPIRES = "expires"


SPELLINGS: Mapping[str, Field] = {
    "email": Field.EMAIL,
    "emailaddress": Field.EMAIL,
    "userid": Field.USER_ID,
    "role": Field.ROLE,
    "roles": Field.ROLES,
    "action": Field.ACTION,
    "status": Field.ACTION,
    "starts": Field.STARTS,
    "startson": Field.STARTS,
    "validfrom": Field.STARTS,
    "expires": Field.EXPIRES,
    "expireson": Field.EXPIRES,
    "expiry": Field.EXPIRES,
    "expirydate": Field.EXPIRES,
    "expirationdate": Field.EXPIRES,
    "validuntil": Field.EXPIRES,
}
OPTIONAL = frozenset({Field.ACTION, Field.STARTS, Field.EXPIRES})
LISTED = 20  # headers that a message lists at most: enough to recognise the file


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand in a row, counted from 0; None for a column that the file doesn't have.

    `several` tells `roles` from `role`. `fewest` is the number of cells that a row must have, see `_fewest`.
    """

    header: tuple[str, ...]
    email: int | None
    user_id: int | None
    role: int
    several: bool
    fewest: int
    action: int | None = None
    starts: int | None = None
    expires: int | None = None

    @property
    def identity(self) -> str | None:
        """The header of the column that names the person; None where there are two."""
        places = [place for place in (self.email, self.user_id) if place is not None]
        return self.header[places[0]] if len(places) == 1 else None

    @property
    def used(self) -> tuple[int, ...]:
        """The columns that something is read from."""
        places = (self.email, self.user_id, self.role, self.action, self.starts, self.expires)
        return tuple(place for place in places if place is not None)

    @property
    def has_standing(self) -> bool:
        """Whether rows say more than who and which role."""
        return (self.action, self.starts, self.expires) != (None, None, None)

    @property
    def ignored(self) -> tuple[int, ...]:
        """The columns that nothing is read from."""
        used = self.used
        return tuple(place for place in range(len(self.header)) if place not in used)


def spellings(form: ListForm) -> Mapping[str, Field]:
    """What header cells mean, folded: as usual, but a column that was named means its field alone."""
    known = dict(SPELLINGS)
    for name, fields in (
        (form.email_column, {Field.EMAIL}),
        (form.user_id_column, {Field.USER_ID}),
        (form.role_column, {Field.ROLE, Field.ROLES}),
    ):
        if name:
            known = {text: field for text, field in known.items() if field not in fields}
            known[fold_header(name)] = min(fields)
    return known


def header_rules(form: ListForm = AS_WRITTEN) -> HeaderRules:
    """Tell what makes a row a header: that it names a person and a role, or is that of a known export."""
    known = spellings(form)

    def fields(cells: Sequence[str]) -> set[Field]:
        return {known[text] for text in map(fold_header, cells) if text in known}

    def complete(cells: Sequence[str]) -> bool:
        found = fields(cells)
        whole = bool(found & {Field.EMAIL, Field.USER_ID}) and bool(found & {Field.ROLE, Field.ROLES})
        return whole or (not form.names_columns and recognise_export(cells) is not None)

    return HeaderRules(lambda cells: len(fields(cells)), complete, is_address)


def lay_out(header: Sequence[str], row: int, form: ListForm = AS_WRITTEN) -> Layout | tuple[Finding, ...]:
    """Find the columns of a header that stands in `row`, or say all that is wrong with it.

    Args:
        header: its cells.
        row: its number.
        form: which columns somebody has named.
    """
    known = spellings(form)
    if export := recognise_export(header):
        if not form.names_columns:
            return (_foreign(export, row),)
        # Its other columns are called as a list calls them, and mean something else.
        named = set(map(fold_header, (form.email_column, form.user_id_column, form.role_column)))
        known = {text: field for text, field in known.items() if field in OPTIONAL or text in named}
    places: dict[Field, int] = {}
    findings = []
    for place, text in enumerate(header):
        field = known.get(fold_header(text))
        if field in places:
            other = quoted(printable(header[places[field]]))
            message = f"two columns mean {field}: {other} and {quoted(printable(text))}; keep one of them"
            findings.append(error(Code.HEADER_DUPLICATE, message, row=row, column=printable(text)))
        elif field:
            places[field] = place
    findings.extend(_missing(places, header, row, form))
    if findings:
        return tuple(findings)
    role = places.get(Field.ROLE, places.get(Field.ROLES, -1))
    return Layout(
        header=tuple(printable(text) for text in header),
        email=places.get(Field.EMAIL),
        user_id=places.get(Field.USER_ID),
        role=role,
        several=Field.ROLES in places,
        fewest=_fewest(places, len(header)),
        action=places.get(Field.ACTION),
        starts=places.get(Field.STARTS),
        expires=places.get(Field.EXPIRES),
    )


def _foreign(export: Export, row: int) -> Finding:
    advice = "name its columns if you know that it is a list: --set email_column=HEADER --set role_column=HEADER"
    if export.preset:
        advice = f"make a list of it: rolesync migrate FILE --from {export.preset} -o LIST"
    text = f"this looks like {export.title}, and {export.lacks}; {advice}"
    return error(Code.FOREIGN_EXPORT, text, row=row)


def _missing(places: Mapping[Field, int], header: Sequence[str], row: int, form: ListForm) -> list[Finding]:
    found = ", ".join(quoted(printable(text)) for text in header[:LISTED]) + (", …" if len(header) > LISTED else "")
    findings = []
    folded = set(map(fold_header, header))
    for name, what in (
        (form.email_column, "e-mail address"),
        (form.user_id_column, "user id"),
        (form.role_column, "role"),
    ):
        if name and fold_header(name) not in folded:
            message = f"no column {quoted(name)} has the {what}, as was said; the header has {found}"
            findings.append(error(Code.HEADER_NOT_FOUND, message, row=row))
    if findings:
        return findings
    if not {Field.EMAIL, Field.USER_ID} & set(places):
        advice = "rename the one that does, or say --set email_column=HEADER or --set user_id_column=HEADER"
        message = f"no column 'email' or 'user_id' names the person; {advice}; the first row has {found}"
        findings.append(error(Code.HEADER_NO_IDENTITY, message, row=row))
    if not {Field.ROLE, Field.ROLES} & set(places):
        advice = "rename the one that does, say --set role_column=HEADER, or give all one: rolesync migrate --role ROLE"
        message = f"no column 'role' or 'roles' says what is given; {advice}; the first row has {found}"
        findings.append(error(Code.HEADER_NO_ROLE, message, row=row))
    if {Field.ROLE, Field.ROLES} <= set(places):
        message = "both 'role' and 'roles' are there, and which one counts is not clear; keep one of them"
        column = printable(header[places[Field.ROLES]])
        findings.append(error(Code.HEADER_TWO_ROLES, message, row=row, column=column))
    return findings


def _fewest(places: Mapping[Field, int], width: int) -> int:
    """The number of cells that a row must have.

    Some programs drop empty cells at a row's end, so ignored and optional columns may be missing there. But where an
    ignored column stands between used ones, a row that lost that cell instead looks the same, with another cell's text
    as its role: then every row has to be whole. One of two dates looks like the other, so both have to be there.
    """
    used = sorted(places.values())
    if used[-1] - used[0] != len(used) - 1:
        return width
    optional = {Field.ACTION} if {Field.STARTS, Field.EXPIRES} <= set(places) else OPTIONAL
    return 1 + max(place for field, place in places.items() if field not in optional)
