"""Plan and apply in one run: guards, grace, drift, and a Studio that fails all the time or for good."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from typing import Any

import pytest

from rolesync.errors import IncompleteReadError
from rolesync.executor.send_batch import FAILURES
from rolesync.history.earlier_runs import load_earlier_runs
from rolesync.history.event_reader import EVENTS
from rolesync.history.events import PlanMade, RunStart
from rolesync.history.holders_snapshot import NAME
from rolesync.history.read import read_events
from rolesync.history.run_effects import effects, open_requests
from rolesync.history.runs import list_runs
from rolesync.model import live
from rolesync.model.plans import Plan
from rolesync.model.vocabulary import VerdictStatus
from rolesync.sandbox import Options, Sandbox
from rolesync.settings import load
from rolesync.workflows.apply import apply_plan
from rolesync.workflows.context import Context
from rolesync.workflows.plan import plan_list
from rolesync.workflows.read_list import read_list
from rolesync.workflows.sync import sync_list
from tests.paths import SAMPLE
from tests.servers import FakeSleep
from tests.workflows.tools import drift_of, emails_of, list_of, planned, settings_for, verdict


def test_sync_plans_and_applies_as_one_run(context: Context) -> None:
    result = sync_list(read_list(SAMPLE, context), context)
    assert result.run is not None
    assert result.run.complete
    (summary,) = list_runs(context.settings.account_dir)
    assert (summary.kind, summary.status, summary.plan_digest) == ("apply", "complete", result.plan.digest)

    again = sync_list(read_list(SAMPLE, context), context)
    assert (again.run, again.refusal, again.plan.status) == (None, None, "empty")


def test_a_blocked_sync_returns_its_plan_and_refusal_and_writes_nothing(
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
    (start,) = read_events(context.settings.account_dir, [RunStart])
    assert "max_removals_share" in start.overridden


def test_with_held_removals_the_additions_are_applied_and_proven(studio: Sandbox, tmp_path: Path) -> None:
    context = Context(settings_for(studio, tmp_path / "state", hold_removals=True), sleep=lambda _: None)
    admins = emails_of(studio)
    result = sync_list(read_list(list_of(tmp_path, admins[0], "omar.haddad@example.edu"), context), context)
    assert result.run is not None
    assert result.run.complete
    assert {entry["action"] for entry in studio.log()} == {"add"}
    held = result.plan.held[result.plan.held["reason"] == "removals_held"]
    assert set(held["email"]) >= set(admins[1:])
    assert result.plan.blocked == ()


def test_grace_counts_syncs_and_starts_again_when_the_user_is_listed(studio: Sandbox, tmp_path: Path) -> None:
    context = Context(settings_for(studio, tmp_path / "state", grace_runs=2), sleep=lambda _: None)
    people = [person for person in studio.people(role="Admin") if "@" in (person.get("email") or "")]
    emails = [person["email"] for person in people]
    everybody = [*emails, *(person["id"] for person in studio.people(role="Admin") if person not in people)]
    full = tmp_path / "full.csv"
    rows = "".join(f"{user},,Admin\n" if isinstance(user, str) else f",{user},Admin\n" for user in everybody)
    full.write_text("email,user_id,role\n" + rows, encoding="utf-8")
    short = tmp_path / "short.csv"
    short.write_text("email,user_id,role\n" + rows.replace(f"{emails[-1]},,Admin\n", ""), encoding="utf-8")

    def absences(plan: Plan) -> list[str]:
        return [detail.split(",")[0].split(":")[0] for detail in plan.held["detail"].tolist()]

    def synced(path: Path) -> Plan:
        return sync_list(read_list(path, context), context).plan

    assert absences(planned(context, short)) == absences(planned(context, short)) == ["absent in run 1 of 2"]
    assert absences(synced(short)) == ["absent in run 1 of 2"]
    assert absences(planned(context, short)) == ["absent in run 2 of 2"]
    assert synced(full).status == "empty"
    assert absences(synced(short)) == ["absent in run 1 of 2"]
    again = planned(context, short)
    assert absences(again) == ["absent in run 2 of 2"]
    for _ in range(3):
        assert apply_plan(again, context).complete  # a plan that is applied again counts as the same run
    assert studio.log() == []
    done = synced(short)
    assert (absences(done), done.changes["email"].tolist(), done.changes["action"].tolist()) == (
        [],
        [emails[-1]],
        ["remove"],
    )
    assert [entry["action"] for entry in studio.log()] == ["remove"]
    assert synced(short).status == "empty"


def test_a_change_that_every_run_repeats_is_a_warning(studio: Sandbox, context: Context) -> None:
    desired = read_list(SAMPLE, context)
    for night in range(4):
        result = sync_list(desired, context)
        repeats = verdict(result.plan, "repeat_runs")
        assert (repeats.status, repeats.value) == (("pass", 0) if night < 3 else ("warn", 1))
        user_id = int(result.plan.changes.loc[result.plan.changes["action"] == "remove", "user_id"].iloc[0])
        studio.edit_person(user_id, roles=["Admin"])
    assert f"({user_id}): done each time, and reversed since" in repeats.message


def test_a_sync_without_changes_reports_drift_once(studio: Sandbox, context: Context, tmp_path: Path) -> None:
    emails = emails_of(studio)
    context = replace(context, settings=settings_for(studio, tmp_path / "state", mode="additive"))
    assert sync_list(read_list(list_of(tmp_path, *emails), context), context).plan.status == "empty"
    new = next(person for person in studio.people(role="Teacher") if "Admin" not in person["role_names"])
    studio.edit_person(new["id"], roles=["Admin"])
    desired = read_list(list_of(tmp_path, *emails, new["email"]), context)
    result = sync_list(desired, context)
    assert (result.plan.status, drift_of(result.plan)) == ("empty", [(new["id"], "add")])
    assert drift_of(sync_list(desired, context).plan) == []


def test_the_record_holds_what_later_plans_are_judged_by(context: Context) -> None:
    sync_list(read_list(SAMPLE, context), context)
    plan, start = read_events(context.settings.account_dir, (PlanMade, RunStart))
    for event in (plan, start):
        assert event.command == "sync"
        assert event.source.listed == {"Admin": 13}
        assert event.warned == ["owner"]
        assert event.absent is None


MIXED = "429=0.03,403=0.02,500=0.02,503=0.02,reset=0.02,html=0.02,html200=0.02,lost=0.02,lost5xx=0.01,cut=0.02"
"""Faults that strike a fifth of all requests."""


def context_for(studio: Sandbox, folder: Path, fake_sleep: FakeSleep, **more: Any) -> Context:
    settings = {
        "base_url": studio.base_url,
        "token": studio.token,
        "state_dir": folder / "state",
        "max_removals_share": 1,
        "max_removals": 10_000,
        **more,
    }
    return Context(load(**settings), sleep=fake_sleep.sleep)


def list_for(studio: Sandbox, folder: Path, additions: int, keep: int) -> Path:
    """Write a list that adds Admin to `additions` people, and keeps it for `keep` of its holders."""
    people = studio.people()
    lacking = [person["id"] for person in people if "Admin" not in person["role_names"]][:additions]
    having = [person["id"] for person in people if "Admin" in person["role_names"]][:keep]
    path = folder / "list.csv"
    path.write_text(
        "user_id,role\n" + "".join(f"{user_id},Admin\n" for user_id in (*lacking, *having)), encoding="utf-8"
    )
    return path


def check_record(studio: Sandbox, context: Context) -> None:
    """Compare the record with the log of the sandbox, action by action."""
    events = list(read_events(context.settings.account_dir, EVENTS))
    recorded = Counter((change.user_id, change.action.value, change.role) for change in effects(events))
    assert recorded == Counter((entry["user_id"], entry["action"], entry["role"]) for entry in studio.log())
    assert open_requests(events) == []


def test_two_thousand_changes_are_done_though_a_fifth_of_all_requests_fail(tmp_path: Path) -> None:
    with Sandbox(Options(users=2_300)) as studio:
        path = list_for(studio, tmp_path, additions=2_000, keep=1)
        context = context_for(studio, tmp_path, FakeSleep(), chunk_size=5)
        studio.set_faults(f"{MIXED},seed=3")
        result = sync_list(read_list(path, context), context)
        struck = studio.fault_counts()
        studio.set_faults("")
        assert result.run is not None
        assert result.run.complete
        assert len(result.plan.changes) >= 2_000
        assert not result.run.stopped
        assert len([name for name, number in struck.items() if number]) >= 9
        assert sum(struck.values()) > 0.15 * sum(studio.counts().values())
        check_record(studio, context)
        assert plan_list(read_list(path, context), context).status == "empty"


def test_a_studio_that_goes_down_for_good_ends_the_run_soon_and_the_next_run_finishes(
    sandboxes: Callable[[Options], Sandbox], tmp_path: Path
) -> None:
    studio = sandboxes(Options(users=184))
    path = list_for(studio, tmp_path, additions=90, keep=5)
    fake_sleep = FakeSleep()
    context = context_for(studio, tmp_path, fake_sleep, chunk_size=10, retry_seconds=60)

    def go_down(stage: str, sent: int, _total: int) -> None:
        if (stage, sent) == ("applying", 40):
            studio.set_faults("reset=0.5,503=0.5,seed=1")

    failing = Context(context.settings, sleep=fake_sleep.sleep, progress=go_down)
    result = sync_list(read_list(path, failing), failing)
    assert result.run is not None
    numbers = result.run.outcomes["outcome"].value_counts()
    assert numbers["done"] == len(studio.log()) == 40
    assert numbers["done"] + numbers["unknown"] + numbers["not_sent"] == len(result.plan.changes)
    assert 0 < numbers["unknown"] <= 10 * FAILURES
    assert result.run.stopped
    assert sum(fake_sleep.seconds) < 3 * 8 * 60  # a few reads, each of which ends after a minute of retries
    assert load_earlier_runs(context.settings.account_dir).unsettled == (result.run.run_id,)

    studio.set_faults("")
    again = sync_list(read_list(path, context), context)
    assert again.run is not None
    assert again.run.complete
    check_record(studio, context)


def test_a_user_renamed_in_studio_keeps_the_role_until_the_row_is_corrected(
    studio: Sandbox, context: Context, tmp_path: Path
) -> None:
    (first, *others) = [person for person in studio.people(role="Admin") if person["email"]]
    emails = [person["email"] for person in (first, *others)]
    path = list_of(tmp_path, *emails)
    assert sync_list(read_list(path, context), context).plan.status == "empty"
    studio.edit_person(first["id"], email="jones@example.edu")
    for _ in range(2):
        plan = sync_list(read_list(path, context), context).plan
        assert plan.changes.empty
        assert set(plan.held["reason"]) == {"renamed"}
        assert f"#{first['id']} was {emails[0].lower()}, and is now jones@example.edu" in plan.held["detail"].iloc[0]
    new = studio.add_person("New", email=emails[0])
    plan = sync_list(read_list(path, context), context).plan
    assert plan.changes.empty
    assert set(plan.held["reason"]) == {"address_moved"}
    path = list_of(tmp_path, "jones@example.edu", *emails)
    plan = sync_list(read_list(path, context), context).plan
    assert plan.held["user_id"].tolist() == [first["id"]]
    assert plan.changes.empty
    assert studio.person(new["id"])["role_names"] == []


def test_a_studio_that_shows_nobody_blocks_and_nothing_is_learnt_from_it(studio: Sandbox, context: Context) -> None:
    sync_list(read_list(SAMPLE, context), context)
    holders = (context.settings.account_dir / NAME).read_bytes()
    applied = load_earlier_runs(context.settings.account_dir)
    studio.set_faults("nobody=1")
    blocked = sync_list(read_list(SAMPLE, context), context)
    assert (blocked.plan.status, verdict(blocked.plan, "live_vanished").status) == ("blocked", VerdictStatus.BLOCK)
    assert blocked.refusal is not None
    assert drift_of(blocked.plan) == []
    dry_run = planned(context)
    assert (dry_run.status, drift_of(dry_run)) == ("blocked", [])
    assert (context.settings.account_dir / NAME).read_bytes() == holders
    now = load_earlier_runs(context.settings.account_dir)
    assert (now.baseline, now.runs) == (applied.baseline, applied.runs)

    studio.set_faults("")
    again = sync_list(read_list(SAMPLE, context), context)
    assert (again.plan.status, again.plan.drift.since != "", drift_of(again.plan)) == ("empty", True, [])


def test_a_first_sync_of_a_studio_that_shows_nobody_blocks(studio: Sandbox, context: Context) -> None:
    studio.set_faults("nobody=1")
    blocked = sync_list(read_list(SAMPLE, context), context)
    assert (blocked.run, verdict(blocked.plan, "live_vanished").status) == (None, VerdictStatus.BLOCK)
    assert load_earlier_runs(context.settings.account_dir).runs == ()


def test_holders_who_are_gone_for_good_are_accepted_by_an_override(studio: Sandbox, context: Context) -> None:
    sync_list(read_list(SAMPLE, context), context)
    for person in studio.people(role="Admin")[1:]:
        studio.edit_person(person["id"], roles=[])
    desired = read_list(SAMPLE, context)
    blocked = sync_list(desired, context)
    assert [guard.rule for guard in blocked.plan.blocked] == ["live_vanished"]
    passed = sync_list(desired, context, override=blocked.plan.digest)
    assert passed.run is not None
    assert passed.run.complete
    assert sync_list(desired, context).plan.status == "empty"


def test_a_read_after_the_run_that_shows_nobody_proves_nothing(studio: Sandbox, context: Context) -> None:
    studio.set_faults("nobody=1,after=9999")

    def answered(_seconds: float) -> None:
        if studio.log():
            studio.set_faults("nobody=1")

    result = sync_list(read_list(SAMPLE, context), replace(context, answered=answered))
    assert result.run is not None
    assert (result.run.proof, result.run.complete) == (None, False)
    assert "holders of Admin are gone in the read after the run" in result.run.stopped
    assert not (context.settings.account_dir / NAME).exists()


@pytest.mark.parametrize(("days", "waiting"), [(-20_000, ["remove"]), (4_000, ["add", "remove"]), (0, [])])
def test_a_wrong_clock_neither_gives_nor_takes_a_role_by_date(
    studio: Sandbox, context: Context, tmp_path: Path, days: int, waiting: list[str]
) -> None:
    first, second, *others = (person["id"] for person in studio.people(role="Admin"))
    rows = [f",{first},2020-01-01,", f",{second},,2036-01-01", *(f",{user_id},," for user_id in others)]
    rows += ["omar.haddad@example.edu,,,", "daniel.adeyemi@example.edu,,1990-01-01,2090-01-01"]
    path = tmp_path / "dated.csv"
    path.write_text("\n".join(["email,user_id,starts,expires,role", *(f"{row},Admin" for row in rows)]) + "\n")
    shifted = replace(context, now=lambda: datetime.now(UTC) + timedelta(days=days))
    result = sync_list(read_list(path, shifted), shifted)
    assert sorted(result.plan.held["action"]) == waiting
    assert set(result.plan.held["reason"]) == ({"clock"} if waiting else set())
    assert verdict(result.plan, "clock_skew").status is (VerdictStatus.WARN if days else VerdictStatus.PASS)
    assert {entry["action"] for entry in studio.log()} == {"add"}
    assert len(studio.log()) == (1 if days else 2)
    learnt = load_earlier_runs(context.settings.account_dir).baseline.applied
    assert learnt == ({} if days else {"Admin": len(rows)})


def test_a_role_that_ended_between_reading_and_sending_is_not_sent(
    studio: Sandbox, context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MAX_CLOCK_SKEW", inf)  # the sandbox has the time of today
    rows = [f"{person['email']},,Admin" for person in studio.people(role="Admin")]
    rows += ["omar.haddad@example.edu,2026-06-30,Admin", "ingrid.solberg@example.edu,2026-07-31,Admin"]
    path = tmp_path / "list.csv"
    path.write_text("\n".join(["email,expires,role", *rows]) + "\n", encoding="utf-8")
    evening = replace(context, now=lambda: datetime(2026, 6, 30, 23, 50, tzinfo=UTC))
    night = replace(context, now=lambda: datetime(2026, 7, 1, 0, 10, tzinfo=UTC))
    result = sync_list(read_list(path, evening), night)
    assert result.run is not None
    details = dict(zip(result.run.outcomes["email"].tolist(), result.run.outcomes["detail"].tolist(), strict=True))
    assert details["omar.haddad@example.edu"].startswith("not sent: the list gives the role until 2026-06-30")
    (added,) = (entry["user_id"] for entry in studio.log())
    assert studio.person(added)["email"] == "Ingrid.Solberg@example.edu"


def test_a_read_that_hides_what_was_done_teaches_nothing(studio: Sandbox, context: Context, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("user_id,role\n1052,Admin\n", encoding="utf-8")
    additive = replace(context, settings=settings_for(studio, tmp_path / "state", mode="additive", settle_seconds=0))
    studio.set_faults("nobody=1")
    result = sync_list(read_list(path, additive), additive)
    assert result.run is not None
    assert result.run.outcomes["outcome"].tolist() == ["done"]
    assert not result.run.complete
    studio.set_faults("")
    assert drift_of(sync_list(read_list(path, additive), additive).plan) == []


def test_a_role_without_holders_is_not_believed_while_its_last_holder_has_it(
    studio: Sandbox, context: Context, tmp_path: Path
) -> None:
    first, *others = (person["id"] for person in studio.people(role="Admin"))
    for user_id in others:
        studio.edit_person(user_id, roles=[])
    path = tmp_path / "list.csv"
    path.write_text(f"user_id,role\n{first},Admin\n", encoding="utf-8")
    assert sync_list(read_list(path, context), context).plan.status == "empty"
    path.write_text(f"user_id,role\n{first},Admin\n1052,Admin\n", encoding="utf-8")
    studio.set_faults("nobody=1")
    with pytest.raises(IncompleteReadError):
        sync_list(read_list(path, context), context)
    path.write_text("user_id,role\n1052,Admin\n", encoding="utf-8")
    with pytest.raises(IncompleteReadError, match=f"'Admin' shows nobody, but user {first} holds it"):
        sync_list(read_list(path, context), context)
    studio.set_faults("")
    assert studio.log()[-1]["by"] == "hand"
    studio.edit_person(first, roles=[])
    path.write_text(f"user_id,role\n{first},Admin\n1052,Admin\n", encoding="utf-8")
    assert drift_of(sync_list(read_list(path, context), context).plan) == [(first, "remove")]
