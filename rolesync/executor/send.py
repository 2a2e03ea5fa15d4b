"""Sends one batch of changes until each of them has an outcome, and writes each request to the record.

A request is recorded before it leaves, and again when it has ended. What happens next depends on its effect:

- Refused: the users are read again, and the batch is halved until only the users at fault are left.
- Unclear: the users are read again, and only the missing changes are sent. No request is repeated blindly.
- Nothing done: the run ends, since every further request would end in the same way.

So each change ends as done, failed with Studio's message, unknown, or not sent.
"""

from collections.abc import Sequence
from itertools import groupby
from threading import Lock

from rolesync.errors import NeverSentError, ServerError, StudioError
from rolesync.executor.change import Change, count_users, end_all, side_effect, split
from rolesync.history.events import SentAction
from rolesync.history.journal import Journal, JournalEntry
from rolesync.live.pages import roles_now, roles_of_each
from rolesync.model.keys import email_key, format_roles, parse_roles
from rolesync.model.request_effect import RequestEffect, effect_of, is_transient, record_status
from rolesync.model.vocabulary import OutcomeStatus
from rolesync.studio.users import StudioWriter, User

ROUNDS = 6  # attempts to send the unconfirmed changes of a chunk, each after a read
HALVED_ROUNDS = 2  # attempts for each half, when halving a chunk to isolate users that make Studio fail


class HaltedError(Exception):
    """Another thread has met an error that ends the run, so no further request is sent."""


