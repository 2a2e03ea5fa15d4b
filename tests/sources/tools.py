"""What the tests of fetching share: a list, an access with short times, and a clock that stands still."""

from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from rolesync.sources.fetch_context import Access, Clocks, Deadline
from tests.servers import FakeSleep, ScriptedAnswer

LIST = b"email,role\nann@example.edu,Admin\n"
OTHER = b"email,role\nann@example.edu,Admin\nben@example.edu,Admin\n"
NOW = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
CHANGED = datetime(2026, 11, 29, 18, 30, tzinfo=UTC)
LAST_MODIFIED = "Sun, 29 Nov 2026 18:30:00 GMT"
SECRET = "s3cret-never-shown"


def access_of(**values: Any) -> Access:
    """Make an access; secrets may be texts."""
    for name in ("list_secret", "list_headers"):
        values[name] = SecretStr(values.get(name, ""))
    return Access(**{"list_timeout": 5.0, **values})


def clocks_of(sleep: FakeSleep | None = None) -> Clocks:
    fake = sleep or FakeSleep()
    return Clocks(lambda: NOW, fake.clock, fake.sleep)


def deadline_of(access: Access, clocks: Clocks) -> Deadline:
    return Deadline("the list", access.list_timeout, clocks)


def csv(body: bytes = LIST, status: int = 200, **headers: str) -> ScriptedAnswer:
    """Answer with a list; `_` in a header's name stands for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ScriptedAnswer(status, body, {"Content-Type": "text/csv", **named})
