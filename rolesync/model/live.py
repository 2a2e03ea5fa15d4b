"""The users and roles in Studio, and the requests that read them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rolesync.model.frames import rows_with
from rolesync.model.keys import parse_roles
from rolesync.model.vocabulary import ReadMethod

if TYPE_CHECKING:
    import pandas as pd


MAX_CLOCK_SKEW = 300.0
"""Seconds by which two clocks may differ before changes that depend on a date wait."""


@dataclass(frozen=True, slots=True)
class ReadStep:
    """One step of a read: its method (`how`), its `requests` out of the requests (`of`) of a full read, and its users.

    `role` is "" if users were searched one by one. `people` counts the holders of a role, the users of the list that
    this step found, or the users whose media were read.
    """

    how: ReadMethod
    role: str
    requests: int
    of: int
    people: int


@dataclass(frozen=True, slots=True)
class Requests:
    """The HTTP requests of a command: counts by kind with all retries, the steps, and the fewest possible requests.

    `steps` doesn't count repeated requests. `theoretical_minimum` is the number that a reader would need if it knew in
    advance who holds each role, and on how many pages. It reads the managed roles in full, and the other users of the
    list by the best choice of pages and single searches. The minimum is never more than the steps took. Roles that were
    never read don't count. 0 if it was not computed.
    """

    by_kind: Mapping[str, int]
    theoretical_minimum: int = 0
    steps: tuple[ReadStep, ...] = ()

    @property
    def total(self) -> int:
        """The number of requests of all kinds."""
        return sum(self.by_kind.values())


@dataclass(frozen=True, eq=False)
class Live:
    """Users in Studio (LIVE): all holders of `roles`, and all users who were searched for and exist.

    `clock_skew` are the seconds by which this machine's clock is ahead of Studio's; None if Studio named no time.
    `refusals` are Studio's answers by the address, normalised by `email_key`, for which it refused to search: whether
    such a user exists is unknown.
    """

    users: "pd.DataFrame"
    roles: tuple[str, ...]
    requests: Requests = field(default_factory=lambda: Requests({}))
    clock_skew: float | None = None
    refusals: Mapping[str, str] = field(default_factory=dict)

    @property
    def clocks_agree(self) -> bool:
        """Whether nothing shows that one of the two clocks is wrong."""
        return self.clock_skew is None or abs(self.clock_skew) <= MAX_CLOCK_SKEW

    def holders(self, role: str) -> "pd.DataFrame":
        """Return the users (LIVE) who hold `role`."""
        role_sets = self.users["roles"]
        return self.users[
            rows_with(role_sets, {text for text in role_sets.cat.categories if role in parse_roles(text)})
        ]


Progress = Callable[[str, int, int], None]
"""Receives the progress of a stage of the work: its name, the steps done, and the number of steps."""

WAITING = "waiting until Studio shows the changes"
"""The stage in which reads lag behind writes; its steps are seconds, and the last is rarely reached."""
