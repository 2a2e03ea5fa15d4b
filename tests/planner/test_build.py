"""The plan: its order, its chunks, and what its digest depends on."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain, groupby, pairwise
from math import ceil
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from rolesync.differ.diff import diff
from rolesync.model.findings import Finding
from rolesync.model.frames import CHANGES, frame
from rolesync.model.history import GuardBaseline
from rolesync.model.live import Requests
from rolesync.model.plans import Plan, Policy
from rolesync.model.vocabulary import Level
from rolesync.planner.build import make_plan
from rolesync.planner.guards import judge
from rolesync.planner.order import chunks, order, waves
from tests.strategies import (
    BIGGEST_ID,
    CREATED_AT,
    SOURCE,
    Row,
    Situation,
    User,
    desired_of,
    live_of,
    situations,
)

ACTIONS = st.lists(
    st.tuples(
        st.integers(1, 9) | st.integers(BIGGEST_ID - 2, BIGGEST_ID),
        st.sampled_from(["Admin", "Teacher", "Observer", "Zoo"]),
        st.sampled_from(["add", "remove"]),
    ),
    max_size=40,
    unique_by=lambda action: action[:2],
)

Actions = list[tuple[int, str, str]]


def changes_of(actions: Actions) -> pd.DataFrame:
    columns = {
        "user_id": [user_id for user_id, _, _ in actions],
        "role": [role for _, role, _ in actions],
        "action": [action for _, _, action in actions],
        "row": range(2, len(actions) + 2),
    }
    return frame(CHANGES, {**dict.fromkeys(CHANGES, [""] * len(actions)), **columns})


def actions_of(changes: pd.DataFrame) -> Actions:
    return list(changes[["user_id", "role", "action"]].itertuples(index=False, name=None))


def test_gains_first_then_both_then_losses() -> None:
    mixed: Actions = [
        (1, "Admin", "remove"),
        (2, "Admin", "remove"),
        (2, "Teacher", "add"),
        (BIGGEST_ID, "Zoo", "add"),
        (BIGGEST_ID, "Observer", "add"),
        (BIGGEST_ID - 1, "Admin", "add"),
        (2, "Observer", "remove"),
    ]
    ordered = order(changes_of(mixed))
    assert actions_of(ordered) == [
        (BIGGEST_ID - 1, "Admin", "add"),
        (BIGGEST_ID, "Observer", "add"),
        (BIGGEST_ID, "Zoo", "add"),
        (2, "Teacher", "add"),
        (2, "Admin", "remove"),
        (2, "Observer", "remove"),
        (1, "Admin", "remove"),
    ]
    assert ordered["row"].tolist() == [7, 6, 5, 4, 3, 8, 2]
    assert ordered.index.tolist() == list(range(7))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_order_does_not_depend_on_where_it_starts(data: st.DataObject) -> None:
    actions = data.draw(ACTIONS)
    ordered = actions_of(order(changes_of(actions)))
    assert ordered == actions_of(order(changes_of(data.draw(st.permutations(actions)))))
    assert sorted(ordered) == sorted(actions)

    def stage(user_id: int) -> int:
        return {("add",): 0, ("add", "remove"): 1, ("remove",): 2}[
            tuple(sorted({action for one, _, action in actions if one == user_id}))
        ]

    expected = sorted(actions, key=lambda one: (stage(one[0]), one[0], one[2] == "remove", one[1]))
    assert ordered == expected


@settings(max_examples=60, deadline=None)
@given(ACTIONS, st.integers(1, 12))
def test_chunks_keep_every_user_whole_and_are_few(actions: Actions, size: int) -> None:
    ordered = order(changes_of(actions))
    cut = [ordered.iloc[chunk.start : chunk.stop] for chunk in chunks(ordered, size)]
    pd.testing.assert_frame_equal(pd.concat([ordered.iloc[:0], *cut]), ordered)
    users = [set(one["user_id"]) for one in cut]
    assert sum(map(len, users)) == len(set().union(*users))
    most = max(ordered["user_id"].value_counts(), default=0)
    for one in cut:
        assert len(one) <= size or len(set(one["user_id"])) == 1
    for one, following in pairwise(cut):
        head = (following["user_id"] == following["user_id"].iloc[0]).sum()
        assert len(one) + head > size  # nobody more had room
    if most <= size:
        assert len(cut) <= ceil(len(actions) / (size - most + 1))
    if most == 1:
        assert len(cut) == ceil(len(actions) / size)


@settings(max_examples=60, deadline=None)
@given(ACTIONS, st.integers(1, 12))
def test_a_wave_waits_for_all_that_should_come_before(actions: Actions, size: int) -> None:
    ordered = order(changes_of(actions))
    found = waves(ordered, size)
    assert list(chain(*found)) == chunks(ordered, size)
    kinds: dict[int, set[str]] = {}
    for user_id, _, action in actions:
        kinds.setdefault(user_id, set()).add(action)
    stage = [
        {("add",): 0, ("add", "remove"): 1, ("remove",): 2}[tuple(sorted(kinds[one]))] for one in ordered["user_id"]
    ]
    for wave in found:
        for chunk in wave:  # whoever is under way beside it is of the same stage, or it is alone
            assert {stage[at] for other in wave for at in other} == {stage[at] for at in chunk}
            assert len(wave) == 1 or len({stage[at] for at in chunk}) == 1
    assert len(found) <= 5


def test_single_changes_fill_every_chunk() -> None:
    ordered = order(changes_of([(at, "Admin", "add") for at in range(1, 102)]))
    assert [len(one) for one in chunks(ordered, 50)] == [50, 50, 1]
    assert [len(wave) for wave in waves(ordered, 50)] == [3]
    assert (chunks(ordered.iloc[:0], 50), waves(ordered.iloc[:0], 50)) == ([], [])


def test_refuses_what_would_split_a_user() -> None:
    split = changes_of([(1, "Admin", "add"), (2, "Admin", "add"), (1, "Teacher", "add")])
    with pytest.raises(ValueError, match="order them first"):
        chunks(split, 2)
    with pytest.raises(ValueError, match="chunk size 0"):
        chunks(order(split), 0)


USERS = (
    User(1, "ann@example.edu", "Ann", frozenset({"Admin"})),
    User(2, "bo@example.edu", "Bo", frozenset()),
    User(3, "", "Cy", frozenset({"Admin"})),
)
ROWS = (Row(2, "bo@example.edu", 0, "Admin"), Row(3, "new@example.edu", 0, "Admin"), Row(4, "", 3, "Admin"))


POLICY = Policy(max_removals_share=0.5)
UNKNOWN = GuardBaseline()


def planned(
    rows: Iterable[Row] = ROWS,
    users: Iterable[User] = USERS,
    policy: Policy = POLICY,
    history: GuardBaseline = UNKNOWN,
    **changed: object,
) -> Plan:
    """The plan of a situation, some of its parts replaced."""
    live = live_of(users)
    changes = diff(desired_of(rows), live, policy)
    parts: dict[str, Any] = {
        "account": "https://school.example.com",
        "created_at": CREATED_AT,
        "source": SOURCE,
        "policy": policy,
        "changes": changes,
        "verdicts": judge(changes, live, policy, (), history),
        "findings": (),
        "requests": Requests({"search": 2}, 2),
    }
    return make_plan(**{**parts, **changed})


def test_a_plan_says_what_becomes_of_it() -> None:
    assert planned().status == "ready"
    assert planned(policy=Policy(max_removals=0)).status == "blocked"
    assert planned([Row(2, "ann@example.edu", 0, "Admin"), Row(4, "", 3, "Admin")]).status == "empty"


def test_a_plan_holds_its_changes_in_order_and_its_time_in_utc() -> None:
    made_at = datetime(2026, 3, 1, 3, 30, tzinfo=timezone(timedelta(hours=1)))
    plan = planned(created_at=made_at)
    assert actions_of(plan.changes) == [(2, "Admin", "add"), (1, "Admin", "remove")]
    assert plan.created_at == made_at
    assert plan.created_at.tzinfo is UTC
    with pytest.raises(ValueError, match="no time zone"):
        planned(created_at=made_at.replace(tzinfo=None))


@pytest.mark.parametrize(
    "changed",
    [
        {"created_at": CREATED_AT + timedelta(days=1)},
        {"requests": Requests({"search": 3, "get": 1}, 2)},
        {"source": replace(SOURCE, path="elsewhere.csv")},
        {"source": replace(SOURCE, modified_at=CREATED_AT)},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_the_same_situation_has_the_same_digest_tomorrow(changed: dict[str, Any]) -> None:
    assert planned(**changed).digest == planned().digest
    assert re.fullmatch("[0-9a-f]{64}", planned().digest)


@pytest.mark.parametrize(
    "changed",
    [
        {"account": "https://other.example.com"},
        {"source": replace(SOURCE, sha256="cd" * 32)},
        {"source": replace(SOURCE, listed={"Admin": 4})},
        {"verdicts": ()},
        {"findings": (Finding(Level.INFO, "odd", "looked odd", 3),)},
        {"policy": replace(POLICY, chunk_size=49)},
        {"policy": replace(POLICY, owner="bo@example.edu")},
        {"rows": ROWS[:2]},
        {"rows": (*ROWS, Row(9, "other@example.edu", 0, "Admin"))},  # one more held, no other change
        {"rows": (ROWS[0]._replace(row=7), *ROWS[1:])},
        {"users": (USERS[0]._replace(email="ann@example.org"), *USERS[1:])},
        {"users": (USERS[0]._replace(roles=frozenset({"Admin", "Teacher"})), *USERS[1:])},
    ],
)
def test_another_situation_has_another_digest(changed: dict[str, Any]) -> None:
    assert planned(**changed).digest != planned().digest


def test_a_list_that_grows_older_has_the_same_digest_until_it_is_too_old() -> None:
    policy = replace(POLICY, max_age_hours=24.0)
    young, older, too_old, ancient = (
        planned(policy=policy, history=GuardBaseline(age_hours=age)) for age in (1, 23, 25, 99)
    )
    assert young.verdicts != older.verdicts
    assert young.digest == older.digest
    assert too_old.status == "blocked"
    assert too_old.digest == ancient.digest != young.digest
    assert (
        planned(policy=replace(policy, max_age_hours=23.5), history=GuardBaseline(age_hours=23)).digest != older.digest
    )


@settings(max_examples=60, deadline=None)
@given(situations())
def test_in_every_plan_nobody_loses_before_gaining(situation: Situation) -> None:
    plan = planned(situation.rows, situation.users, situation.policy)
    actions = actions_of(plan.changes)
    for user_id, _, _ in actions:
        mine = [action for one, _, action in actions if one == user_id]
        assert mine == sorted(mine)
    assert len({one for one, _, _ in actions}) == len(list(groupby(one for one, _, _ in actions)))
    assert sum(map(len, chunks(plan.changes, situation.policy.chunk_size))) == len(actions)
