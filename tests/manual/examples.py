"""The commands that README and manual show, run in their order as a shell would run them.

In a page, a block `sh` is run. A command that ends in `# exits 4` has that exit code. A block `text` right after it
shows lines of its output, in order; `…` stands for any text. A block whose language is followed by a file name, as in
`csv team.csv`, is that file. Blocks `console` are only shown. `<!-- new shell -->` starts a new shell in an empty
folder. `RUN` stands for the id of the last run, `DIGEST` for the digest of the last plan.
"""

import json
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Self

from tests.command import Shell as TerminalShell
from tests.in_process import run_in_process
from tests.paths import ROOT
from tests.terminal import Terminal

NEW_SHELL = "<!-- new shell -->"
_BLOCK = re.compile(r"^```(\w*) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^(?!#)(?:.*\\\n)*.+", re.MULTILINE)  # a line, and those that its backslashes continue
_COMMENT = re.compile(r"\s+#.*$")
_EXITS = re.compile(r"# exits (\d+)$")
_SHELL_ONLY = re.compile(r"[$&|<>;]")
_SECONDS = 120  # after which a command hangs, however slow the machine


@dataclass
class Example:
    """Commands of one block, and the lines of their output that the page shows; or a file, and its content."""

    commands: list[str] = field(default_factory=list)
    file: str = ""
    shown: str = ""


@dataclass(frozen=True)
class Step:
    """A command as a page shows it, the exit code that the page states, and what running it gave."""

    command: str
    expected: int
    code: int
    output: str  # standard output, then standard error

    def __str__(self) -> str:
        return f"$ {self.command}\n(exit code {self.code}, the page states {self.expected})\n{self.output}"


class Shell:
    """Runs commands one after the other; rolesync in this process, to spare its start.

    Args:
        folder: the current folder at first.
        variables: the environment at first.
        answer: types what a command asks for, given what it has shown.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str], answer: Callable[[str], str]) -> None:
        self._folder, self._variables, self._answer = folder, dict(variables), answer
        self._umask = "0022"
        self._groups: list[int] = []  # of processes, some of which may still run

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for group in self._groups:
            with suppress(ProcessLookupError):  # nothing was left in the background
                os.killpg(group, signal.SIGTERM)

    def write(self, name: str, content: str) -> None:
        """Write a file."""
        (self._folder / name).write_text(content, encoding="utf-8")

    def run(self, command: str) -> Step:
        """Run a command to its end, or start it if it ends in `&`."""
        plain = _COMMENT.sub("", command.replace("\\\n", " "))
        real = re.sub(r"\b(RUN|DIGEST)\b", lambda word: self._latest(word[0]), plain)
        direct = real.startswith("rolesync ") and not _SHELL_ONLY.search(real)
        code, output = self._rolesync(shlex.split(real)[1:]) if direct else self._bash(real)
        expected = _EXITS.search(command)
        return Step(plain, int(expected[1]) if expected else 0, code, output)

    def _rolesync(self, arguments: list[str]) -> tuple[int, str]:
        if arguments == ["init"]:
            return self._init()
        before = os.umask(int(self._umask, 8))
        try:
            done = run_in_process(arguments, self._folder, self._variables, timeout=_SECONDS, answer=self._answer)
        finally:
            os.umask(before)
        return done.returncode, f"{done.stdout}\n{done.stderr}"

    def _init(self) -> tuple[int, str]:
        """Answer the questions of `init` at a terminal, as an account with a developer key."""

        def typed(shown: str) -> str:
            return f"{self._answer(shown).strip()}\n"

        key = ("1 or 2 [1]: ", "1\n", "Client id: ", "sandbox-client\n", "in the key [", "\n", "(not shown): ", typed)
        rest = ("the key): ", typed, "user id): ", "admin@example.edu\n", "[Admin]: ", "\n", "[roles.csv]: ", "\n")
        shell = TerminalShell(self._folder, self._variables)
        questions = ("Account: ", typed, *key, *rest, "[Y/n]: ", "\n")
        screen = Terminal(shell, "init", question="Which Studio?", then=questions)
        return screen.code, screen.text

    def _bash(self, command: str) -> tuple[int, str]:
        """Run a command in a shell, and take over what it has changed there: variables, folder, umask."""
        state = self._folder / ".state"
        script = f"umask {self._umask}\n{command}\ncode=$?\n{{ umask; pwd; env -0; }} > {shlex.quote(str(state))}"
        with TemporaryFile("w+", encoding="utf-8") as output:  # no pipe, which what runs on would keep open
            process = subprocess.Popen(
                ["/bin/bash", "-c", f"{script}\nexit $code"],
                cwd=self._folder,
                env=self._variables,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                text=True,
                start_new_session=True,
            )
            self._groups.append(process.pid)
            process.communicate(self._answer(""), _SECONDS)
            output.seek(0)
            text = output.read()
        self._umask, folder, variables = state.read_text("utf-8").split("\n", 2)
        state.unlink()
        self._folder = Path(folder)
        self._variables = dict(pair.split("=", 1) for pair in variables.split("\0") if pair)
        return process.returncode, text

    def _latest(self, word: str) -> str:
        done = run_in_process(["runs", "--format", "json"], self._folder, self._variables, timeout=_SECONDS)
        runs = json.loads(done.stdout)["runs"]
        if word == "DIGEST":
            return str(runs[-1]["plan_digest"])
        return str([run["run"] for run in runs if run["kind"] == "apply"][-1])


def run_page(text: str, folder: Path, variables: Mapping[str, str], answer: Callable[[str], str]) -> list[Step]:
    """Run the commands of a page, and compare exit codes and shown output with the page.

    Args:
        text: the page.
        folder: an empty one; each shell begins in one with nothing but the sample data.
        variables: the environment.
        answer: types what a command asks for, given what it has shown.
    """
    steps: list[Step] = []
    for number, part in enumerate(text.split(NEW_SHELL)):
        home = folder / f"shell-{number}"
        home.mkdir()
        (home / "sample_data").symlink_to(ROOT / "sample_data")
        with Shell(home, {**variables, "HOME": str(home)}, answer) as shell:
            for example in examples(part):
                if example.file:
                    shell.write(example.file, example.shown)
                    continue
                example_steps = [shell.run(command) for command in example.commands]
                for step in example_steps:
                    assert step.code == step.expected, str(step)
                output = "".join(step.output for step in example_steps)
                missing = missing_line(example.shown, output)
                assert not missing, f"not in the output, or not there: {missing}\n{output}"
                steps += example_steps
    return steps


def examples(text: str) -> Iterator[Example]:
    """Find the blocks of a part of a page that are run, or are files."""
    last, end = Example(), 0
    for block in _BLOCK.finditer(text):
        language, name, content = block.groups()
        if language == "text" and last.commands and not text[end : block.start()].strip():
            last.shown = content
        elif name or language == "sh":
            if last.commands or last.file:
                yield last
            last = Example(file=name, shown=content) if name else Example(_COMMAND.findall(content))
        end = block.end()
    if last.commands or last.file:
        yield last


def missing_line(shown: str, output: str) -> str:
    """The first of the shown lines that the output lacks after the ones before it; "" if none is missing."""
    lines = iter([" ".join(line.split()) for line in output.splitlines()])
    for wanted in filter(None, (" ".join(line.split()) for line in shown.splitlines())):
        pattern = re.compile(".*".join(re.escape(text.strip()) for text in wanted.split("…")))
        if not any(pattern.search(line) for line in lines):
            return wanted
    return ""
