from rolesync.report.content.text import escape_for_display
from rolesync.report.terminal.widgets import banner, column, heading, note, pairs, table, word, words
from tests.report.samples import HOSTILE, MARKUP
from tests.report.terminal.screen import flat, show


def test_nothing_is_read_as_rich_markup() -> None:
    link = "[link=https://example.edu]x[/link] :smile: [/]"
    views = [
        words(link),
        word(link),
        heading(link),
        note(link),
        banner(link, link, "red"),
        pairs([(link, link)]),
        table([column(link)], [(link,)]),
    ]
    for view in views:
        assert link in flat(view)


def test_long_words_break_and_lose_nothing() -> None:
    text = "x" * 1_000
    for view in (table([column("a"), column("b")], [(text, "y")]), note(text), pairs([("a", text)])):
        assert show(view, 40).count("x") == 1_000


def test_a_command_in_a_sentence_is_broken_only_if_it_fits_no_line() -> None:
    text = "Exclude these changes in a review: `rolesync review plan.json --decisions plan.csv`, then go on."
    for view in (note(text), banner("NEXT", text, "red"), pairs([("next", text)]), table([column("next")], [(text,)])):
        for width in range(60, 100):
            assert "`rolesync review plan.json --decisions plan.csv`" in show(view, width)
        assert " ".join(text.split()) in flat(view)
        assert "--decisions" in show(view, 30)
    advice = "Plan the remaining changes: rolesync plan 'my list.csv' -o plan.json"
    assert "rolesync plan 'my list.csv' -o plan.json" in show(note(advice), 60)


def test_whole_columns_stay_whole_when_space_is_short() -> None:
    view = table(
        [column("action", whole=True), column("person")],
        [("- remove", escape_for_display(text, 300)) for text in HOSTILE],
    )
    assert show(view, 30).count("- remove") == len(HOSTILE)


def test_words_of_our_own_have_a_colour_and_no_underscore() -> None:
    assert word("not_sent").plain == "not sent"
    assert word("failed").style == "bold red"
    assert word(MARKUP).style == ""
