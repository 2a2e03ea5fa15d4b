"""The assignments of several tables → a single list: each user's role once, and no two users mixed up."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from rolesync.migrate.convert import MigratedAssignment
from rolesync.migrate.ledger import CellOutcome, CellReason, Place, RowLedger
from rolesync.model.findings import quoted
from rolesync.reader.contradictions import contradicted_claims, describe_claim

LedgerOf = Callable[[MigratedAssignment], RowLedger]
_UserKey = int | str


def merge(assignments: Iterable[MigratedAssignment], ledger_of: LedgerOf) -> list[MigratedAssignment]:
    """Merge the assignments of all tables.

    - An id has one address and an address one id. All rows that contradict each other about that are refused, because
      it is unknown which is right.
    - A user named by id in one row and by address in another is the same user if any row names both.
    - The same role counts once.
    - Rows are refused if one gives a role and another removes it, or if they give it for periods that differ and
      overlap. Periods that follow each other are all kept.

    Args:
        assignments: in the order of the tables; also those that remove a role or have expired.
        ledger_of: returns the ledger of an assignment's row, which notes ignored and refused rows.

    Returns:
        The assignments of the list, each with every address, id and name that any row knows.
    """
    rows = _with_full_identities(_without_identity_conflicts(list(assignments), ledger_of))
    refused = dict(_contradictions(rows))
    for row in rows:
        if text := refused.get((row.place, row.row)):
            ledger_of(row).override(CellOutcome.REFUSED, CellReason.CONTRADICTION, text)
    rows = [row for row in rows if (row.place, row.row) not in refused]
    names = _longest_names(rows)
    return [row._replace(name=names.get(_user_key(row), "")) for row in _without_duplicates(rows, ledger_of)]


def _user_key(row: MigratedAssignment) -> _UserKey:
    return row.user_id or row.email


def _without_identity_conflicts(
    rows: Sequence[MigratedAssignment], ledger_of: LedgerOf
) -> Sequence[MigratedAssignment]:
    """Refuse the rows whose id has several addresses or whose address has several ids; return the others."""
    emails: dict[int, dict[str, MigratedAssignment]] = {}
    ids: dict[str, dict[int, MigratedAssignment]] = {}
    for row in rows:
        if row.user_id and row.email:
            emails.setdefault(row.user_id, {}).setdefault(row.email, row)
            ids.setdefault(row.email, {}).setdefault(row.user_id, row)
    unclear_ids = {user_id for user_id, addresses in emails.items() if len(addresses) > 1}
    unclear_emails = {email for email, user_ids in ids.items() if len(user_ids) > 1}
    if not unclear_ids and not unclear_emails:
        return rows
    accepted = []
    for row in rows:
        if row.user_id in unclear_ids:
            first, other = list(emails[row.user_id].values())[:2]
            text = f"the user id {row.user_id} has the address {quoted(first.email)} in {first.place.row(first.row)}"
            text = f"{text}, but {quoted(other.email)} in {other.place.row(other.row)}"
        elif row.email in unclear_emails:
            first, other = list(ids[row.email].values())[:2]
            text = f"the address {quoted(row.email)} has the user id {first.user_id} in {first.place.row(first.row)}"
            text = f"{text}, but {other.user_id} in {other.place.row(other.row)}"
        else:
            accepted.append(row)
            continue
        ledger_of(row).override(CellOutcome.REFUSED, CellReason.CONFLICT, text)
    return accepted


def _with_full_identities(rows: Sequence[MigratedAssignment]) -> list[MigratedAssignment]:
    """Fill in the id and the address of each user if any row names both."""
    emails = {row.user_id: row.email for row in rows if row.user_id and row.email}
    ids = {email: user_id for user_id, email in emails.items()}
    return [
        row._replace(user_id=row.user_id or ids.get(row.email, 0), email=row.email or emails.get(row.user_id, ""))
        for row in rows
    ]


def _contradictions(rows: Iterable[MigratedAssignment]) -> Iterator[tuple[tuple[Place, int], str]]:
    """Yield the place and number of each row that another row contradicts, with a message."""
    by_user_and_role = sorted(rows, key=lambda row: (str(_user_key(row)), row.role))
    for _, group in groupby(by_user_and_role, lambda row: (_user_key(row), row.role)):
        for row, other in contradicted_claims(group):
            subject = f"{row.email or row.user_id} and the role {quoted(row.role)}"
            text = f"{subject}: this row {describe_claim(row)}, but "
            yield (row.place, row.row), f"{text}{other.place.row(other.row)} {describe_claim(other)}"


def _longest_names(rows: Iterable[MigratedAssignment]) -> Mapping[_UserKey, str]:
    """The longest name of each user in any row, so that the order of rows doesn't matter."""
    names: dict[_UserKey, str] = {}
    for row in rows:
        names[_user_key(row)] = max(names.get(_user_key(row), ""), row.name, key=lambda name: (len(name), name))
    return names


def _without_duplicates(rows: Iterable[MigratedAssignment], ledger_of: LedgerOf) -> Iterable[MigratedAssignment]:
    """Keep the first of equal assignments that are in force; a row without any kept assignment is ignored."""
    first_rows: dict[object, MigratedAssignment] = {}
    ignored_rows: dict[tuple[Place, int], tuple[MigratedAssignment, CellReason, str]] = {}
    for row in rows:
        if row.not_in_force:
            ignored_rows[row.place, row.row] = (row, CellReason.ROW_DROPPED, row.not_in_force)
            continue
        first = first_rows.setdefault((_user_key(row), row.role, row.period), row)
        if first is not row:
            text = f"{first.place.row(first.row)} gives it already"
            ignored_rows[row.place, row.row] = (row, CellReason.DUPLICATE, text)
    giving = {(row.place, row.row) for row in first_rows.values()}
    for place_and_number, (row, reason, text) in ignored_rows.items():
        if place_and_number not in giving:
            ledger_of(row).override(CellOutcome.IGNORED, reason, text)
    return first_rows.values()
