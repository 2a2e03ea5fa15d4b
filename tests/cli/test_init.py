"""init by options, as a script runs it."""

import json
import tomllib
from pathlib import Path

import pytest

from rolesync.sandbox.control_client import Control
from tests.cli.test_questions import newcomer
from tests.command import OWNER, SAMPLE, TOKEN, Shell


@pytest.fixture
def new(sh: Shell, tmp_path: Path) -> Shell:
    (tmp_path / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
    return newcomer(sh)


def options(studio: Control, **others: str) -> list[str]:
    named = {"account": studio.base_url, "token-file": "token", "owner": OWNER, **others}
    return [word for name, value in named.items() if value for word in (f"--{name}", value)]


def test_options_answer_every_question(new: Shell, studio: Control) -> None:
    answer = new.json("init", *options(studio, list=str(SAMPLE)), "--role", "Admin", "--role", "Subaccount admin")
    settings = tomllib.loads((new.folder / "rolesync.toml").read_text("utf-8"))
    assert settings == {
        "base_url": studio.base_url,
        "owner": OWNER,
        "managed_roles": ["Admin", "Subaccount admin"],
        "secrets_dir": "secrets",
        "list": str(SAMPLE),
    }
    assert answer["next"] == ["rolesync doctor", f"rolesync plan {SAMPLE} -o plan.json"]
    assert answer["notes"] == []
    assert TOKEN not in json.dumps(answer)
    assert new.run("doctor").returncode == 0


def test_the_settings_can_be_written_elsewhere(new: Shell, studio: Control) -> None:
    (new.folder / "etc").mkdir()
    answer = new.json("init", *options(studio, config="etc/ours.toml"))
    assert answer["next"][0] == "rolesync doctor --config etc/ours.toml"
    assert new.run("doctor", "--config", "etc/ours.toml").returncode == 0


@pytest.mark.parametrize(
    ("others", "code", "message"),
    [
        ({"account": ""}, 64, "missing: --account"),
        ({"account": "two words"}, 64, "the account must be the name"),
        ({"account": "http://127.0.0.1:9"}, 6, "no Studio answers at http://127.0.0.1:9"),
        ({"token-file": ""}, 64, "missing: --token-file"),
        ({"token-file": "gone"}, 64, "gone can't be read"),
        ({"client-id": "x"}, 64, "exclude each other"),
        ({"owner": ""}, 64, "missing: --owner"),
        ({"owner": "nobody@example.edu"}, 64, "no user of Studio is nobody@example.edu"),
        ({"owner": "no body"}, 64, "the owner"),
        ({"role": "admin"}, 64, "nobody in Studio holds the role 'admin': did you mean Admin?"),
        ({"list": "gone.csv"}, 64, "there is no list gone.csv"),
        ({"config": "gone/rolesync.toml"}, 64, "there is no folder gone"),
        ({"config": "/proc/rolesync.toml"}, 64, "/proc/rolesync.toml can't be written: No such file or directory"),
        ({"config": "x" * 300}, 64, "File name too long; nothing was asked"),
        ({"config": f"{'x' * 300}/y"}, 64, "File name too long; nothing was asked"),
        ({"list": "x" * 300}, 64, "File name too long"),
    ],
)
def test_a_wrong_or_missing_answer_writes_nothing(
    others: dict[str, str], code: int, message: str, new: Shell, studio: Control
) -> None:
    completed = new.run("init", *options(studio, **others))
    assert completed.returncode == code, completed.stderr
    assert message in completed.stderr
    assert {path.name for path in new.folder.iterdir()} == {"token"}


def test_a_wrong_token_is_refused(new: Shell, studio: Control) -> None:
    (new.folder / "token").write_text("wrong", encoding="utf-8")
    completed = new.run("init", *options(studio))
    assert (completed.returncode, "doesn't accept this token" in completed.stderr) == (6, True)
    for content, problem in ((b"\xff", "is not text"), (b" \n", "is empty")):
        (new.folder / "token").write_bytes(content)
        assert problem in new.run("init", *options(studio)).stderr


def test_settings_that_are_there_are_replaced_only_on_purpose(new: Shell, studio: Control) -> None:
    (new.folder / "rolesync.toml").write_text("# mine\n", encoding="utf-8")
    refused = new.run("init", *options(studio))
    assert (refused.returncode, "rolesync.toml exists already" in refused.stderr) == (64, True)
    assert (new.folder / "rolesync.toml").read_text("utf-8") == "# mine\n"
    assert new.run("init", *options(studio), "--force").returncode == 0
    assert (new.folder / "rolesync.toml.old").read_text("utf-8") == "# mine\n"
    refused = new.run("init", *options(studio))
    assert "rolesync.toml and secrets/rolesync_token exist already; nothing was asked" in refused.stderr
    assert "--force replaces them and keeps the old file" in refused.stderr


def test_without_a_list_the_next_commands_make_one(new: Shell, studio: Control) -> None:
    following = new.json("init", *options(studio))["next"]
    assert following == ["rolesync doctor", "rolesync export -o roles.csv", "rolesync plan roles.csv -o plan.json"]
    for command in following:
        assert new.run(*command.split()[1:]).returncode == 0


def test_a_studio_that_does_not_answer_is_said_once(new: Shell, studio: Control) -> None:
    refused = new.run("init", *options(studio, account="http://127.0.0.1:9"))
    assert refused.stderr.startswith("rolesync: no Studio answers at http://127.0.0.1:9\n")


def test_variables_that_win_over_the_new_files_are_named(new: Shell, studio: Control) -> None:
    completed = new.run("init", *options(studio), token="another", owner="7")
    assert completed.returncode == 0, completed.stderr
    assert "unset ROLESYNC_OWNER ROLESYNC_TOKEN" in completed.stdout
    (new.folder / ".env").write_text("ROLESYNC_TOKEN=another\n", encoding="utf-8")
    completed = new.run("init", *options(studio), "--force")
    assert "the next command will refuse: settings: token comes from" in completed.stdout


def test_a_developer_key_without_a_terminal_leads_to_login(new: Shell, studio: Control) -> None:
    (new.folder / "token").write_text("sandbox-secret", encoding="utf-8")
    key = {"token-file": "", "client-id": "sandbox-client", "client-secret-file": "token"}
    answer = new.json("init", *options(studio, **key, **{"redirect-uri": "https://studio.example.edu"}))
    assert answer["next"][0] == "rolesync login"
    assert "not compared with Studio" in answer["notes"][0]
    assert (new.folder / "secrets" / "rolesync_client_secret").read_text("utf-8") == "sandbox-secret\n"
    assert "login" in new.run("doctor").stdout
