"""sandbox: how it is started, and what it refuses."""

from rolesync.sandbox.control import Control
from tests.e2e.command import Shell


def test_the_sandbox_wants_a_free_port(sh: Shell, studio: Control) -> None:
    port = studio.base_url.rpartition(":")[2]
    taken = sh.run("sandbox", "--port", port)
    assert taken.returncode == 64
    assert f"port {port} can't be opened" in taken.stderr
