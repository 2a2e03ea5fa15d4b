"""Sends batches of changes, and writes each request to the record before it leaves and when it has ended.

What happens next depends on the effect of the request:

- Applied: the answer shows which changes are done. The others are in doubt.
- Refused: the users are read again, and the batch is halved until only the users at fault are left.
- Unclear: all changes are in doubt. No request is repeated blindly.
- Nothing done: the run ends, since every further request would end in the same way. The run also ends if Studio doesn't
  offer the call: it accepts no request and answers 404 for users whom it shows by id, or it sends a web page as 404
  twice in a row.

Changes in doubt are settled at the end of the wave, see `unconfirmed_changes`. So each change ends as done, failed with
Studio's message, unknown, or not sent.
"""

from collections.abc import Callable, Sequence
from threading import Lock

from rolesync.errors import NeverSentError, NoRouteError, NotFoundError, StudioError
from rolesync.executor.change import Change, RolesNow, by_user, count_users, end_all, split
from rolesync.executor.outcomes import are_hidden_in_answer, end_by_reading, missing_in, side_effect
from rolesync.executor.unconfirmed_changes import Batch, Doubts
from rolesync.history.events import SentAction
from rolesync.history.request_journal import Journal, JournalEntry
from rolesync.live.read_users import roles_now, roles_of_each
from rolesync.model.keys import email_key, format_roles, parse_roles
from rolesync.model.live import Progress
from rolesync.model.request_effect import RequestEffect, effect_of, record_status
from rolesync.model.vocabulary import OutcomeStatus
from rolesync.studio.responses import not_offered_error
from rolesync.studio.users import StudioWriter, User

FAILURES = 3  # requests in a row whose effect no answer shows; then the rest of the wave waits until Studio is read
_NO_ROUTES = 2  # requests in a row answered with a web page as 404, after which the run ends
DENIALS = 2  # users whom Studio shows and answers 404 for; as long as it accepts no request, the run then ends
FRUITLESS = 2  # reads in a row that show nothing done since the read before, after which the run ends


class HaltedError(Exception):
    """Another thread has met an error that ends the run, so no further request is sent."""


