"""Batches keep the changes of a user together; side effects name the roles nobody asked to change."""

from rolesync.executor.change import Change, count_users, end_by_reading, side_effect, split
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


def test_roles_that_changed_unasked_are_side_effects() -> None:
    changes = [change(1, "add", "Admin", "Teacher", "Observer"), change(1, "remove", "Observer", "Teacher", "Observer")]
    assert side_effect(changes, ("Admin", "Teacher")) == ""
    assert side_effect(changes, ("Observer", "Teacher")) == ""
    assert side_effect(changes, ("Admin", "Student")) == "also lost Teacher; also gained Student"


def test_a_read_decides_each_change_of_a_user_and_names_the_side_effects() -> None:
    changes = [change(1, "add", "Admin", "Teacher", "Observer"), change(1, "remove", "Observer", "Teacher", "Observer")]
    end_by_reading(changes, frozenset({"Admin", "Observer"}), "refused")
    assert [(each.outcome.value, each.detail) for each in changes] == [
        ("done", "confirmed by reading again; also lost Teacher"),
        ("failed", "refused"),
    ]
    assert {each.before for each in changes} == {each.after for each in changes} == {'["Admin", "Observer"]'}


def test_a_user_who_is_gone_fails_each_change() -> None:
    changes = [change(1), change(2, "add", "Admin", "Teacher")]
    for each in changes:
        end_by_reading([each], None, "refused")
    assert [each.detail for each in changes] == [
        "this user is no longer in Studio",
        "the search lists #2, but Studio answers 404 for this id",
    ]
