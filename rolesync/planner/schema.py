"""The JSON of a plan file as types for pydantic: every key, the type of its value, and its bounds."""

from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated, NotRequired

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    with_config,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from rolesync.model.reasons import HeldReason, Reason
from rolesync.model.vocabulary import Action, Completeness, Level, Mode, ReadMethod, VerdictStatus
from rolesync.planner.encode import FORMAT

_MAX = 2**63 - 1
_STRICT = ConfigDict(strict=True, extra="forbid")
_with_text_codes = with_config(ConfigDict(strict=True, extra="forbid", use_enum_values=True))
"""For objects of which a plan may hold hundreds of thousands: codes stay texts, as in frames."""


def _number(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _MAX:
        return value  # an int stays an int, so that it is written as an int again
    raise PydanticCustomError("number", "Input should be a finite number")


def _utc(time: datetime) -> datetime:
    if time.utcoffset():
        raise PydanticCustomError("utc", "Input should be in UTC")
    return time.replace(tzinfo=UTC)


Natural = Annotated[int, Field(ge=0, le=_MAX)]
Number = Annotated[float, PlainValidator(_number)]
Time = Annotated[AwareDatetime, AfterValidator(_utc)]
TextOrNull = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
"""A text that is "" where the file has null."""


class _Fetched(TypedDict):
    where: str
    fetched_at: Time
    etag: TextOrNull
    last_modified: Time | None
    failure: TextOrNull


class SourceJson(TypedDict):
    """`source`: see `Source`."""

    path: str
    sha256: str
    rows: Natural
    modified_at: Time | None
    listed: dict[str, Natural]
    undoes: TextOrNull
    fetched: NotRequired[_Fetched]


class _Policy(TypedDict):
    managed_roles: tuple[str, ...]
    mode: Mode
    chunk_size: Natural
    owner: TextOrNull
    protected_users: tuple[str, ...]
    max_removals_share: Number
    max_removals: Natural
    min_holders: Natural
    max_shrink_share: Number
    max_age_hours: Number | None
    hold_removals: bool
    grace_runs: Natural
    repeat_runs: Natural


class _Role(TypedDict):
    role: str
    before: Natural
    additions: Natural
    removals: Natural
    after: Natural


class _Guard(TypedDict):
    rule: str
    status: VerdictStatus
    role: TextOrNull
    limit: Number | None
    value: Number | None
    message: str
    overridable: bool


@_with_text_codes
class _Change(TypedDict):
    user_id: Natural
    email: str | None
    name: str | None
    action: Action
    role: str
    reason: Reason
    row: Natural | None
    before: tuple[str, ...]


@_with_text_codes
class _Held(TypedDict):
    row: Natural | None
    email: str | None
    user_id: Natural | None
    role: str
    action: Action
    reason: HeldReason
    detail: str


class _Period(TypedDict):
    user_id: Natural
    role: str
    starts: date | None
    expires: date | None


@_with_text_codes
class _Name(TypedDict):
    user_id: Natural
    name: str


@_with_text_codes
class _Domain(TypedDict):
    role: str
    domain: str
    before: Natural


class _Finding(TypedDict):
    level: Level
    row: Natural | None
    column: str | None
    code: str
    message: str


@_with_text_codes
class _Drifted(TypedDict):
    user_id: Natural
    email: str | None
    role: str
    action: Action


class _Drift(TypedDict):
    since: TextOrNull
    changes: Annotated[list[_Drifted], Field(fail_fast=True)]


@_with_text_codes
class _Impact(TypedDict):
    user_id: Natural
    known: Completeness
    owned: Natural | None
    reachable: Natural | None
    size: Natural | None
    duration: Natural | None
    newest: str | None
    last_viewed: NotRequired[str]
    note: str | None


class _Step(TypedDict):
    how: ReadMethod
    role: TextOrNull
    requests: Natural
    of: Natural
    people: Natural


class _Requests(TypedDict):
    by_kind: dict[str, Natural]
    total: Natural
    fewest: Natural
    ways: list[_Step]


class _Released(TypedDict):
    user_id: Natural
    role: str
    reason: TextOrNull


class ApprovalJson(TypedDict):
    """`approval`: see `Approval`."""

    reviewer: str
    operator: TextOrNull
    approved_at: Time
    seen: str
    made_from: str
    excluded: Natural
    released: Annotated[list[_Released], Field(fail_fast=True)]


@with_config(_STRICT)
class PlanJson(TypedDict):
    """The whole file: see `Plan`."""

    rolesync_plan: Annotated[int, Field(ge=FORMAT, le=FORMAT)]
    digest: str
    status: str
    account: str
    created_at: Time
    made_by: TextOrNull
    approval: ApprovalJson | None
    source: SourceJson
    policy: _Policy
    roles: Annotated[list[_Role], Field(fail_fast=True)]
    guards: Annotated[list[_Guard], Field(fail_fast=True)]
    changes: Annotated[list[_Change], Field(fail_fast=True)]
    held: Annotated[list[_Held], Field(fail_fast=True)]
    waiting: Annotated[list[_Change], Field(fail_fast=True)]
    periods: NotRequired[Annotated[list[_Period], Field(fail_fast=True)]]
    findings: Annotated[list[_Finding], Field(fail_fast=True)]
    names: NotRequired[Annotated[list[_Name], Field(fail_fast=True)]]
    domains: NotRequired[Annotated[list[_Domain], Field(fail_fast=True)]]
    drift: _Drift
    impact: Annotated[list[_Impact], Field(fail_fast=True)] | None
    requests: _Requests
    checksum: str


@cache
def plan_file() -> TypeAdapter[PlanJson]:
    """The reader of plan files."""
    return TypeAdapter(PlanJson)
