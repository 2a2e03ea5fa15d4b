"""Runs a command on a pseudo-terminal, and types answers."""

import errno
import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Callable, Sequence

from tests.command import ROLESYNC, Shell

PATIENCE = 30  # seconds
CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """Runs a command on a pseudo-terminal, and types `answer` when `question` appears.

    `then` lists further questions, each followed by its answer, or by a function from the output so far to the answer.
    `text` is the whole output, `code` the exit code.
    """

    def __init__(
        self,
        sh: Shell,
        *arguments: object,
        question: str | None = None,
        answer: str = "",
        then: Sequence[str | Callable[[str], str]] = (),
        **variables: str,
    ) -> None:
        self.text = ""
        self._asked = 0  # visible characters up to the last question, which may be asked again
        ours, theirs = pty.openpty()
        command = [str(word) for word in (ROLESYNC, *arguments)]
        # In a session of its own, the command can't ask a hidden question on another terminal.
        variables = {**sh.environment(), "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "50", **variables}
        process = subprocess.Popen(
            command,
            cwd=sh.folder,
            env=variables,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        try:
            if question:
                self._show_until(ours, question)
                os.write(ours, answer.encode())
            for next_question, next_answer in zip(then[::2], then[1::2], strict=True):
                self._show_until(ours, str(next_question))
                typed = next_answer if isinstance(next_answer, str) else next_answer(self.text)
                os.write(ours, typed.encode())
            self._show_until(ours, None)
            self.code = process.wait(PATIENCE)
        finally:
            process.kill()
            process.wait()
            os.close(ours)

    def _show_until(self, ours: int, words: str | None) -> None:
        end = time.monotonic() + PATIENCE
        while words is None or words not in CONTROLS.sub("", self.text)[self._asked :]:
            ready, _, _ = select.select([ours], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"{words!r} didn't come within {PATIENCE} s: {self.text}"
            try:
                shown = os.read(ours, 65536)
            except OSError as error:  # on Linux, the command has closed its end
                if error.errno != errno.EIO:
                    raise
                shown = b""
            if not shown:
                assert words is None, f"ended without {words!r}: {self.text}"
                return
            self.text += shown.decode("utf-8", "replace")
        self._asked = CONTROLS.sub("", self.text).index(words, self._asked) + len(words)
