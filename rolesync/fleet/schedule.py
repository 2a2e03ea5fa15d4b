"""Which account is next, and when to stop: stages, then the accounts longest without a success, and the breaker.

Threads ask for the next account and report each result. The breaker trips when more accounts have failed than the
limits allow. Then no account begins any more; those under way end, so at most one less than there are workers fail on
top. With `strict`, an account begins only if the limits would hold even if all accounts under way failed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Condition
from time import monotonic

from rolesync.fleet.fleet_file import FleetAccount
from rolesync.fleet.fleet_table import Stage, Stop
from rolesync.model.fleet import AccountResult, AccountStatus

_EVERYBODY = Stage(tags=("",), max_failed=2**31)


@dataclass
class _Queue:
    """The accounts of one stage that have not begun, and how many of its accounts failed."""

    stage: Stage
    waiting: list[str]
    failed: int = 0


@dataclass(frozen=True)
class Limits:
    """The limits of failed accounts."""

    stop: Stop

    def exceeded(self, failed: int, ended: int) -> str:
        """Describe which limit is exceeded by these numbers of accounts; "" if none is."""
        count, share = self.stop.failed_count, self.stop.failed_share
        if count is not None and failed > count:
            return f"{failed} accounts failed, more than failed_count = {count}"
        if ended >= self.stop.after and failed > share * ended:
            return f"{failed} of {ended} accounts failed, more than failed_share = {share:g}"
        return ""


def stages_of(
    accounts: Iterable[FleetAccount], stages: Sequence[Stage], last_success: Mapping[str, str]
) -> list[tuple[Stage, list[str]]]:
    """Distribute accounts over the stages, and the rest after them; longest without a success first.

    Args:
        accounts: the accounts, in the order of the fleet file.
        stages: the stages of the fleet file.
        last_success: when each account last succeeded, as text that sorts by time; missing if it never did.
    """
    remaining = sorted(accounts, key=lambda account: last_success.get(account.name, ""))
    distributed = []
    for stage in stages:
        of_stage = [account for account in remaining if account.tags & set(stage.tags)]
        remaining = [account for account in remaining if account not in of_stage]
        distributed.append((stage, [account.name for account in of_stage]))
    return [*distributed, (_EVERYBODY, [account.name for account in remaining])]


@dataclass
class Schedule:
    """The accounts that are still to begin. All methods may be called by any thread.

    Args:
        stages: the accounts of each stage.
        stop: the limits of the fleet.
        is_staged: whether a stage must end before the next begins, and its own limit counts.
    """

    stages: Sequence[tuple[Stage, Sequence[str]]]
    stop: Stop
    is_staged: bool = True
    results: dict[str, AccountResult] = field(default_factory=dict)
    stopped: str = ""
    _under_way: dict[str, _Queue] = field(default_factory=dict)
    _soak_until: float = 0.0

    def __post_init__(self) -> None:
        stages: Sequence[tuple[Stage, Sequence[str]]] = self.stages
        if not self.is_staged:
            stages = [(_EVERYBODY, [name for _, names in self.stages for name in names])]
        self._queues = [_Queue(stage, list(names)) for stage, names in stages if names]
        self._limits = Limits(self.stop)
        self._changed = Condition()

    def next(self) -> tuple[str, int] | None:
        """Wait for the next account to begin; returns its name and the number of the attempt, or None at the end."""
        with self._changed:
            while not self.stopped and self._queues:
                if begun := self._begin():
                    return begun
                if (pause := self._soak_until - monotonic()) > 0:
                    self._changed.wait(pause)
                elif self._under_way:
                    self._changed.wait()
                else:
                    self._end_stage()
            return None

    def ended(self, result: AccountResult) -> None:
        """Note the result of an account. One whose worker died is begun once more, at the end of its stage.

        Until then it doesn't count for the limit of its stage: a canary whose worker died shows nothing yet.
        """
        with self._changed:
            queue = self._under_way.pop(result.account)
            is_first = result.account not in self.results
            self.results[result.account] = result
            if result.status is AccountStatus.DIED and is_first:
                queue.waiting.append(result.account)
            else:
                queue.failed += result.failed
            if not self.stopped:
                self.stopped = self._limits.exceeded(self._failed, len(self.results))
            if self.is_staged and not self.stopped and queue.failed > queue.stage.max_failed:
                self.stopped = (
                    f"{queue.failed} accounts of the stage {', '.join(queue.stage.tags)} failed, more than "
                    f"max_failed = {queue.stage.max_failed}"
                )
            self._changed.notify_all()

    def halt(self, reason: str) -> None:
        """Begin no account any more."""
        with self._changed:
            self.stopped = self.stopped or reason
            self._changed.notify_all()

    @property
    def _failed(self) -> int:
        return sum(result.failed for result in self.results.values())

    def _begin(self) -> tuple[str, int] | None:
        """Begin the next account if one may begin now."""
        queue = self._queues[0]
        if not queue.waiting or self._soak_until > monotonic() or not self._may_begin():
            return None
        name = queue.waiting.pop(0)
        self._under_way[name] = queue
        return name, 2 if name in self.results else 1

    def _may_begin(self) -> bool:
        under_way = len(self._under_way)
        if not self.stop.strict or not under_way:
            return True
        return not self._limits.exceeded(self._failed + under_way + 1, len(self.results) + under_way + 1)

    def _end_stage(self) -> None:
        stage = self._queues.pop(0).stage
        if self._queues:
            self._soak_until = monotonic() + stage.soak
        self._changed.notify_all()
