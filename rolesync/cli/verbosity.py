"""How much a command prints: `--quiet` and `--verbose`, which every command takes.

Quiet: errors, and what was asked for (the JSON, a plan without a file, a run that isn't complete). Verbose: also each
request to Studio, and each step of a stage. The level holds for one command, so that options needn't be passed through.
"""

import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from enum import Enum
from typing import Annotated, Any

import typer

from rolesync.errors import UsageError


class Verbosity(Enum):
    """How much a command prints."""

    QUIET = "quiet"
    NORMAL = "normal"
    VERBOSE = "verbose"


_level: ContextVar[Verbosity] = ContextVar("verbosity", default=Verbosity.NORMAL)

Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print only errors and results that were asked for.", show_default=False)
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Print also each request and each step.", show_default=False)
]


def is_quiet() -> bool:
    """Whether the command prints only errors and results that were asked for."""
    return _level.get() is Verbosity.QUIET


def is_verbose() -> bool:
    """Whether the command also prints each request and each step."""
    return _level.get() is Verbosity.VERBOSE


def set_verbosity(*, quiet: bool = False, verbose: bool = False) -> None:
    """Choose how much this command prints; neither is as usual.

    Raises:
        UsageError: both are chosen.
    """
    if quiet and verbose:
        raise UsageError("--quiet and --verbose contradict each other", hint="leave one of the two out")
    _level.set(Verbosity.QUIET if quiet else Verbosity.VERBOSE if verbose else Verbosity.NORMAL)


def with_verbosity(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options `--quiet` and `--verbose`."""

    @functools.wraps(command)
    def wrapped(*, quiet: bool, verbose: bool, **options: object) -> object:
        if quiet or verbose:  # otherwise the earlier setting stays
            set_verbosity(quiet=quiet, verbose=verbose)
        return command(**options)

    added = {"quiet": Quiet, "verbose": Verbose}
    signature = inspect.signature(command)
    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in signature.parameters.values()]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind)
        for name, kind in added.items()
    ]
    wrapped.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # read by Typer
    wrapped.__annotations__ = {**command.__annotations__, **added}
    return wrapped
