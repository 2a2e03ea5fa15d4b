"""The role changes that runs sent a moment ago: Studio's reads may not show them yet."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rolesync.history.earlier_runs import EarlierRuns
from rolesync.history.run_effects import all_role_changes
from rolesync.model.live import Live
from rolesync.model.vocabulary import Action


@dataclass(frozen=True, slots=True)
class RecentChanges:
    """Recent changes by role and user id: whether the user holds the role since, and when the run ended.

    Times are seconds of the client's clock. The run's end counts, since a request may be applied long after it was
    recorded.
    """

    holds: Mapping[str, Mapping[int, tuple[bool, float]]] = field(default_factory=dict)

    @property
    def user_ids(self) -> frozenset[int]:
        """The users who were changed."""
        return frozenset(user_id for users in self.holds.values() for user_id in users)

    def hidden_since(self, live: Live, sent: Collection[tuple[int, str]] = ()) -> float | None:
        """Return when the latest change was made that the holders in `live` don't show; None if they show all.

        Args:
            live: the holders.
            sent: user and role of later changes, which take the place of those here.
        """
        times = []
        for role in self.holds.keys() & set(live.roles):
            holders = set(live.holders(role)["user_id"].tolist())
            times += [
                ended
                for user_id, (holds, ended) in self.holds[role].items()
                if (user_id in holders) != holds and (user_id, role) not in sent
            ]
        return max(times, default=None)


def recent_changes(earlier: EarlierRuns, now: datetime, clock: float, seconds: float) -> RecentChanges:
    """Collect the changes of runs that ended at most `seconds` ago.

    Args:
        earlier: the runs in the record.
        now: the time.
        clock: the same moment by the client's clock.
        seconds: the maximum age.

    Raises:
        RecordError, RecordBrokenError: as `read_events`.
    """
    ages = {run.run_id: seconds_since(run.ended, now) for run in earlier.runs if run.ended}
    recent = {run_id: clock - age for run_id, age in ages.items() if age < seconds}
    holds: dict[str, dict[int, tuple[bool, float]]] = {}
    for change in all_role_changes(earlier.events(list(recent))) if recent else ():
        holds.setdefault(change.role, {})[change.user_id] = (change.action is Action.ADD, recent[change.run])
    return RecentChanges(holds)


def seconds_since(time: str, now: datetime) -> float:
    """Return the seconds since an event's time; 0 for a time in the future, of a clock that was set back since."""
    return max(0.0, (now - datetime.fromisoformat(time)).total_seconds())
