"""README, manual and help texts agree with the program, and with each other."""

import os
import re
import shlex
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from pydantic import SecretStr

from rolesync.cli.commands import COMMANDS
from rolesync.configuration.settings_sources import CONFIG_FILE, PREFIX, SECRETS_FOLDER
from rolesync.errors import Exit
from rolesync.model.frames import CHANGES, HELD, LIVE, frame
from rolesync.model.history import GuardBaseline
from rolesync.model.live import Live
from rolesync.model.plans import Changes, Policy, RoleCount
from rolesync.notify.metrics import METRICS
from rolesync.notify.table import NotifyTable
from rolesync.planner.guards import judge
from rolesync.reader.known_exports import known_exports
from rolesync.settings import Settings
from tests.in_process import run_in_process
from tests.paths import ROOT

MANUAL = ROOT / "rolesync" / "manual"
FILES = {path.name: path for path in (ROOT / "README.md", *sorted(MANUAL.glob("*.md")))}
FILES |= {name: ROOT / name for name in ("jobs/README.md", "jobs/git/README.md")}
PAGES = {name: path.read_text("utf-8") for name, path in FILES.items()}
TEXT = "\n".join(PAGES.values())
BIN = Path(sys.executable).parent
GROUPS = ("audit", "config", "fleet")  # commands with subcommands


def rolesync(*arguments: str) -> str:
    env = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}
    completed = run_in_process(arguments, ROOT, env, timeout=60)
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


def commands(help_text: str) -> list[str]:
    _, _, listed = help_text.partition("Commands:\n")
    return re.findall(r"^  ([a-z]+)  ", listed.partition("\n\n")[0], flags=re.MULTILINE)


@pytest.fixture(scope="module")
def helps() -> dict[str, str]:
    top = rolesync("--help")
    texts = {"": top, **{name: rolesync(name, "--help") for name in COMMANDS}}
    for group in GROUPS:
        texts |= {f"{group} {name}": rolesync(group, name, "--help") for name in commands(texts[group])}
    return texts


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


def keys_table() -> str:
    """Every key of `[[notify]]`, as the manual lists it."""
    lines = ["| key | default | what it is |", "|---|---|---|"]
    for name, field in NotifyTable.model_fields.items():
        default = "" if field.is_required() or field.get_default() in ("", (), None) else field.get_default()
        words = ", ".join(default) if isinstance(default, tuple) else default
        lines.append(f"| `{name}` | {words} | {field.description} |")
    return "\n".join(lines)


def metrics_table() -> str:
    """Every metric, as the manual lists it."""
    return "\n".join(
        ["| metric | what it is |", "|---|---|", *(f"| `{name}` | {text} |" for name, text in METRICS.items())]
    )


def exports_table() -> str:
    """Every export that `migrate` reads, as the manual lists it."""
    lines = ["| `--from` | reads | gives | mind |", "|---|---|---|---|"]
    for export in known_exports().values():
        if export.readable:
            unconfirmed = "headers or words are not confirmed: check the result" if not export.confirmed else ""
            mind = "; ".join(filter(None, [export.mind, unconfirmed]))
            lines.append(f"| `{export.name}` | {export.title} | {export.gives} | {mind} |".replace("|  |", "| |"))
    return "\n".join(lines)


def used_commands(text: str) -> list[list[str]]:
    """The words of each rolesync command that blocks and sentences show."""
    blocks = re.findall(r"^```(?:sh|console)\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    spans = re.findall(r"`(?:ROLESYNC_\w+=\S* )?(rolesync [^`\n]+)`", text)
    matches = (re.search(r"(?:^|\s)rolesync ([^&>#|]+)", line) for line in [*lines, *spans])
    return [shlex.split(match[1]) for match in matches if match]


def test_every_command_is_in_the_manual(helps: dict[str, str]) -> None:
    assert len(helps) > 10
    for name in filter(None, helps):
        assert f"rolesync {name}" in TEXT, f"neither README nor manual mentions `rolesync {name}`"


@pytest.mark.parametrize("name", PAGES)
def test_every_command_and_option_of_a_page_exists(name: str, helps: dict[str, str]) -> None:
    for words in used_commands(PAGES[name]):
        if words[0] in {"COMMAND", "help"}:
            continue
        command = " ".join(words[:2]) if words[0] in GROUPS else words[0]
        assert command in helps, f"there is no command {command}"
        for option in (word for word in words if re.fullmatch(r"--?[a-z][a-z-]*", word)):
            assert re.search(rf"(?<![\w-]){re.escape(option)}\b", helps[command]), f"{command} has no {option}"
    for option in re.findall(r"`(?:[a-z]+ )?(--[a-z-]+)", PAGES[name]):
        assert any(option in text for text in helps.values()), f"no command has {option}"


