"""A local Studio to try things on: an HTTP server over SQLite that follows the API reference, with faults on demand.

It shares no code with the client that it tests, and needs the extra `sandbox`.

    with Sandbox(Options(users=1000)) as studio:
        requests.get(f"{studio.base_url}/api/public/v1/users/search", params={"role": "Admin"}, headers=…)
        assert studio.log() == []
"""

from rolesync.sandbox.control_client import Control
from rolesync.sandbox.faults import Fault, Faults
from rolesync.sandbox.options import ROLES, Options
from rolesync.sandbox.sample_people import OWNER, Person
from rolesync.sandbox.server import Sandbox, serve

__all__ = ["OWNER", "ROLES", "Control", "Fault", "Faults", "Options", "Person", "Sandbox", "serve"]
