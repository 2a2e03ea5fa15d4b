"""Saved plans applied to a real sandbox: refusals, drift, interrupted runs, and the proof."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from rolesync.audit.verify import verify_record
from rolesync.errors import (
    PlanRefusedError,
    RecordBrokenError,
    StudioError,
)
from rolesync.executor.preconditions import BlockedError
from rolesync.history.earlier_runs import load_earlier_runs
from rolesync.history.event_reader import EVENTS
from rolesync.history.events import HoldersSaved, Outcome, Recovered, Reread, RunEnd
from rolesync.history.read import read_events
from rolesync.history.run_effects import effects, open_requests
from rolesync.history.run_report import report_before_break
from rolesync.history.runs import list_runs
from rolesync.model import live
from rolesync.model.keys import parse_roles
from rolesync.model.plans import Plan
from rolesync.model.runs import Run
from rolesync.model.verification import Verification
from rolesync.notify.ending import EndStatus
from rolesync.notify.message import compose
from rolesync.notify.metrics import Measured, format_metrics
from rolesync.planner.approval import Decisions, approve, decide
from rolesync.planner.decode import from_json
from rolesync.planner.encode import to_json
from rolesync.report.content.run_summary import run_content, run_headline
from rolesync.report.json import run_json, run_report_json
from rolesync.sandbox import Sandbox
from rolesync.workflows.apply import apply_plan, check_before_question, recheck_saved_plan
from rolesync.workflows.command_facts import CommandFacts
from rolesync.workflows.context import Context
from rolesync.workflows.notify import ending_of
from rolesync.workflows.read_list import read_list
from rolesync.workflows.sync import sync_list
from rolesync.workflows.undo import plan_undo
from tests.command import ADMINS
from tests.paths import SAMPLE
from tests.workflows.tools import emails_of, events, list_of, planned, rewound, settings_for, verdict


def test_apply_sends_the_changes_of_the_plan_and_proves_them(studio: Sandbox, context: Context) -> None:
    plan = from_json(to_json(planned(context)))
    run = apply_plan(plan, context)
    assert run.complete
    planned_actions = list(zip(*(plan.changes[name].tolist() for name in ("user_id", "action", "role")), strict=True))
    assert [(entry["user_id"], entry["action"], entry["role"]) for entry in studio.log()] == planned_actions
    assert planned(context).status == "empty"
    assert events(context) == ["plan", "run.start", "intent", "outcome", "run.end", "holders", "plan"]
    assert verify_record(context.settings.account_dir).ok


def test_a_blocked_plan_is_applied_only_with_its_digest(studio: Sandbox, context: Context, tmp_path: Path) -> None:
    plan = planned(context, list_of(tmp_path, "admin@example.edu"))
    for override in ("", "0" * 64, plan.digest[:12]):
        with pytest.raises(PlanRefusedError):
            apply_plan(plan, context, override)
    assert studio.log() == []
    assert apply_plan(plan, context, plan.digest).complete


def test_an_override_for_another_plan_is_refused_even_if_none_is_needed(studio: Sandbox, context: Context) -> None:
    with pytest.raises(PlanRefusedError, match="is not this plan's digest"):
        apply_plan(planned(context), context, "0" * 64)
    assert studio.log() == []


def test_a_user_who_is_protected_by_now_keeps_the_role(studio: Sandbox, context: Context, tmp_path: Path) -> None:
    plan = planned(context)
    today = replace(
        context, settings=settings_for(studio, tmp_path / "state", protected_users=["greg.stone@example.edu"])
    )
    with pytest.raises(PlanRefusedError, match="protected_users"):
        apply_plan(plan, today, plan.digest)
    assert studio.log() == []


def test_a_change_whose_day_is_over_is_not_sent(
    studio: Sandbox, context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MAX_CLOCK_SKEW", inf)  # the sandbox has the time of today
    holders = [person["email"] for person in studio.people(role="Admin")]
    path = tmp_path / "list.csv"
    days = {
        **dict.fromkeys(holders, ","),
        holders[1]: "2026-07-01,",
        "omar.haddad@example.edu": ",2026-06-30",
        "ingrid.solberg@example.edu": ",2026-07-31",
    }
    rows = "".join(f"{email},Admin,{period}\n" for email, period in days.items())
    path.write_text(f"email,role,starts,expires\n{rows}", encoding="utf-8")
    evening = replace(context, now=lambda: datetime(2026, 6, 30, 23, 50, tzinfo=UTC))
    night = replace(context, now=lambda: datetime(2026, 7, 1, 0, 10, tzinfo=UTC))
    plan = from_json(to_json(planned(evening, path)))
    assert plan.effect == "remove 1, add 2"
    run = apply_plan(plan, night)
    details = dict(zip(run.outcomes["email"].str.lower().tolist(), run.outcomes["detail"].tolist(), strict=True))
    assert details["omar.haddad@example.edu"].startswith("not sent: the list gives the role until 2026-06-30")
    assert "doesn't give the role until 2026-06-30" in details[holders[1].lower()]
    assert [entry["action"] for entry in studio.log()] == ["add"]
    assert not run.complete
    assert "1 of 3 changes done; live shows what was done" in run_content(run).headline.sentence
    assert apply_plan(plan, evening).complete


def test_a_change_with_days_is_not_sent_while_the_clocks_differ(
    studio: Sandbox, context: Context, tmp_path: Path
) -> None:
    holders = [person["email"] for person in studio.people(role="Admin")]
    rows = [*(f"{email}," for email in holders), "omar.haddad@example.edu,2090-01-01", "ingrid.solberg@example.edu,"]
    path = tmp_path / "list.csv"
    path.write_text("email,expires,role\n" + "".join(f"{row},Admin\n" for row in rows))
    plan = planned(context, path)
    run = apply_plan(plan, replace(context, now=lambda: datetime.now(UTC) + timedelta(hours=1)))
    assert dict(zip(run.outcomes["email"].str.lower(), run.outcomes["outcome"], strict=True)) == {
        "omar.haddad@example.edu": "not_sent",
        "ingrid.solberg@example.edu": "done",
    }
    assert "the clocks of this machine and of Studio differ" in run.outcomes["detail"].iloc[0]
    assert apply_plan(plan, context).complete


def test_a_plan_of_another_account_is_refused(studio: Sandbox, context: Context) -> None:
    with pytest.raises(PlanRefusedError, match=r"was made for https://other\.example"):
        apply_plan(replace(planned(context), account="https://other.example"), context)
    assert studio.log() == []


def test_a_plan_whose_list_has_changed_is_refused(studio: Sandbox, context: Context, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(SAMPLE.read_bytes())
    plan = planned(context, path)
    path.write_text("email,role\n", encoding="utf-8")
    with pytest.raises(PlanRefusedError, match="has changed since the plan was made"):
        apply_plan(plan, context)
    assert studio.log() == []


@pytest.mark.parametrize("edit", [{"roles": ["Teacher"]}, {"email": "someone.else@example.edu"}])
def test_users_who_changed_since_the_plan_are_not_touched_and_the_others_are(
    studio: Sandbox, context: Context, edit: dict[str, Any]
) -> None:
    plan = planned(context)
    user_id = int(plan.changes.loc[plan.changes["action"] == "remove", "user_id"].iloc[0])
    studio.edit_person(user_id, **edit)
    run = apply_plan(plan, context)
    assert not run.complete
    drifted = run.outcomes[run.outcomes["outcome"] == "drifted"]
    assert set(drifted["user_id"]) == {user_id}
    assert "not sent: was " in drifted["detail"].iloc[0]
    assert (run.outcomes["outcome"] == "done").sum() == len(plan.changes) - len(drifted) > 0
    assert user_id not in [entry["user_id"] for entry in studio.log() if entry["by"] == "api"]
    assert run.proof is not None
    assert run.proof.proven
    assert list_runs(context.settings.account_dir)[-1].counts["drifted"] == len(drifted)
    report, _ = report_before_break(context.settings.account_dir, run.run_id)
    assert Counter(change.outcome for change in report.changes) == Counter(run.outcomes["outcome"].tolist())
    (named,) = [change for change in report.changes if change.outcome == "drifted"]
    assert (named.user_id, named.detail) == (user_id, drifted["detail"].iloc[0])
    assert len(planned(context).changes) <= 1  # a new plan has what is left


@pytest.mark.parametrize("first", ["plan", "approved"])
@pytest.mark.parametrize("second", ["plan", "approved"])
def test_a_plan_that_is_applied_again_is_sent_once(studio: Sandbox, context: Context, first: str, second: str) -> None:
    plan = planned(context)
    approved = approve(
        plan, Decisions(), reviewer="Rita", operator="rita", confirmed_effect=plan.effect, now=plan.created_at
    )
    plans = {"plan": plan, "approved": approved}
    assert check_before_question(plans[second], context, "", None)
    run = apply_plan(plans[first], context)
    assert (run.complete, run.already_applied) == (True, "")
    assert not check_before_question(plans[second], context, "", None)
    written = studio.log()
    again = apply_plan(plans[second], context)
    assert (again.complete, again.already_applied) == (True, run.run_id)
    assert set(again.outcomes["detail"]) == {"done by an earlier run of this plan"}
    sentence = run_content(again).headline.sentence
    assert f"Already applied by run {run.run_id}; sent 0; live equals the plan; 1 row held." in sentence
    assert run_json(again)["already_applied"] == run.run_id
    assert studio.log() == written
    for run_id, earlier in ((run.run_id, ""), (again.run_id, run.run_id)):
        report, _ = report_before_break(context.settings.account_dir, run_id)
        assert report.already_applied == earlier


@pytest.mark.parametrize("by", ["undo", "others"])
def test_a_plan_that_was_applied_is_not_sent_again_after_it_was_undone(
    studio: Sandbox, context: Context, by: str
) -> None:
    plan = planned(context)
    run = apply_plan(plan, context)
    if by == "undo":
        undo = plan_undo(run.run_id, context)
        assert apply_plan(undo, context, undo.digest).complete
    else:
        for user_id, before in zip(plan.changes["user_id"].tolist(), plan.changes["before"].tolist(), strict=True):
            studio.edit_person(user_id, roles=parse_roles(before))
    written = studio.log()
    again = apply_plan(plan, context)
    assert studio.log() == written
    assert set(again.outcomes["outcome"]) == {"drifted"}
    assert set(again.outcomes["detail"]) == {
        f"not sent: run {run.run_id} of this plan made the change, and it was undone since; make a new plan"
    }
    assert (again.complete, again.already_applied) == (False, run.run_id)


@pytest.mark.parametrize("command", ["apply", "sync"])
def test_a_new_plan_is_applied_although_an_earlier_one_was_the_same(
    studio: Sandbox, context: Context, tmp_path: Path, command: str
) -> None:
    """As when a list changes and is changed back: the third plan does what the first one did."""
    other = list_of(tmp_path, *ADMINS[:-1])
    context = replace(context, settings=context.settings.model_copy(update={"max_removals_share": 1.0}))
    assert apply_plan(planned(context, other), context, command=command).complete
    first = planned(context)
    assert apply_plan(first, context, command=command).complete
    assert apply_plan(planned(context, other), context, command=command).complete
    second, third = planned(context), planned(context, other)
    assert (second.digest, third.status) == (first.digest, "empty")
    written = len(studio.log())
    again = apply_plan(second, context, command=command)
    assert (again.complete, again.already_applied) == (True, "")
    assert len(studio.log()) == written + len(second.changes)
    assert apply_plan(second, context, command=command).already_applied == again.run_id
    assert apply_plan(planned(context, other), context, command=command).complete
    written = len(studio.log())
    for old in (first, second):  # each holds once
        assert set(apply_plan(old, context, command=command).outcomes["outcome"]) == {"drifted"}
    assert len(studio.log()) == written


def test_what_a_reviewer_excluded_is_not_sent_by_the_plan_before_the_review(studio: Sandbox, context: Context) -> None:
    plan = planned(context)
    user_id, role = (plan.changes[name].tolist()[0] for name in ("user_id", "role"))
    decisions = Decisions(excluded={(user_id, role): "on leave"})
    effect = decide(plan, decisions).effect
    approved = approve(plan, decisions, reviewer="Rita", operator="rita", confirmed_effect=effect, now=plan.created_at)
    run = apply_plan(approved, context)
    written = studio.log()
    message = f"run {run.run_id} applied this plan as Rita approved it, without 1 of its changes"
    for attempt in (apply_plan, recheck_saved_plan):
        with pytest.raises(PlanRefusedError, match=message):
            attempt(plan, context)
        with pytest.raises(PlanRefusedError, match=message):
            check_before_question(plan, context, "", None)
    assert studio.log() == written
    whole = approve(plan, Decisions(), reviewer="Bo", operator="bo", confirmed_effect=plan.effect, now=plan.created_at)
    assert check_before_question(whole, context, "", None)  # what Rita excluded is still to be sent
    assert not check_before_question(approved, context, "", None)
    assert apply_plan(approved, context).already_applied == run.run_id


def test_the_run_that_sent_a_plan_is_named_each_time_that_it_is_applied_again(context: Context) -> None:
    plan = planned(context)
    run = apply_plan(plan, context)
    folder = context.settings.account_dir
    for _ in range(2):
        again = apply_plan(plan, context)
        assert again.already_applied == run.run_id
        report, _ = report_before_break(folder, again.run_id)
        assert report.already_applied == run.run_id
    assert [summary.sent for summary in list_runs(folder)[-3:]] == [True, False, False]


def test_a_plan_that_was_applied_says_so_even_if_users_changed_since(studio: Sandbox, context: Context) -> None:
    plan = planned(context)
    run = apply_plan(plan, context)
    user_id = int(plan.changes.loc[plan.changes["action"] == "add", "user_id"].iloc[0])
    studio.edit_person(user_id, email="other@example.edu")
    written = studio.log()
    again = apply_plan(plan, context)
    assert (again.complete, again.already_applied) == (False, run.run_id)
    sentence = run_content(again).headline.sentence
    assert f"Already applied by run {run.run_id}; sent 0, and 1 change drifted since;" in sentence
    assert studio.log() == written


def test_the_list_of_a_plan_is_found_from_another_folder(
    studio: Sandbox, context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "list.csv").write_bytes(SAMPLE.read_bytes())
    monkeypatch.chdir(tmp_path)
    plan = planned(context, Path("list.csv"))
    assert plan.source.path == str(tmp_path / "list.csv")
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    (tmp_path / "list.csv").write_text("email,role\n", encoding="utf-8")
    with pytest.raises(PlanRefusedError, match="has changed since the plan was made"):
        apply_plan(plan, context, folder=Path(".."))
    assert studio.log() == []


def test_a_list_that_is_not_there_any_more_is_a_warning(context: Context, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(SAMPLE.read_bytes())
    plan = planned(context, path)
    path.unlink()
    with capture_logs() as logs:
        assert apply_plan(plan, context, folder=tmp_path).complete
    logs = [log for log in logs if log["log_level"] != "debug"]  # each request
    assert [(log["log_level"], str(path) in log["event"]) for log in logs] == [("warning", True)]


def _assert_counts_what_it_sent(run: Run, plan: Plan, context: Context, before: int) -> None:
    """The run that continues a plan counts only its own changes, in its headline and record, messages and metrics."""
    sent = len(plan.changes) - before
    headline = f"{sent} of {len(plan.changes)} changes done, {before} done before; live equals the plan"
    report, _ = report_before_break(context.settings.account_dir, run.run_id)
    assert run_content(run).headline.sentence.startswith(headline)
    assert run_headline(report).sentence.startswith(headline)
    assert run_json(run)["done_before"] == run_report_json(report)["done_before"] == before
    ending = ending_of(CommandFacts("apply", run.started_at, plan, run), 0, context.settings, run.finished_at)
    assert ending
    assert ending.status is EndStatus.CHANGED
    assert f"{sent} of {sent} done, {before} done before" in compose(ending).text
    added = sum(change.added or 0 for change in ending.changes)
    metric = f'rolesync_last_run_done_changes{{account="{ending.account}",action="add",role="Admin"}} {added}\n'
    assert metric in format_metrics([Measured(ending)])
    assert added + sum(change.removed or 0 for change in ending.changes) == sent


@pytest.mark.parametrize("lost", [["run.end"], ["run.end", "outcome"]], ids=str)
@pytest.mark.parametrize("command", ["apply", "sync"])
def test_a_killed_run_is_closed_and_its_plan_is_completed(
    studio: Sandbox, context: Context, tmp_path: Path, lost: list[str], command: str
) -> None:
    small = replace(context, settings=settings_for(studio, tmp_path / "state", chunk_size=2))
    plan = planned(small)

    def stop(stage: str, _done: int, _total: int) -> None:
        if stage == "applying":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply_plan(plan, replace(small, progress=stop))
    rewound(small, *lost)
    written = studio.log()
    assert 0 < len(written) < len(plan.changes)
    assert [summary.status for summary in list_runs(small.settings.account_dir)] == ["planned", "open"]

    if command == "apply":
        run = apply_plan(plan, small)
        assert (run.outcomes["detail"] == "done by an earlier run of this plan").sum() == len(written)
        _assert_counts_what_it_sent(run, plan, small, len(written))
    else:
        again = sync_list(read_list(SAMPLE, small), small)
        assert again.run is not None
        run = again.run
    assert run.complete
    events = list(read_events(small.settings.account_dir, EVENTS))
    assert open_requests(events) == []
    recorded = [(change.user_id, change.action.value, change.role) for change in effects(events)]
    assert recorded == [(entry["user_id"], entry["action"], entry["role"]) for entry in studio.log()]
    assert len(set(recorded)) == len(recorded) == len(plan.changes)
    assert sum(isinstance(event, Recovered) for event in events) == len(lost) - 1
    closed = next(summary for summary in list_runs(small.settings.account_dir) if summary.status == "interrupted")
    assert closed.counts["done"] == len(written)
    assert closed.counts["not_sent"] == len(plan.changes) - len(written)


def test_unknown_outcomes_of_a_run_are_resolved_by_the_next_run(studio: Sandbox, context: Context) -> None:
    plan = planned(context)

    def go_away_before_applying(stage: str, done: int, total: int) -> None:
        if stage == "looking up users" and done == total:
            studio.set_faults("cut=1")

    run = apply_plan(plan, replace(context, progress=go_away_before_applying))
    assert run.stopped
    assert set(run.outcomes["outcome"]) == {"unknown"}
    assert len(studio.log()) == len(plan.changes)  # though nobody knows
    assert load_earlier_runs(context.settings.account_dir).unsettled == (run.run_id,)

    studio.set_faults("")
    assert sync_list(read_list(SAMPLE, context), context).plan.status == "empty"
    assert load_earlier_runs(context.settings.account_dir).unsettled == ()
    assert len(effects(read_events(context.settings.account_dir, EVENTS))) == len(plan.changes)
    first = next(summary for summary in list_runs(context.settings.account_dir) if summary.run_id == run.run_id)
    assert (first.status, first.counts["done"], first.counts["unknown"]) == ("incomplete", len(plan.changes), 0)


def test_an_unknown_outcome_that_the_last_read_resolves_is_recorded(studio: Sandbox, tmp_path: Path) -> None:
    context = Context(settings_for(studio, tmp_path / "state", concurrency=1), sleep=lambda _: None)
    plan = planned(context)
    fake_sleep: list[float] = []

    def go_away_before_applying(stage: str, done: int, total: int) -> None:
        if stage == "looking up users" and done == total:
            studio.set_faults("cut=1")

    def come_back_for_the_last_read(seconds: float) -> None:
        fake_sleep.append(seconds)
        if len(fake_sleep) > 1:
            studio.set_faults("")

    run = apply_plan(plan, replace(context, progress=go_away_before_applying, sleep=come_back_for_the_last_read))
    assert len(fake_sleep) == 2
    assert run.complete  # Studio shows it
    events = list(read_events(context.settings.account_dir, EVENTS))
    assert [type(event) for event in events][-4:] == [Outcome, Reread, RunEnd, HoldersSaved]
    assert (open_requests(events), len(effects(events))) == ([], len(plan.changes))
    assert load_earlier_runs(context.settings.account_dir).unsettled == ()


def test_nothing_is_sent_while_unknown_outcomes_cannot_be_resolved(studio: Sandbox, context: Context) -> None:
    plan = planned(context)
    apply_plan(plan, context)
    rewound(context, "holders", "run.end", "outcome")
    studio.edit_person(plan.changes["user_id"].tolist()[0], roles=[])
    written = len(studio.log())
    studio.set_faults("503=1")
    with pytest.raises(StudioError):
        sync_list(read_list(SAMPLE, context), context)
    assert len(studio.log()) == written
    assert len(load_earlier_runs(context.settings.account_dir).unsettled) == 1


def test_a_run_that_fails_is_recorded_as_interrupted(context: Context) -> None:
    plan = planned(context)

    def fail(stage: str, _done: int, _total: int) -> None:
        if stage == "applying":
            raise PlanRefusedError("anything")

    with pytest.raises(PlanRefusedError):
        apply_plan(plan, replace(context, progress=fail))
    assert list_runs(context.settings.account_dir)[-1].status == "interrupted"
    assert load_earlier_runs(context.settings.account_dir).unsettled != ()
    assert apply_plan(plan, context).complete
    assert load_earlier_runs(context.settings.account_dir).unsettled == ()


def test_limits_are_compared_with_the_numbers_of_today(studio: Sandbox, tmp_path: Path) -> None:
    context = Context(
        settings_for(studio, tmp_path / "state", min_holders=8, max_removals_share=1), sleep=lambda _: None
    )
    admins = studio.people(role="Admin")
    keep = [person["email"] for person in admins if "@" in (person.get("email") or "")][:8]
    plan = planned(context, list_of(tmp_path, *keep))
    assert plan.status == "ready"
    admin = next(person for person in admins if person.get("email") == keep[3])
    studio.edit_person(admin["id"], roles=[])
    with pytest.raises(PlanRefusedError, match="min_holders"):
        apply_plan(plan, context)


def test_apply_compares_the_list_with_the_list_applied_since_the_plan(studio: Sandbox, tmp_path: Path) -> None:
    context = Context(settings_for(studio, tmp_path / "state", max_removals_share=1), sleep=lambda _: None)
    emails = emails_of(studio)
    plan = planned(context, list_of(tmp_path, *emails[:2]))
    assert plan.status == "ready"
    longer = tmp_path / "longer.csv"
    longer.write_text("email,role\n" + "".join(f"{email},Admin\n" for email in emails), encoding="utf-8")
    assert sync_list(read_list(longer, context), context).plan.status == "empty"
    with pytest.raises(BlockedError, match="max_shrink_share") as caught:
        apply_plan(plan, context)
    assert verdict(caught.value.plan, "max_shrink_share").value == pytest.approx((len(emails) - 2) / len(emails))
    assert studio.log() == []


def test_a_run_that_cannot_be_read_back_is_not_proven(studio: Sandbox, context: Context) -> None:
    plan = planned(context)

    def stay_away_after_applying(stage: str, done: int, total: int) -> None:
        if (stage, done) == ("applying", total):
            studio.set_faults("503=1")

    run = apply_plan(plan, replace(context, progress=stay_away_after_applying))
    assert (run.outcomes["outcome"] == "done").all()
    assert run.proof is None
    assert not run.complete
    assert "503" in run.stopped


def test_an_interrupted_run_is_recorded_as_interrupted(context: Context) -> None:
    plan = planned(context)

    def stop(stage: str, _done: int, _total: int) -> None:
        if stage == "applying":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply_plan(plan, replace(context, progress=stop))
    assert list_runs(context.settings.account_dir)[-1].status == "interrupted"


def test_the_record_is_sealed_with_the_key_and_split_into_files(studio: Sandbox, tmp_path: Path) -> None:
    key = "a key that only the test has"
    context = Context(settings_for(studio, tmp_path, audit_key=key, audit_max_mb=0.001), sleep=lambda _: None)
    assert apply_plan(planned(context), context).complete
    folder = context.settings.account_dir
    assert len(list(folder.glob("audit-*.jsonl"))) > 1
    assert verify_record(folder, key) == Verification(7, None, "", ())
    assert not verify_record(folder, "a key that the test hasn't").ok
    assert events(context) == ["record.key", "plan", "run.start", "intent", "outcome", "run.end", "holders"]

    sent = studio.log()
    for other in ("", "another key that the test has"):
        changed = Context(settings_for(studio, tmp_path, audit_key=other), sleep=lambda _: None)
        with pytest.raises(RecordBrokenError):
            sync_list(read_list(list_of(tmp_path, "admin@example.edu"), changed), changed)
    assert studio.log() == sent
