"""The JSON of a plan, held against its schema → the plan that it spells."""

from collections.abc import Mapping
from itertools import chain
from typing import Any

import pandas as pd

from rolesync.model.findings import Finding
from rolesync.model.frames import CHANGES, DRIFT, HELD, IMPACT, Columns, frame
from rolesync.model.keys import format_roles
from rolesync.model.lists import Source
from rolesync.model.live import ReadStep, Requests
from rolesync.model.plans import Approval, Drift, Plan, Policy, Released, RoleCount, Verdict
from rolesync.model.vocabulary import Level, Mode, ReadMethod, VerdictStatus
from rolesync.planner import schema


def read(content: Mapping[str, Any]) -> Plan:
    """Make the plan that checked top-level keys spell, checking all that lies below them.

    Raises:
        PlanRefusedError: a key or a value is not what a plan has there.
    """
    policy = schema.checked(content["policy"], schema.POLICY, "policy")
    requests = schema.checked(content["requests"], schema.REQUESTS, "requests")
    drift = schema.checked(content["drift"], schema.DRIFT, "drift")
    kinds = requests["by_kind"]
    schema.checked(kinds, dict.fromkeys(kinds, (int,)), "requests.by_kind")
    roles = schema.checked_columns(content["roles"], schema.ROLE, "roles[{}]")
    roles.pop("after")
    guards = schema.checked_columns(content["guards"], schema.GUARD, "guards[{}]")
    guards["role"] = [role or "" for role in guards["role"]]
    return Plan(
        account=content["account"],
        created_at=schema.checked_time(content["created_at"], "created_at"),
        source=_read_source(content["source"]),
        policy=Policy(
            **{
                **policy,
                "mode": Mode(policy["mode"]),
                "owner": policy["owner"] or "",
                "managed_roles": tuple(schema.checked_texts(policy["managed_roles"], "policy.managed_roles")),
                "protected_users": tuple(schema.checked_texts(policy["protected_users"], "policy.protected_users")),
            }
        ),
        roles=tuple(RoleCount(**count) for count in schema.items_of(roles)),
        verdicts=tuple(Verdict(**{**one, "status": VerdictStatus(one["status"])}) for one in schema.items_of(guards)),
        changes=_frame(content["changes"], CHANGES, schema.CHANGE, "changes[{}]"),
        held=_frame(content["held"], HELD, schema.HELD, "held[{}]"),
        findings=tuple(
            Finding(**{**one, "level": Level(one["level"])})
            for one in schema.items_of(schema.checked_columns(content["findings"], schema.FINDING, "findings[{}]"))
        ),
        requests=Requests(kinds, requests["fewest"], _read_ways(requests["ways"])),
        digest=content["digest"],
        drift=Drift(drift["since"] or "", _frame(drift["changes"], DRIFT, schema.DRIFTED, "drift.changes[{}]")),
        impact=None if content["impact"] is None else _frame(content["impact"], IMPACT, schema.IMPACT, "impact[{}]"),
        releasable_removals=_frame(content["waiting"], CHANGES, schema.CHANGE, "waiting[{}]"),
        planned_by=content["made_by"] or "",
        approval=_read_approval(content["approval"]) if content["approval"] is not None else None,
    )


def _read_approval(item: Mapping[str, Any]) -> Approval:
    cells = schema.checked(item, schema.APPROVAL, "approval")
    released = schema.items_of(schema.checked_columns(cells["released"], schema.RELEASED, "approval.released[{}]"))
    return Approval(
        reviewer=cells["reviewer"],
        operator=cells["operator"] or "",
        approved_at=schema.checked_time(cells["approved_at"], "approved_at in approval"),
        confirmed_effect=cells["seen"],
        reviewed_digest=cells["made_from"],
        excluded=cells["excluded"],
        released=tuple(Released(**{**item, "reason": item["reason"] or ""}) for item in released),
    )


def _read_source(item: Mapping[str, Any]) -> Source:
    cells = schema.checked(item, schema.SOURCE, "source")
    schema.checked(cells["listed"], dict.fromkeys(cells["listed"], (int,)), "source.listed")
    modified_at = schema.checked_time(cells["modified_at"], "modified_at in source") if cells["modified_at"] else None
    return Source(**{**cells, "modified_at": modified_at, "undoes": cells["undoes"] or ""})


def _read_ways(items: list[Any]) -> tuple[ReadStep, ...]:
    ways = schema.items_of(schema.checked_columns(items, schema.WAY, "requests.ways[{}]"))
    return tuple(ReadStep(**{**way, "how": ReadMethod(way["how"]), "role": way["role"] or ""}) for way in ways)


def _frame(items: list[Any], columns: Columns, spec: schema.Spec, where: str) -> pd.DataFrame:
    cells = schema.checked_columns(items, spec, where)
    for name, kind in columns.items():
        if name == "before":
            cells[name] = _role_sets(cells[name], f"{name} in {where}")
        elif schema.MISSING in spec[name]:
            missing = "" if kind == "str" else 0
            cells[name] = [missing if cell is None else cell for cell in cells[name]]
    return frame(columns, cells)


def _role_sets(lists: list[list[Any]], where: str) -> list[str]:
    """Spell each list of names as a `format_roles`, each distinct list only once: many people share a few."""
    if not set(map(type, chain.from_iterable(lists))) <= {str}:
        for at, names in enumerate(lists):
            schema.checked_texts(names, where, at)
    keys = list(map(tuple, lists))
    spelled = {key: format_roles(key) for key in set(keys)}
    return [spelled[key] for key in keys]
