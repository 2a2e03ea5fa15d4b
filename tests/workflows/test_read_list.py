"""A list from an address is read as any file, with its age; what can't be fetched removes nobody."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from rolesync.errors import InputRefusedError, PlanRefusedError
from rolesync.model.lists import Fetched
from rolesync.planner.decode import from_json
from rolesync.planner.encode import to_json
from rolesync.sandbox import Options, Sandbox
from rolesync.workflows.apply import apply_plan
from rolesync.workflows.context import Context
from rolesync.workflows.plan import plan_list
from rolesync.workflows.read_list import access_of, read_list, sha256_now
from rolesync.workflows.sync import sync_list
from tests.command import ADMINS
from tests.servers import ScriptedAnswer, ScriptedStudio, in_turn
from tests.sources.tools import csv
from tests.workflows.tools import settings_for

NOW = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)


@pytest.fixture
def context(tmp_path: Path, sandboxes: Callable[[Options], Sandbox]) -> Context:
    return Context(settings_for(sandboxes(Options()), tmp_path), now=lambda: NOW, sleep=lambda _seconds: None)


def with_settings(context: Context, **values: Any) -> Context:
    return replace(context, settings=context.settings.model_copy(update=values))


def answer(*, hours: float | None = 1, drop: int = 1, status: int = 200) -> ScriptedAnswer:
    """A list of all Admins but the last few, changed some hours ago; None for a server that doesn't say when."""
    body = "email,role\n" + "".join(f"{address},Admin\n" for address in ADMINS[: len(ADMINS) - drop])
    changed = {} if hours is None else {"Last_Modified": format_datetime(NOW - timedelta(hours=hours), usegmt=True)}
    return csv(body.encode(), status, ETag='"7"', **changed)


def test_where_a_list_came_from_is_in_plan_and_record(context: Context) -> None:
    with ScriptedStudio(in_turn(answer())) as server:
        desired = read_list(f"{server.base_url}/roles.csv?key=s3cret", context)
    fetched = Fetched(f"{server.base_url}/roles.csv", NOW, '"7"', NOW - timedelta(hours=1))
    assert (desired.source.fetched, desired.source.path) == (fetched, fetched.where)
    assert desired.source.modified_at == fetched.last_modified
    plan = plan_list(desired, context)
    assert plan.policy.max_age_hours == 48
    assert from_json(to_json(plan)).source == desired.source
    record = (context.settings.account_dir / "audit.jsonl").read_text(encoding="ascii")
    assert '"fetched":{"where":' in record.replace(" ", "")
    assert "s3cret" not in record + to_json(plan)


@pytest.mark.parametrize(
    ("hours", "settings", "blocked"),
    [
        (47, {}, False),
        (49, {}, True),
        (49, {"max_age_hours": 72.0}, False),
        (None, {}, True),
        (None, {"max_age_hours": 72.0}, True),
        (None, {"list_as_of": "now"}, False),
        (1, {"list_as_of": "2026-11-27T02:00+00:00"}, True),
    ],
)
def test_a_fetched_list_that_is_old_or_of_unknown_age_blocks(
    context: Context, hours: float | None, settings: dict[str, Any], *, blocked: bool
) -> None:
    context = with_settings(context, **settings)
    with ScriptedStudio(in_turn(answer(hours=hours))) as server:
        result = sync_list(read_list(server.base_url, context), context)
    assert ("max_age_hours" in {verdict.rule for verdict in result.plan.blocked}) is blocked
    assert (result.run is None) is blocked


def test_without_the_list_nobody_is_removed(context: Context) -> None:
    with ScriptedStudio(in_turn(answer(drop=0), answer(status=404))) as server:
        read_list(server.base_url, context)
        with pytest.raises(InputRefusedError, match="nobody was removed"):
            read_list(server.base_url, context)
        fallback = with_settings(context, list_fallback="additions")
        desired = read_list(server.base_url, fallback)
    assert desired.source.fetched
    assert "404" in desired.source.fetched.failure
    assert desired.holds_removals == "the list can't be fetched"
    assert {finding.code for finding in desired.findings if finding.level == "held"} == {"not_fetched"}


def test_a_copy_that_stands_in_only_adds(context: Context) -> None:
    body = "email,role\nomar.haddad@example.edu,Admin\n" + "".join(f"{address},Admin\n" for address in ADMINS[:-1])
    first = csv(body.encode(), Last_Modified=format_datetime(NOW, usegmt=True))
    with ScriptedStudio(in_turn(first, csv(status=404))) as server:
        read_list(server.base_url, context)
        context = with_settings(context, list_fallback="additions")
        result = sync_list(read_list(server.base_url, context), context)
    assert result.run
    assert result.plan.effect == "remove 0, add 1"
    (held,) = result.plan.held["detail"].tolist()
    assert "keeps the role while the list can't be fetched" in held
    guards = {verdict.rule: verdict.message for verdict in result.plan.verdicts}
    assert "an earlier copy of the list stands in" in guards["input_refused"]


def test_a_refused_list_never_stands_in(context: Context) -> None:
    broken = [csv(b"email,role\nann(at)example.edu,Admin%s\n" % (b"," * number)) for number in range(6)]
    with ScriptedStudio(in_turn(answer(), *broken, csv(status=404))) as server:
        good = read_list(server.base_url, context)
        context = with_settings(context, list_fallback="additions")
        refused = [read_list(server.base_url, context) for _ in broken]
        stands_in = read_list(server.base_url, context)
    assert {desired.status for desired in refused} == {"reject"}
    assert stands_in.source.sha256 == good.source.sha256
    assert stands_in.source.fetched
    assert "404" in stands_in.source.fetched.failure


def test_a_copy_that_stands_in_is_as_old_as_its_fetch(context: Context) -> None:
    context = with_settings(context, list_as_of="now", list_fallback="additions")
    with ScriptedStudio(in_turn(answer(hours=None), answer(status=404))) as server:
        read_list(server.base_url, context)
        later = replace(context, now=lambda: NOW + timedelta(hours=50))
        result = sync_list(read_list(server.base_url, later), later)
    assert {verdict.rule for verdict in result.plan.blocked} == {"max_age_hours"}


def test_a_saved_plan_is_compared_with_the_list_at_its_address(context: Context) -> None:
    with ScriptedStudio(in_turn(answer(), answer(), answer(drop=2), answer(status=404))) as server:
        plan = plan_list(read_list(server.base_url, context), context)
        named = with_settings(context, list=f"{server.base_url}?key=s3cret")
        assert sha256_now(plan.source, context) == ""  # the settings name no list
        assert sha256_now(plan.source, named) == plan.source.sha256
        with pytest.raises(PlanRefusedError, match="has changed since the plan was made"):
            apply_plan(plan, named)
        for gone in (named, with_settings(named, list_fallback="additions")):
            with pytest.raises(
                InputRefusedError, match=r"can't be compared with its list: .*; nobody was removed"
            ) as refused:
                apply_plan(plan, gone)
            assert refused.value.hint.endswith("to apply it without comparing: --set list=")
    assert apply_plan(plan, context).complete
    done = apply_plan(plan, named, command="sync")  # the list was just read for it, so the server isn't asked again
    assert done.complete


def test_the_proxy_is_not_for_this_machine(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example.edu:3128")
    access = access_of(context.settings)
    assert access.proxy_for("https://127.0.0.1/x") == ""
    assert access.proxy_for("https://example.edu/x") == "http://proxy.example.edu:3128"
