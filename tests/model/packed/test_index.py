"""An index finds each text where a plain search finds it, even if hashes clash."""

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
        index_of_texts, blocks = Index(pack(texts)), [pack(other) for other in others]
        places = [index_of_texts.find(packed).tolist() for packed in blocks]
        marks = index_of_texts.among(blocks).tolist()
    assert index_of_texts.first.tolist() == [texts.index(text) for text in texts]
    assert index_of_texts.distinct == (len(set(texts)) == len(texts))
    assert places == [[texts.index(text) if text and text in texts else -1 for text in other] for other in others]
    searched = {text for other in others for text in other if text}
    assert marks == [text in searched and texts.index(text) == at for at, text in enumerate(texts)]


def test_finds_thousands_of_texts() -> None:
    texts = [f"person{number % 3000}@x.edu" for number in range(4000)]
    index_of_texts = Index(pack(texts))
    assert index_of_texts.first.tolist() == [*range(3000), *range(1000)]
    assert index_of_texts.find(pack(texts[::-1])).tolist() == index_of_texts.first.tolist()[::-1]
    assert not (index_of_texts.find(pack([f"person{number}@x.edu" for number in range(3000, 9000)])) >= 0).any()
