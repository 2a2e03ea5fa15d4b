from rich.console import Console
from rich.text import Text

from rolesync.report.terminal.table import Whole
from rolesync.report.terminal.widgets import column, table, words
from tests.report.terminal.screen import show

HEAD = [column("what", whole=True), column("who"), column("row", right=True, whole=True)]


def lines(view: object, width: int = 80) -> list[str]:
    return show(view, width).splitlines()  # type: ignore[arg-type]


def test_columns_take_what_they_need_and_no_line_ends_with_blanks() -> None:
    assert lines(table(HEAD, [("+ add", "Ada", "5"), ("- remove", "Zoë Ångström", "")])) == [
        "  what       who            row",
        "  ─────────────────────────────",
        "  + add      Ada              5",
        "  - remove   Zoë Ångström",
    ]


def test_a_table_without_rows_has_its_head() -> None:
    assert lines(table(HEAD, [])) == ["  what   who   row", "  ────────────────"]


def test_the_widest_column_gives_way_first_and_breaks_between_words() -> None:
    view = table(
        [column("a"), column("a long title")], [("short", "the list names this person, but not for this role")]
    )
    assert lines(view, 30) == [
        "  a       a long title",
        "  ────────────────────────────",
        "  short   the list names this",
        "          person, but not for",
        "          this role",
    ]


def test_words_longer_than_a_line_break_where_it_ends() -> None:
    view = table([column("x"), column("y")], [("1", f"{'a' * 20} b  {'c' * 10}")])
    assert lines(view, 14)[2:] == ["  1   aaaaaaaa", "      aaaaaaaa", "      aaaa b", "      cccccccc", "      cc"]


def test_wide_letters_take_two_places_each() -> None:
    view = table([column("person"), column("role")], [("山田太郎", "Admin"), ("Ada", "山田太郎山田太郎")])
    assert lines(view, 21)[2:] == ["  山田太郎   Admin", "  Ada        山田太郎", "             山田太郎"]


def test_texts_below_each_other_and_colours_stay_in_their_place() -> None:
    cell = words("plan\n").append("blocked", "bold red")
    view = table([column("run"), column("result"), column("n")], [("one\ntwo\nthree", cell, words("7", "green"))])
    assert lines(view)[2:] == ["  one     plan      7", "  two     blocked", "  three"]
    console = Console(width=40, color_system="standard", force_terminal=True)
    with console.capture() as drawn:
        console.print(view)
    assert "  one     plan      \x1b[32m7\x1b[0m\n  two     \x1b[1;31mblocked\x1b[0m\n" in drawn.get()
    assert drawn.get().startswith("  \x1b[1mrun\x1b[0m     \x1b[1mresult\x1b[0m    \x1b[1mn\x1b[0m\n")


def test_titles_are_right_above_the_line() -> None:
    view = table([column("first of all"), column("b")], [("x" * 30, "1")])
    assert lines(view, 14)[:3] == ["  first of", "  all        b", "  ────────────"]


def test_where_nothing_fits_every_column_keeps_a_cell() -> None:
    text = show(table(HEAD, [("- remove", "Ada Lovelace", "1,234")]), 11)
    assert sorted("".join(text.split()).replace("─", "")) == sorted("whatwhorow-removeAdaLovelace1,234")


def test_a_text_is_no_markup_and_escapes_nothing() -> None:
    assert lines(table([column("a")], [("[b]x[/b] :smile:",), (Text("[i]"),)]))[2:] == ["  [b]x[/b] :smile:", "  [i]"]


def test_a_note_about_a_user_takes_the_width_of_the_row_and_no_more() -> None:
    ada = Whole(("Ada Lovelace", "<ada@example.edu>", "#12"), "owns 412 media, 310 GB, 88 h, last viewed on 2025-02-01")
    assert lines(table(HEAD, [("- remove", ada, "5"), ("+ add", Whole(("Eve",)), "")]), 60) == [
        "  what       who                                  row",
        "  ───────────────────────────────────────────────────",
        "  - remove   Ada Lovelace <ada@example.edu> #12     5",
        "             owns 412 media, 310 GB, 88 h, last viewed on",
        "             2025-02-01",
        "  + add      Eve",
    ]
