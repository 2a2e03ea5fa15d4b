"""Batches keep the changes of a user together."""

from rolesync.executor.change import Change, count_users, split
from rolesync.model.keys import format_roles


def change(user_id: int, action: str = "add", role: str = "Admin", *before: str) -> Change:
    return Change(user_id, action, role, f"p{user_id}@example.edu", 2, format_roles(before))


def test_a_batch_is_split_without_separating_the_changes_of_a_user() -> None:
    batch = [change(user_id, "add", role) for user_id, role in [(1, "A"), (2, "A"), (2, "B"), (3, "A"), (4, "A")]]
    assert [[item.user_id for item in part] for part in split(batch, 2)] == [[1], [2, 2], [3, 4]]
    assert [[item.user_id for item in part] for part in split(batch, 1)] == [[1], [2, 2], [3], [4]]
    assert count_users(batch) == 4


def test_a_change_is_done_if_the_user_has_the_wanted_role() -> None:
    assert change(1).is_done(frozenset({"Admin"}))
    assert not change(1, "remove").is_done(frozenset({"Admin"}))
    assert change(1).request == {"user_id": 1, "action": "add", "role": "Admin"}
