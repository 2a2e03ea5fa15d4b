"""Lists the holders of roles, each with the evidence.

The holders of a day come from the record alone; those of now come from the record and a read of Studio.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rolesync.errors import RecordBrokenError
from rolesync.history.holders_snapshot import saved_holders
from rolesync.history.read import read_events
from rolesync.history.role_evidence import KINDS, Key, RoleEvidence
from rolesync.model.who import Evidence, Holder, HolderStatus, Origin, Reading, RunFacts

LiveUsers = Mapping[int, tuple[str, str]]
"""Address and name by user id."""

_NO_FACTS = RunFacts()


@dataclass(slots=True)
class RecordedRoles:
    """What the record holds for an access review.

    `saved` are addresses by role and user id of the last saved holders; None if their file is missing or changed.
    `doubtful` are the roles in requests whose effect is unknown. `broken` names the first changed record, if any.
    """

    evidence: RoleEvidence
    saved: Mapping[str, Mapping[int, str]] | None = None
    doubtful: Mapping[Key, Evidence] = field(default_factory=dict)
    emails: dict[int, str] = field(default_factory=dict)
    broken: RecordBrokenError | None = None


def read_recorded_roles(folder: Path, day: str = "", *, key: str = "") -> RecordedRoles:
    """Read the record in one pass, up to the first changed record.

    Args:
        folder: the account's.
        day: the day, as in `2026-05-03`; its end counts, in UTC. "" for now.
        key: the audit key.

    Raises:
        RecordError: a file can't be read.
    """
    recorded = RecordedRoles(RoleEvidence(day))
    evidence = recorded.evidence
    try:
        for event in read_events(folder, KINDS, key=key):
            evidence.add(event)
    except RecordBrokenError as error:
        recorded.broken = error
    recorded.doubtful = evidence.doubtful()
    if evidence.saved:
        recorded.saved = saved_holders(folder, evidence.saved.sha256)
    for known in (*evidence.known.items(), *evidence.later.items()):
        (_, user_id), shown = known
        recorded.emails[user_id] = shown.email or recorded.emails.get(user_id, "")
    for role, users in (recorded.saved or {}).items():
        recorded.emails.update({user_id: email for user_id, email in users.items() if email})
        _add_saved(evidence, role, users)
    return recorded


def holders_as_of(recorded: RecordedRoles, roles: Collection[str]) -> Iterator[Holder]:
    """Yield who held these roles at the end of the day, as far as the record proves it, and who may have."""
    evidence = recorded.evidence
    for key in evidence.known.keys() | evidence.later.keys() | recorded.doubtful.keys():
        if key[0] in roles and (judged := _judge(recorded, key)):
            status, last_evidence = judged
            proven = ""
            if last_evidence.holds and status is HolderStatus.HOLDS:
                proven = evidence.last_proven(key[0], _anchor(recorded, key, last_evidence))
            yield _holder(recorded, status, key, last_evidence, proven)


def holders_now(
    recorded: RecordedRoles,
    live: Mapping[str, LiveUsers],
    people: LiveUsers,
    now: str,
    unsettled: Collection[str] = (),
) -> Iterator[Holder]:
    """Yield who holds each role in Studio, with the origin by the record, and who lost it by other hands.

    With a broken record, nothing follows from what its whole part does not show.

    Args:
        recorded: read for now, not for a day.
        live: by role, all of its holders.
        people: addresses and names of these and other users.
        now: when they were read, ISO 8601 in UTC.
        unsettled: the runs without an end, whose changes a read may not show yet.
    """
    for role, users in live.items():
        for user_id, (email, name) in users.items():
            live_evidence = _evidence_of_live(recorded, (role, user_id), now, unsettled)
            yield _holder(recorded, HolderStatus.HOLDS, (role, user_id), live_evidence, now)._replace(
                email=email, name=name
            )
    for key, evidence in () if recorded.broken else _without_role(recorded, live):
        if key in recorded.doubtful or evidence.run in unsettled:
            holder = _holder(recorded, HolderStatus.UNCLEAR, key, recorded.doubtful.get(key, evidence), "")
        elif evidence.holds:
            proven = recorded.evidence.last_proven(key[0], _anchor(recorded, key, evidence))
            loss = Evidence(now, False, Origin.OTHER_HANDS, email=evidence.email, changed_after=proven)
            holder = _holder(recorded, HolderStatus.LOST, key, loss, proven)
        elif evidence.origin is Origin.OTHER_HANDS:
            holder = _holder(recorded, HolderStatus.LOST, key, evidence, evidence.changed_after)
        else:
            continue
        email, name = people.get(key[1], (holder.email, ""))
        yield holder._replace(email=email, name=name)


def expected_now(recorded: RecordedRoles, roles: Iterable[str]) -> dict[str, set[int]]:
    """List by role the users who hold it by the record, without those in doubt."""
    expected: dict[str, set[int]] = {role: set() for role in roles}
    for (role, user_id), evidence in recorded.evidence.known.items():
        if evidence.holds and role in expected and (role, user_id) not in recorded.doubtful:
            expected[role].add(user_id)
    return expected


def lost_without_address(recorded: RecordedRoles, roles: Collection[str]) -> list[int]:
    """List the users who lost a role by other hands, as the record shows, and whose address it does not have."""
    return sorted(
        {
            user_id
            for (role, user_id), evidence in recorded.evidence.known.items()
            if role in roles
            and not evidence.holds
            and evidence.origin is Origin.OTHER_HANDS
            and not recorded.emails[user_id]
        }
    )


def in_order(holders: Iterable[Holder], roles: Sequence[str]) -> tuple[Holder, ...]:
    """Sort holders by the order of the roles, then by address; those without an address come last, by id."""
    places = {role: place for place, role in enumerate(roles)}
    return tuple(
        sorted(holders, key=lambda each: (places[each.role], not each.email, each.email.casefold(), each.user_id))
    )


def _without_role(recorded: RecordedRoles, live: Mapping[str, LiveUsers]) -> Iterator[tuple[Key, Evidence]]:
    """Yield the users of whom the record shows something about a role that they don't hold now."""
    known = recorded.evidence.known
    for key in known.keys() | recorded.doubtful.keys():
        if key[0] in live and key[1] not in live[key[0]]:
            yield key, known.get(key) or recorded.doubtful[key]


