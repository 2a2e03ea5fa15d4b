"""The boxes of the help on a terminal, without what Typer imports beside them.

For its help Typer always imports rich's Markdown and tracebacks, and so a parser and a highlighter of source code: as
long as all the rest of `rolesync --help`. We write no help in Markdown, and show no tracebacks of Typer's.
"""

import sys
from contextlib import suppress
from types import ModuleType

_NEVER_USED = {"rich.markdown": "Markdown", "rich.traceback": "Traceback"}


def asks_for_help(arguments: list[str]) -> bool:
    """Whether these arguments of the program may ask for help; where they don't after all, nothing is lost."""
    return not arguments or not {"-h", "--help"}.isdisjoint(arguments)


def import_rich_lightly() -> None:
    """Import Typer's help while empty classes stand for what it never uses; whoever comes later gets the real ones."""
    standing_in = {name: _empty(name, holds) for name, holds in _NEVER_USED.items() if name not in sys.modules}
    sys.modules.update(standing_in)
    try:
        with suppress(ImportError, AttributeError, TypeError):  # a Typer that needs more: later it gets the real ones
            import typer.rich_utils  # noqa: F401  # for its being there
    finally:
        for name in standing_in:
            del sys.modules[name]


def _empty(name: str, holds: str) -> ModuleType:
    module = ModuleType(name)
    setattr(module, holds, type(holds, (), {}))
    return module
