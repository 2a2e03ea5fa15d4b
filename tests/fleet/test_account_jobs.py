"""One job of one account, and how every end of it is told."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
import structlog

from rolesync.executor.lock import account_lock
from rolesync.fleet import account_jobs
from rolesync.fleet.account_jobs import run_job, without_addresses
from rolesync.fleet.worker_protocol import Job, JobKind
from rolesync.history.runs import list_runs
from rolesync.model.fleet import AccountResult, AccountStatus, RecordHead
from rolesync.model.runs import RoleChanges
from rolesync.sandbox import Options, Sandbox
from rolesync.workflows.log import configure_log
from tests.fleet.tools import job as job_of
from tests.paths import SAMPLE
from tests.servers import ScriptedAnswer, ScriptedStudio, in_turn


@pytest.fixture
def studio(sandboxes: Callable[[Options], Sandbox]) -> Sandbox:
    return sandboxes(Options())


@pytest.fixture
def plan_job(studio: Sandbox, tmp_path: Path) -> Job:
    (tmp_path / "secrets").mkdir(0o700)
    (tmp_path / "secrets" / "rolesync_token").write_text(studio.token, encoding="ascii")
    return job_of(
        kind=JobKind.PLAN,
        values={"base_url": studio.base_url, "state_dir": str(tmp_path / "state"), "attempts": 1},
        secrets=str(tmp_path / "secrets"),
        list_path=str(SAMPLE),
        plan_path=str(tmp_path / "night" / "north.json"),
    )


def run(job: Job, **changes: object) -> AccountResult:
    return run_job(replace(job, **changes), lambda _stage, _done, _total: None)  # type: ignore[arg-type]


def with_values(job: Job, **values: object) -> Job:
    return replace(job, values={**job.values, **values})


def folder(job: Job) -> Path:
    (account,) = [path for path in Path(str(job.values["state_dir"])).iterdir() if path.is_dir()]
    return account


def test_plan_then_apply_then_nothing_to_change(plan_job: Job, studio: Sandbox) -> None:
    planned = run(plan_job)
    assert planned.status is AccountStatus.PLANNED
    assert planned.plan
    assert (planned.plan.additions, planned.plan.removals, planned.plan.holders) == (4, 2, 10)
    assert studio.log() == []
    applied = run(plan_job, kind=JobKind.APPLY, head=planned.head)
    assert (applied.status, applied.counts and applied.counts["done"]) == (AccountStatus.DONE, 6)
    assert planned.changes == (RoleChanges("Admin", 4, 2, 0, 0),)
    assert applied.changes == (RoleChanges("Admin", 4, 2, 4, 2),)
    for each in (planned, applied):
        assert (each.drift, each.retries, each.already_applied) == (0, 0, "")
        assert each.requests
        assert each.list_age
    assert list_runs(folder(plan_job))[-1].run_id == applied.run
    assert applied.head
    assert planned.head
    assert applied.head.seq > planned.head.seq
    assert run(plan_job, head=applied.head).status is AccountStatus.EMPTY


def test_an_apply_again_sends_nothing_again(plan_job: Job, studio: Sandbox) -> None:
    run(plan_job)
    first = run(plan_job, kind=JobKind.APPLY)
    sent = len(studio.log())
    again = run(plan_job, kind=JobKind.APPLY, attempt=2)
    assert (again.status, again.message) == (AccountStatus.DONE, f"already applied by run {first.run}; sent 0")
    assert (again.already_applied, again.changes) == (first.run, (RoleChanges("Admin"),))
    assert len(studio.log()) == sent


def test_the_halves_of_a_sync_count_as_one(plan_job: Job) -> None:
    run(plan_job, is_sync=True)
    run(plan_job, kind=JobKind.APPLY, is_sync=True)
    run(plan_job, is_sync=True)
    runs = list_runs(folder(plan_job))
    assert [(each.kind, each.status) for each in runs] == [
        ("plan", "planned"),
        ("apply", "complete"),
        ("plan", "empty"),
    ]


def test_a_plan_that_needs_an_approval_waits(plan_job: Job) -> None:
    waits = run(plan_job, needs_approval=True)
    assert waits.status is AccountStatus.WAITING
    folder = Path(plan_job.plan_path).parents[1]
    assert (waits.message, waits.hint) == ("nobody has approved its plan", f"rolesync fleet review {folder}")


def test_a_blocked_plan_names_its_guards(plan_job: Job) -> None:
    blocked = run(with_values(plan_job, max_removals=1))
    assert blocked.status is AccountStatus.BLOCKED
    assert blocked.plan
    assert blocked.plan.guards == ("max_removals",)
    assert blocked.hint == f"rolesync show {plan_job.plan_path}"


def test_a_refused_list_is_no_plan(plan_job: Job, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("email,role\nnobody,Admin\n", encoding="utf-8")
    for kind in (JobKind.PLAN, JobKind.CHECK):
        refused = run(plan_job, kind=kind, list_path=str(bad))
        assert (refused.status, refused.hint) == (AccountStatus.REFUSED, f"rolesync validate {bad}")
    assert run(plan_job, list_path=str(tmp_path / "none.csv")).status is AccountStatus.REFUSED
    assert "has no list" in run(plan_job, list_path="").message


def test_a_check_reads_studio_and_the_list(plan_job: Job, studio: Sandbox) -> None:
    checked = run(with_values(plan_job, owner="admin@example.edu"), kind=JobKind.CHECK)
    assert (checked.status, checked.message) == (AccountStatus.DONE, "")
    assert "owner: not set" in run(plan_job, kind=JobKind.CHECK).message
    refused = run(with_values(plan_job, auth_scheme="Basic"), kind=JobKind.CHECK)
    assert refused.status is AccountStatus.UNREACHABLE
    assert studio.log() == []


def test_a_check_warns_of_a_secret_that_other_users_can_read(plan_job: Job) -> None:
    path = Path(plan_job.secrets, "rolesync_token")
    path.chmod(0o644)
    path.parent.chmod(0o755)
    checked = run(with_values(plan_job, owner="admin@example.edu"), kind=JobKind.CHECK)
    assert checked.message == f"secrets: other users of this machine can read {path}"
    assert (checked.status, checked.hint) == (AccountStatus.DONE, f"chmod go= {path}")


def test_a_studio_that_is_not_there_is_unreachable(plan_job: Job) -> None:
    gone = run(with_values(plan_job, base_url="http://127.0.0.1:1"))
    assert gone.status is AccountStatus.UNREACHABLE


def test_wrong_settings_and_missing_secrets_fail(plan_job: Job, tmp_path: Path) -> None:
    assert run(with_values(plan_job, chunk_size="x")).status is AccountStatus.FAILED
    assert run(plan_job, secrets=str(tmp_path / "none")).status is AccountStatus.FAILED
    assert "can't be read" in run(plan_job, kind=JobKind.APPLY, plan_path=str(tmp_path / "none.json")).message


def test_requests_and_retries_of_an_account_that_fails_are_counted(plan_job: Job) -> None:
    with ScriptedStudio(lambda _request: ScriptedAnswer(429, b"{}", {"Retry-After": "0"})) as studio:
        failed = run(with_values(plan_job, base_url=studio.base_url, attempts=2))
        assert failed.status is AccountStatus.UNREACHABLE
        assert (failed.requests, failed.retries) == (len(studio.requests), 1)
    assert failed.changes == ()


def test_a_plan_that_can_not_be_saved_fails_and_ends_no_worker(plan_job: Job, tmp_path: Path) -> None:
    (tmp_path / "night").touch()
    failed = run(plan_job)
    assert failed.status is AccountStatus.FAILED
    assert failed.message == f"the plan can't be saved as {plan_job.plan_path}: Not a directory"


def test_the_log_hides_the_secrets_of_an_account(plan_job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    secret = Path(plan_job.secrets, "rolesync_token").read_text(encoding="ascii")
    configure_log("info", "json")
    run(plan_job, kind=JobKind.CHECK)
    structlog.get_logger().info(f"the token is {secret}")
    assert "the token is ***" in capsys.readouterr().err


def test_an_older_copy_of_the_record_is_refused(plan_job: Job) -> None:
    head = run(plan_job).head
    assert head
    refused = run(plan_job, head=RecordHead(head.seq + 1, "f" * 64))
    assert refused.status is AccountStatus.INCOMPLETE
    assert "is not the record that the fleet's last run left" in refused.message
    assert run(plan_job, head=RecordHead(1, "f" * 64)).status is AccountStatus.INCOMPLETE
    run(plan_job)
    assert run(plan_job, head=head).status is AccountStatus.PLANNED


def test_addresses_stay_in_the_account() -> None:
    assert without_addresses("user <ada@example.edu>, b@c.d") == "user <[address]>, [address]"


def test_a_lock_that_is_held_for_a_moment_costs_nothing(plan_job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    run(plan_job)
    monkeypatch.setattr(account_jobs, "LOCK_POLL", 0.0)
    monkeypatch.setattr(account_jobs, "LOCK_PATIENCE", 0.0)
    with account_lock(folder(plan_job), run="r", command="sync", now=lambda: datetime.now(UTC)):
        assert run(plan_job, is_sync=True).status is AccountStatus.LOCKED
    held = ExitStack()
    held.enter_context(account_lock(folder(plan_job), run="r", command="sync", now=lambda: datetime.now(UTC)))
    monkeypatch.setattr(account_jobs, "LOCK_PATIENCE", 60.0)
    monkeypatch.setattr(account_jobs, "sleep", lambda _seconds: held.close())
    assert run(plan_job, is_sync=True).status is AccountStatus.PLANNED


def test_a_row_of_no_account_is_refused_and_removes_nobody(plan_job: Job, tmp_path: Path) -> None:
    rows = ["email,role,school", "admin@example.edu,Admin,north", "zoe.akerstrom@example.edu,Admin,nroth"]
    path = tmp_path / "all.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    values = {"keep": {"school": ["north"]}, "leave_out": {"school": ["north", "south"]}}
    refused = run(with_values(plan_job, **values), list_path=str(path))
    assert refused.status is AccountStatus.REFUSED
    path.write_text("\n".join(rows).replace("nroth", "south"), encoding="utf-8")
    assert run(with_values(plan_job, **values, max_removals_share=1.0), list_path=str(path)).plan is not None


def test_a_plan_from_an_address_is_compared_with_the_list_there_before_it_is_applied(
    plan_job: Job, studio: Sandbox
) -> None:
    dated = {"Content-Type": "text/csv", "Last-Modified": format_datetime(datetime.now(UTC), usegmt=True)}
    lists = [ScriptedAnswer(200, SAMPLE.read_bytes() + more, dated) for more in (b"", b"\n#", b"")]
    with ScriptedStudio(in_turn(*lists)) as server:
        job = replace(plan_job, list_path=f"{server.base_url}/roles.csv?key=s3cret")
        assert run(job).status is AccountStatus.PLANNED
        changed = run(job, kind=JobKind.APPLY)
        assert "has changed since the plan was made" in changed.message
        assert "s3cret" not in changed.message + changed.hint
        assert studio.log() == []
        assert run(job, kind=JobKind.APPLY, is_sync=True).status is AccountStatus.DONE
    assert len(server.requests) == 2  # the second half of a sync asks for no list


def test_accounts_with_the_same_secrets_fetch_a_list_once(plan_job: Job, tmp_path: Path) -> None:
    dated = {"Content-Type": "text/csv", "Last-Modified": format_datetime(datetime.now(UTC), usegmt=True)}
    for name, secret in (("north", "s3cret"), ("south", "s3cret"), ("west", "another")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "rolesync_token").write_text("sandbox-token", encoding="ascii")
        (folder / "rolesync_list_secret").write_text(secret, encoding="ascii")
    with ScriptedStudio(lambda _request: ScriptedAnswer(200, SAMPLE.read_bytes(), dated)) as server:
        job = replace(plan_job, list_path=f"{server.base_url}/roles.csv", fetched_folder=str(tmp_path / "fetched"))
        for name in ("north", "south", "west", "south"):
            assert run(job, secrets=str(tmp_path / name)).status is AccountStatus.PLANNED
    assert [request.headers["Authorization"] for request in server.requests] == ["Bearer s3cret", "Bearer another"]


def test_a_list_is_fetched_once_while_the_lock_is_waited_for(plan_job: Job, tmp_path: Path) -> None:
    run(plan_job)
    held = ExitStack()
    held.enter_context(account_lock(folder(plan_job), run="r", command="sync", now=lambda: datetime.now(UTC)))
    polls = 0

    def poll(_seconds: float) -> None:
        nonlocal polls
        polls += 1
        if polls == 3:
            held.close()

    dated = {"Content-Type": "text/csv", "Last-Modified": format_datetime(datetime.now(UTC), usegmt=True)}
    with (
        ScriptedStudio(lambda _request: ScriptedAnswer(200, SAMPLE.read_bytes(), dated)) as server,
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setattr(account_jobs, "sleep", poll)
        job = replace(plan_job, list_path=f"{server.base_url}/roles.csv", fetched_folder=str(tmp_path / "fetched"))
        assert run(job, is_sync=True).status is AccountStatus.PLANNED
    assert (len(server.requests), polls) == (1, 3)
