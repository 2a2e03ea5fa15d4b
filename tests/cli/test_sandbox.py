"""sandbox: how it is started, and what it refuses."""

import pytest

from rolesync.sandbox.control_client import Control
from tests.command import Shell


def test_the_sandbox_wants_a_free_port(sh: Shell, studio: Control) -> None:
    port = studio.base_url.rpartition(":")[2]
    taken = sh.run("sandbox", "--port", port)
    assert taken.returncode == 64
    assert taken.stderr == (
        f"rolesync: sandbox: can't listen on 127.0.0.1 port {port}: Address already in use\n"
        "  → choose another --port, or 0 for a free port\n"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--faults", "nonsense=1"), "'nonsense=1' is not a fault"),
        (("--users", "30", "--admins", "31"), "admins: 31 is more than all 30 users"),
        (("--db", "none/sandbox.db"), "none/sandbox.db can't be used by the sandbox"),
        (("--db", "list.csv"), "list.csv can't be used by the sandbox"),
    ],
)
def test_options_that_no_sandbox_can_have_are_wrong_usage(sh: Shell, options: tuple[str, ...], message: str) -> None:
    sh.list_of(["admin@example.edu"])
    refused = sh.run("sandbox", "--port", "0", *options)
    assert (refused.returncode, refused.stdout) == (64, "")
    assert message in refused.stderr
    assert "rolesync sandbox --help" in refused.stderr
