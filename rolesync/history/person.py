"""The past of a user: the ids that an address has had, and every change, absence and decision about them."""

from collections.abc import Collection, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Literal

from rolesync.history.event_reader import read_addressees, read_event_about
from rolesync.history.events import (
    Intent,
    Outcome,
    PlanEvent,
    PlanMade,
    Recovered,
    RequestEvent,
    Reread,
    RunEvent,
    RunStart,
)
from rolesync.history.read import decode_records
from rolesync.history.run_effects import sent_actions, side_effects
from rolesync.model.explanation import PastAbsence, PastChange, PastDecision
from rolesync.model.json_forms import time_json
from rolesync.model.keys import email_key
from rolesync.model.lists import Source
from rolesync.model.plans import Approval
from rolesync.model.run_report import RunDecision


def user_ids_of_email(folder: Path, address: str, *, key: str = "") -> Iterator[int]:
    """Yield the ids of users to whom changes were sent under an address, or whose changes a reviewer took out.

    Addresses are compared by `email_key`. An id may be yielded several times.

    Raises:
        RecordError, RecordBrokenError: as `read_events`.
    """
    searched_key = email_key(address)
    for addressees in decode_records(folder, (RunStart, Intent), read_addressees, key=key):
        for user_id, email in addressees:
            if email_key(email) == searched_key:
                yield user_id


def events_about(folder: Path, user_ids: Collection[int], *, key: str = "") -> Iterator[RunEvent]:
    """Yield every plan and start, and all events of the requests about these users.

    Their intents have only the actions on these users.

    Raises:
        RecordError, RecordBrokenError: as `read_events`.
    """
    requests: set[tuple[str, int]] = set()
    kinds = (PlanMade, RunStart, Intent, Outcome, Reread, Recovered)
    for event in decode_records(folder, kinds, partial(read_event_about, user_ids=user_ids), key=key):
        if isinstance(event, Intent) and event.actions:
            requests.add(event.key)
        if not isinstance(event, RequestEvent) or event.key in requests:
            yield event


def past_changes(events: Iterable[RunEvent]) -> Iterator[PastChange]:
    """Yield every change that was sent, and every side effect, in order, with its result, its list and its reviewer.

    Args:
        events: about some users, as `events_about` yields them.
    """
    sources: dict[str, Source] = {}
    reviewers: dict[str, str] = {}
    requests: list[RunEvent] = []
    for event in events:
        if isinstance(event, PlanEvent):
            if event.source.path:
                sources[event.run] = event.source
            if isinstance(event, RunStart) and event.approval:
                reviewers[event.run] = event.approval.reviewer
        else:
            requests.append(event)
    unknown = Source("", "", 0)
    sent_changes = [(effect, result.value) for effect, result in sent_actions(requests)]
    beside = [(effect, "side_effect") for effect in side_effects(requests)]
    for effect, outcome in sorted([*sent_changes, *beside], key=lambda change: change[0].time):
        source = sources.get(effect.run, unknown)
        yield PastChange(
            run=effect.run,
            time=effect.time,
            user_id=effect.user_id,
            email=effect.email,
            action=effect.action.value,
            role=effect.role,
            row=effect.row,
            outcome=outcome,
            source=source.path,
            sha256=source.sha256,
            approved_by=reviewers.get(effect.run, ""),
            undoes=source.undoes,
        )


def past_absences(events: Iterable[RunEvent], user_ids: Collection[int]) -> Iterator[PastAbsence]:
    """Yield by run the roles that these users held and the list did not give them, each once.

    Args:
        events: about these users, as `events_about` yields them. A sync records absence in its plan and in its start.
        user_ids: the users.
    """
    seen: set[tuple[str, str, int]] = set()
    for event in events:
        for role, absent in ((isinstance(event, PlanEvent) and event.absent) or {}).items():
            for user_id in set(user_ids).intersection(absent):
                if (event.run, role, user_id) not in seen:
                    seen.add((event.run, role, user_id))
                    yield PastAbsence(event.run, event.time, user_id, role)


def past_decisions(events: Iterable[RunEvent], user_ids: Collection[int]) -> Iterator[PastDecision]:
    """Yield what reviewers changed about these users in plans that were applied, in order, once per approved plan.

    Args:
        events: about these users, as `events_about` yields them.
        user_ids: the users.
    """
    digests: set[str] = set()
    for event in events:
        if isinstance(event, RunStart) and event.approval and event.digest not in digests:
            digests.add(event.digest)
            yield from _decisions(event, event.approval, "excluded", event.excluded, user_ids)
            yield from _decisions(event, event.approval, "released", event.released, user_ids)


def _decisions(
    start: RunStart,
    approval: Approval,
    kind: Literal["excluded", "released"],
    changes: Iterable[RunDecision],
    user_ids: Collection[int],
) -> Iterator[PastDecision]:
    for change in changes:
        if change.user_id in user_ids:
            yield PastDecision(
                run=start.run,
                time=time_json(approval.approved_at),
                user_id=change.user_id,
                email=change.email,
                action=change.action,
                role=change.role,
                decision=kind,
                reason=change.reason,
                reviewer=approval.reviewer,
            )


def last_changes(folder: Path, user_ids: Collection[int], *, key: str = "") -> dict[int, list[PastChange]]:
    """Find by user id what the last run that touched the user sent. Users without a change are missing.

    Raises:
        RecordError, RecordBrokenError: as `read_events`.
    """
    changes_by_user: dict[int, list[PastChange]] = {}
    for change in past_changes(events_about(folder, user_ids, key=key)):
        changes = changes_by_user.get(change.user_id, [])
        same_run = changes if changes and changes[0].run == change.run else ()
        changes_by_user[change.user_id] = [*same_run, change]
    return changes_by_user
