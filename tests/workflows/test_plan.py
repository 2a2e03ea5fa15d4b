import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rolesync.audit.files import Position, head_text
from rolesync.audit.seal import PLAIN
from rolesync.audit.verify import verify_record
from rolesync.errors import (
    LockHeldError,
    PlanRefusedError,
    RecordBrokenError,
    StudioError,
    UnsettledRunError,
    UsageError,
)
from rolesync.executor.lock import account_lock
from rolesync.executor.preconditions import BlockedError
from rolesync.history.earlier_runs import load_earlier_runs
from rolesync.history.effects import effects, open_requests
from rolesync.history.run_report import report_before_break
from rolesync.history.runs import list_runs, read_records
from rolesync.model.plans import Drift, Plan, Verdict
from rolesync.model.runs import Run
from rolesync.model.verification import Verification
from rolesync.planner.decode import from_json
from rolesync.planner.encode import to_json
from rolesync.sandbox import Options, Sandbox
from rolesync.settings import Settings, load
from rolesync.workflows.apply import apply_plan
from rolesync.workflows.context import Context
from rolesync.workflows.export import read_holders
from rolesync.workflows.lookup import look_up_people
from rolesync.workflows.plan import plan_list, read_list
from rolesync.workflows.sync import sync_list
from rolesync.workflows.undo import plan_undo
from tests.paths import SAMPLE


@pytest.fixture
def studio() -> Iterator[Sandbox]:
    with Sandbox(Options()) as sandbox:
        yield sandbox


def settings_for(studio: Sandbox, folder: Path, **more: Any) -> Settings:
    return load(**{"base_url": studio.base_url, "token": studio.token, "state_dir": folder, "attempts": 2, **more})


@pytest.fixture
def context(studio: Sandbox, tmp_path: Path) -> Context:
    return Context(settings_for(studio, tmp_path / "state"), sleep=lambda _: None)


def planned(context: Context, path: Path = SAMPLE) -> Plan:
    return plan_list(read_list(path, context), context)


def events(context: Context) -> list[str]:
    return [record["event"] for record in read_records(context.settings.account_dir)]


def list_of(folder: Path, *emails: str) -> Path:
    path = folder / "list.csv"
    path.write_text("email,role\n" + "".join(f"{email},Admin\n" for email in emails), encoding="utf-8")
    return path


def test_a_dry_run_writes_nothing_to_studio_and_leaves_a_record(studio: Sandbox, context: Context) -> None:
    made = planned(context)
    assert made.status == "ready"
    assert studio.log() == []
    assert studio.counts()["roles"] == 0
    assert events(context) == ["plan"]


def test_impact_is_told_of_whoever_loses_a_role_counted_and_not_sealed(studio: Sandbox, context: Context) -> None:
    without = planned(context)
    assert without.impact is None
    made = from_json(to_json(plan_list(read_list(SAMPLE, context), context, impact=True)))
    assert made.impact is not None
    assert made.impact["user_id"].tolist() == sorted(made.changes.loc[made.changes["action"] == "remove", "user_id"])
    assert made.impact["owned"].tolist() == [3, 3]
    assert made.digest == without.digest
    assert made.requests.by_kind["media"] == studio.counts()["media"] == 2
    assert made.requests.theoretical_minimum == without.requests.theoretical_minimum + 2
    recorded = list(read_records(context.settings.account_dir))[-1]
    assert recorded["requests"]["media"] == 2
    run = apply_plan(made, context)
    assert run.complete
    back = plan_undo(run.run_id, context, impact=True)
    assert back.impact is not None
    assert back.impact["user_id"].tolist() == sorted(back.changes.loc[back.changes["action"] == "remove", "user_id"])


def test_the_same_situation_has_the_same_digest(context: Context) -> None:
    assert planned(context).digest == planned(context).digest


