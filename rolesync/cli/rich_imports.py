"""Imports the boxes of Typer's help without slow and unused modules.

For its help, Typer always imports the Markdown and the tracebacks of rich, and with them a parser and a highlighter of
source code. That takes as long as the rest of `rolesync --help`, which uses neither.
"""

import sys
from contextlib import suppress
from types import ModuleType

_UNUSED = {"rich.markdown": "Markdown", "rich.traceback": "Traceback"}


def asks_for_help(arguments: list[str]) -> bool:
    """Return whether the arguments may ask for help; a wrong yes does no harm."""
    return not arguments or not {"-h", "--help"}.isdisjoint(arguments)


def import_rich_lightly() -> None:
    """Import Typer's help with empty stand-ins for the unused modules; later imports get the real modules."""
    stand_ins = {name: _empty(name, class_name) for name, class_name in _UNUSED.items() if name not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        with suppress(ImportError, AttributeError, TypeError):  # a Typer that needs more imports the real modules later
            import typer.rich_utils  # noqa: F401  # imported for later use by Typer
    finally:
        for name in stand_ins:
            del sys.modules[name]


def _empty(name: str, class_name: str) -> ModuleType:
    module = ModuleType(name)
    setattr(module, class_name, type(class_name, (), {}))
    return module
