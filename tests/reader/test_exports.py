"""The table of exports is complete, and no entry contradicts itself."""

import pytest
from pydantic import ValidationError

from rolesync.reader.exports import Export, known_exports
from rolesync.tables.header_text import fold_header

EXPORTS = known_exports()


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS)
def test_every_export_says_what_it_is(export: Export) -> None:
    assert export.title.startswith(("a ", "an "))
    assert export.source
    assert export.lacks.startswith("has ")
    assert bool(export.gives) is export.readable


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS)
def test_one_header_alone_recognises_no_export(export: Export) -> None:
    assert all(len(set(map(fold_header, headers))) > 1 for headers in export.headers)


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS)
def test_a_word_keeps_or_drops_a_row_never_both(export: Export) -> None:
    for condition in (*export.keep, *export.join_keep):
        words = [*condition.keep, *condition.drop]
        assert len(words) == len(set(words))
        assert all(word == word.casefold() for word in words)
        assert condition.why or not (condition.drop or condition.others == "drop")


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS)
def test_a_key_leads_to_an_address(export: Export) -> None:
    assert bool(export.key) == bool(export.join_key) == bool(export.join_email)


def test_a_misspelt_key_of_the_table_is_refused() -> None:
    with pytest.raises(ValidationError, match="emial"):
        Export(name="x", title="a list", source="s", confirmed=True, lacks="has nothing", emial=("mail",))  # type: ignore[call-arg]  # the slip
