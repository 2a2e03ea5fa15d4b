"""What a plan file must hold: every key and its types, and how JSON is held against that."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from rolesync.errors import PlanRefusedError
from rolesync.model.vocabulary import Action, Completeness, HeldReason, Level, Mode, ReadMethod, Reason, VerdictStatus

FORMAT = 1
"""The version of the JSON; it changes when an older rolesync could misread it."""

Spec = Mapping[str, tuple[type, ...]]
"""The keys of an object, each with the types that its value may have."""

MISSING = type(None)
"""The type of a value that may be left out: null."""

_MOST = (1 << 63) - 1

_PLAN: Spec = {
    "rolesync_plan": (int,),
    "digest": (str,),
    "status": (str,),
    "account": (str,),
    "created_at": (str,),
    "made_by": (str, MISSING),
    "approval": (dict, MISSING),
    "source": (dict,),
    "policy": (dict,),
    "roles": (list,),
    "guards": (list,),
    "changes": (list,),
    "held": (list,),
    "waiting": (list,),
    "findings": (list,),
    "drift": (dict,),
    "impact": (list, MISSING),
    "requests": (dict,),
    "checksum": (str,),
}
APPROVAL: Spec = {
    "reviewer": (str,),
    "operator": (str, MISSING),
    "approved_at": (str,),
    "seen": (str,),
    "made_from": (str,),
    "excluded": (int,),
    "released": (list,),
}
RELEASED: Spec = {"user_id": (int,), "role": (str,), "reason": (str, MISSING)}
SOURCE: Spec = {
    "path": (str,),
    "sha256": (str,),
    "rows": (int,),
    "modified_at": (str, MISSING),
    "listed": (dict,),
    "undoes": (str, MISSING),
}
POLICY: Spec = {
    "managed_roles": (list,),
    "mode": (Mode,),
    "chunk_size": (int,),
    "owner": (str, MISSING),
    "protected_users": (list,),
    "max_removals_share": (float, int),
    "max_removals": (int,),
    "min_holders": (int,),
    "max_shrink_share": (float, int),
    "max_age_hours": (float, int, MISSING),
    "hold_removals": (bool,),
    "grace_runs": (int,),
    "repeat_runs": (int,),
}
ROLE: Spec = {"role": (str,), "before": (int,), "additions": (int,), "removals": (int,), "after": (int,)}
GUARD: Spec = {
    "rule": (str,),
    "status": (VerdictStatus,),
    "role": (str, MISSING),
    "limit": (float, int, MISSING),
    "value": (float, int, MISSING),
    "message": (str,),
    "overridable": (bool,),
}
CHANGE: Spec = {
    "user_id": (int,),
    "email": (str, MISSING),
    "name": (str, MISSING),
    "action": (Action,),
    "role": (str,),
    "reason": (Reason,),
    "row": (int, MISSING),
    "before": (list,),
}
HELD: Spec = {
    "row": (int, MISSING),
    "email": (str, MISSING),
    "user_id": (int, MISSING),
    "role": (str,),
    "action": (Action,),
    "reason": (HeldReason,),
    "detail": (str,),
}
FINDING: Spec = {
    "level": (Level,),
    "row": (int, MISSING),
    "column": (str, MISSING),
    "code": (str,),
    "message": (str,),
}
DRIFT: Spec = {"since": (str, MISSING), "changes": (list,)}
DRIFTED: Spec = {"user_id": (int,), "email": (str, MISSING), "role": (str,), "action": (Action,)}
IMPACT: Spec = {
    "user_id": (int,),
    "known": (Completeness,),
    "owned": (int, MISSING),
    "reachable": (int, MISSING),
    "size": (int, MISSING),
    "duration": (int, MISSING),
    "newest": (str, MISSING),
    "note": (str, MISSING),
}
REQUESTS: Spec = {"by_kind": (dict,), "total": (int,), "fewest": (int,), "ways": (list,)}
WAY: Spec = {"how": (ReadMethod,), "role": (str, MISSING), "requests": (int,), "of": (int,), "people": (int,)}


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
    return checked(content, _PLAN, "its top level")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise refused(f"has a key twice: {next(name for name in names if names.count(name) > 1)!r}")
    return made


def checked(item: Any, spec: Spec, where: str) -> dict[str, Any]:  # noqa: ANN401  # whatever the JSON holds
    """Hold one object against its spec."""
    return {name: cells[0] for name, cells in checked_columns([item], spec, where).items()}


def items_of(columns: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Yield what columns hold, object by object."""
    return (dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True))


def checked_columns(items: list[Any], spec: Spec, where: str) -> dict[str, list[Any]]:
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


def checked_texts(names: list[Any], where: str, at: int = 0) -> list[str]:
    """Let through a list that holds nothing but texts."""
    if set(map(type, names)) <= {str}:
        return names
    raise refused(f"has something other than text in {where.format(at)}: {repr(names)[:60]}")


def checked_time(text: str, name: str) -> datetime:
    """Read a time, which must have a zone; `name` is its key."""
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
