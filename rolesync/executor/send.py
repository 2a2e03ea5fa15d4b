"""One batch of changes, sent until each of them has ended, each request written down before it leaves and afterwards.

A refused batch is read again and halved until whoever it was refused for stands alone; of a batch of unknown outcome
the people are read again, and only what is still missing is sent, never the same request blindly. So every change ends
as done, failed with Studio's words, unknown, or not sent.
"""

from collections.abc import Sequence
from itertools import groupby
from threading import Lock

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
from rolesync.executor.batch import Change, end_all, names_of, people, side_effect, spelled_of, split
from rolesync.history.journal import Journal, JournalEntry
from rolesync.live.pages import roles_now, roles_of_each
from rolesync.model.keys import email_key
from rolesync.model.vocabulary import OutcomeStatus
from rolesync.studio.responses import NeverSentError
from rolesync.studio.users import StudioWriter, User

REFUSED = (BadRequestError, NotFoundError, TooLargeError, UnprocessableError)
UNCLEAR = (ServerError, UnreachableError, UnreadableAnswerError)
FINAL = (UnauthorizedError, ForbiddenError, RateLimitedError)
ROUNDS = 6  # how often what is left of one chunk is sent in all, each time after reading
HALVED_ROUNDS = 2  # the same for its halves, once a server that fails is asked whom it fails at


class HaltedError(Exception):
    """Another thread has met an error that ends it all, so nothing more is sent."""


class Sender:
    """Sends batches and sees every change of them ended.

    Args:
        studio: where to write.
        journal: where each request is written down.
        managed: the managed roles.
        holders: about how many people hold one of them: tells which way of reading again is cheaper; None where several
            threads send, each other users: then people are read one by one, since a search that others' writes move
            while it is read never adds up.
    """

    def __init__(self, studio: StudioWriter, journal: Journal, managed: Sequence[str], holders: int | None) -> None:
        self._studio = studio
        self._journal = journal
        self._managed = managed
        self._holders = holders
        self._most = 0  # the greatest batch that this server is known to take after refusing a greater one; 0 unknown
        self._learning = Lock()
        self._doubtful: dict[int, JournalEntry] = {}
        self._halted = False

    @property
    def doubtful(self) -> tuple[JournalEntry, ...]:
        """The requests of which nobody knows what they did, in the order in which they were written down."""
        return tuple(request for _, request in sorted(self._doubtful.items()))

    def halt(self) -> None:
        """Let no further request begin; what is under way is answered and, if need be, read again."""
        self._halted = True

    def send(self, chunk: int, batch: list[Change]) -> None:
        """Send a batch until each of its changes has ended.

        Raises:
            StudioError: Studio refuses everything, or stays away: there is no sense in going on.
            HaltedError: `halt` was called; what was not sent by then isn't.
        """
        for part in split(batch, self._most or len(batch)):
            self._send_part(chunk, part)

    def _send_part(self, chunk: int, batch: list[Change], rounds: int = ROUNDS, *, halving: bool = True) -> None:
        left = batch
        for attempt in range(1, rounds + 1):
            request = self._note(chunk, left)
            try:
                users = self._put(request, left)
            except NeverSentError as error:
                end_all(left, OutcomeStatus.NOT_SENT, error.message)
                raise
            except REFUSED as error:
                self._isolate(request, chunk, left, error)
                return
            except UNCLEAR as error:
                left = self._still_open(request, left, error.message)
                if not left:
                    return
                if attempt == rounds:
                    if not (halving and isinstance(error, ServerError) and people(left) > 1):
                        raise
                    self._do_the_others(chunk, left, error)
                    return
                self._go_on()
                self._studio.client.pause(attempt, error.retry_after)
            except StudioError as error:
                end_all(
                    left, OutcomeStatus.FAILED if isinstance(error, FINAL) else OutcomeStatus.UNKNOWN, error.message
                )
                raise
            else:
                self._check_answer(request, left, {user.id: user for user in users})
                return

    def _note(self, chunk: int, batch: list[Change]) -> JournalEntry:
        self._go_on()
        actions = [{**change.request, "email": change.email, "row": change.row} for change in batch]
        return self._journal.log_intent(chunk, actions, {change.user_id: names_of(change.before) for change in batch})

    def _go_on(self) -> None:
        if self._halted:
            raise HaltedError

    def _put(self, request: JournalEntry, batch: list[Change]) -> tuple[User, ...]:
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

    def _check_answer(self, request: JournalEntry, batch: list[Change], users: dict[int, User]) -> None:
        """Hold the updated users against what was asked; where the answer falls short, look again."""
        doubtful = []
        for _, own in groupby(batch, key=lambda change: change.user_id):
            changes = list(own)
            user = users.get(changes[0].user_id)
            if user is None or not all(change.is_done(frozenset(user.roles)) for change in changes):
                doubtful += changes
                continue
            note = side_effect(changes, user)
            for change in changes:
                change.after = spelled_of(user.roles)
                change.end(OutcomeStatus.DONE, note)
            if email_key(user.email) != email_key(changes[0].email):
                said = f"done, but Studio now shows {user.email!r} for this id: check who this is"
                end_all(changes, OutcomeStatus.FAILED, said)
        if doubtful:
            self._still_open(request, doubtful, "Studio answered 200, but doesn't show the change")

    def _still_open(self, request: JournalEntry, batch: list[Change], reason: str) -> list[Change]:
        """Read the batch's users again, end each change by what is seen, and return those that are not done.

        They are unknown for `reason` until read, and failed for it afterwards, unless they are sent once more.
        """
        end_all(batch, OutcomeStatus.UNKNOWN, reason)
        self._doubtful[request.number] = request
        now = self._now({change.user_id for change in batch})
        request.reread(now)
        del self._doubtful[request.number]
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

    def _now(self, user_ids: set[int]) -> dict[int, frozenset[str] | None]:
        if self._holders is not None:
            return roles_now(self._studio, self._managed, user_ids, self._holders)
        found = roles_of_each(self._studio, user_ids)
        return {user_id: None if held is None else held.intersection(self._managed) for user_id, held in found.items()}

    def _isolate(self, request: JournalEntry, chunk: int, batch: list[Change], refusal: StudioError) -> None:
        """Find whom a batch was refused for, and do the others."""
        left = self._still_open(request, batch, refusal.message)
        if len(left) < len(batch):  # perhaps what is no longer among them was the reason
            if left:
                self._send_part(chunk, left)
            return
        if people(left) == 1:
            return
        half = (len(left) + 1) // 2
        for part in split(left, half):
            self.send(chunk, part)
        if all(change.outcome is OutcomeStatus.DONE for change in left):
            with self._learning:
                self._most = min(self._most or half, half)  # nobody in it was at fault, so that the number was

    def _do_the_others(self, chunk: int, batch: list[Change], failure: ServerError) -> None:
        """Find whom Studio fails at though it can be read, and do the others.

        Raises:
            ServerError: it fails at everybody: there is no sense in going on.
        """
        failed = 0
        parts = split(batch, (len(batch) + 1) // 2)
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
