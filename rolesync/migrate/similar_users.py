"""Studio users who may be meant by listed users that Studio doesn't know: suggestions, never applied."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import pandas as pd

from rolesync.errors import UsageError
from rolesync.extras import install_command
from rolesync.migrate.convert import MigratedAssignment
from rolesync.model.keys import email_key

_MAX_CANDIDATES = 3  # for each missing user
_MIN_ADDRESS_SCORE = 88.0  # of 100: about two letters of a usual address differ
_MIN_NAME_SCORE = 90.0
_SHARED_LETTERS = 3  # at the beginning or end of a word; texts that share fewer are not compared


class Candidate(NamedTuple):
    """A Studio user who may be meant, and why."""

    user_id: int
    email: str
    name: str
    why: str


class Suggestion(NamedTuple):
    """A listed user who isn't in Studio, and the Studio users who may be meant, the most similar first."""

    missing: MigratedAssignment
    candidates: tuple[Candidate, ...]


def not_found(assignments: Iterable[MigratedAssignment], users: pd.DataFrame) -> list[MigratedAssignment]:
    """Find the listed users that Studio doesn't know, each once.

    Args:
        assignments: the list.
        users: LIVE users; all listed users that Studio knows are among them.
    """
    ids = set(users["user_id"].tolist())
    keys = {email_key(email) for email in users["email"].tolist()} - {""}
    missing = {row.user_id or row.email: row for row in assignments if not (row.user_id in ids or row.email in keys)}
    return list(missing.values())


def suggest(missing: Sequence[MigratedAssignment], users: pd.DataFrame) -> list[Suggestion]:
    """Compare listed users who aren't in Studio with Studio's users, by address and by name.

    Args:
        missing: an assignment of each user who isn't in Studio.
        users: all Studio users (LIVE).

    Raises:
        UsageError: the extra `migrate` is not installed.
    """
    if not missing:
        return []
    try:
        from rapidfuzz import fuzz, process  # noqa: PLC0415  # an extra
    except ModuleNotFoundError as error:
        message = "Users can't be compared, because rapidfuzz is not installed."
        raise UsageError(message, hint=f"{install_command('migrate')}, or leave out --resolve") from error
    studio_users = list(zip(users["user_id"].tolist(), users["email"].tolist(), users["name"].tolist(), strict=True))
    emails = SimilarTexts([email_key(email) for _, email, _ in studio_users], lambda email: email.partition("@")[0])
    names = SimilarTexts([_normalise_name(name) for _, _, name in studio_users], str)
    suggestions = []
    for user in missing:
        scores: dict[int, tuple[float, str]] = {}
        matches = process.extract(
            user.email,
            emails.sharing_a_word_end(user.email),
            scorer=fuzz.ratio,
            score_cutoff=_MIN_ADDRESS_SCORE,
            limit=_MAX_CANDIDATES,
        )
        for _, score, place in matches:
            scores[place] = (score, "a similar address")
        for place in emails.with_same_part(user.email):
            scores[place] = (100.0, "the same address at another domain")
        name = _normalise_name(user.name)
        matches = process.extract(
            name,
            names.sharing_a_word_end(name),
            scorer=fuzz.token_sort_ratio,
            score_cutoff=_MIN_NAME_SCORE,
            limit=_MAX_CANDIDATES,
        )
        for _, score, place in matches:
            why = "the same name" if score == 100 else "a similar name"  # noqa: PLR2004  # 100 is the maximum
            scores[place] = max(scores.get(place, (0.0, "")), (score, why))
        best = sorted(scores.items(), key=lambda item: (-item[1][0], studio_users[item[0]][0]))[:_MAX_CANDIDATES]
        suggestions.append(Suggestion(user, tuple(Candidate(*studio_users[place], why) for place, (_, why) in best)))
    return suggestions


class SimilarTexts:
    """Texts indexed by the beginnings and ends of their words, so that each text is compared with few others.

    A word misspelt both at its beginning and at its end is not found; it would hardly be similar anyway.

    Args:
        texts: all texts.
        part: returns the part of a text that is indexed.
    """

    def __init__(self, texts: Sequence[str], part: Callable[[str], str]) -> None:
        self._texts, self._part = texts, part
        self._by_word_end: dict[str, list[int]] = {}
        self._by_part: dict[str, list[int]] = {}
        for place, text in enumerate(texts):
            self._by_part.setdefault(part(text), []).append(place)
            for key in _word_ends(part(text)):
                self._by_word_end.setdefault(key, []).append(place)

    def sharing_a_word_end(self, text: str) -> dict[int, str]:
        """The texts with a word that begins or ends like a word of this text, by place."""
        places = {place for key in _word_ends(self._part(text)) for place in self._by_word_end.get(key, ())}
        return {place: self._texts[place] for place in sorted(places)}

    def with_same_part(self, text: str) -> Sequence[int]:
        """The places of the texts with the same indexed part."""
        return self._by_part.get(self._part(text), ()) if text else ()


def _word_ends(text: str) -> set[str]:
    words = re.findall(r"[^\W_]+", text)
    return {key for word in words for key in (f"{word[:_SHARED_LETTERS]}-", f"-{word[-_SHARED_LETTERS:]}")}


def _normalise_name(name: str) -> str:
    """A name without case, accents and punctuation."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    plain = (letter if letter.isalnum() else " " for letter in letters if not unicodedata.combining(letter))
    return " ".join("".join(plain).split())
