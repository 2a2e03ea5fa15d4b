"""A fleet's night in shards under Apache Airflow 3: plan, merge, apply, merge.

Each step runs after the step before has ended, even if that failed: the merges report failed shards. Airflow repeats
nothing. The last task has the exit code of the night, so alert on it.
"""

# ruff: noqa: INP001  # Airflow loads this file by its path

from datetime import UTC, datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

SHARDS = 20
SCRIPT = "/opt/rolesync/jobs/fleet/shard.sh"
NIGHT = "/var/lib/rolesync/nights/{{ run_id }}"


def step(name: str, words: str) -> BashOperator:
    """Make a task of one step of the script."""
    return BashOperator(
        task_id=name,
        bash_command=f"{SCRIPT} {words}",
        env={"NIGHT": NIGHT},
        append_env=True,
        retries=0,
        trigger_rule="all_done",
    )


with DAG(
    dag_id="rolesync_fleet",
    schedule="15 2 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
) as dag:
    plans = [step(f"plan_{index}", f"plan {index} {SHARDS}") for index in range(SHARDS)]
    applies = [step(f"apply_{index}", f"apply {index} {SHARDS}") for index in range(SHARDS)]
    merge = step("merge", "merge")
    plans >> merge >> applies >> step("merged", "merged")
