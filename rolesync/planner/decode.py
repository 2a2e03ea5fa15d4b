"""The JSON of a plan → the plan, if the text is byte for byte what `to_json` writes for it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import zip_longest
from typing import Any

import pandas as pd
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from rolesync.errors import NoPlanError, PlanRefusedError
from rolesync.model.findings import Finding
from rolesync.model.frames import CHANGES, DRIFT, HELD, IMPACT, Columns, frame
from rolesync.model.keys import format_roles
from rolesync.model.lists import Fetched, Source
from rolesync.model.live import ReadStep, Requests
from rolesync.model.periods import Period
from rolesync.model.plans import Approval, DomainCount, Drift, Plan, Policy, Released, RoleCount, Verdict, recount
from rolesync.model.reasons import HeldReason
from rolesync.model.vocabulary import Action
from rolesync.planner.digest import digest_of_parts
from rolesync.planner.encode import FORMAT, plan_body, plan_parts, with_checksum
from rolesync.planner.schema import ApprovalJson, PlanJson, SourceJson, plan_file

_SHOWN = 60  # characters of a value in a message
_CONTEXT = 30  # characters from a difference on
_HEAD = 100  # characters, in which every plan names itself
_NAME_A_PLAN = "name the file that `rolesync plan FILE -o PLAN` wrote, or make a new plan"
_TOP_LEVEL = "its top level"
_CHANGED = "was changed after it was written: its content doesn't have the checksum it states"
_KEY_PROBLEMS = {"missing": "lacks the key", "extra_forbidden": "has the unknown key"}


def from_json(text: str) -> Plan:
    """Read a plan, and check that it is complete and unchanged.

    Raises:
        NoPlanError: the text is not JSON, because it is something else or was cut off, or not a plan.
        PlanRefusedError: the plan is of another version, or was changed after it was written. Or it changes roles that
            it doesn't manage, or differs from its digest, its counts or its approval.
    """
    plan = _convert(_parse(text))
    parts = plan_parts(plan)
    if plan.digest != digest_of_parts(plan.source, plan.verdicts, parts):
        raise _refused(f"does something other than its digest {plan.digest[:12]} covers")
    _check_roles(plan)
    _check_approval(plan)
    if text != (canonical := with_checksum(plan_body(plan, parts))):
        raise _refused(f"is not written as rolesync writes plans: {_first_difference(text, canonical)}")
    return plan


# From text to checked values


def _parse(text: str) -> PlanJson:
    if not text.isascii():
        raise _refused("has characters outside ASCII, which rolesync never writes into a plan")
    intact = text == with_checksum(text.rpartition('"checksum": ')[0])
    try:
        content = _validate(text)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False)
        if _lacks_key(problems):
            raise NoPlanError(
                "this is not a plan of rolesync: it has no key rolesync_plan", hint=_NAME_A_PLAN
            ) from error
        raise _refused(_problem(problems, intact=intact)) from error
    except (ValueError, RecursionError) as error:
        raise NoPlanError(f"{_no_json(text)}: {error}", hint=_NAME_A_PLAN) from error
    if not intact:
        raise _refused(_CHANGED)
    return content


def _validate(text: str) -> PlanJson:
    reader = plan_file()
    try:
        return reader.validate_json(text)
    except ValidationError as error:
        if error.errors()[0]["type"] != "json_invalid":
            raise
    # Studio allows half a surrogate pair in a name, which the parser of pydantic refuses and that of Python reads.
    return reader.validate_python(json.loads(text), strict=False)


def _no_json(text: str) -> str:
    is_plan = '"rolesync_plan"' in text[:_HEAD]
    return (
        "the plan is cut off or damaged: it is not JSON" if is_plan else "this is not a plan of rolesync, and not JSON"
    )


def _lacks_key(problems: Sequence[ErrorDetails]) -> bool:
    return any(not of["loc"] or (of["loc"] == ("rolesync_plan",) and of["type"] == "missing") for of in problems)


def _problem(problems: Sequence[ErrorDetails], *, intact: bool) -> str:
    """Describe why a plan is refused, by what helps most: another format, a changed file, or the first wrong value."""
    first = problems[0]
    version = next((problem for problem in problems if problem["loc"] == ("rolesync_plan",)), None)
    if version:
        return f"has the format version {_show(version['input'])}, but this rolesync reads only {FORMAT}"
    if not intact:
        return _CHANGED
    if first["type"] in _KEY_PROBLEMS:
        return _describe_keys(problems, first["loc"][:-1])
    name_at = max(at for at, step in enumerate(first["loc"]) if isinstance(step, str))
    name, where = _path(first["loc"][name_at:]), _path(first["loc"][:name_at]) or _TOP_LEVEL
    expected = first["msg"].removeprefix("Input ")
    return f"has {_show(first['input'])} as {name} in {where}, which {expected}"


def _describe_keys(problems: Iterable[ErrorDetails], path: tuple[int | str, ...]) -> str:
    """Name the missing and the unknown keys of one object."""
    of_object = [problem for problem in problems if problem["loc"][:-1] == path]
    names = {kind: [str(of["loc"][-1]) for of in of_object if of["type"] == kind] for kind in _KEY_PROBLEMS}
    texts = [f"{_KEY_PROBLEMS[kind]} {_join(keys)}" for kind, keys in names.items() if keys]
    return f"{' and '.join(texts)} in {_path(path) or _TOP_LEVEL}"


def _show(value: object) -> str:
    """Format a value as it is in the file, cut to a readable length."""
    return json.dumps(value)[:_SHOWN]


def _path(steps: Iterable[int | str]) -> str:
    """Format a place in the JSON, as in `changes[3].before[0]`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def _first_difference(text: str, canonical: str) -> str:
    """Show the first place where a text differs from the encoding that it should be."""
    pairs = zip_longest(text.split("\n"), canonical.split("\n"), fillvalue="")
    number, (line, expected) = next((at, pair) for at, pair in enumerate(pairs, 1) if pair[0] != pair[1])
    pairs_of_letters = enumerate(zip(line, expected, strict=False))
    start = next((at for at, (letter, other) in pairs_of_letters if letter != other), min(len(line), len(expected)))
    return f"line {number} has {line[start:][:_CONTEXT]!r} where {expected[start:][:_CONTEXT]!r} belongs"


