"""What Studio says, and what it took to ask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rolesync.model.keys import parse_roles
from rolesync.model.vocabulary import ReadMethod

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class ReadStep:
    """One way that a read has taken: how many requests it took `of` how many there would be, and whom it gave.

    `role` is "" where people were asked for one by one. `people` are a role's holders; else those of the list who were
    still to be found, and of whom it found somebody; or those whose media were read.
    """

    how: ReadMethod
    role: str
    requests: int
    of: int
    people: int


@dataclass(frozen=True, slots=True)
class Requests:
    """How many HTTP requests were made, by kind, each retry counted; the ways taken, and the fewest possible.

    `steps` leaves out repeated requests. `theoretical_minimum` is what a reader needs that knows in advance how many
    pages each role has and who holds it: the managed roles in full, and for the other users of the list the best
    choice of pages and single searches, unless the steps taken were fewer. Roles that were never read don't count. It
    is 0 where it was not computed.
    """

    by_kind: Mapping[str, int]
    theoretical_minimum: int = 0
    steps: tuple[ReadStep, ...] = ()

    @property
    def total(self) -> int:
        """All requests of all kinds."""
        return sum(self.by_kind.values())


@dataclass(frozen=True, eq=False)
class Live:
    """What Studio says: `users` (LIVE), complete for the holders of `roles` and for the people asked for."""

    users: "pd.DataFrame"
    roles: tuple[str, ...]
    requests: Requests = field(default_factory=lambda: Requests({}))

    def holders(self, role: str) -> "pd.DataFrame":
        """Return the users (LIVE) who hold `role`."""
        sets = self.users["roles"]
        return self.users[sets.isin([spelled for spelled in sets.cat.categories if role in parse_roles(spelled)])]


Progress = Callable[[str, int, int], None]
"""Something that is told how far a stage of the work has come: its name, the steps done, all its steps."""
