"""Random accounts and random lists: small, but with every oddity of real ones."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property
from typing import NamedTuple

import pandas as pd
from hypothesis import strategies as st

from rolesync.differ.diff import diff
from rolesync.differ.removal_holds import hold_changes
from rolesync.live.impact import MediaTotals, impact_of, unknown_impact
from rolesync.model.desired import Desired, ListRows
from rolesync.model.findings import Finding
from rolesync.model.frames import DESIRED, LIVE, frame
from rolesync.model.history import GuardBaseline
from rolesync.model.keys import email_key, format_roles
from rolesync.model.lists import Source
from rolesync.model.live import Live, ReadStep, Requests
from rolesync.model.plans import Plan, Policy
from rolesync.model.vocabulary import Level, Mode, ReadMethod
from rolesync.planner.build import make_plan
from rolesync.planner.guards import judge

BIGGEST_ID = 2**63 - 1
ROLES = ("Admin", "Teacher", "Subaccount admin", "Observer, caption")
UNMANAGED = "Student"  # a role that people have and that is never managed
SOURCE = Source("lists/desired.csv", "ab" * 32, 7, datetime(2026, 3, 1, 1, 0, tzinfo=UTC), {"Admin": 5, "Teacher": 2})
CREATED_AT = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)


class User(NamedTuple):
    """One live user."""

    user_id: int
    email: str
    name: str
    roles: frozenset[str]


class Row(NamedTuple):
    """One assignment of a list."""

    row: int
    email: str
    user_id: int
    role: str


@dataclass(frozen=True)
class Situation:
    """An account, a list and a policy."""

    users: tuple[User, ...]
    rows: tuple[Row, ...]
    policy: Policy

    @cached_property
    def live(self) -> Live:
        return live_of(self.users)

    @cached_property
    def desired(self) -> pd.DataFrame:
        return desired_of(self.rows)


def live_of(users: Iterable[User]) -> Live:
    users = tuple(users)
    data = {
        "user_id": [user.user_id for user in users],
        "email": [user.email for user in users],
        "name": [user.name for user in users],
        "roles": [format_roles(user.roles) for user in users],
    }
    return Live(frame(LIVE, data), ROLES)


def desired_of(rows: Iterable[Row]) -> pd.DataFrame:
    rows = tuple(rows)
    return frame(DESIRED, {name: [getattr(row, name) for row in rows] for name in DESIRED})


def listed(rows: Iterable[Row], findings: Iterable[Finding] = ()) -> Desired:
    return Desired(ListRows.of(desired_of(rows)), tuple(findings), SOURCE)


# Few distinct addresses, so that users and rows often share one. Some spell the same address, one is a login.
_ADDRESSES = st.sampled_from(
    [
        None,
        "",
        "ann@example.edu",
        "Ann@Example.EDU",
        " ann@example.edu ",
        "bo@example.edu",
        "BO@example.edu",
        "ann\u200b@example.edu",
        "bo@xn--bcher-kva.example",
        "bo@b\u00fccher.example",
        "stra\u00dfe@example.edu",
        "STRASSE@example.edu",
        "jose\u0301@example.edu",
        "Jos\u00e9@example.edu",
        "\u212aim@example.edu",
        "kim@example.edu",
        "o'brien+x@example.edu",
        "login17",
        "two\nlines@example.edu",
    ]
)
_TIMES = st.datetimes(datetime(1971, 1, 1), datetime(2099, 12, 31))  # noqa: DTZ001  # a zone is added where it is used
_READ_STEPS = st.builds(
    ReadStep,
    st.sampled_from(ReadMethod),
    st.sampled_from(["", *ROLES]),
    *(st.integers(0, 9) for _ in ("requests", "of", "people")),
)
_IDS = st.integers(1, 12) | st.integers(1, BIGGEST_ID) | st.integers(BIGGEST_ID - 3, BIGGEST_ID)
_ROLES = st.sampled_from(ROLES)
_MORE_ROLES = st.sampled_from((*ROLES, UNMANAGED))
_ROLE_SETS = st.frozensets(_MORE_ROLES)
_KEYS = _ADDRESSES.map(lambda address: email_key(address or ""))
_NAMES = st.sampled_from(["Ann", "Bo \u5f20", 'Quote " \\ slash', "\u202eleft", "", "line\nfeed\u2028", "\U0001f600"])


_USER = st.builds(User, _IDS, _ADDRESSES.map(lambda address: address or ""), _NAMES, _ROLE_SETS)
_USERS = st.lists(_USER, max_size=12, unique_by=lambda user: user.user_id)
_MOST_ROWS = 16
_ROW_NUMBERS = [st.sets(st.sampled_from(range(2, 100)), min_size=size, max_size=size) for size in range(_MOST_ROWS + 1)]


def users() -> st.SearchStrategy[User]:
    return _USER


@st.composite
def situations(draw: st.DrawFn, mode: Mode | None = None) -> Situation:
    people = draw(_USERS)
    ids = st.sampled_from([user.user_id for user in people] or [1]) | _IDS
    addresses = _KEYS | st.sampled_from([email_key(user.email) for user in people] or [""])
    # A row may name a user by address, by id, or by both, which may be of different users.
    names = st.tuples(addresses, st.just(0)) | st.tuples(st.just(""), ids) | st.tuples(addresses, ids)
    if people:
        names |= st.sampled_from([(email_key(user.email), user.user_id) for user in people])
    entries = st.tuples(names.filter(any), _MORE_ROLES)
    wanted = draw(st.lists(entries, max_size=_MOST_ROWS, unique=True))
    numbers = sorted(draw(_ROW_NUMBERS[len(wanted)]))
    rows = [Row(number, *name, role) for number, (name, role) in zip(numbers, wanted, strict=True)]
    policy = draw(_POLICIES)
    return Situation(tuple(people), tuple(rows), replace(policy, mode=mode) if mode else policy)


_ENTRIES = st.sampled_from(["Ann@example.edu", "3", "kim@example.edu", str(BIGGEST_ID), "nobody@example.edu"])
_POLICIES = st.builds(
    Policy,
    managed_roles=st.lists(_ROLES, min_size=1, unique=True).map(tuple),
    mode=st.sampled_from(Mode),
    owner=st.just("") | _ENTRIES,
    protected_users=st.lists(_ENTRIES, max_size=3, unique=True).map(tuple),
    max_removals_share=st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0]),
    max_removals=st.integers(0, 5),
    min_holders=st.integers(0, 3),
    max_shrink_share=st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    max_age_hours=st.none() | st.sampled_from([0.5, 24.0]),
    hold_removals=st.booleans(),
    grace_runs=st.integers(0, 3),
    repeat_runs=st.integers(0, 3),
)


_REPEATED = [(user_id, action, role) for user_id in (1, 2, 3) for action in ("add", "remove") for role in ROLES]


_COUNTS = st.dictionaries(_ROLES, st.integers(0, 9))
_BASELINES = st.builds(
    GuardBaseline,
    listed=_COUNTS,
    applied=_COUNTS,
    age_hours=st.none() | st.floats(-2, 100),
    absent=st.dictionaries(_ROLES, st.dictionaries(_IDS, st.integers(1, 4), max_size=8)),
    repeated=st.dictionaries(st.sampled_from(_REPEATED), st.booleans(), max_size=3),
)


def baselines() -> st.SearchStrategy[GuardBaseline]:
    return _BASELINES


_FINDINGS = st.builds(
    Finding,
    level=st.sampled_from(Level),
    code=st.sampled_from(["bad_email", "unmanaged_role"]),
    message=_NAMES,
    row=st.none() | st.integers(1, 99),
    column=st.none() | st.sampled_from(["Email", "R\u00f6lle", ""]),
)
_FINDING_LISTS = st.lists(_FINDINGS, max_size=3)
_COUNTED = st.dictionaries(st.sampled_from(["search", "get"]), st.integers(0, 9))
_REQUESTS = st.builds(Requests, _COUNTED, st.just(3), st.lists(_READ_STEPS).map(tuple))
_ZONES = st.integers(-11, 11).map(lambda hours: timezone(timedelta(hours=hours)))
_SIZES = st.integers(0, 2**40)
_VIEW_TIMES = st.none() | st.datetimes(timezones=st.just(UTC))
_MEDIA = st.builds(MediaTotals, _IDS, _SIZES, _SIZES, _SIZES, last_viewed=_VIEW_TIMES)
_IMPACT_ROWS = st.builds(MediaTotals.row, _MEDIA, _SIZES) | st.builds(unknown_impact, _IDS, _NAMES)
_IMPACTS = st.lists(_IMPACT_ROWS, max_size=3, unique_by=lambda row: row["user_id"]).map(impact_of)
_MAYBE_IMPACT = st.none() | _IMPACTS
_SITUATIONS = situations()


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Make plans that follow from a situation."""
    situation = draw(_SITUATIONS)
    noticed = draw(_FINDING_LISTS)
    baseline = draw(_BASELINES)
    changes = hold_changes(diff(situation.desired, situation.live, situation.policy), situation.policy, baseline)
    plan = make_plan(
        account="https://school.example.com",
        created_at=draw(_TIMES).replace(tzinfo=draw(_ZONES)),
        source=SOURCE,
        policy=situation.policy,
        changes=changes,
        verdicts=judge(changes, situation.live, situation.policy, noticed, baseline),
        findings=noticed,
        requests=draw(_REQUESTS),
    )
    return replace(plan, impact=draw(_MAYBE_IMPACT))
