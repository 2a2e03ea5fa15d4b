"""What Studio says, and what it took to ask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from rolesync.model.keys import role_names
from rolesync.model.vocabulary import WayKind


@dataclass(frozen=True, slots=True)
class Way:
    """One way that a read has taken: how many requests it took `of` how many there would be, and whom it gave.

    `role` is "" where people were asked for one by one. `people` are a role's holders; else those of the list who were
    still to be found, and of whom it found somebody; or those whose media were read.
    """

    how: WayKind
    role: str
    requests: int
    of: int
    people: int


@dataclass(frozen=True, slots=True)
class Requests:
    """How many HTTP requests were made, by kind, each retry counted; the ways taken, and the fewest possible.

    `ways` has no request that was made again. `fewest` is what somebody needs who knows beforehand how many pages each
    role has and who holds it: the managed roles in full, and for the others of the list the best choice of roles to
    read and people to ask for one by one, unless the way taken was shorter still. Of roles that were never opened
    nobody knows it, so that they don't count. It is 0 where no such number was reckoned.
    """

    by_kind: Mapping[str, int]
    fewest: int = 0
    ways: tuple[Way, ...] = ()

    @property
    def total(self) -> int:
        """All requests of all kinds."""
        return sum(self.by_kind.values())


@dataclass(frozen=True, eq=False)
class Live:
    """What Studio says: `users` (LIVE), complete for the holders of `roles` and for the people asked for."""

    users: pd.DataFrame
    roles: tuple[str, ...]
    requests: Requests = field(default_factory=lambda: Requests({}))

    def holders(self, role: str) -> pd.DataFrame:
        """Return the users (LIVE) who hold `role`."""
        sets = self.users["roles"]
        return self.users[sets.isin([spelled for spelled in sets.cat.categories if role in role_names(spelled)])]


Progress = Callable[[str, int, int], None]
"""Something that is told how far a stage of the work has come: its name, the steps done, all its steps."""
