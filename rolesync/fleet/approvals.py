"""The approved plans of a night: what `fleet apply` applies instead of the plan that was reviewed."""

from dataclasses import replace
from pathlib import Path
from shlex import quote

from rolesync.errors import PlanRefusedError
from rolesync.fleet.night_folder import approved_path
from rolesync.model.fleet import AccountResult, AccountStatus
from rolesync.model.plans import Plan
from rolesync.model.vocabulary import Action
from rolesync.planner.decode import from_json

_REVIEWABLE = frozenset({AccountStatus.WAITING, AccountStatus.PLANNED, AccountStatus.BLOCKED})


def load_approved(result: AccountResult, folder: Path) -> Plan | None:
    """Read the approved plan of an account; None if nobody has approved its plan.

    Raises:
        PlanRefusedError: the file is not an approved plan, or it was made from another plan than that of this night.
    """
    path = approved_path(folder, result.account)
    try:
        plan = from_json(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, PlanRefusedError) as error:
        message = error.message if isinstance(error, PlanRefusedError) else "it can't be read"
        raise PlanRefusedError(f"{path}: {message}", hint=_again(path)) from error
    if plan.approval is None or result.plan is None or plan.approval.reviewed_digest != result.plan.digest:
        raise PlanRefusedError(f"{path} is not this night's plan as it was approved", hint=_again(path))
    return plan


def _again(path: Path) -> str:
    return f"remove it, and approve the plan again: rm {quote(str(path))}"


def keep_or_remove(path: Path, look: str = "") -> str:
    """Describe what to do about an existing approval; `look` is the way to see it, if that is not a command."""
    look = look or f"look at it: rolesync show {quote(str(path))}"
    return f"{look}; if it must not be applied, {_again(path)}"


def waiting_for_approval(folder: Path) -> tuple[str, str]:
    """Describe an account whose plan nobody has approved yet: what happened, and what to do next."""
    return "nobody has approved its plan", f"rolesync fleet review {quote(str(folder))}"


def with_approval(result: AccountResult, folder: Path) -> AccountResult:
    """Count an account as its approved plan has it: planned, or blocked if a guard still blocks it.

    The guards of the fleet then count what is applied: a reviewer may have excluded changes, and released removals.
    """
    if result.status not in _REVIEWABLE:
        return result
    try:
        approved = load_approved(result, folder)
    except PlanRefusedError as error:
        return replace(result, status=AccountStatus.FAILED, message=error.message, hint=error.hint)
    if approved is None:
        if result.status is not AccountStatus.WAITING:
            return result
        message, hint = waiting_for_approval(folder)
        return replace(result, message=message, hint=hint)
    return _as_approved(result, approved)


def _as_approved(result: AccountResult, approved: Plan) -> AccountResult:
    assert result.plan  # noqa: S101  # `load_approved` compares with it
    removals = int((approved.changes["action"] == Action.REMOVE.value).sum())
    plan = replace(
        result.plan,
        digest=approved.digest,
        additions=len(approved.changes) - removals,
        removals=removals,
        held=len(approved.held),
        guards=tuple(dict.fromkeys(verdict.rule for verdict in approved.blocked)),
    )
    if approved.blocked:
        message = "; ".join(verdict.message for verdict in approved.blocked)
        return replace(result, status=AccountStatus.BLOCKED, message=message, plan=plan)
    return replace(result, status=AccountStatus.PLANNED, message="", hint="", plan=plan)
