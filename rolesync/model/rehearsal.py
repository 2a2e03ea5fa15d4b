"""The result of a rehearsal: the run on a copy, the estimated time of a real run, and what stays unknown."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rolesync.model.live import Requests
from rolesync.model.plans import Plan
from rolesync.model.runs import Run


@dataclass(frozen=True, slots=True)
class Latency:
    """The latency of Studio: the median in seconds (0 without a response), and the number of measured requests."""

    seconds: float
    requests: int

    @classmethod
    def of(cls, measured: Sequence[float]) -> "Latency":
        """Summarise measured latencies, in seconds."""
        return cls(median(measured) if measured else 0.0, len(measured))


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of an apply: its requests, how many run in parallel, and how often it waits for a response.

    `seconds` is measured, or else estimated: `rounds` times the latency, or longer if the maximum rate of requests
    requires it.
    """

    name: str
    requests: int
    at_once: int
    rounds: int
    seconds: float
    measured: bool = False


@dataclass(frozen=True, slots=True)
class HolderCount:
    """The holders of a role in Studio, and in the copy at the end; None if the copy could not be read."""

    role: str
    before: int
    after: int | None


@dataclass(frozen=True, eq=False)
class Rehearsal:
    """A plan that was applied to a private copy of the users it changes.

    `run` is the run on the copy, with the real account and the requests to the copy. `people` is the number of copied
    users, `read` the requests that read them. `unknown` are sentences about what a copy can't show.
    """

    plan: Plan
    run: Run
    people: int
    read: Requests
    roles: tuple[HolderCount, ...]
    latency: Latency
    stages: tuple[Stage, ...]
    unknown: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """The estimated seconds of an apply."""
        return sum(stage.seconds for stage in self.stages)
