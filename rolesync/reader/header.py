"""A header → the column of each field.

Accepted headers, without case, blanks, `_` and hyphens:

- `email`, `email address` (so also `E-Mail` and `EMAIL_ADDRESS`)
- `user id` (so also `user_id` and `User-ID`)
- `role`, `roles`
- `action`, `status`
- `starts`, `starts on`, `valid from`
- `expires`, `expires on`, `expiry`, `expiry date`, `expiration date`, `valid until`

All other columns are ignored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rolesync.model.findings import Code, Finding, error, printable, quoted
from rolesync.model.lists import AS_WRITTEN, ListForm
from rolesync.reader.exports import Export
from rolesync.reader.foreign_exports import recognise_export
from rolesync.reader.identity import is_address
from rolesync.tables.header_text import fold_header
from rolesync.tables.table import HeaderRules


class Field(StrEnum):
    """A field that the reader reads from a column."""

    EMAIL = "email"
    USER_ID = "user_id"
    ROLE = "role"
    ROLES = "roles"
    ACTION = "action"
    STARTS = "starts"
    EXPIRES = "expires"


KNOWN_HEADERS: Mapping[str, Field] = {
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
MAX_LISTED = 20  # headers that a message lists: enough to recognise the file


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a list, counted from 0; None for a column that the list doesn't have.

    Attributes:
        header: the header's cells, printable.
        email: the column of addresses.
        user_id: the column of Studio's user ids.
        role: the column of roles.
        allows_many: whether that column is `roles`, whose cells may name several.
        min_cells: the number of cells that every row must have, see `_min_cells`.
        action, starts, expires: the optional columns.
    """

    header: tuple[str, ...]
    email: int | None
    user_id: int | None
    role: int
    allows_many: bool
    min_cells: int
    action: int | None = None
    starts: int | None = None
    expires: int | None = None

    @property
    def identity(self) -> str | None:
        """The header of the only column that identifies the user; None if there are two."""
        places = [place for place in (self.email, self.user_id) if place is not None]
        return self.header[places[0]] if len(places) == 1 else None

    @property
    def used(self) -> tuple[int, ...]:
        """The columns that are read."""
        places = (self.email, self.user_id, self.role, self.action, self.starts, self.expires)
        return tuple(place for place in places if place is not None)

    @property
    def has_validity(self) -> bool:
        """Whether there is an action or a date column."""
        return (self.action, self.starts, self.expires) != (None, None, None)

    @property
    def ignored(self) -> tuple[int, ...]:
        """The columns that are not read."""
        used = self.used
        return tuple(place for place in range(len(self.header)) if place not in used)


def field_headers(form: ListForm) -> Mapping[str, Field]:
    """The field that each folded header means; if the settings name a field's header, no other header means it."""
    known = dict(KNOWN_HEADERS)
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
    """The rules for the header of a list: it names a user and a role, or is the header of a known export."""
    known = field_headers(form)

    def fields(cells: Sequence[str]) -> set[Field]:
        return {known[text] for text in map(fold_header, cells) if text in known}

    def complete(cells: Sequence[str]) -> bool:
        named = fields(cells)
        has_both = bool(named & {Field.EMAIL, Field.USER_ID}) and bool(named & {Field.ROLE, Field.ROLES})
        return has_both or (not form.names_columns and recognise_export(cells) is not None)

    return HeaderRules(lambda cells: len(fields(cells)), complete, is_address)


def lay_out(header: Sequence[str], row: int, form: ListForm = AS_WRITTEN) -> Layout | tuple[Finding, ...]:
    """Find the columns of a list.

    Args:
        header: the header's cells.
        row: the header's row number.
        form: the columns that the settings name.

    Returns:
        The layout, or a finding for everything that is wrong with the header.
    """
    known = field_headers(form)
    if export := recognise_export(header):
        if not form.names_columns:
            return (_foreign_export(export, row),)
        # Unnamed columns of an export may have the headers of a list but another meaning.
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
    findings.extend(_missing_columns(places, header, row, form))
    if findings:
        return tuple(findings)
    role = places.get(Field.ROLE, places.get(Field.ROLES, -1))
    return Layout(
        header=tuple(printable(text) for text in header),
        email=places.get(Field.EMAIL),
        user_id=places.get(Field.USER_ID),
        role=role,
        allows_many=Field.ROLES in places,
        min_cells=_min_cells(places, len(header)),
        action=places.get(Field.ACTION),
        starts=places.get(Field.STARTS),
        expires=places.get(Field.EXPIRES),
    )


def _foreign_export(export: Export, row: int) -> Finding:
    advice = "if it is a list all the same, name its columns: --set email_column=HEADER --set role_column=HEADER"
    if export.readable:
        advice = f"make a list of it: rolesync migrate FILE --from {export.name} -o LIST"
    text = f"this looks like {export.title}; it {export.lacks}; {advice}"
    return error(Code.FOREIGN_EXPORT, text, row=row)


def _missing_columns(places: Mapping[Field, int], header: Sequence[str], row: int, form: ListForm) -> list[Finding]:
    """Report columns that the settings name but the header lacks; else a missing identity or role column."""
    shown = ", ".join(quoted(printable(text)) for text in header[:MAX_LISTED])
    shown += ", …" if len(header) > MAX_LISTED else ""
    findings = []
    folded = set(map(fold_header, header))
    for setting, name, content in (
        ("email_column", form.email_column, "e-mail addresses"),
        ("user_id_column", form.user_id_column, "user ids"),
        ("role_column", form.role_column, "roles"),
    ):
        if name and fold_header(name) not in folded:
            message = f"there is no column {quoted(name)}, which {setting} names for {content}; the header has {shown}"
            findings.append(error(Code.HEADER_NOT_FOUND, message, row=row))
    if findings:
        return findings
    if not {Field.EMAIL, Field.USER_ID} & set(places):
        advice = "rename the right column, or name it: --set email_column=HEADER or --set user_id_column=HEADER"
        message = f"no column 'email' or 'user_id' identifies the user; {advice}; the first row has {shown}"
        findings.append(error(Code.HEADER_NO_IDENTITY, message, row=row))
    if not {Field.ROLE, Field.ROLES} & set(places):
        advice = "rename the right column, or name it: --set role_column=HEADER, or give all users one role: "
        advice += "rolesync migrate --role ROLE"
        message = f"no column 'role' or 'roles' names the role; {advice}; the first row has {shown}"
        findings.append(error(Code.HEADER_NO_ROLE, message, row=row))
    if {Field.ROLE, Field.ROLES} <= set(places):
        message = "there are both a column 'role' and a column 'roles', so it is unclear which one counts; keep one"
        column = printable(header[places[Field.ROLES]])
        findings.append(error(Code.HEADER_TWO_ROLES, message, row=row, column=column))
    return findings


def _min_cells(places: Mapping[Field, int], width: int) -> int:
    """The number of cells that every row must have.

    Some programs drop empty cells at the end of a row, so ignored and optional columns may be missing there. There are
    two exceptions:

    - If an ignored column is between used ones, a row without that cell would have another cell's text as its role.
      Then every row must be complete.
    - If there are two date columns, one date could be taken for the other. Then both must be there.
    """
    used = sorted(places.values())
    if used[-1] - used[0] != len(used) - 1:
        return width
    optional = {Field.ACTION} if {Field.STARTS, Field.EXPIRES} <= set(places) else OPTIONAL
    return 1 + max(place for field, place in places.items() if field not in optional)
