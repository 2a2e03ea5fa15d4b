"""Plan → outcomes: the only room that calls the one writing verb of the API.

Each request is written down before it is sent and after it is answered. A refused chunk is read again and halved until
whoever it was refused for stands alone; a chunk of unknown outcome is read again, and only what is still missing is
sent, never the same request blindly. So every change ends as done, failed with Studio's words, unknown, or not sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pandas as pd

from rolesync.audit.journal import Journal, Noted
from rolesync.errors import (
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    StudioError,
    TooLargeError,
    UnauthorizedError,
    UnprocessableError,
    UnreachableError,
    UnreadableAnswerError,
)
from rolesync.live import roles_now
from rolesync.model import (
    CHANGES,
    OUTCOMES,
    Action,
    OutcomeStatus,
    Plan,
    Progress,
    email_key,
    frame,
    role_names,
    role_set,
)
from rolesync.planner import chunks
from rolesync.studio import StudioWriter, User
from rolesync.studio.answers import NeverSentError
from rolesync.studio.users import RoleAction

REFUSED = (BadRequestError, NotFoundError, TooLargeError, UnprocessableError)
UNCLEAR = (ServerError, UnreachableError, UnreadableAnswerError)
FINAL = (UnauthorizedError, ForbiddenError, RateLimitedError)
ROUNDS = 6  # how often what is left of one chunk is sent in all, each time after reading
HALVED_ROUNDS = 2  # the same for its halves, once a server that fails is asked whom it fails at


@dataclass(frozen=True, eq=False)
class Executed:
    """What became of every change (OUTCOMES), and why the run stopped before its time, if it did.

    `doubtful` are the requests of which nobody knows what they did, since Studio couldn't be read afterwards.
    """

    outcomes: pd.DataFrame
    stopped: StudioError | None
    doubtful: tuple[Noted, ...] = ()


def execute(plan: Plan, studio: StudioWriter, journal: Journal, progress: Progress) -> Executed:
    """Send all changes of a plan, in its order.

    Args:
        plan: checked by the caller against today's Studio; nothing is checked again here.
        studio: where to write.
        journal: told before each request leaves; if that fails, the request doesn't leave.
        progress: told after each chunk.

    Raises:
        RecordError: the record can't be written; nothing more was sent.
    """
    columns = [plan.changes[name].tolist() for name in _CARRIED]
    changes = [_Change(*values) for values in zip(*columns, strict=True)]
    holders = sum(count.before + count.additions for count in plan.roles)
    sender = _Sender(studio, journal, plan.policy.managed_roles, holders)
    stopped, sent = None, 0
    for number, chunk in enumerate(chunks(plan.changes, plan.policy.chunk_size), start=1):
        try:
            sender.send(number, changes[sent : sent + len(chunk)])
        except StudioError as error:
            stopped = error
            break
        sent += len(chunk)
        progress("applying", sent, len(changes))
    ends: dict[str, Any] = {
        "outcome": [change.outcome.value for change in changes],
        "after": [change.after for change in changes],
        "detail": [change.detail for change in changes],
    }
    outcomes = frame(OUTCOMES, {**{name: plan.changes[name] for name in CHANGES}, **ends})
    return Executed(outcomes, stopped, tuple(sender.doubtful))


_CARRIED = ("user_id", "action", "role", "email", "row", "before")


@dataclass(slots=True)
class _Change:
    """One change on its way. `before` and `after` are role sets."""

    user_id: int
    action: str
    role: str
    email: str
    row: int
    before: str
    outcome: OutcomeStatus = OutcomeStatus.NOT_SENT
    after: str = ""
    detail: str = ""

    @property
    def request(self) -> RoleAction:
        return {"user_id": self.user_id, "action": self.action, "role": self.role}

    def is_done(self, held: frozenset[str]) -> bool:
        """Whether somebody who holds these roles is as this change wants them."""
        return (self.role in held) == (self.action == Action.ADD)

    def end(self, outcome: OutcomeStatus, detail: str = "") -> None:
        self.outcome, self.detail = outcome, detail


class _Sender:
    """Sends batches and sees every change of them ended."""

    def __init__(self, studio: StudioWriter, journal: Journal, managed: Sequence[str], holders: int) -> None:
        self._studio = studio
        self._journal = journal
        self._managed = managed
        self._holders = holders  # roughly: tells which way of reading again is cheaper
        self._most = 0  # the greatest batch that this server is known to take after refusing a greater one; 0 unknown
        self.doubtful: list[Noted] = []

    def send(self, chunk: int, batch: list[_Change]) -> None:
        """Send a batch until each of its changes has ended.

        Raises:
            StudioError: Studio refuses everything, or stays away: there is no sense in going on.
        """
        for part in _split(batch, self._most or len(batch)):
            self._send_part(chunk, part)

    def _send_part(self, chunk: int, batch: list[_Change], rounds: int = ROUNDS, *, halving: bool = True) -> None:
        left = batch
        for attempt in range(1, rounds + 1):
            request = self._note(chunk, left)
            try:
                users = self._put(request, left)
            except NeverSentError as error:
                _end(left, OutcomeStatus.NOT_SENT, error.message)
                raise
            except REFUSED as error:
                self._isolate(request, chunk, left, error)
                return
            except UNCLEAR as error:
                left = self._still_open(request, left, error.message)
                if not left:
                    return
                if attempt == rounds:
                    if not (halving and isinstance(error, ServerError) and _people(left) > 1):
                        raise
                    self._do_the_others(chunk, left, error)
                    return
                self._studio.client.pause(attempt, error.retry_after)
            except StudioError as error:
                _end(left, OutcomeStatus.FAILED if isinstance(error, FINAL) else OutcomeStatus.UNKNOWN, error.message)
                raise
            else:
                self._check_answer(request, left, {user.id: user for user in users})
                return

    def _note(self, chunk: int, batch: list[_Change]) -> Noted:
        actions = [{**change.request, "email": change.email, "row": change.row} for change in batch]
        return self._journal.intend(chunk, actions, {change.user_id: role_names(change.before) for change in batch})

    def _put(self, request: Noted, batch: list[_Change]) -> tuple[User, ...]:
        """Send one request and write down its answer."""
        try:
            users = self._studio.put_roles([change.request for change in batch])
        except StudioError as error:
            request.answered(_status(error), {}, error.message)
            raise
        except BaseException as error:
            request.answered(OutcomeStatus.UNKNOWN.value, {}, f"interrupted ({type(error).__name__})")
            raise
        request.answered(200, {user.id: user.roles for user in users})
        return users

    def _check_answer(self, request: Noted, batch: list[_Change], users: dict[int, User]) -> None:
        """Hold the updated users against what was asked; where the answer falls short, look again."""
        doubtful = []
        for _, own in groupby(batch, key=lambda change: change.user_id):
            changes = list(own)
            user = users.get(changes[0].user_id)
            if user is None or not all(change.is_done(frozenset(user.roles)) for change in changes):
                doubtful += changes
                continue
            note = _side_effect(changes, user)
            for change in changes:
                change.after = role_set(user.roles)
                change.end(OutcomeStatus.DONE, note)
            if email_key(user.email) != email_key(changes[0].email):
                said = f"done, but Studio now shows {user.email!r} for this id: check who this is"
                _end(changes, OutcomeStatus.FAILED, said)
        if doubtful:
            self._still_open(request, doubtful, "Studio answered 200, but doesn't show the change")

    def _still_open(self, request: Noted, batch: list[_Change], reason: str) -> list[_Change]:
        """Read the batch's users again, end each change by what is seen, and return those that are not done.

        They are unknown for `reason` until read, and failed for it afterwards, unless they are sent once more.
        """
        _end(batch, OutcomeStatus.UNKNOWN, reason)
        self.doubtful.append(request)
        now = roles_now(self._studio, self._managed, {change.user_id for change in batch}, self._holders)
        request.reread(now)
        self.doubtful.remove(request)
        left = []
        for change in batch:
            held = now[change.user_id]
            if held is None:
                change.end(OutcomeStatus.FAILED, "this user is no longer in Studio")
            elif change.is_done(held):
                change.end(OutcomeStatus.DONE, "seen by reading again")
            else:
                change.end(OutcomeStatus.FAILED, reason)
                left.append(change)
        return left

    def _isolate(self, request: Noted, chunk: int, batch: list[_Change], refusal: StudioError) -> None:
        """Find whom a batch was refused for, and do the others."""
        left = self._still_open(request, batch, refusal.message)
        if len(left) < len(batch):  # perhaps what is no longer among them was the reason
            if left:
                self._send_part(chunk, left)
            return
        if _people(left) == 1:
            return
        half = (len(left) + 1) // 2
        for part in _split(left, half):
            self.send(chunk, part)
        if all(change.outcome is OutcomeStatus.DONE for change in left):
            self._most = min(self._most or half, half)  # nobody in it was at fault, so that the number was

    def _do_the_others(self, chunk: int, batch: list[_Change], failure: ServerError) -> None:
        """Find whom Studio fails at though it can be read, and do the others.

        Raises:
            ServerError: it fails at everybody: there is no sense in going on.
        """
        failed = 0
        parts = _split(batch, (len(batch) + 1) // 2)
        for part in parts:
            try:
                # Where a part fails down to the last person, its neighbour tells by one failure that nothing works.
                self._send_part(chunk, part, HALVED_ROUNDS, halving=not failed)
            except ServerError:
                failed += 1
        if failed == len(parts):
            raise failure


def _status(error: StudioError) -> int | str:
    """Spell for the record how a request ended."""
    if isinstance(error, NeverSentError):
        return OutcomeStatus.NOT_SENT.value
    return OutcomeStatus.UNKNOWN.value if isinstance(error, UNCLEAR) else error.status


def _split(batch: list[_Change], most: int) -> list[list[_Change]]:
    """Cut a batch into parts of at most `most` changes, no user's apart."""
    parts: list[list[_Change]] = [[]]
    for _, own in groupby(batch, key=lambda change: change.user_id):
        changes = list(own)
        if parts[-1] and len(parts[-1]) + len(changes) > most:
            parts.append([])
        parts[-1] += changes
    return parts


def _people(batch: list[_Change]) -> int:
    return len({change.user_id for change in batch})


def _end(batch: list[_Change], outcome: OutcomeStatus, detail: str) -> None:
    for change in batch:
        change.end(outcome, detail)


def _side_effect(changes: list[_Change], user: User) -> str:
    """Say which roles moved besides those asked for: Studio may drop one when it gives another."""
    expected = set(role_names(changes[0].before))
    for change in changes:
        (expected.add if change.action == Action.ADD else expected.discard)(change.role)
    lost, won = sorted(expected - set(user.roles)), sorted(set(user.roles) - expected)
    said = [f"also lost {', '.join(lost)}"] if lost else []
    said += [f"also has {', '.join(won)}"] if won else []
    return "; ".join(said)
