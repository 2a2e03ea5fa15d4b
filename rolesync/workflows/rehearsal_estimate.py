"""How long an apply would take, and what no rehearsal can know."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import pandas as pd

from rolesync.model.keys import parse_roles
from rolesync.model.live import Live
from rolesync.model.rehearsal import HolderCount, Latency, Stage
from rolesync.model.runs import Run
from rolesync.model.vocabulary import Action

PUT = "put_roles"


RIVALS = {"Admin": "Subaccount admin", "Subaccount admin": "Admin"}
"""Each drops the other in Studio's web interface; whether it does so here too is not documented."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast requests may follow each other: reads and PUTs at once, and the ceiling in a second, None for none."""

    reads: int
    writes: int
    per_second: float | None = None


def estimate_stages(
    read: Stage, run: Run, waves: Iterable[Sequence[object]], latency: Latency, pace: Pace
) -> tuple[Stage, ...]:
    """Reckon how long Studio would keep an apply waiting: reading as it was measured, the PUTs, and the proof.

    Args:
        read: the first stage.
        run: the rehearsed one, with all its requests.
        waves: the chunks of the plan's `waves`, each of which ends before the next begins.
        latency: what one request takes.
        pace: how many there may be at once.
    """
    cut = [len(wave) for wave in waves]
    puts = run.requests.by_kind.get(PUT, 0)
    reads = run.requests.total - puts
    roles = len(run.proof.holders) if run.proof else 0  # the first page of each tells how many there are
    further = max(0, puts - sum(cut))  # of batches that were halved or sent again
    write_rounds = sum(ceil(chunks / pace.writes) for chunks in cut) + further if puts else 0
    read_rounds = min(roles, reads) + ceil(max(0, reads - roles) / pace.reads)

    def stage(name: str, requests: int, at_once: int, rounds: int) -> Stage:
        slowest = requests / pace.per_second if pace.per_second else 0.0
        return Stage(name, requests, at_once, rounds, max(rounds * latency.seconds, slowest))

    return (
        read,
        stage("changing roles", puts, pace.writes, write_rounds),
        stage("reading again for the proof", reads, pace.reads, read_rounds),
    )


def list_unknowns(left: pd.DataFrame, chunk_size: int, *, exclusive: bool) -> tuple[str, ...]:
    """List what a rehearsal can't know, each with what would come of it.

    Args:
        left: CHANGES that were sent to the copy.
        chunk_size: the most in one request.
        exclusive: whether the copy took one of the two admin roles from whoever got the other.
    """
    if not len(left):
        return ()
    return (*_of_any_plan(min(chunk_size, len(left))), *_rivals(left, exclusive=exclusive), *_coming_back(left))


def _of_any_plan(most: int) -> Iterator[str]:
    yield (
        "Whether the token may change roles: reading doesn't show it. If not, apply ends at its first request, with "
        "nothing changed (exit 6)."
    )
    yield (
        f"Whether Studio takes {most} actions in one request, as the copy does. If not, they are sent in halves, which "
        "takes longer."
    )
    yield "How long Studio takes for a PUT, and how many it takes in a minute: here as long as it takes to read."
    yield "What others change until then: apply reads again, and leaves whoever has changed as they are."


def _rivals(left: pd.DataFrame, *, exclusive: bool) -> Iterator[str]:
    added = left[left["action"] == Action.ADD.value]
    for role, rival in RIVALS.items():
        having = [one for one in added["before"].cat.categories if rival in parse_roles(one)]
        people = int(((added["role"] == role) & added["before"].isin(having)).sum())
        if people and exclusive:
            yield f"Whether adding {role} drops {rival}: here it did, for whoever held it ({people}); Studio may not."
        elif people:
            yield (
                f"Whether adding {role} drops {rival}, as Studio's web interface does: here it didn't, for whoever "
                f"holds it ({people}). Rehearse with --exclusive-admin to see that."
            )


def _coming_back(left: pd.DataFrame) -> Iterator[str]:
    people = int(((left["role"] == "Admin") & (left["action"] == Action.REMOVE.value)).sum())
    if people:
        yield (
            f"Whether Admin comes back: whoever is an admin in Canvas LMS gets it at their next launch ({people} lose "
            "it here)."
        )


def count_holders(before: Live, run: Run) -> tuple[HolderCount, ...]:
    """Count the holders of each managed role before and after."""
    after = run.proof.holders if run.proof else {}
    return tuple(HolderCount(role, len(before.holders(role)), after.get(role)) for role in before.roles)
