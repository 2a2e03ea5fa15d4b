"""One job for one account, in a worker: check, plan or apply, by the workflows of a single account."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from time import monotonic, sleep

from rolesync.audit.chain import hash_of, whole_lines
from rolesync.audit.files import read_head
from rolesync.errors import Exit, LockHeldError, RecordBrokenError, RolesyncError, UsageError, writing_error
from rolesync.fleet.account_command import advice_for_fleet
from rolesync.fleet.account_settings import account_settings
from rolesync.fleet.approvals import waiting_for_approval
from rolesync.fleet.worker_protocol import Job, JobKind
from rolesync.model.fleet import AccountResult, AccountStatus, PlannedAccount, RecordHead, status_of_exit
from rolesync.model.plans import Plan
from rolesync.model.reasons import HeldReason
from rolesync.model.runs import counts
from rolesync.model.vocabulary import OutcomeStatus, VerdictStatus
from rolesync.planner.decode import from_json
from rolesync.planner.encode import to_json
from rolesync.private_files import make_private_folder, replace_file
from rolesync.report.content.text import plural
from rolesync.settings import Settings
from rolesync.sources.address import is_address, shown_address
from rolesync.sources.shared_lists import SharedLists
from rolesync.workflows.apply import apply_plan
from rolesync.workflows.command_facts import CommandFacts
from rolesync.workflows.context import Context
from rolesync.workflows.doctor import run_checks
from rolesync.workflows.plan import plan_list
from rolesync.workflows.read_list import read_list
from rolesync.workflows.sync import plan_locked

LOCK_PATIENCE = 10.0  # seconds
LOCK_POLL = 0.2  # seconds
_ADDRESS = re.compile(r"[^\s<>'\"(),;:]+@[^\s<>'\"(),;:]+")


def run_job(job: Job, progress: Callable[[str, int, int], None]) -> AccountResult:
    """Run one job. Every error of rolesync is a result; others are the caller's.

    Args:
        job: the job.
        progress: called with the stage, the steps done, and all steps of the stage.
    """
    started, folder = monotonic(), None
    facts = CommandFacts(job.kind.value, datetime.now(UTC))
    try:
        settings = account_settings(job.values, Path(job.secrets) if job.secrets else None)
        folder = settings.account_dir
        _check_head(folder, job.head, settings.audit_key.get_secret_value())
        context = Context(settings, progress=progress, shared=_shared_lists(job, settings))
        result = _run_patiently(job, facts.counting(context), facts)
    except RolesyncError as error:
        result = AccountResult(job.account, status_of_exit(error.exit_code), error.message, error.hint)
    return replace(
        result,
        message=advice_for_fleet(without_addresses(result.message), job),
        hint=advice_for_fleet(without_addresses(result.hint), job),
        head=_head_of(folder) if folder else None,
        seconds=round(monotonic() - started, 3),
        attempt=job.attempt,
        changes=facts.changes,
        already_applied=facts.run.already_applied if facts.run else "",
        drift=facts.drift,
        requests=facts.requests,
        retries=facts.retried,
        list_age=facts.list_age(datetime.now(UTC)),
    )


def _shared_lists(job: Job, settings: Settings) -> SharedLists | None:
    """Let the accounts of the run fetch a list for one another, if their secrets for it are the same."""
    if not job.fetched_folder:
        return None

    def has_secrets_of(folder: str) -> bool:
        if folder == job.secrets:
            return True
        try:
            other = account_settings({}, Path(folder) if folder else None)
        except RolesyncError:
            return False
        return (other.list_secret, other.list_headers) == (settings.list_secret, settings.list_headers)

    return SharedLists(Path(job.fetched_folder), job.secrets, has_secrets_of)


def _run_patiently(job: Job, context: Context, facts: CommandFacts) -> AccountResult:
    """Run a job; if the lock of the account is held, wait for it a little.

    After a crash of the fleet, its workers hold the locks until they have recorded how far they came.
    """
    until = context.seconds() + LOCK_PATIENCE
    while True:
        try:
            return _JOBS[job.kind](job, context, facts)
        except LockHeldError:
            if context.seconds() >= until:
                raise
            sleep(LOCK_POLL)


def without_addresses(text: str) -> str:
    """Replace addresses in a text, because the reports of a fleet go to more people than those of an account."""
    return _ADDRESS.sub("[address]", text)


def _check(job: Job, context: Context, _facts: CommandFacts) -> AccountResult:
    """Run the checks of `doctor`, and read the list."""
    checks = run_checks(context)
    failed = [check for check in checks if check.status is VerdictStatus.BLOCK]
    if failed:
        message = "; ".join(f"{check.name}: {check.message}" for check in failed)
        return AccountResult(job.account, status_of_exit(failed[0].exit_code), message, failed[0].hint)
    desired = read_list(_list_of(job), context)
    if desired.status == "reject":
        return _refused_list(job, len(desired.findings))
    warnings = [check for check in checks if check.status is VerdictStatus.WARN]
    message = "; ".join(f"{check.name}: {check.message}" for check in warnings)
    return AccountResult(job.account, AccountStatus.DONE, message, warnings[0].hint if warnings else "")


def _plan(job: Job, context: Context, facts: CommandFacts) -> AccountResult:
    """Plan, and save the plan."""
    context = context.with_run()
    desired = read_list(_list_of(job), context)
    if desired.status == "reject":
        return _refused_list(job, len(desired.findings))
    plan = plan_locked(desired, context) if job.is_sync else plan_list(desired, context)
    facts.plan = plan
    path = Path(job.plan_path)
    try:
        make_private_folder(path.parent)
        replace_file(path, to_json(plan).encode("ascii"), mode=context.settings.file_mode)
    except OSError as error:
        raise writing_error(f"the plan can't be saved as {path}", error, hint="see who may write there") from error
    return _planned(job, plan)


def _planned(job: Job, plan: Plan) -> AccountResult:
    removals = int((plan.changes["action"] == "remove").sum())
    summary = PlannedAccount(
        digest=plan.digest,
        list_path=plan.source.path,
        list_sha256=plan.source.sha256,
        listed=sum(plan.source.listed.values()),
        absent=int((plan.held["reason"] == HeldReason.NOT_IN_STUDIO.value).sum()),
        holders=sum(count.before for count in plan.roles),
        additions=len(plan.changes) - removals,
        removals=removals,
        held=len(plan.held),
        guards=tuple(dict.fromkeys(verdict.rule for verdict in plan.blocked)),
    )
    if plan.blocked:
        message = "; ".join(verdict.message for verdict in plan.blocked)
        hint = f"rolesync show {quote(job.plan_path)}"
        return AccountResult(job.account, AccountStatus.BLOCKED, message, hint, plan=summary)
    if plan.status == "empty":
        return AccountResult(job.account, AccountStatus.EMPTY, plan=summary)
    if job.needs_approval:
        message, hint = waiting_for_approval(Path(job.plan_path).parents[1])
        return AccountResult(job.account, AccountStatus.WAITING, message, hint, plan=summary)
    return AccountResult(job.account, AccountStatus.PLANNED, plan=summary)


def _apply(job: Job, context: Context, facts: CommandFacts) -> AccountResult:
    """Apply the saved plan. Changes that earlier runs of the same plan made count as done, so this may be repeated."""
    path = Path(job.plan_path)
    try:
        plan = from_json(path.read_text(encoding="ascii"))
    except OSError as error:
        raise UsageError(f"the plan {path} can't be read: {error.strerror}", hint="plan the fleet again") from error
    if is_address(job.list_path):  # a plan that waited for its approval is compared with the list that is there now
        context = replace(context, settings=context.settings.model_copy(update={"list": job.list_path}))
    run = apply_plan(plan, context, folder=path.parent, command="sync" if job.is_sync else "apply")
    facts.plan, facts.run = plan, run
    numbers = counts(run.outcomes)
    status = AccountStatus.DONE
    message = f"already applied by run {run.already_applied}; sent 0" if run.already_applied else ""
    if not run.complete:
        all_done = numbers[OutcomeStatus.DONE] == len(run.outcomes)
        status = AccountStatus.UNREACHABLE if run.stopped and not all_done else AccountStatus.INCOMPLETE
        undone = Counter({name: number for name, number in numbers.items() if name != OutcomeStatus.DONE.value})
        parts = [f"{number:,} {name.replace('_', ' ')}" for name, number in undone.items() if number]
        differences = plural(len(run.proof.differences), "difference") if run.proof else "not verified"
        message = run.stopped or ", ".join([*parts, differences])
    return AccountResult(
        job.account,
        status,
        message,
        "" if run.complete else f"rolesync show {run.run_id}",
        run=run.run_id,
        counts=numbers,
        plan=_planned(job, plan).plan,
    )


_JOBS = {JobKind.CHECK: _check, JobKind.PLAN: _plan, JobKind.APPLY: _apply}


def _list_of(job: Job) -> str:
    if not job.list_path:
        raise UsageError(f"the account {job.account} has no list", hint="set `list` in the fleet file")
    return job.list_path


def _refused_list(job: Job, findings: int) -> AccountResult:
    name = shown_address(job.list_path)
    message = f"the list {name} is refused: {plural(findings, 'finding')}"
    return AccountResult(job.account, status_of_exit(Exit.INPUT_REFUSED), message, f"rolesync validate {quote(name)}")


def _head_of(folder: Path) -> RecordHead | None:
    """Read the end of a record; None if there is none, or if it is damaged."""
    try:
        head = read_head(folder)
    except OSError:
        return None
    return RecordHead(head.position.seq, head.position.digest) if head and head.position.seq else None


def _check_head(folder: Path, expected: RecordHead | None, key: str) -> None:
    """Refuse a record that is older than the fleet knows it: a whole copy of an earlier state looks intact by itself.

    Raises:
        RecordBrokenError: it doesn't contain the record with which it ended after the last run of the fleet.
    """
    if expected is None or _head_of(folder) == expected:
        return
    for seq, line in enumerate(whole_lines(folder, key), 1):
        if seq == expected.seq:
            if hash_of(line) == expected.digest:
                return
            break
    raise RecordBrokenError(
        f"{folder} is not the record that the fleet's last run left: its record {expected.seq} is missing or another",
        hint="put the newest copy back; or, to continue from this one on purpose, add --trust-record with this account",
    )
