"""What is known of a command while it runs."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rolesync.errors import StudioError
from rolesync.model.runs import RoleChanges
from rolesync.settings import load
from rolesync.studio.users import StudioReader
from rolesync.workflows.command_facts import CommandFacts
from rolesync.workflows.connect import connect
from rolesync.workflows.context import Context
from tests.report.samples import make_plan, make_run
from tests.servers import ScriptedAnswer, ScriptedStudio

NOW = datetime(2026, 3, 2, 2, 15, tzinfo=UTC)


def facts(**known: object) -> CommandFacts:
    return CommandFacts("sync", NOW, **known)  # type: ignore[arg-type]  # as the test names them


def test_requests_that_fail_and_retries_are_counted_too(tmp_path: Path) -> None:
    retried: list[object] = []
    known = facts()
    with ScriptedStudio(lambda _request: ScriptedAnswer(500, b"{}")) as studio:
        settings = load(from_file=False, base_url=studio.base_url, token="t", state_dir=tmp_path, attempts=2)
        context = known.counting(Context(settings, retrying=retried.append, sleep=lambda _seconds: None))
        for _ in range(2):
            with pytest.raises(StudioError), connect(context) as client:
                StudioReader(client).ping()
        assert (known.requests, known.retried) == (len(studio.requests), len(retried)) == (4, 2)


def test_changes_are_known_from_the_plan_on() -> None:
    plan, run = make_plan(), make_run()
    assert (facts().changes, facts().drift, facts().list_age(NOW)) == ((), None, None)
    planned, done = facts(plan=plan).changes, facts(plan=plan, run=run).changes
    assert sum(change.additions + change.removals for change in planned) == len(plan.changes)
    assert {(change.added, change.removed) for change in planned} == {(0, 0)}
    assert sum((change.added or 0) + (change.removed or 0) for change in done) == len(run.outcomes)


def test_a_plan_that_an_earlier_run_has_applied_leaves_no_changes() -> None:
    again = facts(plan=make_plan(), run=replace(make_run(), already_applied="r0")).changes
    assert again == tuple(RoleChanges(role) for role in make_plan().policy.managed_roles)