def _evidence_of_live(recorded: RecordedRoles, key: Key, now: str, unsettled: Collection[str]) -> Evidence:
    """Find how a user who holds a role now came to it."""
    role, _ = key
    evidence = recorded.evidence.known.get(key)
    if key in recorded.doubtful:
        return recorded.doubtful[key]._replace(origin=Origin.UNKNOWN)
    if evidence and evidence.holds:
        return evidence
    last = recorded.evidence.readings(role).last
    is_unsettled = evidence is not None and evidence.run in unsettled
    is_in_saved_reading = last is not None and recorded.saved is not None and role in recorded.saved
    if recorded.broken or is_unsettled or not (evidence or is_in_saved_reading):
        return Evidence("", True, Origin.UNKNOWN)
    if evidence and evidence.in_vain:
        return evidence._replace(time=now, holds=True, changed_after=evidence.time)
    not_there = max(evidence.time if evidence else "", last.time if last and recorded.saved is not None else "")
    return Evidence(now, True, Origin.OTHER_HANDS, changed_after=not_there)


def _judge(recorded: RecordedRoles, key: Key) -> tuple[HolderStatus, Evidence] | None:
    """Decide whether a user held a role at the end of the day, by the evidence before and after; None for no."""
    evidence = recorded.evidence
    known, later = evidence.known.get(key), evidence.later.get(key)
    if key in recorded.doubtful:
        return HolderStatus.UNCLEAR, recorded.doubtful[key]
    may_be_earlier = later is not None and later.origin is not Origin.RUN and not evidence.is_later(later.changed_after)
    if known:
        contradicted = later is not None and not later.in_vain and later.holds is known.holds
        if later and (may_be_earlier or contradicted):
            return HolderStatus.UNCLEAR, later
        return (HolderStatus.HOLDS, known) if known.holds else None
    start = later.continuous_from if later else None
    if later is None or later.in_vain or start is None or evidence.is_later(start.time):
        return None
    if may_be_earlier:
        return HolderStatus.UNCLEAR, later
    return None if later.holds else (HolderStatus.HOLDS, _before_record(start, later.email))


def _before_record(start: Reading, email: str) -> Evidence:
    return Evidence(start.time, True, Origin.BEFORE_RECORD, start.run, email=email, continuous_from=start)


def _anchor(recorded: RecordedRoles, key: Key, evidence: Evidence) -> str:
    """Return from when the readings without a gap show a holder: later than the evidence if a gap followed it."""
    role, user_id = key
    start, saved = recorded.evidence.continuous_from.get(role), recorded.evidence.saved
    is_saved = (
        recorded.saved is not None and user_id in recorded.saved.get(role, ()) and key not in recorded.evidence.later
    )
    if is_saved and start and saved and not recorded.evidence.is_later(start.time) and evidence.time <= saved.time:
        return max(evidence.time, start.time)
    return evidence.time


def _add_saved(evidence: RoleEvidence, role: str, users: Mapping[int, str]) -> None:
    """Note what the last saved holders of a role add to the evidence: who held it all the time, and contradictions."""
    saved, start = evidence.saved, evidence.continuous_from.get(role)
    if saved is None:
        return
    for user_id, email in users.items():
        key = role, user_id
        known, later = evidence.known.get(key), evidence.later.get(key)
        if later and later.time <= saved.time:
            continue
        if known is None and start:
            if not evidence.is_later(start.time):
                evidence.note(key, _before_record(start, email))
        elif known and not known.holds and known.time <= saved.time:
            origin, run = (Origin.RUN, known.run) if known.in_vain else (Origin.OTHER_HANDS, saved.run)
            evidence.note(key, Evidence(saved.time, True, origin, run, known.row, email, changed_after=known.time))
    for key, known in list(evidence.known.items()):
        later = evidence.later.get(key)
        is_missing = key[0] == role and known.holds and known.time <= saved.time and key[1] not in users
        if is_missing and not (later and later.time <= saved.time):
            proven = evidence.last_proven(role, known.time)
            evidence.note(
                key, Evidence(saved.time, False, Origin.OTHER_HANDS, saved.run, email=known.email, changed_after=proven)
            )


def _holder(recorded: RecordedRoles, status: HolderStatus, key: Key, evidence: Evidence, proven: str) -> Holder:
    role, user_id = key
    email = evidence.email or recorded.emails.get(user_id, "")
    return Holder(
        status, role, user_id, email, "", evidence, recorded.evidence.runs.get(evidence.run, _NO_FACTS), proven
    )
