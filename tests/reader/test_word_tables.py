import pytest

from rolesync.reader.word_tables import fold_word, has_word_about, word_tables, words_about


@pytest.mark.parametrize("text", ["Gültig bis", "gueltig_bis", "GÜLTIG  BIS:"])
def test_words_are_compared_without_case_accents_and_signs(text: str) -> None:
    assert fold_word(text) in {"gultigbis", "gueltigbis"}


def test_words_with_umlauts_are_known_in_both_forms() -> None:
    assert {"geschaftlich", "geschaeftlich"} <= {*words_about("work")}


def test_each_line_about_headers_is_read() -> None:
    assert all(map(words_about, word_tables()["about"]))


@pytest.mark.parametrize("word", ["ende", "vertragsende"])
def test_a_star_stands_for_any_text(word: str) -> None:
    assert has_word_about([word], "end")


@pytest.mark.parametrize("word", ["enden", "", "*"])
def test_any_other_word_is_in_no_line(word: str) -> None:
    assert not has_word_about([word], "end")
