"""A plan as JSON, and back: the file that is reviewed today and applied tomorrow.

The JSON is the one spelling of a plan: ASCII, a line for each top-level key and for each element of a list, so that two
plans compare well line by line; `null` stands for what is not given. It carries two seals. `digest` says what the plan
does, because of which list, and who has approved it (see `Plan`); `checksum` is the SHA-256 of all lines above it. A
text that isn't byte for byte what `to_json` writes is no plan.

Both seals find accidents and careless edits. Whoever can reckon a SHA-256 can seal anything anew, so that a name in the
file proves nothing by itself: an approval names the digest of the plan that was reviewed, and where two people are to
be sure of it (`four_eyes`), `apply` asks the audit record who has made the plan of that digest, see `gate`. Who made it
is sealed by the digest only once it is approved: two people who plan the same have the same plan.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pandas as pd

from rolesync.model.frames import CHANGES, DRIFT, HELD, IMPACT, Columns
from rolesync.model.keys import parse_roles
from rolesync.model.lists import Source
from rolesync.model.plans import Approval, Plan, Verdict, recount
from rolesync.model.vocabulary import Action, Completeness, HeldReason
from rolesync.planner.decode import read
from rolesync.planner.schema import FINDING, FORMAT, GUARD, load, refused

_GROWING = frozenset({"max_age_hours", "repeat_runs"})  # rules whose number grows with time alone


def to_json(plan: Plan) -> str:
    """Spell a plan as JSON: see the top of this module; `from_json` reads it back.

    Raises:
        ValueError: a limit or a value of the plan is not finite.
    """
    return _spell(plan, _parts(plan))


def from_json(text: str) -> Plan:
    """Read a plan back, if it is one, and whole.

    Raises:
        PlanRefusedError: the text is not JSON, not a plan, of another version, or was changed after it was written; or
            it does something to roles that it doesn't manage, or something other than it counts.
    """
    content = load(text)
    body, _, _ = text.rpartition('"checksum": ')
    if content.get("checksum") != _sha256(body):
        raise refused("was changed after it was written: it doesn't have the checksum it states")
    plan = read(content)
    parts = _parts(plan)
    if plan.digest != _digest(plan.source, plan.verdicts, parts):
        raise refused(f"does something other than its digest {plan.digest[:12]} stands for")
    _check_roles(plan)
    _check_approval(plan)
    if text != _spell(plan, parts):
        raise refused("is not spelled as rolesync writes plans")
    return plan


def _check_roles(plan: Plan) -> None:
    """Refuse a plan, however well it is sealed, that goes beyond its managed roles, or does not what it counts."""
    managed, counted = plan.policy.managed_roles, tuple(count.role for count in plan.roles)
    for name, table in {"changes": plan.changes, "waiting": plan.releasable_removals}.items():
        if not set(table["role"].unique()) <= set(managed):
            at, role = next((at, role) for at, role in enumerate(table["role"].tolist()) if role not in managed)
            raise refused(f"has the role {repr(role)[:60]} in {name}[{at}], but manages only {_names(managed)}")
    granted = (plan.releasable_removals["action"] != Action.REMOVE.value).to_numpy()
    if granted.any():
        raise refused(f"has an addition in waiting[{granted.argmax()}], where only removals wait")
    if counted != managed:
        raise refused(f"counts in roles the holders of {_names(counted)}, but manages {_names(managed)}")
    for at, (count, true) in enumerate(zip(plan.roles, recount(plan.roles, plan.changes), strict=True)):
        if count != true:
            said = f"{count.additions:,} added and {count.removals:,} removed"
            done = f"adds {true.additions:,} and removes {true.removals:,} of {count.role!r}"
            raise refused(f"counts in roles[{at}] {said}, but {done}")


def _names(roles: Iterable[str]) -> str:
    return ", ".join(map(repr, roles)) or "none"


def _check_approval(plan: Plan) -> None:
    """Refuse a plan that is another one than its approval says."""
    approval = plan.approval
    if approval is None:
        return
    if approval.confirmed_effect != plan.effect:
        raise refused(f"was approved by somebody who saw {approval.confirmed_effect[:60]!r}, but does {plan.effect!r}")
    out = int((plan.held["reason"] == HeldReason.EXCLUDED.value).sum())
    if approval.excluded != out:
        raise refused(f"was approved without {approval.excluded} of its changes, but says of {out} that they are out")


def source_json(source: Source) -> dict[str, Any]:
    """Spell a source as JSON can hold it; the record keeps it in the same form."""
    modified_at = _spell_time(source.modified_at) if source.modified_at else None
    return {**asdict(source), "modified_at": modified_at, "undoes": source.undoes or None}


def approval_json(approval: Approval | None) -> dict[str, Any] | None:
    """Spell an approval as JSON can hold it; runs and the record keep it in the same form."""
    if approval is None:
        return None
    released = [{**asdict(one), "reason": one.reason or None} for one in approval.released]
    return {
        "reviewer": approval.reviewer,
        "operator": approval.operator or None,
        "approved_at": _spell_time(approval.approved_at),
        "seen": approval.confirmed_effect,
        "made_from": approval.reviewed_digest,
        "excluded": approval.excluded,
        "released": released,
    }


# Writing


def _spell(plan: Plan, parts: Mapping[str, str]) -> str:
    head = {"rolesync_plan": str(FORMAT), "digest": _encode(plan.digest), "status": _encode(plan.status)}
    body = "{\n" + _lines({**head, **parts})
    return f'{body}"checksum": "{_sha256(body)}"\n}}\n'


def _parts(plan: Plan) -> dict[str, str]:
    """Spell everything of a plan but its seals and its status, which follow from it."""
    roles = [{**asdict(count), "after": count.after} for count in plan.roles]
    drifted = _list(_rows(plan.drift.changes, DRIFT))
    return {
        "account": _encode(plan.account),
        "created_at": _encode(_spell_time(plan.created_at)),
        "made_by": _encode(plan.planned_by or None),
        "approval": _encode(approval_json(plan.approval)),
        "source": _encode(source_json(plan.source)),
        "policy": _encode({**asdict(plan.policy), "owner": plan.policy.owner or None}),
        "roles": _list(map(_encode, roles)),
        "guards": _list(map(_guard, plan.verdicts)),
        "changes": _list(_rows(plan.changes, CHANGES)),
        "held": _list(_rows(plan.held, HELD)),
        "waiting": _list(_rows(plan.releasable_removals, CHANGES)),
        "findings": _list(_encode({name: getattr(finding, name) for name in FINDING}) for finding in plan.findings),
        "drift": f'{{"since": {_encode(plan.drift.since or None)}, "changes": {drifted}}}',
        "impact": "null" if plan.impact is None else _list(_impact(plan.impact)),
        "requests": _encode(
            {
                "by_kind": dict(plan.requests.by_kind),
                "total": plan.requests.total,
                "fewest": plan.requests.theoretical_minimum,
                "ways": [{**asdict(way), "role": way.role or None} for way in plan.requests.steps],
            }
        ),
    }


def _rows(table: pd.DataFrame, columns: Columns) -> Iterator[str]:
    """Spell a frame row by row: each column by itself, and of a category each distinct value once, which is fast."""
    spelled: list[list[str]] = []
    for name, kind in columns.items():
        if kind == "category":
            names = table[name].cat.categories.tolist()
            once = [_encode(parse_roles(one) if name == "before" else one) for one in names]
            spelled.append([once[code] for code in table[name].cat.codes.tolist()])
        elif kind == "str":
            spelled.append([_encode(cell) if cell else "null" for cell in table[name].tolist()])
        else:
            spelled.append([str(cell) if cell else "null" for cell in table[name].tolist()])
    pattern = "{" + ", ".join(f'"{name}": %s' for name in columns) + "}"
    return map(pattern.__mod__, zip(*spelled, strict=True))


def _impact(table: pd.DataFrame) -> Iterator[str]:
    """Spell what people have; here 0 is a number, and null stands for what is not known."""
    for cells in zip(*(table[name].tolist() for name in IMPACT), strict=True):
        told = dict(zip(IMPACT, cells, strict=True))
        if told["known"] == Completeness.NOTHING:
            told |= dict.fromkeys(("owned", "reachable", "size", "duration"))
        yield _encode({**told, "newest": told["newest"] or None, "note": told["note"] or None})


def _guard(verdict: Verdict, *, sealed: bool = False) -> str:
    left_out = {"value", "message"} if sealed and verdict.rule in _GROWING else set()
    cells = {name: getattr(verdict, name) for name in GUARD if name not in left_out}
    return _encode({**cells, "role": verdict.role or None})


def _spell_time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _list(lines: Iterable[str]) -> str:
    text = ",\n".join(lines)
    return f"[\n{text}\n]" if text else "[]"


def _lines(parts: Mapping[str, str]) -> str:
    return "".join(f'"{key}": {text},\n' for key, text in parts.items())


def _sha256(text: str) -> str:
    return sha256(text.encode("ascii")).hexdigest()


_encode = json.JSONEncoder(allow_nan=False).encode


_UNSEALED = frozenset({"created_at", "source", "drift", "impact", "requests"})  # of the source, its content is


def digest(plan: Plan) -> str:
    """The SHA-256, as 64 hexadecimal digits, of what a plan does; `plan.digest` itself is not looked at."""
    return _digest(plan.source, plan.verdicts, _parts(plan))


def _digest(source: Source, verdicts: Iterable[Verdict], parts: Mapping[str, str]) -> str:
    """Seal what the plan does and because of which content, not when, from which path and by how many requests.

    Of a guard on something that grows by itself only the decision is sealed: the same list is older every minute.
    """
    unsealed = _UNSEALED | ({"made_by"} if parts["approval"] == "null" else frozenset())
    sealed = {key: text for key, text in parts.items() if key not in unsealed}
    sealed["guards"] = _list(_guard(verdict, sealed=True) for verdict in verdicts)
    content = {"sha256": _encode(source.sha256), "listed": _encode(dict(source.listed))}
    return _sha256(_lines({"rolesync_plan": str(FORMAT), **content, **sealed}))
