"""What the audit record holds for the next plan: a baseline for guards, effects of runs, and expected holders."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from rolesync.model.vocabulary import Action


@dataclass(frozen=True, slots=True)
class ExpectedHolders:
    """Who holds the managed roles if only rolesync has changed them since the snapshot of the run `since`.

    `holders` are addresses by role and user id. Whether the users in `doubtful` hold a role is unknown. `former` are
    addresses by user id: the list still names these users by them, although Studio has shown other addresses since.
    """

    since: str
    holders: Mapping[str, Mapping[int, str]]
    doubtful: frozenset[int] = frozenset()
    former: Mapping[int, str] = field(default_factory=dict)

    @property
    def certain(self) -> Mapping[str, Collection[int]]:
        """The ids of the holders of each role, without the users in doubt."""
        return {role: users.keys() - self.doubtful for role, users in self.holders.items()}


@dataclass(frozen=True, slots=True)
class GuardBaseline:
    """What guards compare a plan with, apart from the list and Studio; by default nothing is known.

    `listed` counts the assignments of each managed role in this list, `applied` those in the list that was last
    applied completely. `age_hours` is the age of the list's file, None where unknown. `is_fetched` is whether the
    list came from an address. `absent` counts, by role and user id, the consecutive earlier runs in which the list
    did not give a holder the role. `repeated` are the changes (user id, action, role) that each of the last runs
    sent, and whether they were done each time. `expected` are the holders of the managed roles by the last run;
    None where unknown. `lost_snapshot`: a run saved the holders, but the file is missing or was changed.
    """

    listed: Mapping[str, int] = field(default_factory=dict)
    applied: Mapping[str, int] = field(default_factory=dict)
    age_hours: float | None = None
    is_fetched: bool = False
    absent: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    repeated: Mapping[tuple[int, str, str], bool] = field(default_factory=dict)
    expected: ExpectedHolders | None = None
    lost_snapshot: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """A change that a run made to a user's roles."""

    user_id: int
    email: str  # as planned
    action: Action
    role: str
    row: int  # of the list; 0 for a user who is not in it
    run: str
    time: str  # of the request; ISO 8601, UTC
