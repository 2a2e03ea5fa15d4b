"""notify --test: which channels deliver."""

import json
from dataclasses import replace

from tests.command import Shell
from tests.fleet.tools import write_fleet
from tests.servers import ScriptedAnswer, ScriptedStudio, in_turn


def test_a_test_message_goes_by_every_channel(sh: Shell) -> None:
    tables = [{"to": "slack", "url_file": "url", "on": []}, {"to": "command", "command": ["sh", "-c", "exit 7"]}]
    with ScriptedStudio(in_turn(ScriptedAnswer(200))) as chat:
        (sh.folder / "url").write_text(chat.base_url, encoding="ascii")
        completed = sh.run("notify", "--test", notify=json.dumps(tables))
        data = sh.json("notify", "--test", exit_code=5, notify=json.dumps(tables))
        assert sh.run("notify", "--test", notify=json.dumps(tables[:1])).returncode == 0
    assert chat.requests[0].json["text"].startswith("*rolesync: Test message: 127.0.0.1:")
    assert completed.returncode == 5
    assert completed.stdout == (
        "table 1, slack: delivered\ntable 2, command: not delivered: the command ended with exit code 7\n"
    )
    assert "1 of 2 test messages were not delivered" in completed.stderr
    assert data["deliveries"] == [
        {"table": 1, "channel": "slack", "delivered": True, "error": None},
        {"table": 2, "channel": "command", "delivered": False, "error": "the command ended with exit code 7"},
    ]
    assert not (sh.folder / "state").exists()


def test_it_needs_the_option_and_a_table(sh: Shell) -> None:
    assert "rolesync notify --test" in sh.run("notify").stderr
    completed = sh.run("notify", "--test")
    assert (completed.returncode, "there is no [[notify]] table" in completed.stderr) == (64, True)


def test_the_channels_of_a_fleet_are_in_its_file(sh: Shell) -> None:
    with ScriptedStudio(in_turn(ScriptedAnswer(200))) as chat:
        keys = '[[fleet.notify]]\nto = "slack"\nurl_file = "url"\n'
        write_fleet(sh.folder, {"north": "http://127.0.0.1:1"}, fleet=keys)
        (sh.folder / "url").write_text(chat.base_url, encoding="ascii")
        variables = {name: value for name, value in sh.variables.items() if not name.startswith("ROLESYNC_")}
        fleet = replace(sh, variables=variables)
        assert fleet.run("notify", "--test", "-f", "fleet.toml").stdout == "table 1, slack: delivered\n"
        assert fleet.run("notify", "--test", "-f", "fleet.toml", "--set", "timeout=1").returncode == 64
    (request,) = chat.requests
    assert request.json["text"].startswith("*rolesync: Test message: fleet district*")
