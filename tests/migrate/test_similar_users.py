import pandas as pd

from rolesync.migrate.convert import MigratedAssignment
from rolesync.migrate.ledger import Place
from rolesync.migrate.similar_users import SimilarTexts, not_found, suggest
from rolesync.model.frames import LIVE, frame
from rolesync.model.periods import ALWAYS


def users(*rows: tuple[int, str, str]) -> pd.DataFrame:
    ids, emails, names = zip(*rows, strict=True)
    return frame(LIVE, {"user_id": ids, "email": emails, "name": names, "roles": ["Teacher"] * len(ids)})


STUDIO = users(
    (1, "Ann.Lee@x.edu", "Ann Lee"),
    (2, "bob.stone@x.edu", "Bob Stone"),
    (3, "", "Çelik, Zoë"),
    (4, "cy@y.edu", "Cy Other"),
)


def wanted(email: str, name: str = "", user_id: int = 0) -> MigratedAssignment:
    return MigratedAssignment(Place("list.csv"), 2, "Admin", email, user_id, name, ALWAYS)


def candidates(email: str, name: str = "") -> list[tuple[int, str]]:
    (suggestion,) = suggest([wanted(email, name)], STUDIO)
    return [(candidate.user_id, candidate.why) for candidate in suggestion.candidates]


def test_users_in_studio_are_found_by_address_or_id() -> None:
    assignments = [
        wanted("ann.lee@x.edu"),
        wanted("new@x.edu"),
        wanted("new@x.edu"),
        wanted("", user_id=2),
        wanted("", user_id=9),
    ]
    assert not_found(assignments, STUDIO) == [assignments[2], assignments[4]]


def test_similar_addresses_and_names_are_suggested() -> None:
    assert candidates("anne.lee@x.edu") == [(1, "a similar address")]
    assert candidates("cy@x.edu") == [(4, "the same address at another domain")]
    assert candidates("zc@x.edu", "Zoe Celik") == [(3, "the same name")]
    assert candidates("robert@x.edu", "Bob Stones") == [(2, "a similar name")]


def test_users_without_similarity_are_not_suggested() -> None:
    assert candidates("someone.else@z.edu", "Some One") == []
    assert suggest([], STUDIO) == []


def test_a_text_is_compared_with_few_others() -> None:
    texts = [f"{first}{number:04}.{last}@x.edu" for number in range(100) for first in "abcde" for last in ("ly", "st")]
    index = SimilarTexts(texts, lambda email: email.partition("@")[0])
    assert "a0042.ly@x.edu" in index.sharing_a_word_end("a0042.lx@x.edu").values()
    assert len(index.sharing_a_word_end("a0042.lx@x.edu")) < len(texts) / 4
    assert candidates("anm.lee@x.edu") == [(1, "a similar address")]
