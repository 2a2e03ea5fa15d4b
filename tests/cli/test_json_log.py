"""A log for programs: with log_format = "json", every line on standard error is one event, the last one of an error."""

import json
from typing import Any

import pytest

from rolesync.sandbox.control_client import Control
from tests.command import ADMINS, SAMPLE, Shell


def events(text: str) -> list[dict[str, Any]]:
    """Read standard error, of which every line must be an event."""
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("command", "settings", "code", "event"),
    [
        (["sync", "list.csv"], {"token": "wrong"}, 6, "Studio answered 401"),
        (["sync", "short.csv"], {}, 4, "BLOCKED by max_removals_share"),
        (["plan", "short.csv", "-o", "plan.json"], {}, 4, "BLOCKED by max_removals_share"),
        (["sync", "broken.csv"], {}, 3, "the list broken.csv can't be used: 1 error in row 2, column email"),
        (["validate", "broken.csv"], {}, 3, "the list broken.csv can't be used"),
        (["apply", "missing.json", "--yes"], {}, 3, "the plan missing.json does not exist"),
        (["apply", "broken.csv", "--yes"], {}, 3, "broken.csv is a list, not a plan"),
        (["export", "-o", "none/list.csv"], {}, 64, "the folder none does not exist"),
        (["doctor"], {"token": "wrong"}, 6, "not ready: "),
        (["plan", "--no-such-option"], {}, 64, "No such option"),
        (["plan", "list.csv"], {"chunk_size": "many"}, 64, "ROLESYNC_CHUNK_SIZE in the environment"),
        (["undo", "20200101T000000-abcdef"], {}, 64, "20200101T000000-abcdef"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else None,
)
def test_an_error_is_one_event_too(
    command: list[str], settings: dict[str, str], code: int, event: str, sh: Shell
) -> None:
    sh.list_of(ADMINS)
    sh.list_of(ADMINS[:2], "short.csv")
    sh.list_of(["ingrid at example.edu"], "broken.csv")
    completed = sh.run(*command, log_format="json", **settings)
    assert completed.returncode == code
    *_, last = events(completed.stderr)
    assert event in last["event"]
    assert (last["level"], last["exit_code"]) == ("error", code)
    assert sum(each["level"] == "error" for each in events(completed.stderr)) == 1


def test_what_was_saved_is_an_event_of_the_level_info(sh: Shell) -> None:
    quiet = sh.run("plan", SAMPLE, "-o", "plan.json", log_format="json")
    assert (quiet.returncode, quiet.stderr) == (0, "")
    logged = sh.run("plan", SAMPLE, "-o", "plan.json", log_format="json", log_level="info")
    assert {"event": "the plan saved", "path": "plan.json", "level": "info"}.items() <= events(logged.stderr)[
        -1
    ].items()


def test_a_run_that_is_not_complete_is_an_event_with_what_to_do(sh: Shell, studio: Control) -> None:
    assert sh.run("plan", SAMPLE, "-o", "plan.json").returncode == 0
    studio.edit_person(1052, roles=["Teacher", "Admin"])
    completed = sh.run("apply", "plan.json", "--yes", log_format="json")
    assert completed.returncode == 5
    *_, last = events(completed.stderr)
    assert last["event"].startswith("INCOMPLETE: 5 of 6 changes done")
    assert last["hint"].startswith("to see each change: rolesync show 20")
