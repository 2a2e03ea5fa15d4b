"""Packed texts come back, and compare as the texts do, whatever they contain and wherever they are packed."""

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
def test_texts_come_back_and_compare_as_they_are(texts: list[str], others: list[str], block: int) -> None:
    with patch.object(module, "_BLOCK", block):
        packed, joined = pack(texts), join([pack(texts[:1]), pack(texts[1:] + others)])
    all_texts = [*texts, *others]
    assert packed.texts() == texts
    assert joined.texts() == all_texts
    left, right = np.indices((len(texts), len(all_texts))).reshape(2, -1)
    equal = [texts[at] == all_texts[other] for at, other in zip(left, right, strict=True)]
    assert packed.same(left, joined, right).tolist() == equal
    alike = packed.hashes()[left] == joined.hashes()[right]
    assert not (np.array(equal, np.bool_) & ~alike).any()
    assert all(not hashed for text, hashed in zip(texts, packed.hashes().tolist(), strict=True) if not text)


@settings(deadline=None)
@given(TEXTS.filter(bool), st.data())
def test_selected_texts_come_back(texts: list[str], data: st.DataObject) -> None:
    packed = pack(texts)
    part = packed.take(slice(data.draw(st.integers(0, len(texts))), data.draw(st.integers(0, len(texts)))))
    assert join([part, packed, pack(texts)]).texts() == part.texts() + texts + texts
    which = np.array(data.draw(st.lists(st.integers(0, len(texts) - 1))), np.int64)
    assert packed.take(which).texts() == packed.texts(which) == [texts[at] for at in which]
    assert packed.take(which).hashes().tolist() == packed.hashes()[which].tolist()


def test_hashes_of_different_addresses_differ() -> None:
    texts = [
        f"{name}{number}@{domain}"
        for name in ("p", "person")
        for domain in ("a.edu", "b.edu")
        for number in range(2000)
    ]
    assert len(set(pack(texts).hashes().tolist())) == len(texts)


def test_lines_are_packed_as_texts() -> None:
    assert pack_lines("a\n\nstra\u00dfe".encode()).texts() == ["a", "", "stra\u00dfe"]
    assert pack_lines(b"").texts() == [""]
    assert pack([]).texts() == join([]).texts() == []
