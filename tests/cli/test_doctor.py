"""doctor: whether a night could go well, and what is missing."""

from rolesync.sandbox.control_client import Control
from tests.command import Shell


def test_doctor_says_what_is_missing_and_ends_with_its_code(sh: Shell, studio: Control) -> None:
    well = sh.json("doctor")
    assert well["status"] == "pass"
    assert {"token", "owner", "clock", "reachable", "role Admin", "audit record"} <= {
        check["name"] for check in well["checks"]
    }
    ill = sh.json("doctor", exit_code=64, token=None, owner=None)
    assert ill["status"] == "block"
    failed = {check["name"]: check for check in ill["checks"] if check["status"] != "pass"}
    assert failed.keys() == {"token", "owner", "reachable"}
    assert all(check["hint"] for check in failed.values())
    refused = sh.run("doctor", token="revoked-token")
    assert refused.returncode == 6
    assert "401" in refused.stdout
    assert studio.counts()["roles"] == 0


def test_people_get_a_line_a_check_and_what_to_do(sh: Shell) -> None:
    completed = sh.run("doctor", owner=None)
    assert completed.returncode == 0
    output = " ".join(completed.stdout.split())
    assert all(name in output for name in ("managed roles", "state folder", "role Admin 10 holders"))
    assert "0 failed, 1 warning" in output
    assert "ROLESYNC_OWNER" in output
