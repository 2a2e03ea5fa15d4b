"""Why somebody has, gets or loses each role: told from the record, from a list, and from Studio where that is asked."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rolesync.errors import RecordBrokenError, UsageError
from rolesync.history.earlier_runs import load_earlier_runs
from rolesync.history.person import events_about, past_absences, past_changes, past_decisions, user_ids_of_email
from rolesync.live.read import read_live
from rolesync.model.desired import Desired, ListRows
from rolesync.model.explanation import Explanation, ListedRow, NextStep, PersonNow
from rolesync.model.frames import CHANGES, DESIRED, HELD, LIVE, Columns, frame
from rolesync.model.keys import email_key, parse_roles
from rolesync.model.live import Live
from rolesync.studio.users import StudioReader
from rolesync.workflows.connect import connect
from rolesync.workflows.context import Context
from rolesync.workflows.plan import compare_with_live, read_list

if TYPE_CHECKING:
    import pandas as pd

Found = TypeVar("Found")


def explain_user(user: str, context: Context, path: Path | None = None, *, live: bool = False) -> Explanation:
    """Tell all that is known of one person. Never writes anything, neither to Studio nor to the record.

    Args:
        user: an address, or an id with or without `#`.
        context: its settings say which account.
        path: a list, to say which of its rows name the person.
        live: whether to ask Studio for their roles today, and with a list for what the next plan would do, if no guard
            stops it.

    Raises:
        UsageError: `user` names nobody.
        RecordError: the record can't be read.
        InputRefusedError: the list can't be read.
        StudioError: Studio can't be asked.
    """
    folder, key = context.settings.account_dir, context.settings.audit_key.get_secret_value()
    ids, emails = _named(user)
    for address in emails:
        ids |= set(_trusted(user_ids_of_email(folder, address, key=key))[0])
    desired = read_list(path, context) if path else None
    if desired:
        own = desired.assignments[_is_meant(desired.assignments, ids, emails)]
        ids |= set(own["user_id"].tolist()) - {0}
        emails |= set(own["email"].tolist()) - {""}
    studio = _ask(context, desired, ids, emails) if live else None
    now = _people(studio, ids, emails) if studio else None
    ids |= {person.user_id for person in now or ()}

    events, broken = _trusted(events_about(folder, ids, key=key))
    changes, decisions = tuple(past_changes(events)), tuple(past_decisions(events, ids))
    named = [*(one.email for one in changes), *(one.email for one in decisions), *(one.email for one in now or ())]
    emails |= set(map(email_key, named))
    return Explanation(
        asked=user,
        user_ids=tuple(sorted(ids)),
        emails=tuple(sorted(filter(None, emails))),
        changes=changes,
        absences=tuple(past_absences(events, ids)),
        source=desired.source if desired else None,
        list_status=desired.status if desired else "",
        rows=tuple(_rows(desired, ids, emails)) if desired else (),
        now=now,
        steps=_steps(desired, studio, context, ids, emails) if desired and studio and not broken else None,
        broken=broken,
        decisions=decisions,
    )


def _trusted(found: Iterator[Found]) -> tuple[list[Found], RecordBrokenError | None]:
    """Take what comes before the first place that isn't as it was written, and the error that names it."""
    kept: list[Found] = []
    try:
        kept.extend(found)
    except RecordBrokenError as error:
        return kept, error
    return kept, None


def _named(user: str) -> tuple[set[int], set[str]]:
    text = user.strip()
    number = text.removeprefix("#")
    if not number or (number.isdecimal() and not int(number)):
        raise UsageError(f"{user!r} names nobody", hint="give an e-mail address, or Studio's number of a user")
    return ({int(number)}, set()) if number.isdecimal() else (set(), {email_key(text)})


def _rows(desired: Desired, ids: set[int], emails: set[str]) -> Iterator[ListedRow]:
    table = desired.assignments
    for row, email, user_id, role in _cells(table, DESIRED, _is_meant(table, ids, emails)):
        yield ListedRow(row, role, email, user_id)


def _ask(context: Context, desired: Desired | None, ids: set[int], emails: set[str]) -> Live:
    """Read the managed roles' holders, the list's people, and the one in question by everything they are known by."""
    roles = context.settings.managed_roles
    known: list[tuple[str, int]] = [*((email, 0) for email in sorted(emails)), *(("", one) for one in sorted(ids))]
    asked = (desired.assignments if desired else frame(DESIRED)).to_dict("list")
    wanted = frame(
        DESIRED,
        {
            "row": [*asked["row"], *(1 for _ in known)],
            "email": [*asked["email"], *(email for email, _ in known)],
            "user_id": [*asked["user_id"], *(user_id for _, user_id in known)],
            "role": [*asked["role"], *(roles[0] for _ in known)],
        },
    )
    with connect(context) as client:
        return read_live(
            StudioReader(client), roles, ListRows.of(wanted), context.progress, scan=context.settings.scan_roles
        )


def _people(live: Live, ids: set[int], emails: set[str]) -> tuple[PersonNow, ...]:
    meant = _is_meant(live.users, ids, emails)
    return tuple(
        PersonNow(user_id, email, name, tuple(parse_roles(roles)))
        for user_id, email, name, roles in _cells(live.users, LIVE, meant)
    )


def _steps(
    desired: Desired, live: Live, context: Context, ids: set[int], emails: set[str]
) -> tuple[NextStep, ...] | None:
    """Plan as a run would, and keep what is about this person; None where the list would be refused."""
    if desired.status == "reject":
        return None
    own = context.settings
    history = load_earlier_runs(own.account_dir, key=own.audit_key.get_secret_value()).baseline
    found = compare_with_live(desired, live, own.policy, history)
    changes, held = found.changes, found.held
    planned = [
        NextStep(user_id, action, role, row, reason)
        for user_id, _, _, action, role, reason, row, _ in _cells(changes, CHANGES, changes["user_id"].isin(ids))
    ]
    waiting = [
        NextStep(user_id, action, role, row, reason, detail)
        for row, _, user_id, role, action, reason, detail in _cells(held, HELD, _is_meant(held, ids, emails))
    ]
    return (*planned, *waiting)


def _is_meant(table: "pd.DataFrame", ids: set[int], emails: set[str]) -> "pd.Series[bool]":
    """Which rows name the person; an address is compared by its key, and none is nobody's."""
    keys = table["email"].map(email_key)
    return table["user_id"].isin(ids) | (keys.isin(emails) & (keys != ""))


def _cells(table: "pd.DataFrame", columns: Columns, meant: "pd.Series[bool]") -> Iterator[tuple[Any, ...]]:
    chosen = table[meant]
    return zip(*(chosen[name].tolist() for name in columns), strict=True)
