"""How header cells are compared: without case, whitespace, `_`, `-` and byte order marks."""

MOJIBAKE_BOM = "ï»¿"  # a UTF-8 byte order mark that a program decoded as Windows-1252
# U+2010 and U+2011 are hyphens that word processors write; U+FEFF is the byte order mark inside a joined file.
_IGNORED = "_-\u2010\u2011\ufeff"


def fold_header(text: str) -> str:
    """Normalise a header cell for comparison: case-folded, without whitespace, `_`, hyphens and byte order marks."""
    folded = "".join(text.removeprefix(MOJIBAKE_BOM).split())  # much faster than a pattern in cells of megabytes
    for character in _IGNORED:
        folded = folded.replace(character, "")
    return folded.casefold()
