"""What several tables give → one list: each person's role once, and nobody mixed up with anybody else."""

from collections.abc import Callable, Iterable, Sequence

from rolesync.migrate.account import Fate, RowAccount, Why
from rolesync.migrate.convert import Given
from rolesync.reader.findings import quoted

RowOf = Callable[[Given], RowAccount]


def merge(given: Iterable[Given], row_of: RowOf) -> list[Given]:
    """Put the tables together.

    One id has one address and one address one id; rows that say otherwise are refused, all of them, for nobody knows
    which is right. Somebody named by id in one place and by address in another is one person where any row has both.
    The same role again counts once; for other days, all rows are refused.

    Args:
        given: what all rows give, in the order of the tables.
        row_of: the account of the row that gives it; what is left out or refused is noted there.

    Returns:
        What is left, each with address, id and name as far as any row knows them.
    """
    rows = _without_clashes(list(given), row_of)
    emails = {one.user_id: one.email for one in rows if one.user_id and one.email}
    ids = {email: user_id for user_id, email in emails.items()}
    groups: dict[tuple[int | str, str], list[Given]] = {}
    names: dict[int | str, str] = {}
    for one in rows:
        user_id = one.user_id or ids.get(one.email, 0)
        whole = one._replace(user_id=user_id, email=one.email or emails.get(user_id, ""))
        groups.setdefault((user_id or whole.email, one.role), []).append(whole)
        names.setdefault(user_id or whole.email, one.name) if one.name else None
    kept = (_once(group, row_of) for group in groups.values())
    return [one._replace(name=names.get(one.user_id or one.email, "")) for one in kept if one]


def _without_clashes(rows: Sequence[Given], row_of: RowOf) -> Sequence[Given]:
    both = [one for one in rows if one.user_id and one.email]
    emails: dict[int, dict[str, Given]] = {}
    ids: dict[str, dict[int, Given]] = {}
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
        row_of(one).drop(Fate.REFUSED, Why.CONFLICT, text)
    return left


def _once(group: Sequence[Given], row_of: RowOf) -> Given | None:
    """The first of the rows that give somebody a role; None where they give it for different days."""
    first, *others = group
    other = next((one for one in others if one.period != first.period), None)
    if other:
        text = f"{first.email or first.user_id} gets {quoted(first.role)} {first.period.text} in "
        text += f"{first.place.row(first.row)}, and {other.period.text} in {other.place.row(other.row)}"
        for one in group:
            row_of(one).drop(Fate.REFUSED, Why.CONTRADICTION, text)
        return None
    for one in others:
        if (one.place, one.row) != (first.place, first.row):
            text = f"{first.place.row(first.row)} says so already"
            row_of(one).drop(Fate.IGNORED, Why.DUPLICATE, text)
    return first
