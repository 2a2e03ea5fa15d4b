"""Explain why a user has, gets or lost each role: from the record and, if asked, from a list and from Studio."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rolesync.errors import RecordBrokenError, UsageError
from rolesync.history.person import events_about, past_absences, past_changes, past_decisions, user_ids_of_email
from rolesync.model.explanation import Explanation
from rolesync.model.keys import email_key
from rolesync.workflows.context import Context

if TYPE_CHECKING:
    from rolesync.workflows.explain_now import ListAndStudio

Item = TypeVar("Item")


def explain_user(user: str, context: Context, path: Path | str | None = None, *, live: bool = False) -> Explanation:
    """Collect everything that is known of one user. Writes neither to Studio nor to the record.

    Args:
        user: an e-mail address, or a user id with or without `#`.
        context: its settings name the account.
        path: a list, to show which of its rows name the user.
        live: whether to ask Studio for the current roles. With a list, this also computes what the next plan would do
            before its guards.

    Raises:
        UsageError: `user` is neither an address nor an id.
        RecordError: the record can't be read.
        InputRefusedError: the list can't be read.
        StudioError: Studio can't be read.
    """
    folder, key = context.settings.account_dir, context.settings.audit_key.get_secret_value()
    ids, emails = _parse_user(user)
    for address in emails:
        ids |= set(_before_break(user_ids_of_email(folder, address, key=key))[0])
    current = _list_and_studio(context, path, ids, emails, live=live)
    people = current.people(ids, emails) if current else None
    ids |= {person.user_id for person in people or ()}

    events, broken = _before_break(events_about(folder, ids, key=key))
    changes, decisions = tuple(past_changes(events)), tuple(past_decisions(events, ids))
    emails |= {email_key(item.email) for items in (changes, decisions, people or ()) for item in items}
    desired = current.desired if current else None
    return Explanation(
        query=user,
        user_ids=tuple(sorted(ids)),
        emails=tuple(sorted(filter(None, emails))),
        changes=changes,
        absences=tuple(past_absences(events, ids)),
        source=desired.source if desired else None,
        list_status=desired.status if desired else "",
        rows=current.rows(ids, emails) if current else (),
        now=people,
        steps=current.steps(context, ids, emails) if current and not broken else None,
        broken=broken,
        decisions=decisions,
    )


def _list_and_studio(
    context: Context, path: Path | str | None, ids: set[int], emails: set[str], *, live: bool
) -> "ListAndStudio | None":
    """Read what was asked for, and add the ids and addresses by which the list names the user."""
    if path is None and not live:
        return None
    # The record alone needs neither pandas nor HTTP, which take longer to import than the answer.
    from rolesync.workflows.explain_now import read_list_and_studio  # noqa: PLC0415

    return read_list_and_studio(context, path, ids, emails, ask_studio=live)


def _before_break(items: Iterator[Item]) -> tuple[list[Item], RecordBrokenError | None]:
    """Collect the items before the first place where the record was changed, and the error that names the place."""
    collected: list[Item] = []
    try:
        collected.extend(items)
    except RecordBrokenError as error:
        return collected, error
    return collected, None


def _parse_user(user: str) -> tuple[set[int], set[str]]:
    text = user.strip()
    number = text.removeprefix("#")
    if not number or (number.isdecimal() and not int(number)):
        raise UsageError(f"{user!r} names nobody", hint="give an e-mail address, or Studio's number of a user")
    return ({int(number)}, set()) if number.isdecimal() else (set(), {email_key(text)})
