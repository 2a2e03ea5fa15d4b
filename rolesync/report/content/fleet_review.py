"""What is shown of the review of a night: its verdict, its counts, and its accounts, those that stand out first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rolesync.model.fleet import AccountStatus
from rolesync.model.fleet_review import ReviewedAccount, ReviewState, UsualNumbers
from rolesync.report.content.text import CELL_LIMIT, SENTENCE_LIMIT, escape_for_display, plural

STATE_WORDS = {
    ReviewState.NO_PLAN: "no plan",
    ReviewState.EMPTY: "no changes",
    ReviewState.OPTIONAL: "no approval needed",
    ReviewState.WAITING: "waiting",
    ReviewState.LEFT: "left",
    ReviewState.APPROVED: "approved",
}

_OPEN = (ReviewState.WAITING, ReviewState.LEFT)


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One account of the page.

    `opens` is whether its plan has a page, `tone` the colour of its state: "add", "warn", "remove" or "". `notes` are
    what stands out, the most important first. All texts are escaped for display.
    """

    name: str
    opens: bool
    state: str
    tone: str
    additions: int
    removals: int
    usual: str
    notes: tuple[str, ...]


def review_title(accounts: Sequence[ReviewedAccount]) -> str:
    """Describe how many approvals are missing."""
    missing = sum(account.state in _OPEN for account in accounts)
    if missing:
        return f"{plural(missing, 'plan waits', 'plans wait')} for approval"
    return "No plan waits for approval"


def review_counts(accounts: Iterable[ReviewedAccount]) -> list[tuple[str, int]]:
    """Count the accounts by the state of their review, without the states that none has."""
    states = [account.state for account in accounts]
    return [(words, states.count(state)) for state, words in STATE_WORDS.items() if states.count(state)]


def review_rows(accounts: Iterable[ReviewedAccount]) -> list[ReviewRow]:
    """Describe the accounts that a reviewer looks at: outliers, blocked ones, failed ones, then the most removals."""
    to_review = [account for account in accounts if account.state is not ReviewState.EMPTY]
    return [_row(account) for account in sorted(to_review, key=_urgency)]


def unchanged_names(accounts: Iterable[ReviewedAccount]) -> list[str]:
    """List the accounts whose plans change nothing."""
    return [account.result.account for account in accounts if account.state is ReviewState.EMPTY]


def _urgency(account: ReviewedAccount) -> tuple[int, int]:
    plan = account.result.plan
    removals, additions = (plan.removals, plan.additions) if plan else (0, 0)
    if account.unusual:
        return 0, -removals - additions
    if account.result.status is AccountStatus.BLOCKED:
        return 1, -removals
    if account.state is ReviewState.NO_PLAN:
        return 2, 0
    return 3, -removals


def _row(account: ReviewedAccount) -> ReviewRow:
    result, plan = account.result, account.result.plan
    is_blocked = result.status is AccountStatus.BLOCKED
    tone = {ReviewState.APPROVED: "add", ReviewState.LEFT: "warn", ReviewState.NO_PLAN: "remove"}.get(account.state, "")
    message = escape_for_display(result.message, SENTENCE_LIMIT)
    notes = [_unusual(account.unusual, account.usual)] if account.usual and account.unusual else []
    if is_blocked:
        notes.append(f"Blocked. {message}")
    elif account.state is ReviewState.NO_PLAN:
        notes.append(f"{result.status.words.capitalize()}: {message}")
    if result.hint and (is_blocked or account.state is ReviewState.NO_PLAN):
        notes.append(f"> {escape_for_display(result.hint, SENTENCE_LIMIT)}")
    if account.approval:
        notes.append(f"Approved {account.approval}")
    if account.problem:
        notes.insert(0, f"Not opened: {escape_for_display(account.problem, SENTENCE_LIMIT)}")
    return ReviewRow(
        name=escape_for_display(result.account, CELL_LIMIT),
        opens=account.state is not ReviewState.NO_PLAN,
        state=STATE_WORDS[account.state],
        tone="remove" if is_blocked and account.state is not ReviewState.APPROVED else tone,
        additions=plan.additions if plan else 0,
        removals=plan.removals if plan else 0,
        usual=_usual(account.usual),
        notes=tuple(notes),
    )


def _usual(usual: UsualNumbers | None) -> str:
    return f"at most -{usual.removals:,} +{usual.additions:,} in {plural(usual.nights, 'night')}" if usual else ""


def _unusual(kinds: Iterable[str], usual: UsualNumbers) -> str:
    return f"Far more {' and '.join(kinds)} than in its last {plural(usual.nights, 'night')}"