class Sender:
    """Sends batches until each change has an outcome.

    Args:
        studio: where to write.
        journal: where each request is recorded.
        managed: the managed roles.
        holders: about how many users hold a managed role; this decides which method of reading again costs fewer
            requests. None if several threads send, each for other users. Then users are read one by one, because a
            search that other threads change during the read never becomes consistent.
    """

    def __init__(self, studio: StudioWriter, journal: Journal, managed: Sequence[str], holders: int | None) -> None:
        self._studio = studio
        self._journal = journal
        self._managed = managed
        self._holders = holders
        self._batch_limit = 0  # the largest batch this server accepted after it refused a larger one; 0 if unknown
        self._batch_limit_lock = Lock()
        self._doubtful: dict[int, JournalEntry] = {}
        self._halted = False

    @property
    def doubtful(self) -> tuple[JournalEntry, ...]:
        """The requests whose effect is unknown, in the order of the record."""
        return tuple(request for _, request in sorted(self._doubtful.items()))

    def halt(self) -> None:
        """Start no further request; those under way are answered and, if needed, their users are read again."""
        self._halted = True

    def send(self, chunk: int, batch: list[Change]) -> None:
        """Send a batch until each of its changes has an outcome.

        Raises:
            StudioError: Studio refuses every request, or can't be reached: the run must end.
            HaltedError: `halt` was called; changes not sent by then stay so.
        """
        for part in split(batch, self._batch_limit or len(batch)):
            self._send_part(chunk, part)

    def _send_part(self, chunk: int, batch: list[Change], rounds: int = ROUNDS, *, may_halve: bool = True) -> None:
        remaining = batch
        for attempt in range(1, rounds + 1):
            request = self._record_intent(chunk, remaining)
            try:
                users = self._put(request, remaining)
            except StudioError as error:
                effect = effect_of(error)
                if effect is RequestEffect.REFUSED:
                    self._isolate(request, chunk, remaining, error)
                    return
                if effect is RequestEffect.NOTHING_DONE or not is_transient(error):
                    end_all(remaining, _final_outcome(error), error.message)
                    raise
                remaining = self._resolve(request, remaining, error.message)
                if not remaining:
                    return
                if attempt == rounds:
                    if not (may_halve and isinstance(error, ServerError) and count_users(remaining) > 1):
                        raise
                    self._send_halves(chunk, remaining, error)
                    return
                self._check_halt()
                self._studio.client.pause(attempt, error.retry_after)
            else:
                self._check_answer(request, remaining, {user.id: user for user in users})
                return

    def _record_intent(self, chunk: int, batch: list[Change]) -> JournalEntry:
        self._check_halt()
        actions = [SentAction(change.user_id, change.action, change.role, change.email, change.row) for change in batch]
        return self._journal.log_intent(
            chunk, actions, {change.user_id: parse_roles(change.before) for change in batch}
        )

    def _check_halt(self) -> None:
        if self._halted:
            raise HaltedError

    def _put(self, request: JournalEntry, batch: list[Change]) -> tuple[User, ...]:
        """Send one request and record how it ended."""
        try:
            users = self._studio.put_roles([change.request for change in batch])
        except StudioError as error:
            request.answered(record_status(error), {}, error.message)
            raise
        except BaseException as error:
            request.answered(OutcomeStatus.UNKNOWN.value, {}, f"interrupted ({type(error).__name__})")
            raise
        request.answered(200, {user.id: user.roles for user in users})
        return users

    def _check_answer(self, request: JournalEntry, batch: list[Change], users: dict[int, User]) -> None:
        """Compare the updated users with the changes; read users again whose changes the answer doesn't show."""
        unconfirmed = []
        for _, group in groupby(batch, key=lambda change: change.user_id):
            changes = list(group)
            user = users.get(changes[0].user_id)
            if user is None or not all(change.is_done(frozenset(user.roles)) for change in changes):
                unconfirmed += changes
                continue
            note = side_effect(changes, user)
            for change in changes:
                change.after = format_roles(user.roles)
                change.end(OutcomeStatus.DONE, note)
            if email_key(user.email) != email_key(changes[0].email):
                detail = f"done, but Studio now shows {user.email!r} for this id: check who this is"
                end_all(changes, OutcomeStatus.FAILED, detail)
        if unconfirmed:
            self._resolve(request, unconfirmed, "Studio answered 200, but doesn't show the change")

    def _resolve(self, request: JournalEntry, batch: list[Change], reason: str) -> list[Change]:
        """Read the users of a batch again, set the outcomes by it, and return the changes that are not done.

        Until the read succeeds they are unknown because of `reason`; afterwards failed, unless they are sent again.
        """
        end_all(batch, OutcomeStatus.UNKNOWN, reason)
        self._doubtful[request.number] = request
        roles_by_user = self._read_roles({change.user_id for change in batch})
        request.reread(roles_by_user)
        del self._doubtful[request.number]
        missing = []
        for change in batch:
            roles = roles_by_user[change.user_id]
            if roles is None:
                change.end(OutcomeStatus.FAILED, _describe_missing(change))
            elif change.is_done(roles):
                change.end(OutcomeStatus.DONE, "confirmed by reading again")
            else:
                change.end(OutcomeStatus.FAILED, reason)
                missing.append(change)
        return missing

    def _read_roles(self, user_ids: set[int]) -> dict[int, frozenset[str] | None]:
        if self._holders is not None:
            return roles_now(self._studio, self._managed, user_ids, self._holders)
        all_roles = roles_of_each(self._studio, user_ids)
        return {
            user_id: None if roles is None else roles.intersection(self._managed)
            for user_id, roles in all_roles.items()
        }

    def _isolate(self, request: JournalEntry, chunk: int, batch: list[Change], refusal: StudioError) -> None:
        """Find the users at fault for a refused batch, and send the changes of the others."""
        remaining = self._resolve(request, batch, refusal.message)
        if len(remaining) < len(batch):  # perhaps a change that is now done or impossible was the reason
            if remaining:
                self._send_part(chunk, remaining)
            return
        if count_users(remaining) == 1:
            return
        half = (len(remaining) + 1) // 2
        for part in split(remaining, half):
            self.send(chunk, part)
        if all(change.outcome is OutcomeStatus.DONE for change in remaining):
            with self._batch_limit_lock:
                self._batch_limit = min(self._batch_limit or half, half)  # no user was at fault, so the size was

    def _send_halves(self, chunk: int, batch: list[Change], failure: ServerError) -> None:
        """Find the users at whom a readable Studio fails, and send the changes of the others.

        Raises:
            ServerError: it fails at all of them: the run must end.
        """
        failed = 0
        parts = split(batch, (len(batch) + 1) // 2)
        for part in parts:
            try:
                # After one part failed down to the last user, one more failure shows that nothing works.
                self._send_part(chunk, part, HALVED_ROUNDS, may_halve=not failed)
            except ServerError:
                failed += 1
        if failed == len(parts):
            raise failure


def _describe_missing(change: Change) -> str:
    """Describe a user whose id Studio doesn't know; a user with roles was in the answer to a search before."""
    if parse_roles(change.before):
        return f"the search lists #{change.user_id}, but Studio answers 404 for this id"
    return "this user is no longer in Studio"


def _final_outcome(error: StudioError) -> OutcomeStatus:
    """Return the outcome of changes whose request ended the run."""
    if isinstance(error, NeverSentError):
        return OutcomeStatus.NOT_SENT
    return OutcomeStatus.FAILED if effect_of(error) is RequestEffect.NOTHING_DONE else OutcomeStatus.UNKNOWN
