from rolesync.workflows.context import Context
from rolesync.workflows.lookup import look_up_people


def test_users_of_any_role_are_looked_up_by_address_and_id(context: Context) -> None:
    student, observer, nobody, stranger = "lukasz.zak@example.edu", 1067, "fatima.elamrani@example.edu", 999
    live = look_up_people([(student, 0), ("", observer), (nobody, 0), ("", stranger)], context)
    ids = set(live.users["user_id"].tolist())
    assert {1071, observer, 1103} < ids
    assert stranger not in ids
    assert {1002, 1052} < ids  # the holders of the managed role, and the teachers
