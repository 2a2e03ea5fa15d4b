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


def advise(setting: str, check: str = "check the list") -> str:
    """Say what to do about a limit that is reached: check something, else change the setting or override the plan."""
    return f"{check}; if it is right, change {setting} or override this plan by its digest"
