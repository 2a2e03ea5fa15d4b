"""The columns of a table that may say who has which role, where no option names them."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from rolesync.reader.column_words import ColumnKind, answer, header_meaning
from rolesync.reader.dates import is_date
from rolesync.reader.word_tables import fold_word

MAX_ROLE_WORDS = 30  # a column with more different words holds no roles
_LIKE_ROLES = ("access", "rights", "zugriff", "rechte", "accès", "acceso", "acesso", "accesso", "toegang")
"""Headers of columns that mean roles in a table of people, and too much elsewhere to be read as such unasked."""

_BESIDE_ROLE = frozenset({"is", "ist", "studio", "canvas", "user", "role", "rolle", "right", *_LIKE_ROLES})
"""Words beside a role in the header of its ticks; any other word, such as `former`, may change what a tick means."""

_LIKE_ADMINS = ("admin", "manager", "owner", "leit", "gestor", "responsab")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[^\W\d_]?[^\W\d_A-Z]+")  # also those of `isAdmin`


def find_role_column(header: Sequence[str], rows: Sequence[Sequence[str]], managed: Sequence[str]) -> int | None:
    """Find the first column that has a managed role as a cell, or else the first whose header may mean roles.

    Args:
        header: the header's cells.
        rows: the rows, as wide as the header.
        managed: the managed roles.
    """
    width = range(len(header))
    places = [at for at in width if any(row[at].strip() in managed for row in rows)]
    places += [at for at in width if _means_roles(header[at])]
    for at in width:
        words = _words(rows, at)
        if _is_about_roles(header[at], managed) and _are_roles(words) and any(is_like_role(w, managed) for w in words):
            places.append(at)
    return next(iter(places), None)


def find_ticked_roles(
    header: Sequence[str], rows: Sequence[Sequence[str]], managed: Sequence[str], *, yes: Collection[str]
) -> Mapping[int, str]:
    """Find the columns of yes and no whose header names a managed role: the first of each role, with the role.

    Args:
        header: the header's cells.
        rows: the rows, as wide as the header.
        managed: the managed roles.
        yes: words for yes beside the usual ones.
    """
    ticked: dict[int, str] = {}
    for at, text in enumerate(header):
        role = next((role for role in managed if _names_role(text, role)), "")
        if role and role not in ticked.values() and _is_ticked(_words(rows, at), yes):
            ticked[at] = role
    return ticked


def find_hints(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    managed: Sequence[str],
    *,
    yes: Collection[str],
    has_header: bool,
) -> Iterator[int]:
    """Find the columns that may say who has a role, by their header or their words; without a header, by their ticks.

    Args:
        header: the header's cells.
        rows: the rows, as wide as the header.
        managed: the managed roles.
        yes: words for yes beside the usual ones.
        has_header: whether the table has a header.
    """
    for at, text in enumerate(header):
        words = _words(rows, at)
        names_role = any(fold_word(role) in fold_word(word) for role in managed for word in words)
        by_words = names_role and header_meaning(text) is None
        by_ticks = not has_header and _is_ticked(words, yes) and words != {"1"}
        if _are_roles(words) and (_is_about_roles(text, managed) or by_words or by_ticks):
            yield at


def words_for_answers(
    rows: Sequence[Sequence[str]], places: Collection[int], yes: Sequence[str], no: Sequence[str]
) -> list[str]:
    """The options that name the words for yes and no in columns of ticks; empty if the usual words do."""
    words = sorted({word for at in places for word in _words(rows, at)})
    if {word.casefold() for word in words} <= {*yes, *no}:
        return []
    is_yes = {word: word.casefold() in yes or answer(word) is True for word in words}
    return [text for word in words for text in ("--yes" if is_yes[word] else "--no", word)]


def is_like_role(word: str, managed: Sequence[str]) -> bool:
    """Whether a word is like the name of a managed role, or like a word for managers."""
    folded = word.casefold()
    return any(folded == role.casefold() for role in managed) or any(part in folded for part in _LIKE_ADMINS)


def _means_roles(text: str) -> bool:
    meaning = header_meaning(text)
    return fold_word(text) in _LIKE_ROLES or (meaning is not None and meaning.kind is ColumnKind.ROLE)


def _is_about_roles(text: str, managed: Sequence[str]) -> bool:
    """Whether a header has a word for roles or the name of one, and means nothing else."""
    if header_meaning(text) is not None:
        return _means_roles(text)
    has_word = any(fold_word(word) in _LIKE_ROLES for word in _WORD.findall(text))
    return has_word or any(fold_word(role) in fold_word(text) for role in managed)


def _names_role(text: str, role: str) -> bool:
    """Whether a header is the name of a role, but for words that change nothing."""
    words = [fold_word(word) for word in _WORD.findall(text)]
    name = fold_word(role)
    is_role = "".join(word for word in words if word not in _BESIDE_ROLE) in {name, f"{name}s"}
    return is_role and not any(map(str.isdigit, text))  # `Admin 2025` may be past


def _words(rows: Sequence[Sequence[str]], place: int) -> set[str]:
    """The different words of a column, without blank cells."""
    return {row[place].strip() for row in rows} - {""}


def _are_roles(words: Collection[str]) -> bool:
    """Whether words may be roles or ticks: they are few, and neither dates nor addresses."""
    return 0 < len(words) <= MAX_ROLE_WORDS and not any(is_date(word) or "@" in word for word in words)


def _is_ticked(words: Collection[str], yes: Collection[str]) -> bool:
    """Whether a column has only words for yes and no, and one for yes."""
    is_yes = {word: True if word.casefold() in yes else answer(word) for word in words}
    return True in is_yes.values() and None not in is_yes.values()
