"""What the fleet asks of a worker, and what the worker answers: one JSON object a line.

A job goes to a worker's standard input. Its answers come on standard output: progress, then one result. Neither holds a
secret; the worker reads those itself.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from rolesync.model.fleet import AccountResult, RecordHead

_RESULT = TypeAdapter(AccountResult)


class JobKind(StrEnum):
    """What to do with an account."""

    CHECK = "check"
    PLAN = "plan"
    APPLY = "apply"


@dataclass(frozen=True, slots=True)
class Job:
    """One job for one account.

    Attributes:
        kind: what to do.
        account: its name in the fleet file.
        values: its settings, as in the fleet file.
        secrets: the folder of its secrets; "" for none.
        list_path: its list; "" for none.
        plan_path: where its plan is saved, or was saved before.
        needs_approval: whether its changes wait for a reviewer.
        is_sync: whether planning and applying are the halves of a sync.
        head: the end of its record as the fleet knows it; None where unknown.
        attempt: 1, or 2 if its first worker died.
        fleet_path: the fleet file, for advice.
        fleet: the name of the fleet, for the log.
        fleet_run: the id of the run over the fleet, for the log.
        fetched_folder: the folder of the lists that the accounts of this run fetch for one another; "" for none.
    """

    kind: JobKind
    account: str
    values: Mapping[str, Any]
    secrets: str = ""
    list_path: str = ""
    plan_path: str = ""
    needs_approval: bool = False
    is_sync: bool = False
    head: RecordHead | None = None
    attempt: int = 1
    fleet_path: str = ""
    fleet: str = ""
    fleet_run: str = ""
    fetched_folder: str = ""


def encode_job(job: Job) -> str:
    """Encode a job as one line."""
    return json.dumps(asdict(job)) + "\n"


def decode_job(line: str) -> Job:
    """Decode a job that `encode_job` has encoded."""
    fields = json.loads(line)
    return Job(**{**fields, "kind": JobKind(fields["kind"]), "head": decode_head(fields["head"])})


def result_json(result: AccountResult) -> dict[str, Any]:
    """Return the JSON form of a result."""
    return asdict(result)


def decode_result(fields: object) -> AccountResult:
    """Read a result from its JSON form, also of another version: fields that it lacks or that are unknown don't matter.

    Raises:
        ValueError: it is not a result.
    """
    return _RESULT.validate_python(fields)


def decode_answer(fields: object, job: Job) -> AccountResult:
    """Read what a worker answers to a job.

    Raises:
        ValueError: it is not a result, or one of another account.
    """
    result = decode_result(fields)
    if result.account != job.account:
        raise ValueError("a result of another account")
    return replace(result, attempt=job.attempt)


def decode_head(fields: Mapping[str, Any] | None) -> RecordHead | None:
    """Read the end of a record from its JSON form."""
    return RecordHead(**fields) if fields else None
