"""A read decides each change of a user; side effects name the roles nobody asked to change."""

from rolesync.executor.outcomes import end_by_reading, side_effect
from tests.executor.test_change import change


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
