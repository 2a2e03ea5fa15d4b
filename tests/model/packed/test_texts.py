"""Packed texts are the texts, and compare as they do, whatever is in them and however they lie."""

from unittest.mock import patch

import numpy as np
from hypothesis import given, settings, strategies as st

from rolesync.model.packed import texts as module
from rolesync.model.packed.texts import join, pack, pack_lines

TEXTS = st.lists(
    st.text(max_size=20)
    | st.text(alphabet="ab\n\0", max_size=40)
    | st.sampled_from(["", "\ud800", "ann@example.edu", "ann@example.edv", "z" * 300, "z" * 299 + "y"]),
    max_size=12,
)


@settings(deadline=None)
@given(TEXTS, TEXTS, st.sampled_from([1, 3, 100]))
def test_texts_come_back_and_compare_as_they_are(some: list[str], others: list[str], block: int) -> None:
    with patch.object(module, "_BLOCK", block):
        packed, beside = pack(some), join([pack(some[:1]), pack(some[1:] + others)])
    everything = [*some, *others]
    assert packed.texts() == some
    assert beside.texts() == everything
    mine, theirs = np.indices((len(some), len(everything))).reshape(2, -1)
    equal = [some[one] == everything[other] for one, other in zip(mine, theirs, strict=True)]
    assert packed.same(mine, beside, theirs).tolist() == equal
    alike = packed.hashes()[mine] == beside.hashes()[theirs]
    assert not (np.array(equal, np.bool_) & ~alike).any()
    assert all(not hashed for text, hashed in zip(some, packed.hashes().tolist(), strict=True) if not text)


@settings(deadline=None)
@given(TEXTS.filter(bool), st.data())
def test_some_of_the_texts(texts: list[str], data: st.DataObject) -> None:
    packed = pack(texts)
    part = packed.take(slice(data.draw(st.integers(0, len(texts))), data.draw(st.integers(0, len(texts)))))
    assert join([part, packed, pack(texts)]).texts() == part.texts() + texts + texts
    which = np.array(data.draw(st.lists(st.integers(0, len(texts) - 1))), np.int64)
    assert packed.take(which).texts() == packed.texts(which) == [texts[at] for at in which]
    assert packed.take(which).hashes().tolist() == packed.hashes()[which].tolist()


def test_a_hash_tells_texts_apart() -> None:
    texts = [
        f"{name}{number}@{domain}"
        for name in ("p", "person")
        for domain in ("a.edu", "b.edu")
        for number in range(2000)
    ]
    assert len(set(pack(texts).hashes().tolist())) == len(texts)


def test_lines() -> None:
    assert pack_lines("a\n\nstra\u00dfe".encode()).texts() == ["a", "", "stra\u00dfe"]
    assert pack_lines(b"").texts() == [""]
    assert pack([]).texts() == join([]).texts() == []