def test_apply_does_what_the_plan_says_and_proves_it(studio: Sandbox, context: Context) -> None:
    made = from_json(to_json(planned(context)))
    run = apply_plan(made, context)
    assert run.complete
    asked = list(zip(*(made.changes[name].tolist() for name in ("user_id", "action", "role")), strict=True))
    assert [(one["user_id"], one["action"], one["role"]) for one in studio.log()] == asked
    assert planned(context).status == "empty"
    assert events(context) == ["plan", "run.start", "intent", "outcome", "run.end", "holders", "plan"]
    assert verify_record(context.settings.account_dir).ok


def test_sync_plans_and_applies_under_one_run(context: Context) -> None:
    done = sync_list(read_list(SAMPLE, context), context)
    assert done.run is not None
    assert done.run.complete
    (summary,) = list_runs(context.settings.account_dir)
    assert (summary.kind, summary.status, summary.plan_digest) == ("apply", "complete", done.plan.digest)

    again = sync_list(read_list(SAMPLE, context), context)
    assert (again.run, again.refusal, again.plan.status) == (None, None, "empty")


def test_a_blocked_plan_is_returned_with_its_refusal_and_nothing_is_written(
    studio: Sandbox, context: Context, tmp_path: Path
) -> None:
    desired = read_list(list_of(tmp_path, "admin@example.edu"), context)
    blocked = sync_list(desired, context)
    assert blocked.plan.status == "blocked"
    assert blocked.refusal is not None
    assert "max_removals_share" in blocked.refusal.message
    assert blocked.plan.digest in blocked.refusal.hint
    assert studio.log() == []

    wrong = sync_list(desired, context, override="0" * 64)
    assert wrong.run is None
    assert wrong.refusal is not None
    assert studio.log() == []

    passed = sync_list(desired, context, override=blocked.plan.digest)
    assert passed.run is not None
    assert passed.run.complete
    start = next(record for record in read_records(context.settings.account_dir) if record["event"] == "run.start")
    assert "max_removals_share" in start["overridden"]


def test_a_saved_blocked_plan_needs_its_own_digest(studio: Sandbox, context: Context, tmp_path: Path) -> None:
    made = planned(context, list_of(tmp_path, "admin@example.edu"))
    for override in ("", "0" * 64, made.digest[:12]):
        with pytest.raises(PlanRefusedError):
            apply_plan(made, context, override)
    assert studio.log() == []
    assert apply_plan(made, context, made.digest).complete


def test_an_override_for_another_plan_is_refused_even_where_none_is_needed(studio: Sandbox, context: Context) -> None:
    with pytest.raises(PlanRefusedError, match="is not this plan's digest"):
        apply_plan(planned(context), context, "0" * 64)
    assert studio.log() == []


def test_whoever_is_protected_today_keeps_the_role_whatever_the_plan_says(
    studio: Sandbox, context: Context, tmp_path: Path
) -> None:
    made = planned(context)
    today = replace(
        context, settings=settings_for(studio, tmp_path / "state", protected_users=["greg.stone@example.edu"])
    )
    with pytest.raises(PlanRefusedError, match="protected_users"):
        apply_plan(made, today, made.digest)
    assert studio.log() == []


def test_a_plan_of_another_account_is_refused(studio: Sandbox, context: Context) -> None:
    with pytest.raises(PlanRefusedError, match=r"was made for https://other\.example"):
        apply_plan(replace(planned(context), account="https://other.example"), context)
    assert studio.log() == []


