"""Who in Studio may be meant by somebody who isn't found there: suggestions to look at, never applied."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import pandas as pd

from rolesync.errors import UsageError
from rolesync.migrate.convert import MigratedAssignment
from rolesync.model.keys import email_key

MOST = 3  # suggestions for one person
ADDRESS_SCORE = 88.0  # of 100: about two letters of a usual address
NAME_SCORE = 90.0
LETTERS = 3  # at the beginning or the end of a word that texts must share to be compared


class Candidate(NamedTuple):
    """Somebody in Studio, and what makes them alike."""

    user_id: int
    email: str
    name: str
    why: str


class Suggestion(NamedTuple):
    """Somebody who isn't in Studio, and who may be meant, the likeliest first; often nobody."""

    missing: MigratedAssignment
    candidates: tuple[Candidate, ...]


def not_found(given: Iterable[MigratedAssignment], users: pd.DataFrame) -> list[MigratedAssignment]:
    """List the people that Studio doesn't know, each once.

    Args:
        given: the list.
        users: LIVE users, with everybody of the list whom Studio knows.
    """
    ids = set(users["user_id"].tolist())
    keys = {email_key(email) for email in users["email"].tolist()} - {""}
    missing = {one.user_id or one.email: one for one in given if not (one.user_id in ids or one.email in keys)}
    return list(missing.values())


def suggest(missing: Sequence[MigratedAssignment], users: pd.DataFrame) -> list[Suggestion]:
    """Compare people that aren't in Studio with those who are, by address and by name.

    Raises:
        UsageError: the extra `migrate` is not installed.
    """
    if not missing:
        return []
    try:
        from rapidfuzz import fuzz, process  # noqa: PLC0415  # an extra
    except ModuleNotFoundError as error:
        message = "People can't be compared, because rapidfuzz is not installed."
        raise UsageError(message, hint="pip install 'rolesync[migrate]', or leave --resolve out") from error
    people = list(zip(users["user_id"].tolist(), users["email"].tolist(), users["name"].tolist(), strict=True))
    emails = Alike([email_key(email) for _, email, _ in people], lambda email: email.partition("@")[0])
    names = Alike([_plain(name) for _, _, name in people], str)
    found = []
    for one in missing:
        scored: dict[int, tuple[float, str]] = {}
        texts = emails.beside(one.email)
        for _, score, at in process.extract(
            one.email, texts, scorer=fuzz.ratio, score_cutoff=ADDRESS_SCORE, limit=MOST
        ):
            scored[at] = (score, "a similar address")
        for at in emails.same(one.email):
            scored[at] = (100.0, "the same address at another domain")
        name = _plain(one.name)
        texts = names.beside(name)
        hits = process.extract(name, texts, scorer=fuzz.token_sort_ratio, score_cutoff=NAME_SCORE, limit=MOST)
        for _, score, at in hits:
            why = "the same name" if score == 100 else "a similar name"  # noqa: PLR2004  # the whole of it
            scored[at] = max(scored.get(at, (0.0, "")), (score, why))
        best = sorted(scored.items(), key=lambda hit: (-hit[1][0], people[hit[0]][0]))[:MOST]
        found.append(Suggestion(one, tuple(Candidate(*people[at], why) for at, (_, why) in best)))
    return found


class Alike:
    """Texts, found by their beginnings and ends, so that thousands needn't be compared with each of many thousands.

    A word that is misspelt both at its beginning and at its end is not found: then it is hardly alike either.

    Args:
        texts: all texts.
        part: the part of a text that tells it from others.
    """

    def __init__(self, texts: Sequence[str], part: Callable[[str], str]) -> None:
        self._texts, self._part = texts, part
        self._places: dict[str, list[int]] = {}
        self._same: dict[str, list[int]] = {}
        for at, text in enumerate(texts):
            self._same.setdefault(part(text), []).append(at)
            for key in _ends(part(text)):
                self._places.setdefault(key, []).append(at)

    def beside(self, text: str) -> dict[int, str]:
        """The texts of which a word begins or ends as one of this text does, by their places."""
        places = {at for key in _ends(self._part(text)) for at in self._places.get(key, ())}
        return {at: self._texts[at] for at in sorted(places)}

    def same(self, text: str) -> Sequence[int]:
        """The places of the texts with the same part."""
        return self._same.get(self._part(text), ()) if text else ()


def _ends(text: str) -> set[str]:
    words = re.findall(r"[^\W_]+", text)
    return {key for word in words for key in (f"{word[:LETTERS]}-", f"-{word[-LETTERS:]}")}


def _plain(name: str) -> str:
    """A name without case, accents and punctuation."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    plain = (letter if letter.isalnum() else " " for letter in letters if not unicodedata.combining(letter))
    return " ".join("".join(plain).split())
