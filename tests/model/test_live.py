from rolesync.model.frames import LIVE, frame
from rolesync.model.keys import format_roles
from rolesync.model.live import Live


def live() -> Live:
    roles = [
        format_roles(["Admin"]),
        format_roles(["Teacher", "Admin"]),
        format_roles([]),
        format_roles(["Subaccount admin"]),
    ]
    data = {"user_id": [1, 2, 3, 2**63 - 1], "email": ["a@x", "", "c@x", "d@x"], "name": [""] * 4, "roles": roles}
    return Live(frame(LIVE, data), ("Admin",))


def test_holders_hold_that_very_role() -> None:
    assert live().holders("Admin")["user_id"].tolist() == [1, 2]
    assert live().holders("Subaccount admin")["user_id"].tolist() == [2**63 - 1]
    assert live().holders("admin").empty
