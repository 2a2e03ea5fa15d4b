"""What a plan file must hold: every key and its types, and how a text that holds it is read."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Any

import pandas as pd

from rolesync.errors import PlanRefusedError
from rolesync.model import (
    CHANGES,
    DRIFT,
    HELD,
    IMPACT,
    Action,
    Approval,
    Columns,
    Drift,
    Finding,
    HeldReason,
    Known,
    Level,
    Mode,
    Plan,
    Policy,
    Reason,
    Released,
    Requests,
    RoleCount,
    Source,
    Verdict,
    VerdictStatus,
    Way,
    WayKind,
    frame,
    role_set,
)

FORMAT = 1
"""The version of the JSON; it changes when an older rolesync could misread it."""

_Spec = Mapping[str, tuple[type, ...]]
_MISSING = type(None)
_MOST = (1 << 63) - 1

_PLAN: _Spec = {
    "rolesync_plan": (int,),
    "digest": (str,),
    "status": (str,),
    "account": (str,),
    "created_at": (str,),
    "made_by": (str, _MISSING),
    "approval": (dict, _MISSING),
    "source": (dict,),
    "policy": (dict,),
    "roles": (list,),
    "guards": (list,),
    "changes": (list,),
    "held": (list,),
    "waiting": (list,),
    "findings": (list,),
    "drift": (dict,),
    "impact": (list, _MISSING),
    "requests": (dict,),
    "checksum": (str,),
}
_APPROVAL: _Spec = {
    "reviewer": (str,),
    "operator": (str, _MISSING),
    "approved_at": (str,),
    "seen": (str,),
    "made_from": (str,),
    "excluded": (int,),
    "released": (list,),
}
_RELEASED: _Spec = {"user_id": (int,), "role": (str,), "reason": (str, _MISSING)}
_SOURCE: _Spec = {
    "path": (str,),
    "sha256": (str,),
    "rows": (int,),
    "modified_at": (str, _MISSING),
    "listed": (dict,),
    "undoes": (str, _MISSING),
}
_POLICY: _Spec = {
    "managed_roles": (list,),
    "mode": (Mode,),
    "chunk_size": (int,),
    "owner": (str, _MISSING),
    "protected_users": (list,),
    "max_removals_share": (float, int),
    "max_removals": (int,),
    "min_holders": (int,),
    "max_shrink_share": (float, int),
    "max_age_hours": (float, int, _MISSING),
    "hold_removals": (bool,),
    "grace_runs": (int,),
    "repeat_runs": (int,),
}
_ROLE: _Spec = {"role": (str,), "before": (int,), "additions": (int,), "removals": (int,), "after": (int,)}
GUARD: _Spec = {
    "rule": (str,),
    "status": (VerdictStatus,),
    "role": (str, _MISSING),
    "limit": (float, int, _MISSING),
    "value": (float, int, _MISSING),
    "message": (str,),
    "overridable": (bool,),
}
_CHANGE: _Spec = {
    "user_id": (int,),
    "email": (str, _MISSING),
    "name": (str, _MISSING),
    "action": (Action,),
    "role": (str,),
    "reason": (Reason,),
    "row": (int, _MISSING),
    "before": (list,),
}
_HELD: _Spec = {
    "row": (int, _MISSING),
    "email": (str, _MISSING),
    "user_id": (int, _MISSING),
    "role": (str,),
    "action": (Action,),
    "reason": (HeldReason,),
    "detail": (str,),
}
FINDING: _Spec = {
    "level": (Level,),
    "row": (int, _MISSING),
    "column": (str, _MISSING),
    "code": (str,),
    "message": (str,),
}
_DRIFT: _Spec = {"since": (str, _MISSING), "changes": (list,)}
_DRIFTED: _Spec = {"user_id": (int,), "email": (str, _MISSING), "role": (str,), "action": (Action,)}
_IMPACT: _Spec = {
    "user_id": (int,),
    "known": (Known,),
    "owned": (int, _MISSING),
    "reachable": (int, _MISSING),
    "size": (int, _MISSING),
    "duration": (int, _MISSING),
    "newest": (str, _MISSING),
    "note": (str, _MISSING),
}
_REQUESTS: _Spec = {"by_kind": (dict,), "total": (int,), "fewest": (int,), "ways": (list,)}
WAY: _Spec = {"how": (WayKind,), "role": (str, _MISSING), "requests": (int,), "of": (int,), "people": (int,)}


def load(text: str) -> dict[str, Any]:
    """Read a text as the JSON of a plan, with its top-level keys checked.

    Raises:
        PlanRefusedError: it is no JSON, no plan, or of another version.
    """
    if not text.isascii():
        raise refused("has characters outside ASCII, which rolesync never writes into a plan")
    try:
        content = json.loads(text, object_pairs_hook=_distinct)
    except (ValueError, RecursionError) as error:
        raise refused(f"is not JSON: {error}") from error
    version = content.get("rolesync_plan") if isinstance(content, dict) else None
    if version is None:
        raise refused("is not a plan of rolesync: it has no key rolesync_plan")
    if type(version) is not int or version != FORMAT:
        raise refused(f"has the format version {version!r}, this rolesync reads {FORMAT} only")
    return _one(content, _PLAN, "its top level")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise refused(f"has a key twice: {next(name for name in names if names.count(name) > 1)!r}")
    return made


def read(content: Mapping[str, Any]) -> Plan:
    """Make the plan that checked top-level keys spell, checking all that lies below them.

    Raises:
        PlanRefusedError: a key or a value is not what a plan has there.
    """
    policy = _one(content["policy"], _POLICY, "policy")
    requests = _one(content["requests"], _REQUESTS, "requests")
    drift = _one(content["drift"], _DRIFT, "drift")
    kinds = requests["by_kind"]
    _one(kinds, dict.fromkeys(kinds, (int,)), "requests.by_kind")
    roles = _columns(content["roles"], _ROLE, "roles[{}]")
    roles.pop("after")
    guards = _columns(content["guards"], GUARD, "guards[{}]")
    guards["role"] = [role or "" for role in guards["role"]]
    return Plan(
        account=content["account"],
        created_at=_time(content["created_at"], "created_at"),
        source=_read_source(content["source"]),
        policy=Policy(
            **{
                **policy,
                "mode": Mode(policy["mode"]),
                "owner": policy["owner"] or "",
                "managed_roles": tuple(_texts(policy["managed_roles"], "policy.managed_roles")),
                "protected_users": tuple(_texts(policy["protected_users"], "policy.protected_users")),
            }
        ),
        roles=tuple(RoleCount(**count) for count in _each(roles)),
        verdicts=tuple(Verdict(**{**one, "status": VerdictStatus(one["status"])}) for one in _each(guards)),
        changes=_frame(content["changes"], CHANGES, _CHANGE, "changes[{}]"),
        held=_frame(content["held"], HELD, _HELD, "held[{}]"),
        findings=tuple(
            Finding(**{**one, "level": Level(one["level"])})
            for one in _each(_columns(content["findings"], FINDING, "findings[{}]"))
        ),
        requests=Requests(kinds, requests["fewest"], _read_ways(requests["ways"])),
        digest=content["digest"],
        drift=Drift(drift["since"] or "", _frame(drift["changes"], DRIFT, _DRIFTED, "drift.changes[{}]")),
        impact=None if content["impact"] is None else _frame(content["impact"], IMPACT, _IMPACT, "impact[{}]"),
        waiting=_frame(content["waiting"], CHANGES, _CHANGE, "waiting[{}]"),
        made_by=content["made_by"] or "",
        approval=_read_approval(content["approval"]) if content["approval"] is not None else None,
    )


def _read_approval(item: Mapping[str, Any]) -> Approval:
    cells = _one(item, _APPROVAL, "approval")
    released = _each(_columns(cells["released"], _RELEASED, "approval.released[{}]"))
    own = {
        "operator": cells["operator"] or "",
        "approved_at": _time(cells["approved_at"], "approved_at in approval"),
        "released": tuple(Released(**{**one, "reason": one["reason"] or ""}) for one in released),
    }
    return Approval(**{**cells, **own})


def _read_source(item: Mapping[str, Any]) -> Source:
    cells = _one(item, _SOURCE, "source")
    _one(cells["listed"], dict.fromkeys(cells["listed"], (int,)), "source.listed")
    modified_at = _time(cells["modified_at"], "modified_at in source") if cells["modified_at"] else None
    return Source(**{**cells, "modified_at": modified_at, "undoes": cells["undoes"] or ""})


def _read_ways(items: list[Any]) -> tuple[Way, ...]:
    ways = _each(_columns(items, WAY, "requests.ways[{}]"))
    return tuple(Way(**{**way, "how": WayKind(way["how"]), "role": way["role"] or ""}) for way in ways)


def _frame(items: list[Any], columns: Columns, spec: _Spec, where: str) -> pd.DataFrame:
    cells = _columns(items, spec, where)
    for name, kind in columns.items():
        if name == "before":
            cells[name] = _role_sets(cells[name], f"{name} in {where}")
        elif _MISSING in spec[name]:
            missing = "" if kind == "str" else 0
            cells[name] = [missing if cell is None else cell for cell in cells[name]]
    return frame(columns, cells)


def _role_sets(lists: list[list[Any]], where: str) -> list[str]:
    """Spell each list of names as a `role_set`, each distinct list only once: many people share a few."""
    if not set(map(type, chain.from_iterable(lists))) <= {str}:
        for at, names in enumerate(lists):
            _texts(names, where, at)
    keys = list(map(tuple, lists))
    spelled = {key: role_set(key) for key in set(keys)}
    return [spelled[key] for key in keys]


def _one(item: Any, spec: _Spec, where: str) -> dict[str, Any]:  # noqa: ANN401  # whatever the JSON holds
    return {name: cells[0] for name, cells in _columns([item], spec, where).items()}


def _each(columns: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
    return (dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True))


def _columns(items: list[Any], spec: _Spec, where: str) -> dict[str, list[Any]]:
    """Turn objects into columns, each object having exactly the keys and the types of the spec.

    Columns are checked whole, which is fast; the culprit is only looked for when there is one.
    """
    for at, item in enumerate(items):
        if type(item) is not dict or item.keys() != spec.keys():
            odd = sorted(set(item) ^ set(spec)) if type(item) is dict else sorted(spec)
            raise refused(f"lacks the keys {odd}, or should not have them, in {where.format(at)}")
    columns = {name: [item[name] for item in items] for name in spec}
    for name, cells in columns.items():
        if not _fit(cells, spec[name]):
            at, cell = next((at, cell) for at, cell in enumerate(cells) if not _fit([cell], spec[name]))
            raise refused(f"has {repr(cell)[:60]} as {name} in {where.format(at)}, which is not possible")
    return columns


def _fit(cells: list[Any], kinds: tuple[type, ...]) -> bool:
    texts = [kind for kind in kinds if issubclass(kind, StrEnum)]
    if texts:
        return set(map(type, cells)) <= {str} and set(cells) <= {member.value for member in texts[0]}
    if not set(map(type, cells)) <= set(kinds):
        return False
    least = -_MOST if float in kinds else 0
    return not {int, float} & set(kinds) or all(least <= cell <= _MOST for cell in cells if cell is not None)


def _texts(names: list[Any], where: str, at: int = 0) -> list[str]:
    if set(map(type, names)) <= {str}:
        return names
    raise refused(f"has something other than text in {where.format(at)}: {repr(names)[:60]}")


def _time(text: str, name: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise refused(f"has {text[:60]!r} as {name}, which is not a time") from error
    if time.tzinfo is None:
        raise refused(f"has {text!r} as {name}, which has no time zone")
    return time


def refused(what: str) -> PlanRefusedError:
    """Make the error for a text that is no usable plan, with what to do next."""
    return PlanRefusedError(f"the plan {what}", hint="make a new plan, and leave its file as it is")
