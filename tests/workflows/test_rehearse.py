"""Rehearsals with two sandboxes: one is Studio and is only read, the other is the private copy."""

import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import pytest
import requests

from rolesync.errors import PlanRefusedError, RolesyncError, StudioError
from rolesync.executor.preconditions import BlockedError
from rolesync.model.runs import Run, counts
from rolesync.planner.decode import from_json
from rolesync.planner.encode import to_json
from rolesync.sandbox import ROLES, Options, Sandbox
from rolesync.settings import load
from rolesync.workflows.apply import apply_plan
from rolesync.workflows.context import Context
from rolesync.workflows.rehearse import rehearse_plan
from tests.workflows.tools import files, list_of, planned, rewound, settings_for

ODD = 'Média "boss", [x] %_&=+;|'
HANNAH, OMAR, GREG = 1044, 1052, 1031


@pytest.fixture
def studio(sandboxes: Callable[[Options], Sandbox]) -> Sandbox:
    return sandboxes(Options())


@pytest.fixture
def context(studio: Sandbox, tmp_path: Path) -> Context:
    return Context(settings_for(studio, tmp_path / "state", chunk_size=2), sleep=lambda _: None)


@pytest.fixture(autouse=True)
def places(studio: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of temporary files; no file and no thread may remain after a test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = set(threading.enumerate())
    assert studio.base_url
    yield folder
    assert list(folder.iterdir()) == []
    assert set(threading.enumerate()) <= before


def results(run: Run) -> list[tuple[Any, ...]]:
    """The outcome of each change, without the user's name."""
    names = ("user_id", "action", "role", "outcome", "after", "detail")
    return list(zip(*(run.outcomes[name].tolist() for name in names), strict=True))


def test_a_rehearsal_shows_what_apply_then_does_and_writes_nothing(
    studio: Sandbox, context: Context, tmp_path: Path
) -> None:
    plan = from_json(to_json(planned(context)))
    record, before = files(tmp_path / "state"), studio.people()
    studio.reset_counts()
    rehearsal = rehearse_plan(plan, context)
    assert studio.log() == []
    assert studio.people() == before
    requests_before = studio.counts()
    assert {kind for kind, number in requests_before.items() if number} == {"search", "user"}
    assert requests_before["search"] + requests_before["user"] == rehearsal.read.total == rehearsal.latency.requests
    assert files(tmp_path / "state") == record

    run = apply_plan(plan, context)
    assert (run.complete, rehearsal.run.complete) == (True, True)
    assert results(rehearsal.run) == results(run)
    assert rehearsal.run.proof == run.proof
    assert [(role.role, role.before, role.after) for role in rehearsal.roles] == [("Admin", 10, 12)]
    assert rehearsal.run.requests.by_kind == {"put_roles": 3, "search_role": 1}
    assert {kind: run.requests.by_kind[kind] - number for kind, number in rehearsal.read.by_kind.items()} == {
        "search_role": 1,
        "user": 0,
    }
    assert [(stage.requests, stage.rounds) for stage in rehearsal.stages] == [
        (rehearsal.read.total, 0),
        (3, 3),
        (1, 1),
        (0, 0),
    ]


def test_an_account_without_a_record_gets_none(studio: Sandbox, context: Context, tmp_path: Path) -> None:
    plan = planned(context)
    fresh = replace(context, settings=settings_for(studio, tmp_path / "fresh"))
    assert rehearse_plan(plan, fresh).run.complete
    assert not (tmp_path / "fresh").exists()


@pytest.mark.parametrize("edit", [{"roles": ["Teacher", "Admin"]}, {"email": "somebody.else@example.edu"}], ids=str)
def test_a_user_who_has_drifted_is_not_touched_as_in_apply(
    studio: Sandbox, context: Context, edit: dict[str, Any]
) -> None:
    plan = planned(context)
    studio.edit_person(OMAR, **edit)
    rehearsal = rehearse_plan(plan, context)
    assert counts(rehearsal.run.outcomes)["drifted"] == 1
    assert not rehearsal.run.complete
    assert results(rehearsal.run) == results(apply_plan(plan, context))


def test_a_blocked_plan_is_refused_as_apply_refuses_it(studio: Sandbox, context: Context, tmp_path: Path) -> None:
    plan = planned(context, list_of(tmp_path, "admin@example.edu"))
    for override in ("", "0" * 64):
        with pytest.raises(BlockedError) as by_apply:
            apply_plan(plan, context, override)
        with pytest.raises(BlockedError) as refused:
            rehearse_plan(plan, context, override)
        assert (refused.value.message, refused.value.hint) == (by_apply.value.message, by_apply.value.hint)
    rehearsal = rehearse_plan(plan, context, plan.digest)
    assert [(role.before, role.after) for role in rehearsal.roles] == [(10, 1)]
    assert studio.log() == []


def test_a_plan_that_is_blocked_by_now_is_not_rehearsed(studio: Sandbox, context: Context, tmp_path: Path) -> None:
    plan = planned(context)
    today = replace(
        context, settings=settings_for(studio, tmp_path / "state", protected_users=["greg.stone@example.edu"])
    )
    with pytest.raises(BlockedError, match="protected_users"):
        rehearse_plan(plan, today)
    elsewhere = replace(context, settings=load(base_url="http://127.0.0.1:9", token="t", state_dir=tmp_path / "state"))
    with pytest.raises(PlanRefusedError, match="the plan was made for"):
        rehearse_plan(plan, elsewhere)


@pytest.mark.parametrize("lost", [[], ["run.end"], ["run.end", "outcome"]], ids=str)
def test_changes_of_an_interrupted_run_count_as_done_even_without_a_record(
    studio: Sandbox, context: Context, tmp_path: Path, lost: list[str]
) -> None:
    plan = planned(context)

    def stop(stage: str, _done: int, _total: int) -> None:
        if stage == "applying":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply_plan(plan, replace(context, progress=stop))
    rewound(context, *lost)
    record, log = files(tmp_path / "state"), studio.log()
    rehearsal = rehearse_plan(plan, context)
    assert (rehearsal.run.outcomes["detail"] == "done by an earlier run of this plan").sum() == 2
    assert rehearsal.run.requests.by_kind["put_roles"] == 2
    assert (files(tmp_path / "state"), studio.log()) == (record, log)
    assert results(rehearsal.run) == results(apply_plan(plan, context))


@pytest.mark.parametrize("at", ["looking up users", "rehearsing: applying", "rehearsing: reading Admin"])
def test_an_interruption_leaves_nothing_behind(studio: Sandbox, context: Context, places: Path, at: str) -> None:
    plan = planned(context)
    seen: list[int] = []

    def stop(stage: str, _done: int, _total: int) -> None:
        if stage == at:
            seen.append(len(list(places.iterdir())))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rehearse_plan(plan, replace(context, progress=stop))
    assert seen == [int(at.startswith("rehearsing"))]
    assert studio.log() == []


def test_a_short_failure_of_studio_is_retried_and_a_lasting_one_ends_the_rehearsal(
    studio: Sandbox, context: Context
) -> None:
    plan = planned(context)
    studio.set_faults("503=1,times=2")
    assert rehearse_plan(
        plan, replace(context, settings=context.settings.model_copy(update={"attempts": 8}))
    ).run.complete
    studio.set_faults("503=1")
    with pytest.raises(StudioError, match="503"):
        rehearse_plan(plan, context)
    assert studio.log() == []


def test_only_with_exclusive_admin_do_the_admin_roles_drop_each_other(context: Context, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"user_id,role\n{HANNAH},Admin\n", encoding="utf-8")
    plan = planned(replace(context, settings=context.settings.model_copy(update={"mode": "additive"})), path)
    shared = rehearse_plan(plan, context)
    assert set(shared.run.outcomes["detail"]) == {""}
    assert any(
        "(1 user holds it), as in Studio's web interface. In this copy it didn't" in unknown
        for unknown in shared.unknown
    )
    exclusive = rehearse_plan(plan, context, exclusive_admin=True)
    assert set(exclusive.run.outcomes["detail"]) == {"also lost Subaccount admin"}
    assert any(
        "(1 user holds it). In this copy it did; in Studio it may not" in unknown for unknown in exclusive.unknown
    )


def test_roles_of_any_name_and_ids_of_any_size_can_be_rehearsed(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    rows = "".join(
        f'{user_id},"{role}"\n' for user_id in (1002, 2**40 + 17) for role in ("Admin", ODD.replace('"', '""'))
    )
    path.write_text(f"user_id,role\n{rows}", encoding="utf-8")
    more = {"managed_roles": ["Admin", ODD], "max_removals_share": 1, "min_holders": 0, "write_concurrency": 3}
    with Sandbox(Options(roles=(*ROLES, ODD))) as studio:
        studio.edit_person(GREG, roles=[ODD, "Captioner", "Admin"])
        context = Context(settings_for(studio, tmp_path / "state", chunk_size=2, **more), sleep=lambda _: None)
        plan = planned(context, path)
        rehearsal = rehearse_plan(plan, context)
        run = apply_plan(plan, context)
    assert run.complete
    assert results(rehearsal.run) == results(run)
    assert {role.role: (role.before, role.after) for role in rehearsal.roles} == {"Admin": (10, 2), ODD: (1, 2)}


def test_no_other_program_on_this_machine_can_read_the_copy(
    context: Context, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses: list[str] = []

    class Watched(Sandbox):
        def __enter__(self) -> Self:
            entered = super().__enter__()
            addresses.append(self.base_url)
            return entered

    statuses: list[int] = []

    def look(stage: str, _done: int, _total: int) -> None:
        if stage != "rehearsing: applying":
            return
        (folder,) = places.iterdir()
        assert folder.stat().st_mode & 0o077 == 0
        statuses.append(requests.get(f"{addresses[0]}/_sandbox/people", timeout=10).status_code)
        for token in ("sandbox-token", "reader-token", context.settings.token.get_secret_value()):
            headers = {"Authorization": f"Bearer {token}"}
            response = requests.get(f"{addresses[0]}/api/public/v1/users/{GREG}", headers=headers, timeout=10)
            statuses.append(response.status_code)

    monkeypatch.setattr("rolesync.workflows.rehearse.Sandbox", Watched)
    assert rehearse_plan(planned(context), replace(context, progress=look)).run.complete
    assert addresses[0].startswith("http://127.0.0.1:")
    assert statuses == [404, 401, 401, 401] * 3


def test_a_limit_of_requests_and_a_proxy_are_for_the_real_studio_only(
    studio: Sandbox, context: Context, tmp_path: Path
) -> None:
    plan = planned(context)
    fake_sleep: list[float] = []
    slow = settings_for(studio, tmp_path / "state", chunk_size=2, requests_per_second=2.0)
    rehearsal = rehearse_plan(plan, replace(context, settings=slow, sleep=fake_sleep.append))
    assert len(fake_sleep) == rehearsal.read.total - 1
    assert [stage.seconds for stage in rehearsal.stages[1:3]] == [1.5, 0.5]


def test_a_folder_that_has_no_room_for_the_copy_is_reported(
    context: Context, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plan = planned(context)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(RolesyncError, match="the private copy can't be written: No such file") as refused:
        rehearse_plan(plan, context)
    assert "TMPDIR" in refused.value.hint


def test_a_plan_without_changes_is_rehearsed_too(context: Context) -> None:
    apply_plan(planned(context), context)
    empty = planned(context)
    assert empty.status == "empty"
    rehearsal = rehearse_plan(empty, context)
    assert (rehearsal.run.complete, rehearsal.unknown) == (True, ())
    assert rehearsal.run.requests.by_kind == {"search_role": 1}
