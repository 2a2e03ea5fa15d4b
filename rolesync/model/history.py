"""What the audit record tells of the past, as values: history, verification, and all that is known of one person."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rolesync.model.vocabulary import Action


@dataclass(frozen=True, slots=True)
class GuardBaseline:
    """What a plan is judged by besides the list's content and Studio; as it stands here, nothing is known.

    `listed` counts the assignments of each managed role in this list, `applied` those in the list that was last applied
    completely. `age_hours` is how long ago this list's file was changed, None where nobody knows. `absent` says by role
    and user id in how many earlier runs in a row the list didn't give a holder the role. `repeated` are the changes
    (user id, action, role) that each of the last runs has sent, with whether it was done every time.
    """

    listed: Mapping[str, int] = field(default_factory=dict)
    applied: Mapping[str, int] = field(default_factory=dict)
    age_hours: float | None = None
    absent: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    repeated: Mapping[tuple[int, str, str], bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Effect:
    """A change that a run made to somebody's roles."""

    user_id: int
    email: str  # as planned
    action: Action
    role: str
    row: int  # of the list; 0 where the list didn't name the person
    run: str
    time: str  # when the request was written down


@dataclass(frozen=True, slots=True)
class ExpectedHolders:
    """Who holds the managed roles as far as rolesync knows: as the run `since` has left them, and what it did later.

    `holders` has the address of each by role and id; of the people in `doubtful` it is not known.
    """

    since: str
    holders: Mapping[str, Mapping[int, str]]
    doubtful: frozenset[int] = frozenset()
