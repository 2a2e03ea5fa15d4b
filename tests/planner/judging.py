"""Users, lists that keep them, and the verdict of one guard on the difference."""

from rolesync.differ.diff import diff
from rolesync.model.desired import Desired
from rolesync.model.history import GuardBaseline
from rolesync.model.keys import email_key
from rolesync.model.plans import Policy, Verdict
from rolesync.model.vocabulary import VerdictStatus
from rolesync.planner.guards import judge
from tests.strategies import Row, User, listed, live_of

BLOCK, WARN, PASS = VerdictStatus.BLOCK, VerdictStatus.WARN, VerdictStatus.PASS
UNKNOWN = GuardBaseline()


def admins(count: int) -> list[User]:
    return [User(at, f"p{at}@example.edu", f"P {at}", frozenset({"Admin"})) for at in range(1, count + 1)]


def keeping(users: list[User]) -> Desired:
    return listed(Row(at, email_key(user.email), 0, "Admin") for at, user in enumerate(users, start=2))


def verdict(
    rule: str, users: list[User], desired: Desired, policy: Policy, baseline: GuardBaseline = UNKNOWN
) -> Verdict:
    live = live_of(users)
    verdicts = judge(diff(desired, live, policy), live, policy, desired.findings, baseline)
    (result,) = [result for result in verdicts if result.rule == rule]
    return result
