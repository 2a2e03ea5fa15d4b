"""The order of changes, and their division into chunks and waves."""

from itertools import chain, pairwise
from math import ceil

import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from rolesync.model.frames import CHANGES, frame
from rolesync.planner.order import chunks, order, waves
from tests.strategies import (
    BIGGEST_ID,
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


def test_a_role_is_removed_before_its_rival_is_added() -> None:
    actions: Actions = [
        (1, "Teacher", "add"),
        (1, "Subaccount admin", "add"),
        (1, "Admin", "remove"),
        (1, "Observer", "remove"),
        (2, "Admin", "add"),
        (2, "Subaccount admin", "remove"),
        (3, "Subaccount admin", "remove"),
        (3, "Teacher", "add"),
    ]
    assert actions_of(order(changes_of(actions))) == [
        (1, "Admin", "remove"),
        (1, "Subaccount admin", "add"),
        (1, "Teacher", "add"),
        (1, "Observer", "remove"),
        (2, "Subaccount admin", "remove"),
        (2, "Admin", "add"),
        (3, "Teacher", "add"),
        (3, "Subaccount admin", "remove"),
    ]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_order_does_not_depend_on_where_it_starts(data: st.DataObject) -> None:
    actions = data.draw(ACTIONS)
    ordered = actions_of(order(changes_of(actions)))
    assert ordered == actions_of(order(changes_of(data.draw(st.permutations(actions)))))
    assert sorted(ordered) == sorted(actions)

    def stage(user_id: int) -> int:
        return {("add",): 0, ("add", "remove"): 1, ("remove",): 2}[
            tuple(sorted({action for other, _, action in actions if other == user_id}))
        ]

    expected = sorted(actions, key=lambda action: (stage(action[0]), action[0], action[2] == "remove", action[1]))
    assert ordered == expected


@settings(max_examples=60, deadline=None)
@given(ACTIONS, st.integers(1, 12))
def test_chunks_keep_every_user_whole_and_are_few(actions: Actions, size: int) -> None:
    ordered = order(changes_of(actions))
    parts = [ordered.iloc[chunk.start : chunk.stop] for chunk in chunks(ordered, size)]
    pd.testing.assert_frame_equal(pd.concat([ordered.iloc[:0], *parts]), ordered)
    users = [set(part["user_id"]) for part in parts]
    assert sum(map(len, users)) == len(set().union(*users))
    most = max(ordered["user_id"].value_counts(), default=0)
    for part in parts:
        assert len(part) <= size or len(set(part["user_id"])) == 1
    for part, following in pairwise(parts):
        head = (following["user_id"] == following["user_id"].iloc[0]).sum()
        assert len(part) + head > size  # the next user had no room
    if most <= size:
        assert len(parts) <= ceil(len(actions) / (size - most + 1))
    if most == 1:
        assert len(parts) == ceil(len(actions) / size)


@settings(max_examples=60, deadline=None)
@given(ACTIONS, st.integers(1, 12))
def test_a_wave_waits_for_all_earlier_stages(actions: Actions, size: int) -> None:
    ordered = order(changes_of(actions))
    groups = waves(ordered, size)
    assert list(chain(*groups)) == chunks(ordered, size)
    kinds: dict[int, set[str]] = {}
    for user_id, _, action in actions:
        kinds.setdefault(user_id, set()).add(action)
    stage = [
        {("add",): 0, ("add", "remove"): 1, ("remove",): 2}[tuple(sorted(kinds[user_id]))]
        for user_id in ordered["user_id"]
    ]
    for wave in groups:
        for chunk in wave:  # the chunks of a wave are of the same stage, or the wave has one chunk
            assert {stage[at] for other in wave for at in other} == {stage[at] for at in chunk}
            assert len(wave) == 1 or len({stage[at] for at in chunk}) == 1
    assert len(groups) <= 5


def test_single_changes_fill_every_chunk() -> None:
    ordered = order(changes_of([(at, "Admin", "add") for at in range(1, 102)]))
    assert [len(chunk) for chunk in chunks(ordered, 50)] == [50, 50, 1]
    assert [len(wave) for wave in waves(ordered, 50)] == [3]
    assert (chunks(ordered.iloc[:0], 50), waves(ordered.iloc[:0], 50)) == ([], [])


def test_changes_that_would_split_a_user_are_refused() -> None:
    split = changes_of([(1, "Admin", "add"), (2, "Admin", "add"), (1, "Teacher", "add")])
    with pytest.raises(ValueError, match="order them first"):
        chunks(split, 2)
    with pytest.raises(ValueError, match="chunk size 0"):
        chunks(order(split), 0)
