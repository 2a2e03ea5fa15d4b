"""A terminal of a given width without colour, and what it shows."""

import unicodedata
from io import StringIO

from rich.cells import cell_len
from rich.console import Console, RenderableType


def show(view: RenderableType, width: int = 80) -> str:
    """Render `view` as a pipe would get it; no line may be wider than the terminal, no character may steer it."""
    console = Console(file=StringIO(), width=width, color_system=None, force_terminal=False, legacy_windows=False)
    console.print(view)
    text = console.file.getvalue()  # type: ignore[attr-defined]  # the StringIO from above
    assert isinstance(text, str)
    assert all(cell_len(line) <= width for line in text.split("\n"))
    assert all(char.isprintable() or unicodedata.category(char) == "Zs" for char in text.replace("\n", ""))
    return text


def flat(view: RenderableType, width: int = 200) -> str:
    """Render `view` with all white space as single blanks, so that line breaks don't matter."""
    return " ".join(show(view, width).split())
