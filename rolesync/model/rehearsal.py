"""What a rehearsal came to, how long the real thing would take, and what no rehearsal can know."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rolesync.model.live import Requests
from rolesync.model.plans import Plan
from rolesync.model.runs import Run


@dataclass(frozen=True, slots=True)
class Latency:
    """How long requests took Studio: the median in seconds, 0 where none was answered, and how many were measured."""

    seconds: float
    requests: int

    @classmethod
    def of(cls, measured: Sequence[float]) -> "Latency":
        """Sum up what was measured, in seconds."""
        return cls(median(measured) if measured else 0.0, len(measured))


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of an apply: its requests, how many may be under way at once, and how often it waits for an answer.

    `seconds` is how long it was measured to take, or else reckoned: `rounds` times the latency, or longer where the
    ceiling on requests in a second says so.
    """

    name: str
    requests: int
    at_once: int
    rounds: int
    seconds: float
    measured: bool = False


@dataclass(frozen=True, slots=True)
class HolderCount:
    """How many people hold a role in Studio, and in the copy at the end; None where that could not be read."""

    role: str
    before: int
    after: int | None


@dataclass(frozen=True, eq=False)
class Rehearsal:
    """A plan that was applied to a private copy of the people it touches.

    `run` is what an apply would come to, as far as a copy can tell; its account is the real one, and its requests are
    those to the copy. `people` is how many were copied, `read` how they were read.
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
        """How long an apply would take."""
        return sum(stage.seconds for stage in self.stages)
