"""The digest of a plan: what it does, because of which list, and who has approved it (see `Plan`).

The digest leaves out the time of the plan, the path of the list and the number of requests. So two people who plan the
same changes get the same digest. It covers the name of the planner only once the plan is approved.

The digest detects accidents and careless edits, not forgery: everybody can compute a SHA-256. So an approval names the
digest of the reviewed plan, and with `four_eyes`, `apply` asks the audit record who made the plan of that digest.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from rolesync.model.lists import Source
from rolesync.model.plans import Plan, Verdict
from rolesync.planner.encode import FORMAT, array, encode, guard_json, lines, plan_parts

_UNSEALED = frozenset(
    {"created_at", "source", "drift", "impact", "requests", "names", "domains"}
)  # the content of the source is sealed
_GROWING = frozenset({"max_age_hours", "repeat_runs", "clock_skew"})  # guards whose value changes with time alone


def digest(plan: Plan) -> str:
    """Compute the digest of a plan: 64 hexadecimal digits of a SHA-256. `plan.digest` itself is ignored."""
    return digest_of_parts(plan.source, plan.verdicts, plan_parts(plan))


def digest_of_parts(source: Source, verdicts: Iterable[Verdict], parts: Mapping[str, str]) -> str:
    """Compute the digest from the JSON of each top-level key, as `plan_parts` writes it."""
    unsealed = _UNSEALED | ({"made_by"} if parts["approval"] == "null" else frozenset())
    sealed = {key: text for key, text in parts.items() if key not in unsealed}
    sealed["guards"] = array(map(_sealed_guard, verdicts))
    content = {"sha256": encode(source.sha256), "listed": encode(dict(source.listed))}
    return sha256(lines({"rolesync_plan": str(FORMAT), **content, **sealed}).encode("ascii")).hexdigest()


def _sealed_guard(verdict: Verdict) -> str:
    """Encode a guard; of a guard whose value grows by itself only the decision, since a list ages every minute."""
    unsealed = {"value", "message"} if verdict.rule in _GROWING else set()
    return encode({key: value for key, value in guard_json(verdict).items() if key not in unsealed})
