"""Completion, by each shell that this machine has: commands, options, values, and files where a file is wanted."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from rolesync.cli.completion import completed_words
from tests.command import ROLESYNC, SAMPLE, Shell

SCRIPTS = {
    "bash": """
source <(rolesync completion bash)
COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_rolesync_completion rolesync
printf '%s\\n' "${{COMPREPLY[@]}}"
""",
    "zsh": """
compdef() {{ : }}
_arguments() {{ print -r -- "$@" }}
_files() {{ print FILES }}
source <(rolesync completion zsh)
words=({words}); CURRENT=$#words
_rolesync_completion
""",
    "fish": """
rolesync completion fish | source
complete --do-complete '{line}'
""",
    "pwsh": """
rolesync completion powershell | Out-String | Invoke-Expression
(TabExpansion2 -inputScript '{line}' -cursorColumn {column}).CompletionMatches | ForEach-Object {{ $_.CompletionText }}
""",
}
"""By shell, a script that completes a line as the shell itself would, and prints what it offers."""

REQUIRED = "bash"


def offered(shell: str, sh: Shell, *words: str) -> str:
    program = shutil.which(shell)
    if program is None:
        assert shell != REQUIRED
        pytest.skip(f"{shell} is not installed")
    line = " ".join(words)
    quoted = " ".join(f"'{word}'" for word in words)
    script = SCRIPTS[shell].format(words=quoted, line=line, column=len(line))
    path = os.pathsep.join([str(ROLESYNC.parent), sh.variables["PATH"]])
    options = {"pwsh": ["-NoProfile", "-Command"], "zsh": ["-f", "-c"], "fish": ["--no-config", "-c"]}
    completed = subprocess.run(
        [program, *options.get(shell, ["--norc", "-c"]), script],
        cwd=sh.folder,
        env={**sh.variables, "PATH": path, "HOME": str(sh.folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    assert "Traceback" not in completed.stderr
    return completed.stdout


@pytest.mark.usefixtures("unmeasured_processes")
@pytest.mark.parametrize("shell", list(SCRIPTS))
def test_each_shell_completes_commands_options_values_and_files(shell: str, sh: Shell) -> None:
    assert "validate" in offered(shell, sh, "rolesync", "val")
    assert "--no-removals" in offered(shell, sh, "rolesync", "plan", "--no-re")
    assert "first-steps" in offered(shell, sh, "rolesync", "help", "fi")
    (sh.folder / "roles-2026.csv").touch()
    files = offered(shell, sh, "rolesync", "plan", "roles-")
    assert files.strip() in {"", "FILES"} or "roles-2026.csv" in files  # "": bash completes files itself
    run = sh.json("sync", SAMPLE)["run"]["run"]
    assert run in offered(shell, sh, "rolesync", "undo", run[:4])


def test_bash_completes_a_file_by_itself(sh: Shell) -> None:
    (sh.folder / "roles-2026.csv").touch()
    script = "source <(rolesync completion bash); complete -p rolesync"
    path = os.pathsep.join([str(ROLESYNC.parent), sh.variables["PATH"]])
    completed = subprocess.run(
        [shutil.which("bash") or "bash", "--norc", "-c", script],
        env={**sh.variables, "PATH": path},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    assert completed.stdout == "complete -o default -F _rolesync_completion rolesync\n"


def test_an_unknown_shell_is_wrong_usage(sh: Shell) -> None:
    refused = sh.run("completion", "tcsh")
    assert refused.returncode == 64
    assert "powershell" in refused.stderr


def test_a_completion_imports_only_the_command_of_its_line(tmp_path: Path) -> None:
    environment = {**os.environ, "COMP_WORDS": "rolesync\nplan\n--fo", "COMP_CWORD": "2"}
    environment["_ROLESYNC_COMPLETE"] = "complete_bash"
    completed = subprocess.run(
        [ROLESYNC.with_name("python"), "-X", "importtime", ROLESYNC],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    assert completed.stdout.split() == ["--format"]
    modules = {line.rpartition("|")[2].strip() for line in completed.stderr.splitlines()}
    assert modules & {"pandas", "requests", "rolesync.cli.apply", "rolesync.settings", "rich.markdown"} == set()


def test_the_words_of_a_line_come_from_the_shell() -> None:
    assert completed_words({}) is None
    bash = {"_ROLESYNC_COMPLETE": "complete_bash", "COMP_WORDS": "rolesync\nplan\n"}
    assert completed_words(bash) == ["rolesync", "plan"]
    fish = {"_ROLESYNC_COMPLETE": "complete_fish", "_TYPER_COMPLETE_ARGS": "rolesync show "}
    assert completed_words(fish) == ["rolesync", "show"]
