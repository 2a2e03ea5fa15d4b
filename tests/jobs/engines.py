"""Stand-ins for Airflow and Dagster: the names that the examples import, with exactly the arguments that they pass.

They only keep which step comes after which. What they don't have, an example can't use unnoticed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import ModuleType, TracebackType
from typing import Any, Self


class BashOperator:
    """A task of Airflow."""

    all: list["BashOperator"]

    def __init__(  # noqa: PLR0913  # as Airflow calls it
        self,
        *,
        task_id: str,
        bash_command: str,
        env: Mapping[str, str],
        append_env: bool,
        retries: int,
        trigger_rule: str,
    ) -> None:
        assert append_env
        assert trigger_rule == "all_done"
        self.name, self.command, self.env, self.retries = task_id, bash_command, env, retries
        self.after: list[str] = []
        self.all.append(self)

    def __rshift__(self, others: "list[BashOperator] | BashOperator") -> "list[BashOperator] | BashOperator":
        for other in others if isinstance(others, list) else [others]:
            other.after.append(self.name)
        return others

    def __rrshift__(self, others: "list[BashOperator]") -> Self:
        self.after += [other.name for other in others]
        return self


class DAG:
    """A DAG of Airflow."""

    def __init__(
        self, *, dag_id: str, schedule: str, start_date: datetime, catchup: bool, max_active_runs: int
    ) -> None:
        assert (start_date.tzinfo is not None, catchup, max_active_runs) == (True, False, 1)
        self.name, self.schedule = dag_id, schedule

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is registered."""


def airflow() -> dict[str, ModuleType]:
    """The modules of Airflow that the example imports; `BashOperator.all` has its tasks afterwards."""
    BashOperator.all = []
    names = ("airflow", "airflow.providers", "airflow.providers.standard", "airflow.providers.standard.operators")
    modules = {name: ModuleType(name) for name in (*names, "airflow.sdk", f"{names[-1]}.bash")}
    vars(modules["airflow.sdk"])["DAG"] = DAG
    vars(modules[f"{names[-1]}.bash"])["BashOperator"] = BashOperator
    return modules


@dataclass
class Context:
    """The context of an op of Dagster."""

    run_id: str = "run-1"
    lines: list[str] = field(default_factory=list)

    @property
    def log(self) -> Self:
        return self

    def info(self, line: str, *values: object) -> None:
        self.lines.append(line % values)


@dataclass
class Op:
    """An op of Dagster, once it was called in a job: its name, what it does, and which ops come before."""

    name: str
    run: Callable[[Context], None]
    after: list[str] = field(default_factory=list)


class Failure(Exception):  # noqa: N818  # Dagster's name
    """A failed op."""


def dagster(ops: list[Op]) -> dict[str, ModuleType]:
    """The module of Dagster that the example imports; `ops` gets what its job calls."""

    def op(*, name: str, ins: Mapping[str, object]) -> Callable[[Callable[[Context], None]], Callable[..., Op]]:
        assert list(ins) == ["after"]

        def define(run: Callable[[Context], None]) -> Callable[..., Op]:
            def call(*, after: Op | Iterable[Op] = ()) -> Op:
                before = [after] if isinstance(after, Op) else after
                ops.append(Op(name, run, [each.name for each in before]))
                return ops[-1]

            return call

        return define

    def job(*, name: str) -> Callable[[Callable[[], None]], str]:
        def define(night: Callable[[], None]) -> str:
            night()
            return name

        return define

    def schedule(*, job: str, cron_schedule: str) -> tuple[str, str]:
        return job, cron_schedule

    def definitions(*, jobs: list[str], schedules: list[tuple[str, str]]) -> None:
        assert [each for each, _ in schedules] == jobs

    module = ModuleType("dagster")
    names: dict[str, Any] = {"op": op, "job": job, "In": lambda kind: kind, "Nothing": None, "Failure": Failure}
    names |= {"ScheduleDefinition": schedule, "Definitions": definitions, "OpExecutionContext": Context}
    vars(module).update(names)
    return {"dagster": module}
