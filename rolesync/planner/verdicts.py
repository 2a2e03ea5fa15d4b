"""What all guards share: verdicts and the sentences in them."""

from collections.abc import Iterable

from rolesync.model.plans import Verdict
from rolesync.model.vocabulary import VerdictStatus

_NAMED = 5  # maximum users or rows that a message names; it counts the others


def limited(  # noqa: PLR0913  # a verdict has that many parts
    rule: str, role: str, *, blocked: bool, measured: str, advice: str, limit: float, value: float
) -> Verdict:
    """Give the verdict on a measured value; `advice` is for the message if it is blocked."""
    if blocked:
        return Verdict(rule, VerdictStatus.BLOCK, f"{measured}: {advice}", role, limit, value)
    return Verdict(rule, VerdictStatus.PASS, measured, role, limit, value)


def advise(setting: str, check: str = "check the list") -> str:
    """Say what to do about a limit that is reached: check something, else change the setting or override the plan."""
    return f"{check}; if it is right, change {setting} or override this plan by its digest"


def name_some(names: Iterable[str]) -> str:
    """Join the first few names, and count the others."""
    all_names = list(names)
    rest = f" and {len(all_names) - _NAMED:,} more" if len(all_names) > _NAMED else ""
    return ", ".join(all_names[:_NAMED]) + rest