def test_a_plan_whose_list_has_changed_is_refused(studio: Sandbox, context: Context, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(SAMPLE.read_bytes())
    made = planned(context, path)
    path.write_text("email,role\n", encoding="utf-8")
    with pytest.raises(PlanRefusedError, match="has changed since the plan was made"):
        apply_plan(made, context)
    assert studio.log() == []

    path.unlink()
    assert apply_plan(made, context).complete


@pytest.mark.parametrize("edit", [{"roles": ["Teacher"]}, {"email": "someone.else@example.edu"}])
def test_people_who_changed_since_the_plan_are_left_alone_and_the_others_done(
    studio: Sandbox, context: Context, edit: dict[str, Any]
) -> None:
    made = planned(context)
    user_id = int(made.changes.loc[made.changes["action"] == "remove", "user_id"].iloc[0])
    studio.edit_person(user_id, **edit)
    run = apply_plan(made, context)
    assert not run.complete
    drifted = run.outcomes[run.outcomes["outcome"] == "drifted"]
    assert set(drifted["user_id"]) == {user_id}
    assert "not sent: was " in drifted["detail"].iloc[0]
    assert (run.outcomes["outcome"] == "done").sum() == len(made.changes) - len(drifted) > 0
    assert user_id not in [one["user_id"] for one in studio.log() if one["by"] == "api"]
    assert run.proof is not None
    assert run.proof.proven
    assert list_runs(context.settings.account_dir)[-1].counts["drifted"] == len(drifted)
    told, _ = report_before_break(context.settings.account_dir, run.run_id)
    assert Counter(one.outcome for one in told.changes) == Counter(run.outcomes["outcome"].tolist())
    (named,) = [one for one in told.changes if one.outcome == "drifted"]
    assert (named.user_id, named.detail) == (user_id, drifted["detail"].iloc[0])
    assert len(planned(context).changes) <= 1  # a new plan has what is left


def test_applying_a_plan_twice_finds_it_done(studio: Sandbox, context: Context) -> None:
    made = planned(context)
    assert apply_plan(made, context).complete
    written = studio.log()
    again = apply_plan(made, context)
    assert again.complete
    assert set(again.outcomes["detail"]) == {"done by an earlier run of this plan"}
    assert studio.log() == written


def rewound(context: Context, *events: str) -> None:
    """Cut the last records off, as if the process had been killed before it could write them."""
    folder = context.settings.account_dir
    lines = (folder / "audit.jsonl").read_bytes().splitlines(keepends=True)
    for event in events:
        assert json.loads(lines.pop())["event"] == event
    last = json.loads(lines[-1])
    (folder / "audit.jsonl").write_bytes(b"".join(lines))
    end = sum(map(len, lines))
    (folder / "audit.head").write_bytes(head_text(Position(last["seq"], last["hash"], end, 1), PLAIN))


@pytest.mark.parametrize("lost", [["run.end"], ["run.end", "outcome"]], ids=str)
@pytest.mark.parametrize("command", ["apply", "sync"])
def test_a_killed_run_is_closed_and_its_plan_goes_on(
    studio: Sandbox, context: Context, tmp_path: Path, lost: list[str], command: str
) -> None:
    small = replace(context, settings=settings_for(studio, tmp_path / "state", chunk_size=2))
    made = planned(small)

    def stop(stage: str, _done: int, _total: int) -> None:
        if stage == "applying":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply_plan(made, replace(small, progress=stop))
    rewound(small, *lost)
    written = studio.log()
    assert 0 < len(written) < len(made.changes)
    assert [one.status for one in list_runs(small.settings.account_dir)] == ["planned", "open"]

    if command == "apply":
        run = apply_plan(made, small)
        assert (run.outcomes["detail"] == "done by an earlier run of this plan").sum() == len(written)
    else:
        again = sync_list(read_list(SAMPLE, small), small)
        assert again.run is not None
        run = again.run
    assert run.complete
    records = list(read_records(small.settings.account_dir))
    assert open_requests(records) == []
    told = [(one.user_id, one.action.value, one.role) for one in effects(records)]
    assert told == [(one["user_id"], one["action"], one["role"]) for one in studio.log()]
    assert len(set(told)) == len(told) == len(made.changes)
    assert [record["event"] for record in records].count("recovered") == len(lost) - 1
    closed = next(one for one in list_runs(small.settings.account_dir) if one.status == "interrupted")
    assert closed.counts["done"] == len(written)
    assert closed.counts["not_sent"] == len(made.changes) - len(written)


def test_a_run_that_could_not_see_what_it_did_is_settled_by_the_next(studio: Sandbox, context: Context) -> None:
    made = planned(context)

    def go_away_before_applying(stage: str, done: int, total: int) -> None:
        if stage == "looking up users" and done == total:
            studio.set_faults("cut=1")

    run = apply_plan(made, replace(context, progress=go_away_before_applying))
    assert run.stopped
    assert set(run.outcomes["outcome"]) == {"unknown"}
    assert len(studio.log()) == len(made.changes)  # though nobody knows
    assert load_earlier_runs(context.settings.account_dir).unsettled == (run.run_id,)

    studio.set_faults("")
    assert sync_list(read_list(SAMPLE, context), context).plan.status == "empty"
    assert load_earlier_runs(context.settings.account_dir).unsettled == ()
    assert len(effects(read_records(context.settings.account_dir))) == len(made.changes)
    first = next(one for one in list_runs(context.settings.account_dir) if one.run_id == run.run_id)
    assert (first.status, first.counts["done"], first.counts["unknown"]) == ("incomplete", len(made.changes), 0)


def test_what_was_in_doubt_and_is_seen_at_the_end_is_in_the_record(studio: Sandbox, tmp_path: Path) -> None:
    context = Context(settings_for(studio, tmp_path / "state", concurrency=1), sleep=lambda _: None)
    made = planned(context)
    naps: list[float] = []

    def go_away_before_applying(stage: str, done: int, total: int) -> None:
        if stage == "looking up users" and done == total:
            studio.set_faults("cut=1")

    def come_back_for_the_last_read(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) > 1:
            studio.set_faults("")

    run = apply_plan(made, replace(context, progress=go_away_before_applying, sleep=come_back_for_the_last_read))
    assert len(naps) == 2
    assert run.complete  # Studio shows it
    records = list(read_records(context.settings.account_dir))
    assert [record["event"] for record in records][-4:] == ["outcome", "reread", "run.end", "holders"]
    assert (open_requests(records), len(effects(records))) == ([], len(made.changes))
    assert load_earlier_runs(context.settings.account_dir).unsettled == ()


def test_nothing_is_sent_while_an_open_run_cannot_be_asked(studio: Sandbox, context: Context) -> None:
    made = planned(context)
    apply_plan(made, context)
    rewound(context, "holders", "run.end", "outcome")
    studio.edit_person(made.changes["user_id"].tolist()[0], roles=[])
    written = len(studio.log())
    studio.set_faults("503=1")
    with pytest.raises(StudioError):
        sync_list(read_list(SAMPLE, context), context)
    assert len(studio.log()) == written
    assert len(load_earlier_runs(context.settings.account_dir).unsettled) == 1


def test_a_run_that_breaks_says_so_in_the_record(context: Context) -> None:
    made = planned(context)

    def fail(stage: str, _done: int, _total: int) -> None:
        if stage == "applying":
            raise PlanRefusedError("anything")

    with pytest.raises(PlanRefusedError):
        apply_plan(made, replace(context, progress=fail))
    assert list_runs(context.settings.account_dir)[-1].status == "interrupted"
    assert load_earlier_runs(context.settings.account_dir).unsettled != ()
    assert apply_plan(made, context).complete
    assert load_earlier_runs(context.settings.account_dir).unsettled == ()


def test_limits_are_held_against_todays_numbers(studio: Sandbox, tmp_path: Path) -> None:
    context = Context(
        settings_for(studio, tmp_path / "state", min_holders=8, max_removals_share=1), sleep=lambda _: None
    )
    admins = studio.people(role="Admin")
    keep = [person["email"] for person in admins if "@" in (person.get("email") or "")][:8]
    made = planned(context, list_of(tmp_path, *keep))
    assert made.status == "ready"
    kept = next(person for person in admins if person.get("email") == keep[3])
    studio.edit_person(kept["id"], roles=[])
    with pytest.raises(PlanRefusedError, match="min_holders"):
        apply_plan(made, context)


def verdict(plan: Plan, rule: str) -> Verdict:
    (found,) = [one for one in plan.verdicts if one.rule == rule]
    return found


def emails_of(studio: Sandbox) -> list[str]:
    found = [person.get("email") or "" for person in studio.people(role="Admin")]
    return [email for email in found if "@" in email]


def test_a_list_that_shrank_since_the_last_applied_one_is_blocked_once(studio: Sandbox, tmp_path: Path) -> None:
    context = Context(settings_for(studio, tmp_path / "state", max_removals_share=1), sleep=lambda _: None)
    emails = emails_of(studio)
    assert len(emails) > 5
    first = sync_list(read_list(list_of(tmp_path, *emails, "omar.haddad@example.edu"), context), context)
    assert verdict(first.plan, "max_shrink_share").value is None
    assert first.run is not None
    assert first.run.complete

    short = read_list(list_of(tmp_path, *emails[:2]), context)
    written = len(studio.log())
    made = plan_list(short, context)
    share = (len(emails) - 1) / (len(emails) + 1)
    assert made.status == "blocked"
    assert verdict(made, "max_shrink_share").value == pytest.approx(share)
    refused = sync_list(short, context)
    assert refused.plan.digest == made.digest
    assert refused.refusal is not None
    assert "--hold-removals" in refused.refusal.hint
    assert len(studio.log()) == written

    assert apply_plan(made, context, made.digest).complete
    assert verdict(planned(context, Path(short.source.path)), "max_shrink_share").value == 0


def test_an_apply_holds_the_list_against_what_was_applied_since_the_plan(studio: Sandbox, tmp_path: Path) -> None:
    context = Context(settings_for(studio, tmp_path / "state", max_removals_share=1), sleep=lambda _: None)
    emails = emails_of(studio)
    made = planned(context, list_of(tmp_path, *emails[:2]))
    assert made.status == "ready"
    longer = tmp_path / "longer.csv"
    longer.write_text("email,role\n" + "".join(f"{email},Admin\n" for email in emails), encoding="utf-8")
    assert sync_list(read_list(longer, context), context).plan.status == "empty"
    with pytest.raises(BlockedError, match="max_shrink_share") as caught:
        apply_plan(made, context)
    assert verdict(caught.value.plan, "max_shrink_share").value == pytest.approx((len(emails) - 2) / len(emails))
    assert studio.log() == []


def test_an_old_list_is_blocked_by_the_jobs_clock(studio: Sandbox, tmp_path: Path) -> None:
    path = list_of(tmp_path, *emails_of(studio), "omar.haddad@example.edu")
    changed = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
    os.utime(path, (0, changed.timestamp()))
    own = settings_for(studio, tmp_path / "state", max_age_hours=24)

    def after(hours: float) -> Context:
        return Context(own, now=lambda: changed + timedelta(hours=hours), sleep=lambda _: None)

    young, old, older = (planned(after(hours), path) for hours in (23.5, 24.5, 30))
    assert (young.status, old.status) == ("ready", "blocked")
    assert verdict(old, "max_age_hours").value == 24.5
    assert old.digest == older.digest
    with pytest.raises(BlockedError, match=r"26\.0 hours old, at most 24 allowed"):
        apply_plan(young, after(26))
    assert studio.log() == []
    assert apply_plan(from_json(to_json(old)), after(48), older.digest).complete


def test_held_removals_leave_a_proven_run_of_additions(studio: Sandbox, tmp_path: Path) -> None:
    context = Context(settings_for(studio, tmp_path / "state", hold_removals=True), sleep=lambda _: None)
    admins = emails_of(studio)
    done = sync_list(read_list(list_of(tmp_path, admins[0], "omar.haddad@example.edu"), context), context)
    assert done.run is not None
    assert done.run.complete
    assert {one["action"] for one in studio.log()} == {"add"}
    held = done.plan.held[done.plan.held["reason"] == "removals_held"]
    assert set(held["email"]) >= set(admins[1:])
    assert done.plan.blocked == ()


def test_grace_is_counted_in_syncs_and_begins_anew(studio: Sandbox, tmp_path: Path) -> None:
    context = Context(settings_for(studio, tmp_path / "state", grace_runs=2), sleep=lambda _: None)
    people = [person for person in studio.people(role="Admin") if "@" in (person.get("email") or "")]
    emails = [person["email"] for person in people]
    everybody = [*emails, *(person["id"] for person in studio.people(role="Admin") if person not in people)]
    full = tmp_path / "full.csv"
    rows = "".join(f"{one},,Admin\n" if isinstance(one, str) else f",{one},Admin\n" for one in everybody)
    full.write_text("email,user_id,role\n" + rows, encoding="utf-8")
    short = tmp_path / "short.csv"
    short.write_text("email,user_id,role\n" + rows.replace(f"{emails[-1]},,Admin\n", ""), encoding="utf-8")

    def said(made: Plan) -> list[str]:
        return [detail.split(",")[0].split(":")[0] for detail in made.held["detail"].tolist()]

    def synced(path: Path) -> Plan:
        return sync_list(read_list(path, context), context).plan

    assert said(planned(context, short)) == said(planned(context, short)) == ["absent in run 1 of 2"]
    assert said(synced(short)) == ["absent in run 1 of 2"]
    assert said(planned(context, short)) == ["absent in run 2 of 2"]
    assert synced(full).status == "empty"
    assert said(synced(short)) == ["absent in run 1 of 2"]
    again = planned(context, short)
    assert said(again) == ["absent in run 2 of 2"]
    for _ in range(3):
        assert apply_plan(again, context).complete  # one plan, however often it is applied, is one run of absence
    assert studio.log() == []
    done = synced(short)
    assert (said(done), done.changes["email"].tolist(), done.changes["action"].tolist()) == (
        [],
        [emails[-1]],
        ["remove"],
    )
    assert [one["action"] for one in studio.log()] == ["remove"]
    assert synced(short).status == "empty"


def test_a_change_that_comes_again_every_night_is_pointed_out(studio: Sandbox, context: Context) -> None:
    desired = read_list(SAMPLE, context)
    for night in range(4):
        done = sync_list(desired, context)
        found = verdict(done.plan, "repeat_runs")
        assert (found.status, found.value) == (("pass", 0) if night < 3 else ("warn", 1))
        user_id = int(done.plan.changes.loc[done.plan.changes["action"] == "remove", "user_id"].iloc[0])
        studio.edit_person(user_id, roles=["Admin"])
    assert f"({user_id}): done each time, and taken back" in found.message


def drift_of(found: Plan | Run) -> list[tuple[int, str]]:
    table = found.drift.changes
    return list(zip(table["user_id"].tolist(), table["action"].tolist(), strict=True))


def test_what_others_change_between_runs_is_told_until_a_run_has_settled_it(studio: Sandbox, context: Context) -> None:
    desired = read_list(SAMPLE, context)
    first = sync_list(desired, context)
    assert first.plan.drift.since == ""
    assert first.run is not None
    assert drift_of(planned(context)) == []  # what rolesync itself has done is no drift
    stranger = next(person["id"] for person in studio.people() if "Admin" not in person["role_names"])
    given = int(first.plan.changes.loc[first.plan.changes["action"] == "add", "user_id"].iloc[0])
    studio.edit_person(stranger, roles=["Admin"])
    studio.edit_person(given, roles=[])
    for _ in range(2):
        made = planned(context)
        assert sorted(drift_of(made)) == sorted([(stranger, "add"), (given, "remove")])
        assert made.drift.since == first.run.run_id
    assert made.digest == replace(planned(context), drift=Drift()).digest
    run = apply_plan(from_json(to_json(made)), context)
    assert sorted(drift_of(run)) == sorted([(stranger, "add"), (given, "remove")])
    start = next(r for r in read_records(context.settings.account_dir, run.run_id) if r["event"] == "run.start")
    assert start["drift"] == {
        "since": first.run.run_id,
        "added": {"Admin": [stranger]},
        "removed": {"Admin": [given]},
    }
    assert (planned(context).drift.since, drift_of(planned(context))) == (run.run_id, [])


def test_a_sync_that_finds_nothing_to_do_has_seen_the_drift(studio: Sandbox, context: Context, tmp_path: Path) -> None:
    emails = emails_of(studio)
    context = replace(context, settings=settings_for(studio, tmp_path / "state", mode="additive"))
    assert sync_list(read_list(list_of(tmp_path, *emails), context), context).plan.status == "empty"
    new = next(one for one in studio.people(role="Teacher") if "Admin" not in one["role_names"])
    studio.edit_person(new["id"], roles=["Admin"])
    desired = read_list(list_of(tmp_path, *emails, new["email"]), context)
    done = sync_list(desired, context)
    assert (done.plan.status, drift_of(done.plan)) == ("empty", [(new["id"], "add")])
    assert drift_of(sync_list(desired, context).plan) == []


def roles_of(studio: Sandbox) -> dict[int, list[str]]:
    return {person["id"]: sorted(person["role_names"]) for person in studio.people()}


def test_a_run_is_taken_back_and_that_is_taken_back_again(studio: Sandbox, tmp_path: Path) -> None:
    context = Context(settings_for(studio, tmp_path / "state", max_removals_share=1), sleep=lambda _: None)
    before = roles_of(studio)
    first = apply_plan(planned(context), context)
    between = roles_of(studio)
    assert between != before

    taken = from_json(to_json(plan_undo(first.run_id, context)))
    assert (taken.source.undoes, taken.status) == (first.run_id, "ready")
    assert set(taken.changes["reason"]) == {"undo"}
    second = apply_plan(taken, context)
    assert second.complete
    assert roles_of(studio) == before

    assert plan_undo(first.run_id, context).status == "empty"  # everybody is as before already
    third = apply_plan(plan_undo(second.run_id[:-2], context), context)
    assert third.complete
    assert roles_of(studio) == between
    records = [r for r in read_records(context.settings.account_dir) if r["event"] == "plan" and r["command"] == "undo"]
    assert [record["source"]["undoes"] for record in records] == [first.run_id, first.run_id, second.run_id]


def test_whoever_has_changed_since_a_run_is_not_taken_back(studio: Sandbox, context: Context) -> None:
    run = apply_plan(planned(context), context)
    done = [one["user_id"] for one in studio.log()]
    added = int(run.outcomes.loc[run.outcomes["action"] == "add", "user_id"].iloc[0])
    other = next(user_id for user_id in done if user_id != added)
    studio.edit_person(added, roles=[])
    studio.edit_person(other, email="someone.else@example.edu")
    made = plan_undo(run.run_id, context)
    told = dict(zip(made.held["user_id"].tolist(), made.held["reason"].tolist(), strict=True))
    assert told == {added: "already", other: "identity_mismatch"}
    assert set(made.changes["user_id"]) == set(done) - {added, other}


def test_what_studio_did_besides_is_taken_back_too(tmp_path: Path) -> None:
    with Sandbox(Options(exclusive_admin=True)) as studio:
        roles = ["Admin", "Subaccount admin"]
        context = Context(
            settings_for(studio, tmp_path / "state", managed_roles=roles, mode="additive"), sleep=lambda _: None
        )
        person = next(one for one in studio.people() if "Admin" not in one["role_names"] and one.get("email"))
        studio.edit_person(person["id"], roles=["Subaccount admin", "Teacher"])
        path = tmp_path / "list.csv"
        path.write_text(f"user_id,role\n{person['id']},Admin\n", encoding="utf-8")
        done = sync_list(read_list(path, context), context)
        assert done.run is not None
        assert roles_of(studio)[person["id"]] == ["Admin", "Teacher"]

        taken = replace(context, settings=settings_for(studio, tmp_path / "state", managed_roles=roles))
        made = plan_undo(done.run.run_id, taken)
        assert sorted(zip(made.changes["action"], made.changes["role"], strict=True)) == [
            ("add", "Subaccount admin"),
            ("remove", "Admin"),
        ]
        apply_plan(made, taken, override=made.digest if made.blocked else "")
        assert "Subaccount admin" in roles_of(studio)[person["id"]]
        held = plan_undo(done.run.run_id, context)  # where nobody is ever removed, this removes nobody
        assert set(held.changes["action"]) <= {"add"}


def test_only_a_run_that_is_known_and_managed_is_taken_back(studio: Sandbox, context: Context, tmp_path: Path) -> None:
    made = planned(context)
    run = apply_plan(made, context)
    other = replace(context, settings=settings_for(studio, tmp_path / "state", managed_roles=["Teacher"]))
    with pytest.raises(UsageError, match="changed roles that are not managed: Admin"):
        plan_undo(run.run_id, other)
    with pytest.raises(UsageError, match="No run begins with"):
        plan_undo("nothing", context)
    rewound(context, "holders", "run.end", "outcome")
    with pytest.raises(UnsettledRunError, match="the effect of some of its requests is unknown"):
        plan_undo(run.run_id, context)
    dry = list_runs(context.settings.account_dir)[0].run_id
    assert plan_undo(dry, context).status == "empty"


def test_the_record_tells_what_later_plans_are_judged_by(context: Context) -> None:
    sync_list(read_list(SAMPLE, context), context)
    told = {record["event"]: record for record in read_records(context.settings.account_dir)}
    for event in ("plan", "run.start"):
        assert told[event]["command"] == "sync"
        assert told[event]["source"]["listed"] == {"Admin": 13}
        assert told[event]["warned"] == ["owner"]
        assert "absent" not in told[event]


def test_one_run_at_a_time(studio: Sandbox, context: Context) -> None:
    folder = context.settings.account_dir
    with (
        account_lock(folder, run="other", command="sync", now=context.now),
        pytest.raises(LockHeldError, match="other"),
    ):
        sync_list(read_list(SAMPLE, context), context)
    assert studio.log() == []


def test_an_end_that_cannot_be_read_is_not_proven(studio: Sandbox, context: Context) -> None:
    made = planned(context)

    def stay_away_after_applying(stage: str, done: int, total: int) -> None:
        if (stage, done) == ("applying", total):
            studio.set_faults("503=1")

    run = apply_plan(made, replace(context, progress=stay_away_after_applying))
    assert (run.outcomes["outcome"] == "done").all()
    assert run.proof is None
    assert not run.complete
    assert "503" in run.stopped


def test_an_interrupted_run_says_so_in_the_record(context: Context) -> None:
    made = planned(context)

    def stop(stage: str, _done: int, _total: int) -> None:
        if stage == "applying":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply_plan(made, replace(context, progress=stop))
    assert list_runs(context.settings.account_dir)[-1].status == "interrupted"


def test_holders_are_read_for_export(context: Context) -> None:
    assert len(read_holders(context).users) == 10


def test_a_wrong_token_is_studios_refusal(studio: Sandbox, tmp_path: Path) -> None:
    context = Context(settings_for(studio, tmp_path, token="wrong"), sleep=lambda _: None)
    with pytest.raises(StudioError) as caught:
        planned(context)
    assert caught.value.status == 401
    assert "wrong" not in json.dumps([caught.value.message])


def test_the_record_is_sealed_with_the_key_and_its_files_are_closed(studio: Sandbox, tmp_path: Path) -> None:
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


def test_people_are_known_whatever_role_they_have(context: Context) -> None:
    student, observer, nobody, stranger = "lukasz.zak@example.edu", 1067, "fatima.elamrani@example.edu", 999
    live = look_up_people([(student, 0), ("", observer), (nobody, 0), ("", stranger)], context)
    found = set(live.users["user_id"].tolist())
    assert {1071, observer, 1103} < found
    assert stranger not in found
    assert {1002, 1052} < found  # the holders of the managed role, and the teachers


@pytest.mark.parametrize("scan", [True, False])
def test_whole_roles_are_read_for_many_people_only_where_that_is_set(
    studio: Sandbox, tmp_path: Path, *, scan: bool
) -> None:
    context = Context(settings_for(studio, tmp_path / "state", scan_roles=scan), sleep=lambda _: None)
    many = list_of(tmp_path, "admin@example.edu", *(f"new{number}@example.edu" for number in range(20)))
    kinds = [(way.how.value, way.role) for way in planned(context, many).requests.steps]
    looked_through = [("scan", "Teacher")] if scan else []
    assert kinds == [("holders", "Admin"), *looked_through, ("one_by_one", "")]
