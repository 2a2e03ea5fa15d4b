"""What several tables say → one list: each person's role once, and nobody mixed up with anybody else."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from rolesync.migrate.account import CellOutcome, CellReason, Place, RowLedger
from rolesync.migrate.convert import MigratedAssignment
from rolesync.model.findings import quoted
from rolesync.reader.contradictions import contradicted_claims

RowOf = Callable[[MigratedAssignment], RowLedger]
Person = int | str


def merge(said: Iterable[MigratedAssignment], row_of: RowOf) -> list[MigratedAssignment]:
    """Put the tables together.

    One id has one address and one address one id; rows that say otherwise are refused, all of them, for nobody knows
    which is right. Somebody named by id in one place and by address in another is one person where any row has both.
    The same role again counts once. Where one row gives a role and another takes it away, or gives it for other days
    that overlap, all these rows are refused; days after each other are a sequence and all stay.

    Args:
        said: what all rows say, in the order of the tables, those that take a role away or have ended included.
        row_of: the account of the row that says it; what is left out or refused is noted there.

    Returns:
        The roles that are given, each with address, id and name as far as any row knows them.
    """
    rows = _completed(_without_clashes(list(said), row_of))
    refused = dict(_contradictions(rows))
    for one in rows:
        if text := refused.get((one.place, one.row)):
            row_of(one).drop(CellOutcome.REFUSED, CellReason.CONTRADICTION, text)
    rows = [one for one in rows if (one.place, one.row) not in refused]
    names = _names(rows)
    return [one._replace(name=names.get(_person(one), "")) for one in _once(rows, row_of)]


def _person(one: MigratedAssignment) -> Person:
    return one.user_id or one.email


def _without_clashes(rows: Sequence[MigratedAssignment], row_of: RowOf) -> Sequence[MigratedAssignment]:
    both = [one for one in rows if one.user_id and one.email]
    emails: dict[int, dict[str, MigratedAssignment]] = {}
    ids: dict[str, dict[int, MigratedAssignment]] = {}
    for one in both:
        emails.setdefault(one.user_id, {}).setdefault(one.email, one)
        ids.setdefault(one.email, {}).setdefault(one.user_id, one)
    bad_ids = {user_id for user_id, found in emails.items() if len(found) > 1}
    bad_emails = {email for email, found in ids.items() if len(found) > 1}
    if not bad_ids and not bad_emails:
        return rows
    left = []
    for one in rows:
        if one.user_id in bad_ids:
            first, other = list(emails[one.user_id].values())[:2]
            text = f"the user id {one.user_id} has the address {quoted(first.email)} in {first.place.row(first.row)}"
            text = f"{text}, but {quoted(other.email)} in {other.place.row(other.row)}"
        elif one.email in bad_emails:
            first, other = list(ids[one.email].values())[:2]
            text = f"the address {quoted(one.email)} has the user id {first.user_id} in {first.place.row(first.row)}"
            text = f"{text}, but {other.user_id} in {other.place.row(other.row)}"
        else:
            left.append(one)
            continue
        row_of(one).drop(CellOutcome.REFUSED, CellReason.CONFLICT, text)
    return left


def _completed(rows: Sequence[MigratedAssignment]) -> list[MigratedAssignment]:
    """Name everybody by id and address where any row knows both."""
    emails = {one.user_id: one.email for one in rows if one.user_id and one.email}
    ids = {email: user_id for user_id, email in emails.items()}
    return [
        one._replace(user_id=one.user_id or ids.get(one.email, 0), email=one.email or emails.get(one.user_id, ""))
        for one in rows
    ]


def _contradictions(rows: Iterable[MigratedAssignment]) -> Iterator[tuple[tuple[Place, int], str]]:
    """Yield the rows that another one contradicts about somebody's role, each with what both say."""
    by_role = sorted(rows, key=lambda one: (str(_person(one)), one.role))
    for _, group in groupby(by_role, lambda one: (_person(one), one.role)):
        for one, other in contradicted_claims(group):
            text = f"{one.email or one.user_id} and the role {quoted(one.role)}: this row {_words(one)}, but "
            yield (one.place, one.row), f"{text}{other.place.row(other.row)} {_words(other)}"


def _words(said: MigratedAssignment) -> str:
    return "takes it away" if said.removes else f"gives it {said.period.text}"


def _names(rows: Iterable[MigratedAssignment]) -> Mapping[Person, str]:
    """The fullest name that any row knows of each person, whichever row comes first."""
    names: dict[Person, str] = {}
    for one in rows:
        names[_person(one)] = max(names.get(_person(one), ""), one.name, key=lambda name: (len(name), name))
    return names


def _once(rows: Iterable[MigratedAssignment], row_of: RowOf) -> Iterable[MigratedAssignment]:
    """Keep what each row gives that no earlier one has given; a row is ignored where nothing of it is kept."""
    kept: dict[object, MigratedAssignment] = {}
    left_out: dict[tuple[Place, int], tuple[MigratedAssignment, CellReason, str]] = {}
    for one in rows:
        first = one if one.withheld else kept.setdefault((_person(one), one.role, one.period), one)
        if one.withheld:
            left_out[one.place, one.row] = (one, CellReason.ROW_DROPPED, one.withheld)
        elif first is not one:
            left_out[one.place, one.row] = (one, CellReason.DUPLICATE, f"{first.place.row(first.row)} says so already")
    giving = {(one.place, one.row) for one in kept.values()}
    for at, (one, why, text) in left_out.items():
        if at not in giving:
            row_of(one).drop(CellOutcome.IGNORED, why, text)
    return kept.values()
