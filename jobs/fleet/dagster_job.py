"""A fleet's night in shards under Dagster: plan, merge, apply, merge.

Dagster runs no step after a failed one, so a step only logs its exit code: the merges report failed shards. The last
step fails with the exit code of the night. No step has a retry policy.
"""

# ruff: noqa: INP001  # Dagster loads this file by its path

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from dagster import Definitions, Failure, In, Nothing, OpExecutionContext, ScheduleDefinition, job, op

SHARDS = 20
SCRIPT = "/opt/rolesync/jobs/fleet/shard.sh"
NIGHTS = Path("/var/lib/rolesync/nights")


def run_step(context: OpExecutionContext, words: Sequence[str], *, is_last: bool) -> None:
    """Run one step of the script.

    Raises:
        Failure: it is the last step, and the night isn't complete.
    """
    environment = {**os.environ, "NIGHT": str(NIGHTS / context.run_id)}
    code = subprocess.run([SCRIPT, *words], env=environment, check=False).returncode  # noqa: S603  # this script
    context.log.info("shard.sh %s exited with %d", " ".join(words), code)
    if code and is_last:
        raise Failure(f"the night of the fleet exited with {code}")


def step(name: str, *words: str, is_last: bool = False) -> op:
    """Make an op of one step, which starts after others have ended."""

    def run(context: OpExecutionContext) -> None:
        run_step(context, words, is_last=is_last)

    return op(name=name, ins={"after": In(Nothing)})(run)


def night() -> None:
    """Put the steps in their order."""
    plans = [step(f"plan_{index}", "plan", str(index), str(SHARDS))() for index in range(SHARDS)]
    merge = step("merge", "merge")(after=plans)
    applies = [step(f"apply_{index}", "apply", str(index), str(SHARDS))(after=merge) for index in range(SHARDS)]
    step("merged", "merged", is_last=True)(after=applies)


rolesync_fleet = job(name="rolesync_fleet")(night)
definitions = Definitions(
    jobs=[rolesync_fleet], schedules=[ScheduleDefinition(job=rolesync_fleet, cron_schedule="15 2 * * *")]
)
