"""Plans from a list: what they read, judge and record, without writing to Studio."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rolesync.errors import (
    StudioError,
)
from rolesync.executor.preconditions import BlockedError
from rolesync.history.events import DriftById, PlanMade, RunStart
from rolesync.history.read import read_events
from rolesync.model.plans import Drift
from rolesync.model.vocabulary import VerdictStatus
from rolesync.planner.decode import from_json
from rolesync.planner.encode import to_json
from rolesync.sandbox import Sandbox
from rolesync.workflows.apply import apply_plan
from rolesync.workflows.context import Context
from rolesync.workflows.plan import plan_list
from rolesync.workflows.read_list import read_list
from rolesync.workflows.sync import sync_list
from rolesync.workflows.undo import plan_undo
from tests.paths import SAMPLE
from tests.workflows.tools import drift_of, emails_of, events, list_of, planned, settings_for, verdict


def test_a_plan_writes_nothing_to_studio_and_is_recorded(studio: Sandbox, context: Context) -> None:
    plan = planned(context)
    assert plan.status == "ready"
    assert studio.log() == []
    assert studio.counts()["roles"] == 0
    assert events(context) == ["plan"]


def test_the_impact_counts_media_of_users_who_lose_a_role_outside_the_digest(studio: Sandbox, context: Context) -> None:
    without = planned(context)
    assert without.impact is None
    plan = from_json(to_json(plan_list(read_list(SAMPLE, context), context, impact=True)))
    assert plan.impact is not None
    assert plan.impact["user_id"].tolist() == sorted(plan.changes.loc[plan.changes["action"] == "remove", "user_id"])
    assert plan.impact["owned"].tolist() == [3, 3]
    assert plan.digest == without.digest
    assert plan.requests.by_kind["media"] == studio.counts()["media"] == 2
    assert plan.requests.theoretical_minimum == without.requests.theoretical_minimum + 2
    recorded = list(read_events(context.settings.account_dir, [PlanMade]))[-1]
    assert recorded.requests["media"] == 2
    run = apply_plan(plan, context)
    assert run.complete
    back = plan_undo(run.run_id, context, impact=True)
    assert back.impact is not None
    assert back.impact["user_id"].tolist() == sorted(back.changes.loc[back.changes["action"] == "remove", "user_id"])


def test_a_plan_warns_if_the_holders_of_the_last_run_are_lost(context: Context) -> None:
    assert verdict(planned(context), "live_vanished").status is VerdictStatus.PASS
    sync_list(read_list(SAMPLE, context), context)
    assert verdict(planned(context), "live_vanished").status is VerdictStatus.PASS
    (context.settings.account_dir / "holders.json").unlink()
    assert verdict(planned(context), "live_vanished").status is VerdictStatus.WARN


def test_the_same_list_and_users_make_the_same_digest(context: Context) -> None:
    assert planned(context).digest == planned(context).digest


def test_a_wrong_token_is_refused_by_studio_and_not_shown(studio: Sandbox, tmp_path: Path) -> None:
    context = Context(settings_for(studio, tmp_path, token="wrong"), sleep=lambda _: None)
    with pytest.raises(StudioError) as caught:
        planned(context)
    assert caught.value.status == 401
    assert "wrong" not in json.dumps([caught.value.message])


@pytest.mark.parametrize("scan", [True, False])
def test_whole_roles_are_read_to_find_many_users_only_if_the_settings_allow_it(
    studio: Sandbox, tmp_path: Path, *, scan: bool
) -> None:
    context = Context(settings_for(studio, tmp_path / "state", scan_roles=scan), sleep=lambda _: None)
    many = list_of(tmp_path, "admin@example.edu", *(f"new{number}@example.edu" for number in range(20)))
    kinds = [(way.how.value, way.role) for way in planned(context, many).requests.steps]
    looked_through = [("scan", "Teacher")] if scan else []
    assert kinds == [("holders", "Admin"), *looked_through, ("one_by_one", "")]


def test_a_list_that_shrank_since_the_last_applied_list_is_blocked_once(studio: Sandbox, tmp_path: Path) -> None:
    context = Context(settings_for(studio, tmp_path / "state", max_removals_share=1), sleep=lambda _: None)
    emails = emails_of(studio)
    assert len(emails) > 5
    first = sync_list(read_list(list_of(tmp_path, *emails, "omar.haddad@example.edu"), context), context)
    assert verdict(first.plan, "max_shrink_share").value is None
    assert first.run is not None
    assert first.run.complete

    short = read_list(list_of(tmp_path, *emails[:2]), context)
    written = len(studio.log())
    plan = plan_list(short, context)
    share = (len(emails) - 1) / (len(emails) + 1)
    assert plan.status == "blocked"
    assert verdict(plan, "max_shrink_share").value == pytest.approx(share)
    refused = sync_list(short, context)
    assert refused.plan.digest == plan.digest
    assert refused.refusal is not None
    assert "--hold-removals" in refused.refusal.hint
    assert len(studio.log()) == written

    assert apply_plan(plan, context, plan.digest).complete
    assert verdict(planned(context, Path(short.source.path)), "max_shrink_share").value == 0


def test_the_age_of_a_list_is_measured_by_the_clock_of_the_command(studio: Sandbox, tmp_path: Path) -> None:
    path = list_of(tmp_path, *emails_of(studio), "omar.haddad@example.edu")
    changed = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
    os.utime(path, (0, changed.timestamp()))
    settings = settings_for(studio, tmp_path / "state", max_age_hours=24)

    def after(hours: float) -> Context:
        return Context(settings, now=lambda: changed + timedelta(hours=hours), sleep=lambda _: None)

    young, old, older = (planned(after(hours), path) for hours in (23.5, 24.5, 30))
    assert (young.status, old.status) == ("ready", "blocked")
    assert verdict(old, "max_age_hours").value == 24.5
    assert old.digest == older.digest
    with pytest.raises(BlockedError, match=r"26 hours old, at most 24 allowed"):
        apply_plan(young, after(26))
    assert studio.log() == []
    assert apply_plan(from_json(to_json(old)), after(48), older.digest).complete


def test_drift_since_the_last_run_is_reported_until_the_next_run(studio: Sandbox, context: Context) -> None:
    desired = read_list(SAMPLE, context)
    first = sync_list(desired, context)
    assert first.plan.drift.since == ""
    assert first.run is not None
    assert drift_of(planned(context)) == []  # what rolesync itself has done is not drift
    stranger = next(person["id"] for person in studio.people() if "Admin" not in person["role_names"])
    added_by_plan = int(first.plan.changes.loc[first.plan.changes["action"] == "add", "user_id"].iloc[0])
    studio.edit_person(stranger, roles=["Admin"])
    studio.edit_person(added_by_plan, roles=[])
    for _ in range(2):
        plan = planned(context)
        assert sorted(drift_of(plan)) == sorted([(stranger, "add"), (added_by_plan, "remove")])
        assert plan.drift.since == first.run.run_id
    assert plan.digest == replace(planned(context), drift=Drift()).digest
    run = apply_plan(from_json(to_json(plan)), context)
    assert sorted(drift_of(run)) == sorted([(stranger, "add"), (added_by_plan, "remove")])
    start = next(start for start in read_events(context.settings.account_dir, [RunStart]) if start.run == run.run_id)
    assert start.drift == DriftById(first.run.run_id, {"Admin": [stranger]}, {"Admin": [added_by_plan]})
    assert (planned(context).drift.since, drift_of(planned(context))) == (run.run_id, [])


def test_a_user_is_named_by_login_where_the_settings_allow_it(
    studio: Sandbox, context: Context, tmp_path: Path
) -> None:
    emails = [person["email"] for person in studio.people(role="Admin")]
    path = list_of(tmp_path, *emails, "NBergmann2", "email")
    assert read_list(path, context).status == "reject"
    allowed = replace(context, settings=settings_for(studio, tmp_path / "state", login_identities=True))
    path = list_of(tmp_path, *emails, "NBergmann2")
    plan = planned(allowed, path)
    assert plan.changes[["user_id", "action"]].values.tolist() == [[1085, "add"]]


def test_a_repeated_header_is_no_login(studio: Sandbox, context: Context, tmp_path: Path) -> None:
    allowed = replace(context, settings=settings_for(studio, tmp_path / "state", login_identities=True))
    path = tmp_path / "list.csv"
    path.write_text("email,role\nann,Admin\nemail,role\nbo,Admin\n")
    desired = read_list(path, allowed)
    assert desired.listed.email.texts() == ["ann", "bo"]
    assert [finding.code for finding in desired.findings] == ["header_repeated"]
