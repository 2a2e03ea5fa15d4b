"""The table of exports is complete, and no entry contradicts itself."""

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from rolesync.reader.known_exports import Export, RowCondition, RowVerdict, known_exports, preset_names
from rolesync.reader.word_tables import fold_word
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
    for headers in export.headers:
        folded = set(map(fold_header, headers))
        assert len(folded) > 1 or len(max(folded)) > 50, "a short header may be in any list"


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS)
def test_a_word_keeps_or_drops_a_row_never_both(export: Export) -> None:
    for condition in (*export.keep, *export.join_keep):
        words = [*condition.keep, *condition.drop, *condition.ask]
        assert len(words) == len(set(words))
        assert all(word == word.casefold() for word in words)
        assert condition.why or not (condition.drop or condition.ask or condition.others in {"drop", "ask"})


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS)
def test_a_key_leads_to_an_address(export: Export) -> None:
    assert bool(export.key) == bool(export.join_key) == bool(export.join_email or export.join_login)
    assert len(export.key) == len(export.join_key)


@pytest.mark.parametrize(
    ("cell", "verdict"),
    [
        ("", RowVerdict.COUNTS),
        (" Active ", RowVerdict.COUNTS),
        ("SUSPENDED", RowVerdict.DROPPED),
        ("pending", RowVerdict.ASKED),
        ("pending since may", RowVerdict.ASKED),
        ("on leave", RowVerdict.UNKNOWN),
    ],
)
def test_a_condition_judges_a_word(cell: str, verdict: RowVerdict) -> None:
    keep, drop, ask = frozenset({"active", ""}), frozenset({"suspended"}), frozenset({"pending*"})
    assert RowCondition(columns=("s",), why="w", keep=keep, drop=drop, ask=ask).judge(cell) is verdict


@pytest.mark.parametrize(
    ("cell", "verdict"),
    [("Wahr", RowVerdict.COUNTS), ("FALSCH", RowVerdict.DROPPED), ("sí", RowVerdict.COUNTS), ("?", RowVerdict.UNKNOWN)],
)
def test_a_yes_or_no_in_another_language_is_the_programs_own(cell: str, verdict: RowVerdict) -> None:
    keep, drop = frozenset({"true", ""}), frozenset({"false"})
    assert RowCondition(columns=("Enabled",), why="w", keep=keep, drop=drop).judge(cell) is verdict
    assert RowCondition(columns=("Role",), why="w", keep=frozenset({"x"})).judge(cell) is RowVerdict.UNKNOWN


def test_a_bit_disables_an_account() -> None:
    condition = RowCondition(columns=("userAccountControl",), keep=frozenset({""}), disabled_bit=2, why="is disabled")
    verdicts = [condition.judge(cell) for cell in ("512", "514", "66050", "", "x")]
    counts, dropped = RowVerdict.COUNTS, RowVerdict.DROPPED
    assert verdicts == [counts, dropped, dropped, counts, RowVerdict.UNKNOWN]


def test_a_decision_names_all_words_that_count() -> None:
    condition = RowCondition(
        columns=("s",), keep=frozenset({"a"}), drop=frozenset({"b"}), ask=frozenset({"c"}), why="w"
    )
    decided = condition.decided(["B"])
    counts, dropped = RowVerdict.COUNTS, RowVerdict.DROPPED
    assert [decided.judge(cell) for cell in ("a", "b", "c", "d", "")] == [counts, counts, dropped, dropped, dropped]


def test_a_blank_cell_counts_only_if_the_user_names_it() -> None:
    keep, drop = frozenset({"active", ""}), frozenset({"gone"})
    condition = RowCondition(columns=("s",), keep=keep, drop=drop, others="keep", why="w")
    counts, dropped = RowVerdict.COUNTS, RowVerdict.DROPPED
    verdicts = [condition.decided(["x"]).judge(cell) for cell in ("active", "x", "", "  ", "other")]
    assert verdicts == [counts, counts, dropped, dropped, dropped]
    assert condition.decided(["x", ""]).judge(" ") is counts
    assert [condition.decided(["x"]).leaves_out(cell) for cell in ("gone", "", "other")] == [False, True, True]


def test_every_name_for_from_leads_to_an_export() -> None:
    assert {"okta", "oneroster", "entra-group", "canvas-sis-admins"} <= set(preset_names())
    assert len(preset_names()) == len(set(preset_names()))


def test_a_misspelt_key_of_the_table_is_refused() -> None:
    with pytest.raises(ValidationError, match="emial"):
        Export(name="x", title="a list", source="s", confirmed=True, lacks="has nothing", emial=("mail",))  # type: ignore[call-arg]  # the slip


def test_a_decision_takes_a_star_and_a_bracket_literally() -> None:
    decided = RowCondition(columns=("s",), why="w", drop=frozenset({"gone*"})).decided(["x*", "[a]*", "gone since May"])
    verdicts = [decided.judge(cell) for cell in ("X*", "xy", "[a]*", "ab", "Gone since may", "gone")]
    counts, dropped = RowVerdict.COUNTS, RowVerdict.DROPPED
    assert verdicts == [counts, dropped, counts, dropped, counts, dropped]


@given(st.text(max_size=9), st.text(max_size=9))
def test_words_are_the_same_for_a_list_and_an_export(word: str, cell: str) -> None:
    decided = RowCondition(columns=("s",), why="w").decided([word])
    assert (decided.judge(cell) is RowVerdict.COUNTS) is (fold_word(word) == fold_word(cell))


def test_each_cell_is_compared_with_the_patterns_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    def compare(_word: str, pattern: str) -> bool:
        compared.append(pattern)
        return False

    monkeypatch.setattr("rolesync.reader.known_exports.fnmatchcase", compare)
    words = frozenset(f"2026-{number}" for number in range(1000))
    condition = RowCondition(columns=("s",), why="w", keep=words | {"a*"}, exact=words)
    assert condition.judge("other") is RowVerdict.UNKNOWN
    assert compared == ["a*"]
