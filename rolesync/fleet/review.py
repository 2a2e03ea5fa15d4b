"""The review of a night on one page: its accounts, and below it the page of each account's plan.

An approval is for one account, and writes that account's approved plan beside its plan, as `rolesync review` does.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from shlex import quote
from typing import Any

from rolesync.errors import PlanRefusedError, RecordBrokenError, RecordError, RolesyncError, UsageError, writing_error
from rolesync.fleet.account_command import account_command
from rolesync.fleet.account_settings import account_settings
from rolesync.fleet.approvals import keep_or_remove, load_approved, with_approval
from rolesync.fleet.fleet_file import Fleet
from rolesync.fleet.guards import judge_fleet, mark_blocked
from rolesync.fleet.night_folder import PlannedNight, approved_path, plan_path
from rolesync.history.person import last_changes
from rolesync.model.fleet import AccountResult, AccountStatus, FleetVerdict
from rolesync.model.fleet_review import ReviewedAccount, ReviewState, UsualNumbers
from rolesync.model.plans import Plan, effect_text
from rolesync.planner.approval import Decisions
from rolesync.planner.decode import from_json
from rolesync.planner.encode import to_json
from rolesync.private_files import replace_file
from rolesync.report.content.plan_summary import approval_text
from rolesync.report.html.fleet import fleet_review_html
from rolesync.report.html.page import plan_html
from rolesync.report.html.tables import LastChanges
from rolesync.report.spreadsheet.plan import plan_csv
from rolesync.review.page.session import ReviewEnd, ReviewSession
from rolesync.settings import Settings
from rolesync.workflows.context import Context
from rolesync.workflows.review import check_not_approved, check_review, complete_review, new_decisions_path

_WITH_CHANGES = frozenset({AccountStatus.PLANNED, AccountStatus.WAITING, AccountStatus.BLOCKED})


@dataclass
class FleetReview:
    """The site of a review: the page of the night, and `NAME/` for the plan of an account.

    Args:
        fleet: the fleet file.
        night: what planning resulted in.
        folder: the folder of the night.
        operator: who runs the review; "" for the user of the process.
        usual: the last nights of each account.
        succeeded: the accounts that succeeded before.
    """

    fleet: Fleet
    night: PlannedNight
    folder: Path
    operator: str = ""
    usual: Mapping[str, UsualNumbers] = field(default_factory=dict)
    succeeded: Collection[str] = ()
    has_ended: bool = False
    _sessions: dict[str, ReviewSession] = field(default_factory=dict)
    _read: dict[str, tuple[tuple[int, int], AccountResult, str]] = field(default_factory=dict)

    def page_at(self, path: str) -> str | None:
        """Render the page of the night, or that of an account's plan; None for any other path."""
        if not path:
            return self.page()
        name = path.removesuffix("/")
        result = self._results.get(name)
        if not path.endswith("/") or result is None or result.status not in _WITH_CHANGES:
            return None
        try:
            if approved := load_approved(result, self.folder):
                return plan_html(approved, self._last_changes(approved, name), parent=self._title)
            return self._session(name).page()
        except RolesyncError as error:
            return self.page({name: f"{error.message}: {error.hint}" if error.hint else error.message})

    def page(self, problems: Mapping[str, str] | None = None) -> str:
        """Render the page of the night.

        Args:
            problems: by account, why its plan could not be opened.
        """
        return fleet_review_html(
            self.fleet.table.name, self.accounts(problems or {}), self.verdicts, f"rolesync fleet apply {self._quoted}"
        )

    def post(self, path: str, content: bytes) -> dict[str, Any] | None:
        """Take what a page sends: `leave` ends the review of the night, the rest is for the review of an account."""
        if path == "leave":
            self.has_ended = True
            return {}
        name, _, action = path.partition("/")
        session = self._sessions.get(name)
        return session.post(action, content) if session else None

    def accounts(self, problems: Mapping[str, str] | None = None) -> list[ReviewedAccount]:
        """List the accounts of the night with the state of their review, in the order of the fleet file."""
        return [
            ReviewedAccount(
                result=result,
                state=self._state(result, approval),
                usual=self.usual.get(result.account),
                approval=approval,
                problem=(problems or {}).get(result.account, ""),
            )
            for result, approval in zip(
                mark_blocked((judged for judged, _ in self._approved), self.verdicts),
                (approval for _, approval in self._approved),
                strict=True,
            )
        ]

    @property
    def verdicts(self) -> tuple[FleetVerdict, ...]:
        """The guards of the fleet that would block if all plans that still wait were approved as they are."""
        results = [
            replace(result, status=AccountStatus.PLANNED) if result.status is AccountStatus.WAITING else result
            for result, _ in self._approved
        ]
        return judge_fleet(self.fleet, results, "", self.succeeded)

    def abandon(self) -> list[Path]:
        """Save the decisions of all reviews that have not ended; returns the files."""
        return [
            saved
            for name, session in self._sessions.items()
            if not session.has_ended and (saved := self._save_decisions(name, session.decisions))
        ]

    @property
    def _results(self) -> dict[str, AccountResult]:
        return {result.account: result for result in self.night.results}

    @property
    def _title(self) -> str:
        return f"fleet {self.fleet.table.name}"

    @property
    def _quoted(self) -> str:
        return quote(str(self.folder))

    @property
    def _approved(self) -> list[tuple[AccountResult, str]]:
        """Each account as its approved plan has it, if there is one, and who approved it."""
        return [self._with_approval(result) for result in self.night.results]

    def _with_approval(self, result: AccountResult) -> tuple[AccountResult, str]:
        """Read an approved plan once for as long as its file is the same."""
        try:
            status = approved_path(self.folder, result.account).stat()
        except OSError:
            return result, ""
        state = (status.st_mtime_ns, status.st_ino)
        cached = self._read.get(result.account)
        if cached is None or cached[0] != state:
            judged = with_approval(result, self.folder)
            is_approved = judged.status in _WITH_CHANGES
            plan = load_approved(result, self.folder) if is_approved else None
            cached = (state, judged, approval_text(plan.approval) if plan and plan.approval else "")
            self._read[result.account] = cached
        return cached[1], cached[2]

    def _state(self, result: AccountResult, approval: str) -> ReviewState:
        if result.status is AccountStatus.EMPTY:
            return ReviewState.EMPTY
        if result.status not in _WITH_CHANGES:
            return ReviewState.NO_PLAN
        if approval:
            return ReviewState.APPROVED
        session = self._sessions.get(result.account)
        if session and session.has_ended:
            return ReviewState.LEFT
        needs_approval = self.fleet.accounts[result.account].needs_approval
        return ReviewState.WAITING if needs_approval else ReviewState.OPTIONAL

    def _session(self, name: str) -> ReviewSession:
        """Take the review of an account, or begin one; after it was left, one with the decisions kept."""
        session = self._sessions.get(name)
        if session and not session.has_ended:
            return session
        plan, context = load_account_plan(self.folder, name), self.context(name)
        check_review(plan, context)

        def approve(decisions: Decisions, reviewer: str, sees: str) -> ReviewEnd:
            approved = complete_review(plan, decisions, reviewer, sees, context)
            save_approved(approved, plan.digest, approved_path(self.folder, name), context.settings)
            sentence = f"The plan of {name} to {effect_text(approved.effect)} is approved."
            if not approved.blocked:
                return ReviewEnd("Approved", sentence, f"rolesync fleet apply {self._quoted}")
            overridable = all(verdict.overridable for verdict in approved.blocked)
            command = self.command_to_override(name, "--override", approved.digest) if overridable else ""
            return ReviewEnd("Approved", f"{sentence} A guard still blocks it.", command)

        def leave(decisions: Decisions) -> ReviewEnd:
            saved = self._save_decisions(name, decisions)
            saved_text = f"The decisions were saved as {saved}." if saved else "There were no decisions to save."
            return ReviewEnd("Nothing was approved", saved_text)

        decisions = session.decisions if session else None
        self._sessions[name] = ReviewSession(
            plan, self._last_changes(plan, name), approve, leave, decisions, parent=self._title
        )
        return self._sessions[name]

    def context(self, name: str) -> Context:
        """Make the context of an account's review; secrets are not read, since a review needs none."""
        shared = {"state_dir": str(self.fleet.state_dir), **({"operator": self.operator} if self.operator else {})}
        return Context(account_settings({**self.fleet.accounts[name].values, **shared}, None))

    def _last_changes(self, plan: Plan, name: str) -> LastChanges | None:
        """Read which run last changed each user; None if the record can't be read, as with a key."""
        settings = self.context(name).settings
        try:
            return last_changes(settings.dir_of(plan.account), set(plan.changes["user_id"].tolist()))
        except (OSError, RecordError, RecordBrokenError):
            return None

    def command_to_override(self, name: str, *options: str) -> str:
        """Return the command that applies the approved plan of an account alone; a fleet overrides no guard."""
        approved = str(approved_path(self.folder, name))
        return account_command(name, str(self.fleet.path), "apply", approved, *options)

    def _save_decisions(self, name: str, decisions: Decisions) -> Path | None:
        """Save decisions beside the plan, for `--decisions`; None if there are none."""
        if not (decisions.excluded or decisions.released):
            return None
        path = new_decisions_path(plan_path(self.folder, name))
        table = plan_csv(load_account_plan(self.folder, name), decisions)
        _save(path, table.encode(), self.context(name).settings)
        return path


def load_account_plan(folder: Path, name: str) -> Plan:
    """Read the plan of an account.

    Raises:
        UsageError: it can't be read.
        PlanRefusedError: it is not a plan, or it was changed after it was saved.
    """
    path = plan_path(folder, name)
    try:
        return from_json(path.read_text(encoding="ascii"))
    except OSError as error:
        raise UsageError(f"the plan {path} can't be read: {error.strerror}", hint="plan the fleet again") from error
    except UnicodeDecodeError as error:
        raise PlanRefusedError(f"{path} is not a plan of rolesync", hint="plan the fleet again") from error


def save_approved(approved: Plan, digest: str, path: Path, settings: Settings) -> None:
    """Save an approved plan where `fleet apply` looks for it; `digest` is that of the plan before its approval.

    Raises:
        UsageError: it can't be written, or another reviewer has approved the plan meanwhile.
    """
    check_not_approved(digest, path, keep_or_remove(path, "reload this page to see it"))
    _save(path, to_json(approved).encode("ascii"), settings)


def _save(path: Path, content: bytes, settings: Settings) -> None:
    try:
        replace_file(path, content, mode=settings.file_mode)
    except OSError as error:
        raise writing_error(f"{path} can't be written", error, hint="see who may write to it") from error
