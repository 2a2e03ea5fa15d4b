"""Why a command refuses or fails: in words on standard error, as JSON on standard output."""

import json

import pytest

from rolesync.cli.refusal import _wrapped, error_json, raise_if_broken, show_json_before_break, write_error
from rolesync.errors import Exit, LockHeldError, RecordBrokenError
from rolesync.sandbox.control_client import Control
from tests.command import ADMINS, SAMPLE, Shell, nonzero


def test_a_broken_record_shows_what_can_be_trusted_and_then_fails(sh: Shell) -> None:
    first = sh.json("sync", SAMPLE)["run"]["run"]
    sh.json("plan", SAMPLE)
    (path,) = sh.folder.glob("state/*/audit.jsonl")
    text = path.read_text(encoding="ascii")
    path.write_text(text.replace('"event":"run.end"', '"event":"run.End"'), encoding="ascii")

    listed = sh.json("runs", exit_code=5)
    assert [(run["run"], run["status"]) for run in listed["runs"]] == [(first, "open")]
    assert (listed["status"], listed["error"]["exit_code"]) == ("refused", 5)
    assert "audit.jsonl, line 5" in listed["error"]["message"]
    shown = sh.json("audit", "show", first, exit_code=5)
    assert [record["event"] for record in shown["records"]] == ["plan", "run.start", "intent", "outcome"]
    report = sh.json("show", first, exit_code=5)
    assert (report["status"], report["error"]["exit_code"], len(report["outcomes"])) == ("refused", 5, 6)
    assert shown["error"] == listed["error"]
    explanation = sh.json("explain", "omar.haddad@example.edu", exit_code=5)
    assert [change["run"] for change in explanation["changes"]] == [first]
    assert explanation["error"] == listed["error"]
    for command in (["runs"], ["audit", "show", first], ["explain", "omar.haddad@example.edu"]):
        shown_text = sh.run(*command)
        assert shown_text.returncode == 5
        assert first in shown_text.stdout
        assert "audit.jsonl, line 5" in shown_text.stderr


REFUSED = [
    (["plan", SAMPLE, "--set", "chunksize=5"], {}, "unknown setting 'chunksize': did you mean chunk_size?"),
    (["plan", SAMPLE], {"max_removal": 5}, "unknown setting in the environment: 'ROLESYNC_MAX_REMOVAL'"),
    (["plan", SAMPLE], {"base_url": "http://studio.example.edu"}, "would send the token unencrypted"),
    (["plan", SAMPLE], {"token": None}, "no token is set"),
    (["sync", SAMPLE, "--dry-run", "--override", "00"], {}, "contradict each other"),
]


@pytest.mark.parametrize(("arguments", "settings", "message"), REFUSED)
def test_a_wrong_setting_is_refused_as_json_and_in_words(
    sh: Shell, studio: Control, arguments: list[object], settings: dict[str, object], message: str
) -> None:
    refused = sh.json(*arguments, exit_code=64, **settings)
    assert refused["status"] == "refused"
    assert refused["error"]["exit_code"] == 64
    assert message in refused["error"]["message"]
    assert refused["error"]["hint"]
    assert nonzero(studio.counts()) == {}


@pytest.mark.parametrize(
    ("command", "code", "line"),
    [
        (
            ["plan", "broken.csv"],
            3,
            "rolesync: the list broken.csv can't be used: 2 errors, first in row 2, column email:",
        ),
        (
            ["sync", "broken.csv"],
            3,
            "rolesync: the list broken.csv can't be used: 2 errors, first in row 2, column email:",
        ),
        (["sync", "broken.csv", "--dry-run"], 3, "rolesync: the list broken.csv can't be used: 2 errors"),
        (["validate", "broken.csv"], 3, "rolesync: the list broken.csv can't be used: 2 errors"),
        (["plan", "short.csv"], 4, "rolesync: BLOCKED by max_removals_share, as shown above; nothing was written"),
        (["sync", "short.csv"], 4, "rolesync: BLOCKED by max_removals_share, as shown above; nothing was written"),
        (["doctor", "--set", "token=wrong"], 6, "rolesync: not ready: "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_standard_error_alone_says_why_a_command_failed(
    form: str, command: list[str], code: int, line: str, sh: Shell
) -> None:
    sh.list_of(ADMINS[:7], "short.csv")
    sh.list_of(["ingrid at example.edu", "omar at example.edu"], "broken.csv")
    completed = sh.run(*command, "--format", form)
    assert completed.returncode == code
    assert sum(shown.startswith("rolesync: ") for shown in completed.stderr.splitlines()) == 1
    assert line.partition(", as shown")[0] in completed.stderr
    if form == "text":
        assert line in completed.stderr


BROKEN = RecordBrokenError("audit.jsonl, line 5: changed", hint="restore it")


def test_an_error_is_written_with_its_hint_and_without_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    error = LockHeldError("process 7 of \x1b[31mmallory\nholds the lock", hint="wait\x07 for it")
    assert write_error(error) is Exit.LOCKED
    message, hint = capsys.readouterr().err.splitlines()
    assert message.startswith("rolesync: process 7 of ")
    assert hint.startswith("  → wait")
    assert not {"\x1b", "\x07"} & set(message + hint)
    assert write_error(LockHeldError("held")) is Exit.LOCKED
    assert capsys.readouterr().err == "rolesync: held\n"


def test_programs_get_message_hint_and_exit_code() -> None:
    assert error_json(BROKEN) == {"message": "audit.jsonl, line 5: changed", "hint": "restore it", "exit_code": 5}


def test_json_of_a_broken_record_has_what_comes_before_the_break(capsys: pytest.CaptureFixture[str]) -> None:
    assert show_json_before_break({"runs": ["r1"]}, None) is Exit.DONE
    assert json.loads(capsys.readouterr().out) == {"runs": ["r1"]}
    assert show_json_before_break({"runs": ["r1"]}, BROKEN) is Exit.INCOMPLETE
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"status": "refused", "error": error_json(BROKEN), "runs": ["r1"]}
    assert BROKEN.message in captured.err


def test_a_view_of_a_broken_record_ends_with_the_error_of_the_break() -> None:
    assert raise_if_broken(None) is Exit.DONE
    with pytest.raises(RecordBrokenError) as raised:
        raise_if_broken(BROKEN)
    assert raised.value is BROKEN


def test_a_terminal_gets_lines_broken_between_words_but_whole_commands() -> None:
    line = "  → correct it; `rolesync help settings` lists all settings, `rolesync config show` the values in force"
    assert _wrapped(line, 50).splitlines() == [
        "  → correct it; `rolesync help settings` lists all",
        "    settings, `rolesync config show` the values in",
        "    force",
    ]
    advice = "  → this is the id of a run: rolesync show 'r;1'; name a plan by its file, or make a new one"
    assert _wrapped(advice, 50).splitlines() == [
        "  → this is the id of a run: rolesync show 'r;1';",
        "    name a plan by its file, or make a new one",
    ]
    command = "  → make a new plan: rolesync plan 'a long name of a folder/roles.csv' -o plan.json"
    assert _wrapped(command, 40).splitlines() == [
        "  → make a new plan:",
        "    rolesync plan 'a long name of a folder/roles.csv' -o plan.json",
    ]
