"""A plan as JSON, and back: the file that is reviewed today and applied tomorrow.

The JSON is the one spelling of a plan: ASCII, a line for each top-level key and for each element of a list, so that two
plans compare well line by line; `null` stands for what is not given. It carries two seals. `digest` says what the plan
does and because of which list (see `Plan`); `checksum` is the SHA-256 of all lines above it. A text that isn't byte for
byte what `to_json` writes is no plan.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

import pandas as pd

from rolesync.errors import PlanRefusedError
from rolesync.model import (
    CHANGES,
    HELD,
    Action,
    Columns,
    Finding,
    HeldReason,
    Level,
    Mode,
    Plan,
    Policy,
    Reason,
    Requests,
    RoleCount,
    Source,
    Verdict,
    VerdictStatus,
    frame,
    role_names,
    role_set,
)

FORMAT = 1
"""The version of the JSON; it changes when an older rolesync could misread it."""


def to_json(plan: Plan) -> str:
    """Spell a plan as JSON: see the top of this module; `from_json` reads it back.

    Raises:
        ValueError: a limit or a value of the plan is not finite.
    """
    return _spell(plan, _parts(plan))


def from_json(text: str) -> Plan:
    """Read a plan back, if it is one, and whole.

    Raises:
        PlanRefusedError: the text is not JSON, not a plan, of another version, or was changed after it was written.
    """
    content = _load(text)
    body, _, _ = text.rpartition('"checksum": ')
    if content.get("checksum") != _sha256(body):
        raise _refused("was changed after it was written: it doesn't have the checksum it states")
    plan = _read(content)
    parts = _parts(plan)
    if plan.digest != _digest(plan.source, plan.verdicts, parts):
        raise _refused(f"does something other than its digest {plan.digest[:12]} stands for")
    if text != _spell(plan, parts):
        raise _refused("is not spelled as rolesync writes plans")
    return plan


def source_json(source: Source) -> dict[str, Any]:
    """Spell a source as JSON can hold it; the record keeps it in the same form."""
    modified_at = _spell_time(source.modified_at) if source.modified_at else None
    return {**asdict(source), "modified_at": modified_at}


def digest(plan: Plan) -> str:
    """The SHA-256, as 64 hexadecimal digits, of what a plan does; `plan.digest` itself is not looked at."""
    return _digest(plan.source, plan.verdicts, _parts(plan))


# Writing


def _spell(plan: Plan, parts: Mapping[str, str]) -> str:
    head = {"rolesync_plan": str(FORMAT), "digest": _encode(plan.digest), "status": _encode(plan.status)}
    body = "{\n" + _lines({**head, **parts})
    return f'{body}"checksum": "{_sha256(body)}"\n}}\n'


def _digest(source: Source, verdicts: Iterable[Verdict], parts: Mapping[str, str]) -> str:
    """Seal what the plan does and because of which content, not when, from which path and by how many requests.

    Of a guard on something that grows by itself only the decision is sealed: the same list is older every minute.
    """
    sealed = {key: text for key, text in parts.items() if key not in {"created_at", "source", "requests"}}
    sealed["guards"] = _list(_guard(verdict, sealed=True) for verdict in verdicts)
    content = {"sha256": _encode(source.sha256), "listed": _encode(dict(source.listed))}
    return _sha256(_lines({"rolesync_plan": str(FORMAT), **content, **sealed}))


def _parts(plan: Plan) -> dict[str, str]:
    """Spell everything of a plan but its seals and its status, which follow from it."""
    roles = [{**asdict(count), "after": count.after} for count in plan.roles]
    return {
        "account": _encode(plan.account),
        "created_at": _encode(_spell_time(plan.created_at)),
        "source": _encode(source_json(plan.source)),
        "policy": _encode({**asdict(plan.policy), "owner": plan.policy.owner or None}),
        "roles": _list(map(_encode, roles)),
        "guards": _list(map(_guard, plan.verdicts)),
        "changes": _list(_rows(plan.changes, CHANGES)),
        "held": _list(_rows(plan.held, HELD)),
        "findings": _list(_encode({name: getattr(finding, name) for name in _FINDING}) for finding in plan.findings),
        "requests": _encode(
            {"by_kind": dict(plan.requests.by_kind), "total": plan.requests.total, "fewest": plan.requests.fewest}
        ),
    }


def _rows(table: pd.DataFrame, columns: Columns) -> Iterator[str]:
    """Spell a frame row by row: each column by itself, and of a category each distinct value once, which is fast."""
    spelled: list[list[str]] = []
    for name, kind in columns.items():
        if kind == "category":
            names = table[name].cat.categories.tolist()
            once = [_encode(role_names(one) if name == "before" else one) for one in names]
            spelled.append([once[code] for code in table[name].cat.codes.tolist()])
        elif kind == "str":
            spelled.append([_encode(cell) if cell else "null" for cell in table[name].tolist()])
        else:
            spelled.append([str(cell) if cell else "null" for cell in table[name].tolist()])
    pattern = "{" + ", ".join(f'"{name}": %s' for name in columns) + "}"
    return map(pattern.__mod__, zip(*spelled, strict=True))


def _guard(verdict: Verdict, *, sealed: bool = False) -> str:
    left_out = {"value", "message"} if sealed and verdict.rule in _GROWING else set()
    cells = {name: getattr(verdict, name) for name in _GUARD if name not in left_out}
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


# Reading


_Spec = Mapping[str, tuple[type, ...]]
_MISSING = type(None)
_MOST = (1 << 63) - 1
_GROWING = frozenset({"max_age_hours"})  # rules whose number differs from one minute to the next

_PLAN: _Spec = {
    "rolesync_plan": (int,),
    "digest": (str,),
    "status": (str,),
    "account": (str,),
    "created_at": (str,),
    "source": (dict,),
    "policy": (dict,),
    "roles": (list,),
    "guards": (list,),
    "changes": (list,),
    "held": (list,),
    "findings": (list,),
    "requests": (dict,),
    "checksum": (str,),
}
_SOURCE: _Spec = {
    "path": (str,),
    "sha256": (str,),
    "rows": (int,),
    "modified_at": (str, _MISSING),
    "listed": (dict,),
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
}
_ROLE: _Spec = {"role": (str,), "before": (int,), "additions": (int,), "removals": (int,), "after": (int,)}
_GUARD: _Spec = {
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
_FINDING: _Spec = {
    "level": (Level,),
    "row": (int, _MISSING),
    "column": (str, _MISSING),
    "code": (str,),
    "message": (str,),
}
_REQUESTS: _Spec = {"by_kind": (dict,), "total": (int,), "fewest": (int,)}


def _load(text: str) -> dict[str, Any]:
    if not text.isascii():
        raise _refused("has characters outside ASCII, which rolesync never writes into a plan")
    try:
        content = json.loads(text, object_pairs_hook=_distinct)
    except (ValueError, RecursionError) as error:
        raise _refused(f"is not JSON: {error}") from error
    version = content.get("rolesync_plan") if isinstance(content, dict) else None
    if version is None:
        raise _refused("is not a plan of rolesync: it has no key rolesync_plan")
    if type(version) is not int or version != FORMAT:
        raise _refused(f"has the format version {version!r}, this rolesync reads {FORMAT} only")
    return _one(content, _PLAN, "its top level")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise _refused(f"has a key twice: {next(name for name in names if names.count(name) > 1)!r}")
    return made


def _read(content: Mapping[str, Any]) -> Plan:
    policy = _one(content["policy"], _POLICY, "policy")
    requests = _one(content["requests"], _REQUESTS, "requests")
    kinds = requests["by_kind"]
    _one(kinds, dict.fromkeys(kinds, (int,)), "requests.by_kind")
    roles = _columns(content["roles"], _ROLE, "roles[{}]")
    roles.pop("after")
    guards = _columns(content["guards"], _GUARD, "guards[{}]")
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
            for one in _each(_columns(content["findings"], _FINDING, "findings[{}]"))
        ),
        requests=Requests(kinds, requests["fewest"]),
        digest=content["digest"],
    )


def _read_source(item: Mapping[str, Any]) -> Source:
    cells = _one(item, _SOURCE, "source")
    _one(cells["listed"], dict.fromkeys(cells["listed"], (int,)), "source.listed")
    modified_at = _time(cells["modified_at"], "modified_at in source") if cells["modified_at"] else None
    return Source(**{**cells, "modified_at": modified_at})


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
    keys = [tuple(_texts(names, where, at)) for at, names in enumerate(lists)]
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
            raise _refused(f"lacks the keys {odd}, or should not have them, in {where.format(at)}")
    columns = {name: [item[name] for item in items] for name in spec}
    for name, cells in columns.items():
        if not _fit(cells, spec[name]):
            at, cell = next((at, cell) for at, cell in enumerate(cells) if not _fit([cell], spec[name]))
            raise _refused(f"has {repr(cell)[:60]} as {name} in {where.format(at)}, which is not possible")
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
    raise _refused(f"has something other than text in {where.format(at)}: {repr(names)[:60]}")


def _time(text: str, name: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise _refused(f"has {text[:60]!r} as {name}, which is not a time") from error
    if time.tzinfo is None:
        raise _refused(f"has {text!r} as {name}, which has no time zone")
    return time


def _refused(what: str) -> PlanRefusedError:
    return PlanRefusedError(f"the plan {what}", hint="make a new plan, and leave its file as it is")