class Sender:
    """Sends batches until each change has an outcome. Several threads may send; one calls `settle` after them.

    Args:
        studio: where to write.
        journal: where each request is recorded.
        managed: the managed roles.
        holders: about how many users hold a managed role; this decides which method of reading again costs fewer
            requests. None if several threads send, each for other users. Then users are read one by one, because a
            search that other threads change during the read never becomes consistent.
        progress: called while waiting until Studio shows the changes.
    """

    def __init__(
        self, studio: StudioWriter, journal: Journal, managed: Sequence[str], holders: int | None, progress: Progress
    ) -> None:
        self.doubts = Doubts(studio, self._read_roles, progress)
        self.last_request = 0.0  # when the last request ended, by the client's clock
        self._studio = studio
        self._journal = journal
        self._managed = managed
        self._holders = holders
        self._lock = Lock()
        self._batch_limit = 0  # the largest batch this server accepted after it refused a larger one; 0 if unknown
        self._clear_ends = self._clear_ends_before = 0  # requests that were applied or refused; before the last read
        self._failures = 0  # requests that ended unclear since then
        self._failure: StudioError | None = None  # the last of them
        self._fruitless = 0
        self._is_offered = False  # whether a request was applied, or refused for another reason than a missing user
        self._no_routes = 0  # 404s in a row with a web page
        self._denials = 0
        self._denial: StudioError | None = None  # the last of them
        self._postponed: list[Batch] = []
        self._halted = False

    def halt(self) -> None:
        """Start no further request; those under way are answered."""
        self._halted = True

    def send(self, chunk: int, batch: list[Change]) -> None:
        """Send a batch. Then each of its changes has an outcome, is in doubt, or is postponed as Studio keeps failing.

        Raises:
            StudioError: Studio refuses every request, or can't be reached: the run must end.
            HaltedError: `halt` was called; changes not sent by then stay so.
            RecordError: the record can't be written; nothing more was sent.
        """
        for part in split(batch, self._batch_limit or len(batch)):
            if self._failures < FAILURES:
                self._send_part(chunk, part)
            else:
                self._postponed.append((chunk, part))

    def settle(self) -> list[Batch]:
        """Settle the changes in doubt; returns the batches to send next, none when each change has its outcome.

        Raises:
            StudioError: Studio can't be read, or failed at every request.
            RecordError: the record can't be written.
        """
        roles = self.doubts.read()
        is_fruitless = self._clear_ends == self._clear_ends_before and not self.doubts.any_shown_in(roles)
        self._fruitless = self._fruitless + 1 if is_fruitless and self._failures else 0
        gives_up = self._fruitless == FRUITLESS and bool(self._postponed or not self._clear_ends)
        batches = self.doubts.close(roles, may_send=not gives_up)
        if gives_up and self._failure:
            raise self._failure
        batches += self._postponed
        self._postponed, self._failures, self._clear_ends_before = [], 0, self._clear_ends
        return batches

    def check_offered(self, denials: int = 1) -> None:
        """End the run if Studio has accepted no request, and answered 404 for this many users whom it shows.

        Raises:
            NotOfferedError: Studio doesn't offer the call.
        """
        if self._denial and self._denials >= denials and not self._is_offered:
            raise not_offered_error(f"{self._denial.message} for users whom it shows") from self._denial

    def _send_part(self, chunk: int, batch: list[Change]) -> None:
        request = self._record_intent(chunk, batch)
        try:
            users = self._put(request, batch)
        except StudioError as error:
            effect = effect_of(error)
            if effect is RequestEffect.REFUSED:
                self._isolate(request, chunk, batch, error)
            elif effect is RequestEffect.UNCLEAR:
                self.doubts.add(request, chunk, batch, effect, error.message)
                self._check_halt()
                self._studio.client.pause(self._failures, error.retry_after)
            else:
                outcome = OutcomeStatus.NOT_SENT if isinstance(error, NeverSentError) else OutcomeStatus.FAILED
                # Studio may have applied some of an earlier request that it refused, and no read has decided that yet.
                undecided = [change for change in batch if change.outcome is OutcomeStatus.UNKNOWN]
                end_all(batch, outcome, error.message)
                if undecided:
                    self.doubts.add(request, chunk, undecided, RequestEffect.REFUSED, error.message)
                raise
        else:
            self._check_answer(request, chunk, batch, {user.id: user for user in users})

    def _record_intent(self, chunk: int, batch: list[Change]) -> JournalEntry:
        self._check_halt()
        actions = [SentAction(change.user_id, change.action, change.role, change.email, change.row) for change in batch]
        before = {change.user_id: parse_roles(change.before) for change in batch}
        request = self._journal.log_intent(chunk, actions, before)
        for change in batch:
            change.requests += 1
        return request

    def _check_halt(self) -> None:
        if self._halted:
            raise HaltedError

    def _put(self, request: JournalEntry, batch: list[Change]) -> tuple[User, ...]:
        """Send one request, and record how it ended with the users whose changes the answer shows."""
        try:
            users = self._studio.put_roles([change.request for change in batch])
        except StudioError as error:
            request.answered(record_status(error), {}, error.message)
            self._count_end(effect_of(error), error)
            raise
        except BaseException as error:
            request.answered(OutcomeStatus.UNKNOWN.value, {}, f"interrupted ({type(error).__name__})")
            raise
        changes = dict(by_user(batch))
        shown_roles = {
            user.id: user.roles
            for user in users
            if user.id in changes and not are_hidden_in_answer(changes[user.id], frozenset(user.roles))
        }
        request.answered(200, shown_roles)
        self._count_end(RequestEffect.APPLIED if shown_roles else RequestEffect.UNCLEAR)
        return users

    def _count_end(self, effect: RequestEffect, error: StudioError | None = None) -> None:
        with self._lock:
            self.last_request = self._studio.client.now()
            self._no_routes = self._no_routes + 1 if isinstance(error, NoRouteError) else 0
            self._is_offered |= error is None or (
                effect is RequestEffect.REFUSED and not isinstance(error, NotFoundError)
            )
            if effect is RequestEffect.UNCLEAR:
                self._failures, self._failure = self._failures + 1, error
            elif effect in {RequestEffect.APPLIED, RequestEffect.REFUSED}:
                self._clear_ends, self._failures = self._clear_ends + 1, 0

    def _check_answer(self, request: JournalEntry, chunk: int, batch: list[Change], users: dict[int, User]) -> None:
        """Compare the updated users with the changes; changes that the answer doesn't show are in doubt."""
        hidden = []
        reason = "Studio answered 200, but doesn't show the change"
        for user_id, changes in by_user(batch):
            user = users.get(user_id)
            if user is None or are_hidden_in_answer(changes, frozenset(user.roles)):
                hidden += changes
                continue
            note = side_effect(changes, user.roles)
            for change in changes:
                change.after = format_roles(user.roles)
                is_done = change.is_done(frozenset(user.roles))
                change.end(OutcomeStatus.DONE if is_done else OutcomeStatus.FAILED, note if is_done else reason)
            if email_key(user.email) != email_key(changes[0].email):
                detail = f"done, but Studio now shows {user.email!r} for this id: check who this is"
                end_all(changes, OutcomeStatus.FAILED, detail)
        if hidden:
            self.doubts.add(request, chunk, hidden, RequestEffect.APPLIED, reason)

    def _read_roles(self, user_ids: set[int]) -> RolesNow:
        if self._holders is not None:
            return roles_now(self._studio, self._managed, user_ids, self._holders)
        return roles_of_each(self._studio, user_ids)

    def _isolate(self, request: JournalEntry, chunk: int, batch: list[Change], refusal: StudioError) -> None:
        """Find the users at fault for a refused batch, and send the changes of the others.

        If the read doesn't show all changes of a user, it isn't trusted for this user: these changes are sent again in
        smaller batches, or are in doubt. Studio may have applied some of a refused batch. Only a change that was sent
        alone and for the first time was certainly refused itself.
        """
        end_all(batch, OutcomeStatus.UNKNOWN, refusal.message)
        if self._no_routes >= _NO_ROUTES:
            self.doubts.add(request, chunk, batch, RequestEffect.REFUSED, refusal.message)
            raise not_offered_error(refusal.message) from refusal
        try:
            roles = self._read_roles({change.user_id for change in batch})
        except StudioError:
            self.doubts.add(request, chunk, batch, RequestEffect.REFUSED, refusal.message)
            raise
        is_final = len(batch) == 1 and batch[0].requests == 1 and not batch[0].changed_lately
        missing: list[Change] = []
        decided = {}
        for user_id, changes in by_user(batch):
            if is_final or not (changes[0].changed_lately or missing_in(changes, roles[user_id])):
                decided[user_id] = roles[user_id]
                end_by_reading(changes, roles[user_id], refusal.message)
            else:
                missing += changes
        if decided:
            request.reread(decided)
        is_shown = count_users(batch) == 1 and roles[batch[0].user_id] is not None
        is_denied = isinstance(refusal, NotFoundError) and is_shown
        if is_final or not missing:
            pass
        elif len(missing) < len(batch):  # the reason may have been a change that is now done or impossible
            self._send_rest(request, refusal, missing, lambda: self._send_part(chunk, missing))
        elif count_users(missing) == 1:
            self.doubts.add(request, chunk, missing, RequestEffect.REFUSED, refusal.message)
        else:
            self._send_rest(request, refusal, missing, lambda: self._send_halves(chunk, missing))
        if is_denied:
            with self._lock:
                self._denials, self._denial = self._denials + 1, refusal
            self.check_offered(DENIALS)

    def _send_rest(
        self, request: JournalEntry, refusal: StudioError, batch: list[Change], send: Callable[[], None]
    ) -> None:
        """Send changes of a refused request again; if that ends early, those not sent again are in doubt."""
        requests = [change.requests for change in batch]
        try:
            send()
        except Exception:  # raised again below; the unsent changes are kept after any error
            unsent_changes = [
                change for change, number in zip(batch, requests, strict=True) if change.requests == number
            ]
            if unsent_changes:
                self.doubts.add(request, request.chunk, unsent_changes, RequestEffect.REFUSED, refusal.message)
            raise

    def _send_halves(self, chunk: int, batch: list[Change]) -> None:
        """Send the halves of a refused batch; if all changes are done by that, its size was the reason."""
        half = (len(batch) + 1) // 2
        for part in split(batch, half):
            self.send(chunk, part)
        if all(change.outcome is OutcomeStatus.DONE for change in batch):
            with self._lock:
                self._batch_limit = min(self._batch_limit or half, half)