@pytest.mark.parametrize("name", PAGES)
def test_every_setting_of_a_page_exists(name: str) -> None:
    variables = {f"{PREFIX}{setting}".upper() for setting in Settings.model_fields} | {CONFIG_FILE, SECRETS_FOLDER}
    assert set(re.findall(r"ROLESYNC_[A-Z_]+", PAGES[name])) <= variables
    for block in re.findall(r"^```toml.*?\n(.*?)^```", PAGES[name], flags=re.MULTILINE | re.DOTALL):
        if "[fleet]" not in block:  # a fleet file has keys of its own; the page's commands read it
            settings, *tables = re.split(r"^\[\[notify\]\]$", block, flags=re.MULTILINE)
            assert set(re.findall(r"^(\w+) =", settings, flags=re.MULTILINE)) <= Settings.model_fields.keys()
            for table in tables:
                assert set(re.findall(r"^(\w+) =", table, flags=re.MULTILINE)) <= NotifyTable.model_fields.keys()


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_to_a_file_and_a_heading(name: str) -> None:
    folder = FILES[name].parent
    for target in re.findall(r"\]\(([^)]+)\)", PAGES[name]):
        file, _, heading = target.partition("#")
        assert (folder / file).exists(), target
        headings = {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in _headings(folder / file)}
        assert not heading or heading in headings, target


def _headings(path: Path) -> list[str]:
    return re.findall(r"^#+ (.+)$", path.read_text("utf-8"), flags=re.MULTILINE) if path.suffix == ".md" else []


def test_the_readme_is_short_and_its_picture_small() -> None:
    assert len(PAGES["README.md"].splitlines()) <= 150
    assert (MANUAL / "review.png").stat().st_size < 150_000


def test_every_command_says_what_it_does_and_has_json(helps: dict[str, str]) -> None:
    for name, text in helps.items():
        if name not in {"", "completion", "sandbox", "fleet run", *GROUPS}:  # the command that it runs has it
            assert "--format" in text, name


def test_exit_codes_are_the_same_in_manual_help_and_program(helps: dict[str, str]) -> None:
    page = PAGES["troubleshooting.md"]
    table = dict(re.findall(r"^\| (\d+) \| (.+) \|$", page, flags=re.MULTILINE))
    assert {int(code) for code in table} == {code.value for code in Exit}
    flat = " ".join(helps[""].split())
    for code, meaning in table.items():
        assert f"{code} {meaning.replace('`', '')}" in flat
        assert re.search(rf"^## {code}\b", page, flags=re.MULTILINE), (
            f"no section says what to do after exit code {code}"
        )


def test_the_settings_table_is_the_programs() -> None:
    table = settings_table()
    assert table in PAGES["settings.md"], f"put this between the marks of rolesync/manual/settings.md:\n{table}"


def test_the_tables_of_messages_and_metrics_are_the_programs() -> None:
    for table in (keys_table(), metrics_table()):
        assert table in PAGES["notify.md"], f"put this between the marks of rolesync/manual/notify.md:\n{table}"


def test_the_table_of_exports_is_the_programs() -> None:
    table = exports_table()
    assert table in PAGES["migration.md"], f"put this into rolesync/manual/migration.md:\n{table}"


def test_the_rules_of_the_manual_are_the_guards_with_their_defaults() -> None:
    section = PAGES["guards.md"]
    documented = dict(re.findall(r"^\| `([a-z_]+)` \|.*\| ([^|]+) \|$", section, flags=re.MULTILINE))
    nothing = Changes(frame(CHANGES), frame(HELD), (RoleCount("Admin", 0, 0, 0),))
    verdicts = judge(nothing, Live(frame(LIVE), ("Admin",)), Policy(), (), GuardBaseline())
    limits = {field.name for field in fields(Policy)} - {"managed_roles", "mode", "chunk_size"}
    assert limits - {verdict.rule for verdict in verdicts} == {"hold_removals", "grace_runs"}
    assert set(documented) == {verdict.rule for verdict in verdicts} | limits
    words = {None: "any", "": "nobody", (): "nobody", False: "off"}
    for name in limits:
        default = getattr(Policy(), name)
        expected = str(default) if type(default) in {int, float} else words[default]
        assert documented[name] == expected, name
    final = {verdict.rule for verdict in verdicts if not verdict.overridable}
    assert set(re.findall(r"^\| `([a-z_]+)` \|.*; no override \|", section, flags=re.MULTILINE)) == final
