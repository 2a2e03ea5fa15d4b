"""Keeps the changes whose effect no answer has shown, and settles them together by reading Studio again.

A request may be applied although its answer was lost, unclear or outdated. Studio's reads may lag behind its writes. So
these changes wait until the other chunks of their wave are sent. Then their users are read until the reads can be
trusted, see `rolesync.live.read_after_write`. A change that shows is done. A change that never shows

- is sent again, if its request ended unclear;
- has failed, if Studio refused each request that carried it;
- is unknown otherwise, and stays open in the record: the next run asks Studio again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from rolesync.executor.change import Change, RolesNow, by_user, end_all, split
from rolesync.executor.outcomes import are_hidden_in, end_by_reading, missing_in
from rolesync.history.request_journal import JournalEntry
from rolesync.live.read_after_write import read_settled
from rolesync.model.live import Progress
from rolesync.model.request_effect import RequestEffect
from rolesync.model.vocabulary import OutcomeStatus
from rolesync.studio.users import StudioReader

MAX_REQUESTS = 8  # that carry the same change, each sent after reading
PARTS = 8  # in which a batch is sent the second time; then user by user, as Studio may fail at one of them

Batch = tuple[int, list[Change]]
"""Changes to send in one request, with the number of their chunk."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Changes that one request left open.

    `effect` is that of the request: `APPLIED` if Studio confirmed it with an answer that doesn't show these changes.
    `ended_at` is when it ended, by the client's clock.
    """

    request: JournalEntry
    chunk: int
    changes: list[Change]
    effect: RequestEffect
    reason: str
    ended_at: float

    def is_hidden_in(self, roles: RolesNow) -> bool:
        """Whether these roles don't show some of the changes, or may be from before an earlier run's changes.

        Even roles that show one change of a user may hide another: each role may come from a read of its own.
        """
        return any(
            user_id not in roles or changes[0].changed_lately or missing_in(changes, roles[user_id])
            for user_id, changes in by_user(self.changes)
        )


@dataclass(slots=True)
class Doubts:
    """The doubts of one run that are open. Any thread may add; only one may settle.

    Attributes:
        studio: where to read.
        read_roles: reads the roles of users.
        progress: called before each wait.
        open: in the order in which the requests ended.
    """

    studio: StudioReader
    read_roles: Callable[[set[int]], RolesNow]
    progress: Progress
    open: list[Doubt] = field(default_factory=list)

    def add(self, request: JournalEntry, chunk: int, changes: list[Change], effect: RequestEffect, reason: str) -> None:
        """Leave changes open; until they are settled, they are unknown because of `reason`."""
        end_all(changes, OutcomeStatus.UNKNOWN, reason)
        if effect is RequestEffect.UNCLEAR:
            for change in changes:
                change.is_perhaps_applied = True
        self.open.append(Doubt(request, chunk, changes, effect, reason, self.studio.client.now()))

    def read(self) -> RolesNow:
        """Read the users of all open doubts until the reads can be trusted.

        Raises:
            StudioError: Studio can't be read; the doubts stay open.
        """
        roles: dict[int, frozenset[str] | None] = {}

        def read() -> RolesNow:
            hidden = [doubt.changes for doubt in self.open if doubt.is_hidden_in(roles)]
            roles.update(self.read_roles({change.user_id for changes in hidden for change in changes}))
            return roles

        return read_settled(self.studio, read, self.hidden_since, self.progress) if self.open else {}

    @property
    def user_ids(self) -> set[int]:
        """The users of all open doubts."""
        return {change.user_id for doubt in self.open for change in doubt.changes}

    def any_shown_in(self, roles: RolesNow) -> bool:
        """Whether these roles show some of the changes."""
        changes = (change for doubt in self.open for change in doubt.changes)
        return any(change.is_done(roles[change.user_id] or frozenset()) for change in changes)

    def hidden_since(self, roles: RolesNow) -> float | None:
        """Return when the latest request ended whose changes don't show in these roles; None if all of them show."""
        return max((doubt.ended_at for doubt in self.open if doubt.is_hidden_in(roles)), default=None)

    def close(self, roles: RolesNow, *, may_send: bool) -> list[Batch]:
        """Decide each open change by roles that can be trusted, and record the roles.

        Args:
            roles: of all users of the open doubts.
            may_send: whether changes may be sent again; otherwise they become unknown.

        Returns:
            The batches to send again. All changes that are unknown now stay open.

        Raises:
            RecordError: the record can't be written.
        """
        doubts, self.open = self.open, []
        batches: list[Batch] = []
        for doubt in doubts:
            to_send: list[Change] = []
            unknown: list[Change] = []
            decided: dict[int, frozenset[str] | None] = {}
            for user_id, changes in by_user(doubt.changes):
                may_send_these = may_send and changes[0].requests < MAX_REQUESTS
                is_unclear = doubt.effect is RequestEffect.UNCLEAR
                was_refused = doubt.effect is RequestEffect.REFUSED and not changes[0].is_perhaps_applied
                if are_hidden_in(changes, roles[user_id]) and not was_refused and not (is_unclear and may_send_these):
                    unknown += changes
                    continue
                decided[user_id] = roles[user_id]
                end_by_reading(changes, roles[user_id], doubt.reason)
                if is_unclear and may_send_these:
                    to_send += missing_in(changes, roles[user_id])
            if decided:
                doubt.request.reread(decided)
            if unknown:
                self.open.append(replace(doubt, changes=unknown))
            batches += [(doubt.chunk, part) for part in _parts(to_send)]
        return batches


def _parts(changes: list[Change]) -> list[list[Change]]:
    if not changes:
        return []
    was_sent_once = all(change.requests == 1 for change in changes)
    return split(changes, -(-len(changes) // PARTS) if was_sent_once else 1)
