"""What all guards share: verdicts and the sentences in them."""

from rolesync.model.plans import Verdict
from rolesync.model.vocabulary import VerdictStatus


def limited(  # noqa: PLR0913  # a verdict has that many parts
    rule: str, role: str, *, blocked: bool, measured: str, advice: str, limit: float, value: float
) -> Verdict:
    """Give the verdict on a measured value; `advice` is for the message if it is blocked."""
    if blocked:
        return Verdict(rule, VerdictStatus.BLOCK, f"{measured}: {advice}", role, limit, value)
    return Verdict(rule, VerdictStatus.PASS, measured, role, limit, value)


def advise(setting: str, check: str = "check the list", *, is_undo: bool = False) -> str:
    """Say what to do about a limit that is reached: check something, else change the setting or override the plan.

    An undo has no list to check, and happens once, so that the limit stays as it is.
    """
    if is_undo:
        return "check each change of the undo; if all are right, override this plan by its digest"
    return f"{check}; if it is right, change {setting} or override this plan by its digest"
