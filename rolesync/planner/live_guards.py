"""The guard on the read of Studio: whether its users are there at all."""

from rolesync.differ.vanished import vanished_holders
from rolesync.model.history import GuardBaseline
from rolesync.model.live import Live
from rolesync.model.plans import Verdict
from rolesync.model.vocabulary import VerdictStatus

_ADVICE = "search for some of them in Studio, and plan again later; if this is right, override this plan by its digest"


def live_vanished(live: Live, history: GuardBaseline) -> Verdict:
    """Block a plan if Studio shows no user at all, or if most holders of a role are gone since the last run.

    Studio may answer so during maintenance, and nothing may be concluded from it.

    Args:
        live: the users in Studio: all holders of the managed roles, and the users of the list who were found.
        history: the length of the list, and the holders that are expected since the last run.
    """
    rule, block = "live_vanished", VerdictStatus.BLOCK
    before = history.expected.certain if history.expected else {}
    found, is_expected = len(live.users), any(history.listed.values()) or any(before.values())
    if is_expected and not found:
        message = f"Studio shows no holder of a managed role, and no user of the list: {_ADVICE}"
        return Verdict(rule, block, message, limit=1, value=0)
    if vanished := vanished_holders(before, live):
        message = f"{vanished} since the last run, at most {vanished.allowed:,} allowed: {_ADVICE}"
        return Verdict(rule, block, message, vanished.role, vanished.allowed, vanished.gone)
    if not history.expected:
        return Verdict(rule, VerdictStatus.PASS, f"users that Studio shows: {found:,}; no earlier run to compare with")
    return Verdict(
        rule, VerdictStatus.PASS, f"users that Studio shows: {found:,}; most holders of the last run are there"
    )
