"""Guards on the read of Studio: whether its users are there at all, and whether its clock is this machine's."""

from rolesync.differ.vanished import vanished_holders
from rolesync.model.history import GuardBaseline
from rolesync.model.live import MAX_CLOCK_SKEW, Live
from rolesync.model.plans import Verdict
from rolesync.model.vocabulary import VerdictStatus

_ADVICE = "search for some of them in Studio, and plan again later; if this is right, override this plan by its digest"


def live_vanished(live: Live, baseline: GuardBaseline) -> Verdict:
    """Block a plan if Studio shows no user at all, or if most holders of a role are gone since the last run.

    Warn if the holders of the last run should be known and are not.

    Studio may answer so during maintenance, and nothing may be concluded from it.

    Args:
        live: the users in Studio: all holders of the managed roles, and the users of the list who were found.
        baseline: the length of the list, and the holders that are expected since the last run.
    """
    rule, block = "live_vanished", VerdictStatus.BLOCK
    before = baseline.expected.certain if baseline.expected else {}
    is_expected = any(baseline.listed.values()) or any(before.values())
    if is_expected and live.users.empty:
        message = f"Studio shows no holder of a managed role, and no user of the list: {_ADVICE}"
        return Verdict(rule, block, message, limit=1, value=0)
    if vanished := vanished_holders(before, live):
        message = f"{vanished} since the last run, at most {vanished.allowed:,} allowed: {_ADVICE}"
        return Verdict(rule, block, message, vanished.role, vanished.allowed, vanished.gone)
    if baseline.lost_snapshot:
        message = (
            "the holders at the last run are unknown, because holders.json is missing or was changed: check that no "
            "removal is of a user whose address was changed in Studio; the next run saves the file again"
        )
        return Verdict(rule, VerdictStatus.WARN, message)
    return Verdict(rule, VerdictStatus.PASS, "Studio shows users, and no role has lost most of its holders since a run")


def clock_skew(live: Live) -> Verdict:
    """Warn if the clocks of Studio and of this machine differ so far that a day may be wrong. It never blocks."""
    rule, limit, skew = "clock_skew", MAX_CLOCK_SKEW, live.clock_skew
    if skew is None:
        return Verdict(
            rule, VerdictStatus.PASS, "Studio's answers name no time to compare this machine's clock with", limit=limit
        )
    if live.clocks_agree:
        return Verdict(rule, VerdictStatus.PASS, f"this machine's clock is within {limit:g} s of Studio's", limit=limit)
    message = (
        f"this machine's clock is {abs(skew):,.0f} s {'ahead of' if skew > 0 else 'behind'} Studio's, so changes that "
        "depend on dates of the list are held: set this machine's clock (NTP), and plan again"
    )
    return Verdict(rule, VerdictStatus.WARN, message, limit=limit, value=round(abs(skew)))
