"""On which line of a file a setting is."""

import re
import tomllib


def toml_line(text: str, key: str, inner: str = "") -> int:
    """The line of a top-level key in a TOML text, or of a key in its table; 0 if it isn't there."""
    lines, name, in_table = text.splitlines(), _spelled(key), False
    for number, line in enumerate(lines, 1):
        is_header = line.lstrip().startswith("[")
        pattern = rf"\s*\[+\s*{name}\s*[\].]" if is_header else rf"\s*{name}\s*[=.]"
        is_named = re.match(pattern, line) is not None and (is_header or not in_table)
        if not (is_named or is_header) or not _is_whole(lines[: number - 1]):
            continue
        if is_named:
            below = enumerate(lines[number:], number + 1) if inner and is_header else ()
            return next((at for at, entry in below if re.match(rf"\s*{_spelled(inner)}\s*[=.]", entry)), number)
        in_table = True
    return 0


def table_line(text: str, key: str, number: int, inner: str = "") -> int:
    """The line of a table `[[key]]` in a TOML text, counted from 0, or of a key in it; 0 if it isn't there."""
    lines = text.splitlines()
    headers = [at for at, line in enumerate(lines) if line.lstrip().startswith("[") and _is_whole(lines[:at])]
    tables = [at for at in headers if re.match(rf"\s*\[\[\s*{_spelled(key)}\s*\]\]", lines[at])]
    if number >= len(tables):
        return 0
    begin = tables[number]
    end = next((at for at in headers if at > begin), len(lines))
    keys = (at for at in range(begin + 1, end) if inner and re.match(rf"\s*{_spelled(inner)}\s*[=.]", lines[at]))
    return next(keys, begin) + 1


def _spelled(key: str) -> str:
    return rf"[\"']?{re.escape(key)}[\"']?"


def _is_whole(lines: list[str]) -> bool:
    """Whether lines are TOML by themselves, so that the next one begins a statement."""
    try:
        tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return False
    return True


def variable_lines(text: str, name: str) -> list[int]:
    """The lines of a .env file that set a variable, whatever its case."""
    pattern = re.compile(rf"\s*(?:export\s+)?{re.escape(name)}\s*=", re.IGNORECASE)
    return [number for number, line in enumerate(text.splitlines(), 1) if pattern.match(line)]
