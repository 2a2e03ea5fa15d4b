"""What all guards share: verdicts, and the sentences and numbers in them."""

from rolesync.model.frames import rows_with
from rolesync.model.plans import Changes, Verdict
from rolesync.model.reasons import Reason
from rolesync.model.vocabulary import VerdictStatus

ANY_SHARE = "any share is allowed"


def limited(  # noqa: PLR0913  # a verdict has that many parts
    rule: str, role: str, *, blocked: bool, measured: str, advice: str, limit: float, value: float
) -> Verdict:
    """Give the verdict on a measured value; `advice` is for the message if it is blocked."""
    if blocked:
        return Verdict(rule, VerdictStatus.BLOCK, f"{measured}: {advice}", role, limit, value)
    return Verdict(rule, VerdictStatus.PASS, measured, role, limit, value)


def advise(setting: str, check: str = "check the list", *, is_undo: bool = False) -> str:
    """Describe what to do about a limit that is reached: check something, else change the setting or override the plan.

    An undo has no list to check, and happens once, so that the limit stays as it is.
    """
    if is_undo:
        return "check each change of the undo; if all are right, override this plan by its digest"
    return f"{check}; if it is right, change {setting} or override this plan by its digest"


def format_number(number: float, digits: int = 2) -> str:
    """Format a number with at most this many decimals, as in `1,234.5` and `24`."""
    text = f"{number:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_share(share: float) -> str:
    """Format a share of 1 in percent, as in `25%` and `33.33%`."""
    return f"{format_number(share * 100)}%"


def format_hours(hours: float) -> str:
    """Format hours with their unit, as in `1 hour` and `40.5 hours`."""
    number = format_number(hours, digits=1)
    return f"{number} hour{'' if number == '1' else 's'}"


def format_age(hours: float, limit: float | None = None) -> str:
    """Format an age; below one hour only a limit that is also below one needs the number."""
    is_beyond = limit is not None and hours > limit
    return "less than an hour" if hours < 1 and not is_beyond else format_hours(hours)


def is_undo_plan(changes: Changes) -> bool:
    """Whether the changes are those of an undo, which has no list to check."""
    return bool(rows_with(changes.changes["reason"], {Reason.UNDO.value}).any())
