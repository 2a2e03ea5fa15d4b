"""The README and the help texts, held against the program."""

import os
import re
import socket
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from pydantic import SecretStr

from rolesync.errors import Exit
from rolesync.model.frames import CHANGES, HELD, LIVE, frame
from rolesync.model.history import History
from rolesync.model.live import Live
from rolesync.model.plans import Changes, Policy, RoleCount
from rolesync.planner.guards import judge
from rolesync.settings import Settings
from tests.paths import ROOT

README = (ROOT / "README.md").read_text("utf-8")
BIN = Path(sys.executable).parent


def rolesync(*arguments: str) -> str:
    env = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run(
        [BIN / "rolesync", *arguments], env=env, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def commands(help_text: str) -> list[str]:
    _, _, listed = help_text.partition("Commands:\n")
    return re.findall(r"^  ([a-z]+)  ", listed.partition("\n\n")[0], flags=re.MULTILINE)


@pytest.fixture(scope="module")
def helps() -> dict[str, str]:
    top = rolesync("--help")
    texts = {"": top, **{name: rolesync(name, "--help") for name in commands(top)}}
    return {**texts, **{f"audit {name}": rolesync("audit", name, "--help") for name in commands(texts["audit"])}}


def settings_table() -> str:
    lines = ["| setting | default | what it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "a folder of the user's" if field.default_factory else field.get_default()
        if isinstance(default, SecretStr) or default in ("", (), {}, None):
            default = ""
        elif isinstance(default, tuple):
            default = '["' + '", "'.join(default) + '"]'
        lines.append(f"| `{name}` | {default} | {field.description} |")
    return "\n".join(lines)


def test_every_command_is_in_the_readme(helps: dict[str, str]) -> None:
    assert len(helps) > 10
    for name in filter(None, helps):
        assert f"rolesync {name}" in README, f"README doesn't mention `rolesync {name}`"


def test_every_command_and_option_of_the_readme_exists(helps: dict[str, str]) -> None:
    for line in re.findall(r"^rolesync (.+)$", README, flags=re.MULTILINE):
        words = line.removesuffix("&").split()
        name = " ".join(words[:2]) if words[0] == "audit" else words[0]
        for option in (word for word in words if word.startswith("-")):
            assert re.search(rf"{re.escape(option)}\b", helps[name]), f"{name} has no {option}"
    for option in re.findall(r"`(?:[a-z]+ )?(--[a-z-]+)", README):
        assert any(option in text for text in helps.values()), f"no command has {option}"


def test_every_command_says_what_it_does_and_has_json(helps: dict[str, str]) -> None:
    for name, text in helps.items():
        if name not in {"", "audit", "sandbox"}:
            assert "--format" in text, name


def test_exit_codes_are_the_same_in_readme_help_and_program(helps: dict[str, str]) -> None:
    table = dict(re.findall(r"^\| (\d+) \| (.+) \|$", README, flags=re.MULTILINE))
    assert {int(code) for code in table} == {code.value for code in Exit}
    flat = " ".join(helps[""].split())
    for code, meaning in table.items():
        assert f"{code} {meaning.replace('`', '')}" in flat


def test_the_settings_table_is_the_programs() -> None:
    assert settings_table() in README, f"put this between the settings marks of the README:\n{settings_table()}"


def test_the_rules_of_the_readme_are_the_guards_with_their_defaults() -> None:
    _, _, section = README.partition("## When a guard stops a plan")
    section, _, _ = section.partition("\n## ")
    told = dict(re.findall(r"^\| `([a-z_]+)` \|.*\| ([^|]+) \|$", section, flags=re.MULTILINE))
    nothing = Changes(frame(CHANGES), frame(HELD), (RoleCount("Admin", 0, 0, 0),))
    verdicts = judge(nothing, Live(frame(LIVE), ("Admin",)), Policy(), (), History())
    limits = {field.name for field in fields(Policy)} - {"managed_roles", "mode", "chunk_size"}
    assert limits - {verdict.rule for verdict in verdicts} == {"hold_removals", "grace_runs"}
    assert set(told) == {verdict.rule for verdict in verdicts} | limits
    words = {None: "any", "": "nobody", (): "nobody", False: "off"}
    for name in limits:
        default = getattr(Policy(), name)
        expected = str(default) if type(default) in {int, float} else words[default]
        assert told[name] == expected, name
    final = {verdict.rule for verdict in verdicts if not verdict.overridable}
    assert set(re.findall(r"^\| `([a-z_]+)` \|.*; no override \|", section, flags=re.MULTILINE)) == final


@pytest.mark.skipif(os.name == "nt", reason="the README's commands are for a POSIX shell")
def test_the_readmes_commands_run(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    blocks = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    assert len(blocks) > 4
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    script = "set -eu\ntrap 'kill $(jobs -p)' EXIT\n" + "".join(blocks).replace("8765", port)
    env = {name: value for name, value in os.environ.items() if not name.startswith("ROLESYNC_")}
    env |= {"PATH": f"{BIN}{os.pathsep}{env['PATH']}", "ROLESYNC_STATE_DIR": str(tmp_path / "state")}
    done = subprocess.run(
        ["/bin/bash", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "live equals the plan" in done.stdout
    assert (tmp_path / "plan.html").stat().st_size > 0
