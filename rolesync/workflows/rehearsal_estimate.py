"""Estimate how long an apply would take, and list what no rehearsal can know."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import pandas as pd

from rolesync.model.live import Live
from rolesync.model.rehearsal import HolderCount, Latency, Stage
from rolesync.model.runs import Run
from rolesync.model.vocabulary import RIVAL_ROLES, Action
from rolesync.planner.rival_roles import rival_losses

PUT = "put_roles"


@dataclass(frozen=True, slots=True)
class Pace:
    """How many reads and PUTs may run in parallel, and the limit on requests per second; None for no limit."""

    reads: int
    writes: int
    per_second: float | None = None


def estimate_stages(
    reading: Stage, run: Run, waves: Iterable[Sequence[object]], latency: Latency, pace: Pace
) -> tuple[Stage, ...]:
    """Estimate how long an apply waits for Studio: to read (measured), to send the PUTs, and to read for the proof.

    Args:
        reading: the first stage, measured.
        run: the rehearsed run, with all its requests.
        waves: the chunks of each wave; a wave ends before the next starts.
        latency: the time of one request.
        pace: how many requests may run in parallel.
    """
    chunks_of_waves = [len(wave) for wave in waves]
    puts = run.requests.by_kind.get(PUT, 0)
    reads = run.requests.total - puts
    roles = len(run.proof.holders) if run.proof else 0  # the first page of each role shows how many pages there are
    extra_puts = max(0, puts - sum(chunks_of_waves))  # batches that were halved or retried
    write_rounds = sum(ceil(chunks / pace.writes) for chunks in chunks_of_waves) + extra_puts if puts else 0
    read_rounds = min(roles, reads) + ceil(max(0, reads - roles) / pace.reads)

    def stage(name: str, requests: int, at_once: int, rounds: int) -> Stage:
        throttled = requests / pace.per_second if pace.per_second else 0.0
        return Stage(name, requests, at_once, rounds, max(rounds * latency.seconds, throttled))

    return (
        reading,
        stage("changing roles", puts, pace.writes, write_rounds),
        stage("reading again for the proof", reads, pace.reads, read_rounds),
    )


def list_unknowns(sent_changes: pd.DataFrame, chunk_size: int, *, exclusive: bool) -> tuple[str, ...]:
    """List what a rehearsal can't know, with its consequence.

    Args:
        sent_changes: CHANGES that were sent to the copy.
        chunk_size: the maximum number of actions in one request.
        exclusive: whether, in the copy, adding one of the two admin roles removed the other.
    """
    if not len(sent_changes):
        return ()
    return (
        *_unknowns_of_any_plan(min(chunk_size, len(sent_changes))),
        *_rival_roles(sent_changes, exclusive=exclusive),
        *_returning_admins(sent_changes),
    )


def _unknowns_of_any_plan(actions: int) -> Iterator[str]:
    yield (
        "Whether the token may change roles: reading doesn't show it. If it may not, apply ends at its first request, "
        "with nothing changed (exit 6)."
    )
    if actions > 1:
        yield (
            f"Whether Studio accepts {actions} actions in one request, as the copy does. If not, apply sends them in "
            "halves, which takes longer."
        )
    yield "How long a PUT takes in Studio, and how many it accepts in a minute. The estimate uses the time of a read."
    yield "What others change until then: apply reads again, and doesn't touch users who have changed."


def _rival_roles(sent_changes: pd.DataFrame, *, exclusive: bool) -> Iterator[str]:
    losses = rival_losses(sent_changes)
    for role, rival in RIVAL_ROLES.items():
        users = int((losses["role"] == rival).sum())
        held = "1 user holds it" if users == 1 else f"{users:,} users hold it"
        if users and exclusive:
            yield f"Whether adding {role} removes {rival} ({held}). In this copy it did; in Studio it may not."
        elif users:
            yield (
                f"Whether adding {role} removes {rival} ({held}), as in Studio's web interface. In this copy "
                "it didn't. To rehearse that it does, add --exclusive-admin."
            )


def _returning_admins(sent_changes: pd.DataFrame) -> Iterator[str]:
    users = int(((sent_changes["role"] == "Admin") & (sent_changes["action"] == Action.REMOVE.value)).sum())
    if users:
        yield (
            f"Whether Admin comes back ({users:,} lose it here): an admin of Canvas LMS gets it again at their next "
            "launch of Studio."
        )


def count_holders(before: Live, run: Run) -> tuple[HolderCount, ...]:
    """Count the holders of each managed role in Studio, and in the copy after the run."""
    after = run.proof.holders if run.proof else {}
    return tuple(HolderCount(role, len(before.holders(role)), after.get(role)) for role in before.roles)