# From values to the plan


def _convert(content: PlanJson) -> Plan:
    requests, drift, approval, impact = content["requests"], content["drift"], content["approval"], content["impact"]
    return Plan(
        account=content["account"],
        created_at=content["created_at"],
        source=_convert_source(content["source"]),
        policy=Policy(**content["policy"]),
        roles=tuple(
            RoleCount(count["role"], count["before"], count["additions"], count["removals"])
            for count in content["roles"]
        ),
        verdicts=tuple(Verdict(**guard) for guard in content["guards"]),
        changes=_frame(content["changes"], CHANGES),
        held=_frame(content["held"], HELD),
        findings=tuple(Finding(**finding) for finding in content["findings"]),
        requests=Requests(
            requests["by_kind"], requests["fewest"], tuple(ReadStep(**step) for step in requests["ways"])
        ),
        digest=content["digest"],
        drift=Drift(drift["since"], _frame(drift["changes"], DRIFT)),
        impact=None if impact is None else _frame(impact, IMPACT),
        releasable_removals=_frame(content["waiting"], CHANGES),
        planned_by=content["made_by"],
        approval=None if approval is None else _convert_approval(approval),
        periods={
            (of["user_id"], of["role"]): Period(of["starts"] or date.min, of["expires"] or date.max)
            for of in content.get("periods", ())
        },
        names={of["user_id"]: of["name"] for of in content.get("names", ())},
        domains=tuple(DomainCount(**of) for of in content.get("domains", ())),
    )


def _convert_source(source: SourceJson) -> Source:
    fetched = source.get("fetched")
    return Source(
        path=source["path"],
        sha256=source["sha256"],
        rows=source["rows"],
        modified_at=source["modified_at"],
        listed=source["listed"],
        undoes=source["undoes"],
        fetched=Fetched(**fetched) if fetched else None,
    )


def _convert_approval(approval: ApprovalJson) -> Approval:
    return Approval(
        reviewer=approval["reviewer"],
        operator=approval["operator"],
        approved_at=approval["approved_at"],
        confirmed_effect=approval["seen"],
        reviewed_digest=approval["made_from"],
        excluded=approval["excluded"],
        released=tuple(Released(**removal) for removal in approval["released"]),
    )


def _frame(rows: Sequence[Mapping[str, Any]], columns: Columns) -> pd.DataFrame:
    """Make a frame, column by column. Null or a missing key becomes "" or 0."""
    cells: dict[str, list[Any]] = {}
    for name, kind in columns.items():
        if name == "before":
            cells[name] = _format_role_sets([row[name] for row in rows])
        else:
            missing = 0 if kind == "int64" else ""
            cells[name] = [row.get(name) or missing for row in rows]
    return frame(columns, cells)


def _format_role_sets(role_sets: Sequence[tuple[str, ...]]) -> list[str]:
    """Format each set of roles as `format_roles` does, but each distinct set only once: many users share a few."""
    texts = {roles: format_roles(roles) for roles in set(role_sets)}
    return [texts[roles] for roles in role_sets]


# What the plan as a whole must fulfil


def _check_roles(plan: Plan) -> None:
    """Refuse a plan that changes roles which it doesn't manage, or that counts otherwise than it changes."""
    managed, counted = plan.policy.managed_roles, tuple(count.role for count in plan.roles)
    for name, table in {"changes": plan.changes, "waiting": plan.releasable_removals}.items():
        if not set(table["role"].unique()) <= set(managed):
            at, role = next((at, role) for at, role in enumerate(table["role"].tolist()) if role not in managed)
            raise _refused(f"has the role {repr(role)[:_SHOWN]} in {name}[{at}], but manages only {_join(managed)}")
    additions = (plan.releasable_removals["action"] != Action.REMOVE.value).to_numpy()
    if additions.any():
        raise _refused(f"has an addition in waiting[{additions.argmax()}], where only removals wait")
    if counted != managed:
        raise _refused(f"counts in roles the holders of {_join(counted)}, but manages {_join(managed)}")
    for at, (stated, actual) in enumerate(zip(plan.roles, recount(plan.roles, plan.changes), strict=True)):
        if stated != actual:
            statement = f"{stated.additions:,} added and {stated.removals:,} removed"
            effect = f"adds {actual.additions:,} and removes {actual.removals:,} of {actual.role!r}"
            raise _refused(f"counts in roles[{at}] {statement}, but {effect}")


def _check_approval(plan: Plan) -> None:
    """Refuse a plan that differs from what its approval says."""
    approval = plan.approval
    if approval is None:
        return
    if approval.confirmed_effect != plan.effect:
        raise _refused(f"was approved for {approval.confirmed_effect[:_SHOWN]!r}, but its changes are {plan.effect!r}")
    excluded = int((plan.held["reason"] == HeldReason.EXCLUDED.value).sum())
    if approval.excluded != excluded:
        raise _refused(f"was approved without {approval.excluded} of its changes, but lists {excluded} as excluded")


def _join(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names)) or "none"


def _refused(problem: str) -> PlanRefusedError:
    return PlanRefusedError(f"the plan {problem}", hint="make a new plan, and don't edit its file")
