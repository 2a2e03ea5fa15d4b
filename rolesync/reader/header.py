"""A header → which column is what.

Accepted spellings, after case, blanks, `_` and `-` are dropped: `email`, `email address` (so also `E-Mail`,
`EMAIL_ADDRESS`); `user id` (`user_id`, `User-ID`); `role`; `roles`. Every other column is ignored.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rolesync.model import Finding
from rolesync.reader.findings import Code, error, printable, quoted
from rolesync.reader.table import Headers


class Field(StrEnum):
    """A column that the reader uses."""

    EMAIL = "email"
    USER_ID = "user_id"
    ROLE = "role"
    ROLES = "roles"


SPELLINGS: Mapping[str, Field] = {
    "email": Field.EMAIL,
    "emailaddress": Field.EMAIL,
    "userid": Field.USER_ID,
    "role": Field.ROLE,
    "roles": Field.ROLES,
}
LISTED = 20  # headers that a message lists at most: enough to recognise the file
_FORGIVEN = re.compile(r"[\s_\-\u2010\u2011]+")  # the last two are the hyphens that word processors put


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

    @property
    def identity(self) -> str | None:
        """The header of the column that names the person; None where there are two."""
        places = [place for place in (self.email, self.user_id) if place is not None]
        return self.header[places[0]] if len(places) == 1 else None

    @property
    def used(self) -> tuple[int, ...]:
        """The columns that something is read from."""
        return tuple(place for place in (self.email, self.user_id, self.role) if place is not None)

    @property
    def ignored(self) -> tuple[int, ...]:
        """The columns that nothing is read from."""
        used = self.used
        return tuple(place for place in range(len(self.header)) if place not in used)


def field_of(text: str) -> Field | None:
    """What a header cell names, if it is something the reader uses."""
    return SPELLINGS.get(_FORGIVEN.sub("", text).casefold())


def score(header: Sequence[str]) -> int:
    """How many of the used columns a header names."""
    return len({field_of(text) for text in header} - {None})


def complete(header: Sequence[str]) -> bool:
    """Whether a header names a person and a role."""
    fields = {field_of(text) for text in header}
    return bool(fields & {Field.EMAIL, Field.USER_ID}) and bool(fields & {Field.ROLE, Field.ROLES})


HEADERS = Headers(score, complete)


def lay_out(header: Sequence[str], row: int) -> Layout | tuple[Finding, ...]:
    """Find the columns of a header that stands in `row`, or say all that is wrong with it."""
    places: dict[Field, int] = {}
    findings = []
    for place, text in enumerate(header):
        field = field_of(text)
        if field in places:
            other = quoted(printable(header[places[field]]))
            message = f"two columns mean {field}: {other} and {quoted(printable(text))}; keep one of them"
            findings.append(error(Code.HEADER_DUPLICATE, message, row=row, column=printable(text)))
        elif field:
            places[field] = place
    findings.extend(_missing(places, header, row))
    if findings:
        return tuple(findings)
    role = places.get(Field.ROLE, places.get(Field.ROLES, -1))
    return Layout(
        header=tuple(printable(text) for text in header),
        email=places.get(Field.EMAIL),
        user_id=places.get(Field.USER_ID),
        role=role,
        several=Field.ROLES in places,
        fewest=_fewest(sorted(places.values()), len(header)),
    )


def _missing(places: Mapping[Field, int], header: Sequence[str], row: int) -> list[Finding]:
    found = ", ".join(quoted(printable(text)) for text in header[:LISTED]) + (", …" if len(header) > LISTED else "")
    findings = []
    if not {Field.EMAIL, Field.USER_ID} & set(places):
        message = f"no column 'email' or 'user_id' names the person; the first row has {found}"
        findings.append(error(Code.HEADER_NO_IDENTITY, message, row=row))
    if not {Field.ROLE, Field.ROLES} & set(places):
        message = f"no column 'role' or 'roles' says what is given; the first row has {found}"
        findings.append(error(Code.HEADER_NO_ROLE, message, row=row))
    if {Field.ROLE, Field.ROLES} <= set(places):
        message = "both 'role' and 'roles' are there, and which one counts is not clear; keep one of them"
        column = printable(header[places[Field.ROLES]])
        findings.append(error(Code.HEADER_TWO_ROLES, message, row=row, column=column))
    return findings


def _fewest(used: Sequence[int], width: int) -> int:
    """The number of cells that a row must have.

    Some programs drop empty cells at a row's end, so ignored columns may be missing there. But where an ignored column
    stands between used ones, a row that lost that cell instead looks the same, with another cell's text as its role:
    then every row has to be whole.
    """
    together = used[-1] - used[0] == len(used) - 1
    return used[-1] + 1 if together else width
