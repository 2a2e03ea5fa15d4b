"""`rolesync completion SHELL`: the script that lets a shell complete commands, options and values."""

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rolesync.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "_ROLESYNC_COMPLETE"  # set by the scripts; Click's convention


class Shell(StrEnum):
    """A shell for which there is a script."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


def completion(
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.", show_default=False)],
) -> Exit:
    """Print the script that lets a shell complete commands and values."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined]  # Typer doesn't export it publicly

    from rolesync.cli.output import write_stdout

    script = get_completion_script(prog_name="rolesync", complete_var=VARIABLE, shell=shell.value)
    write_stdout(f"{script}\n")
    return Exit.DONE


def completed_words(environment: "Mapping[str, str]" = os.environ) -> list[str] | None:
    """Return the words of the command line that a shell completes; None if this process runs a command."""
    if VARIABLE not in environment:
        return None
    return environment.get("COMP_WORDS", environment.get("_TYPER_COMPLETE_ARGS", "")).split()


def prepare_completion() -> None:
    """Let Typer complete words for the shells, except names of files, which the shell completes itself."""
    from typer.completion import (  # type: ignore[attr-defined]  # Click's or Typer's own module, by version
        completion_init,
        shell_completion,
    )

    completion_init()
    for shell in (*(shell.value for shell in Shell), "pwsh"):
        base: Any = shell_completion.get_completion_class(shell)
        shell_completion.add_completion_class(_without_files(base), shell)


def _without_files(base: Any) -> Any:  # noqa: ANN401  # classes of Click or Typer, by version
    """Derive a class that leaves names of files to the shell: Typer would only return the part that was typed."""

    class WithoutFiles(base):  # type: ignore[misc]  # mypy doesn't know the base class
        def get_completions(self, args: list[str], incomplete: str) -> list[Any]:
            items = super().get_completions(args, incomplete)
            return [item for item in items if item.type not in {"file", "dir"}]

    return WithoutFiles
