"""An index finds each text where a plain search does, whatever their hashes are."""

from unittest.mock import patch

import pytest
from hypothesis import given, settings, strategies as st

from rolesync.model.packed import index
from rolesync.model.packed.index import Index
from rolesync.model.packed.texts import pack
from tests.hashing import hashes_of

TEXTS = st.lists(st.sampled_from(["", "a", "b", "ann@x.edu", "ann@x.edv", "z" * 30]) | st.text(max_size=2), max_size=20)


@pytest.mark.parametrize("bits", [63, 2, 0])
@settings(deadline=None)
@given(TEXTS, st.lists(TEXTS, max_size=3), st.sampled_from([1, 3, 100]))
def test_finds_where_a_text_is_first(bits: int, texts: list[str], others: list[list[str]], block: int) -> None:
    with hashes_of(bits), patch.object(index, "_BLOCK", block):
        made, blocks = Index(pack(texts)), [pack(other) for other in others]
        found = [made.find(packed).tolist() for packed in blocks]
        among = made.among(blocks).tolist()
    assert made.first.tolist() == [texts.index(text) for text in texts]
    assert made.distinct == (len(set(texts)) == len(texts))
    assert found == [[texts.index(text) if text and text in texts else -1 for text in other] for other in others]
    named = {text for other in others for text in other if text}
    assert among == [text in named and texts.index(text) == at for at, text in enumerate(texts)]


def test_many() -> None:
    texts = [f"person{number % 3000}@x.edu" for number in range(4000)]
    made = Index(pack(texts))
    assert made.first.tolist() == [*range(3000), *range(1000)]
    assert made.find(pack(texts[::-1])).tolist() == made.first.tolist()[::-1]
    assert not (made.find(pack([f"person{number}@x.edu" for number in range(3000, 9000)])) >= 0).any()
