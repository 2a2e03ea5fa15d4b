"""A plan as JSON: the file that is reviewed today and applied tomorrow.

A plan has exactly one encoding: ASCII, with a line for each top-level key and each element of a list, so that two plans
compare well line by line. `null` means a missing value. The file has two seals: `digest` (see `digest`), and
`checksum`, the SHA-256 of all lines above it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date
from hashlib import sha256
from typing import Any

import pandas as pd

from rolesync.model.findings import Finding
from rolesync.model.frames import CHANGES, DRIFT, HELD, IMPACT, Columns
from rolesync.model.json_forms import approval_json, source_json, time_json
from rolesync.model.keys import parse_roles
from rolesync.model.periods import Periods
from rolesync.model.plans import Plan, Verdict
from rolesync.model.vocabulary import Completeness

FORMAT = 1
"""The version of the JSON. It changes when an older rolesync could misread a plan."""

encode = json.JSONEncoder(allow_nan=False).encode


def to_json(plan: Plan) -> str:
    """Encode a plan; `from_json` reads it back.

    Raises:
        ValueError: a limit or a value of the plan is not finite.
    """
    return with_checksum(plan_body(plan, plan_parts(plan)))


def with_checksum(body: str) -> str:
    """Complete the file from the lines above its checksum."""
    return f'{body}"checksum": "{sha256(body.encode("ascii")).hexdigest()}"\n}}\n'


def plan_body(plan: Plan, parts: Mapping[str, str]) -> str:
    """Encode the lines above the checksum, from the JSON of each top-level key."""
    head = {"rolesync_plan": str(FORMAT), "digest": encode(plan.digest), "status": encode(plan.status)}
    return "{\n" + lines({**head, **parts})


def plan_parts(plan: Plan) -> dict[str, str]:
    """Encode each top-level key of a plan, except its seals and its status, which follow from the others."""
    roles = [{**asdict(count), "after": count.after} for count in plan.roles]
    drifted = array(_rows(plan.drift.changes, DRIFT))
    parts = {
        "account": encode(plan.account),
        "created_at": encode(time_json(plan.created_at)),
        "made_by": encode(plan.planned_by or None),
        "approval": encode(approval_json(plan.approval)),
        "source": encode(source_json(plan.source)),
        "policy": encode({**asdict(plan.policy), "owner": plan.policy.owner or None}),
        "roles": array(map(encode, roles)),
        "guards": array(encode(guard_json(verdict)) for verdict in plan.verdicts),
        "changes": array(_rows(plan.changes, CHANGES)),
        "held": array(_rows(plan.held, HELD)),
        "waiting": array(_rows(plan.releasable_removals, CHANGES)),
        "periods": array(encode(period) for period in _periods_json(plan.periods)),
        "findings": array(encode(_finding_json(finding)) for finding in plan.findings),
        "names": array(encode({"user_id": user_id, "name": name}) for user_id, name in sorted(plan.names.items())),
        "domains": array(encode(asdict(count)) for count in plan.domains),
        "drift": f'{{"since": {encode(plan.drift.since or None)}, "changes": {drifted}}}',
        "impact": "null" if plan.impact is None else array(_impact_rows(plan.impact)),
        "requests": encode(
            {
                "by_kind": dict(plan.requests.by_kind),
                "total": plan.requests.total,
                "fewest": plan.requests.theoretical_minimum,
                "ways": [{**asdict(step), "role": step.role or None} for step in plan.requests.steps],
            }
        ),
    }
    for key in ("periods", "names", "domains"):  # plans of earlier versions lack these keys, and keep their digests
        if not getattr(plan, key):
            del parts[key]
    return parts


def guard_json(verdict: Verdict) -> dict[str, Any]:
    """Convert a guard's verdict to what JSON can hold."""
    return {
        "rule": verdict.rule,
        "status": verdict.status,
        "role": verdict.role or None,
        "limit": verdict.limit,
        "value": verdict.value,
        "message": verdict.message,
        "overridable": verdict.overridable,
    }


def _periods_json(periods: Periods) -> Iterator[dict[str, Any]]:
    """Convert the days of changes to what JSON can hold, by user and role: `null` for no limit."""
    for (user_id, role), period in sorted(periods.items()):
        starts = None if period.starts == date.min else period.starts.isoformat()
        expires = None if period.expires == date.max else period.expires.isoformat()
        yield {"user_id": user_id, "role": role, "starts": starts, "expires": expires}


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "level": finding.level,
        "row": finding.row,
        "column": finding.column,
        "code": finding.code,
        "message": finding.message,
    }


def _rows(table: pd.DataFrame, columns: Columns) -> Iterator[str]:
    """Encode a frame row by row. Whole columns are encoded, and each category only once, which is fast."""
    if table.empty:
        return iter(())
    encoded: list[list[str]] = []
    for name, kind in columns.items():
        if kind == "category":
            categories = table[name].cat.categories.tolist()
            texts = [encode(parse_roles(category) if name == "before" else category) for category in categories]
            encoded.append([texts[code] for code in table[name].cat.codes.tolist()])
        elif kind == "str":
            encoded.append([encode(cell) if cell else "null" for cell in table[name].tolist()])
        else:
            encoded.append([str(cell) if cell else "null" for cell in table[name].tolist()])
    pattern = "{" + ", ".join(f'"{name}": %s' for name in columns) + "}"
    return map(pattern.__mod__, zip(*encoded, strict=True))


def _impact_rows(table: pd.DataFrame) -> Iterator[str]:
    """Encode what users own. Here 0 is a number, and null means an unknown number.

    `last_viewed` is left out if it is unknown, as in the plans of earlier versions.
    """
    for cells in zip(*(table[name].tolist() for name in IMPACT), strict=True):
        row = dict(zip(IMPACT, cells, strict=True))
        if row["known"] == Completeness.NOTHING:
            row |= dict.fromkeys(("owned", "reachable", "size", "duration"))
        if not row["last_viewed"]:
            del row["last_viewed"]
        yield encode({**row, "newest": row["newest"] or None, "note": row["note"] or None})


def array(elements: Iterable[str]) -> str:
    """Join encoded elements to a JSON array, each on a line of its own."""
    text = ",\n".join(elements)
    return f"[\n{text}\n]" if text else "[]"


def lines(parts: Mapping[str, str]) -> str:
    """Join encoded values to the lines of an object, each with its key, without the braces around them."""
    return "".join(f'"{key}": {text},\n' for key, text in parts.items())
