"""The benchmark of growth still measures a whole sync, and writes its figures."""

from pathlib import Path

import pytest

from tests.bench.bench_growth import BEGIN, END, MARK, Cell, Figures, markdown, measure, write_page


def test_both_ways_do_what_the_list_asks_for() -> None:
    first, *_ = cells = list(measure(200))
    assert [cell.changes for cell in cells] == [1, 2, 20]
    assert first.ours.requests < first.script.requests
    assert not first.script.estimated


def test_the_table_is_written_between_its_marks(tmp_path: Path) -> None:
    cells = [Cell(1_000, 1, Figures(30, 0.5, 90.0), Figures(900, 4_000.0, 0.0, estimated=True))]
    page, begin, end = tmp_path / "performance.md", BEGIN.format(MARK), END.format(MARK)
    page.write_text(f"a\n{begin}old\n{end}\nb\n", encoding="utf-8")
    write_page(markdown(cells), page)
    text = page.read_text("utf-8")
    assert text.startswith(f"a\n{begin}| live users |")
    assert text.endswith(f"| ≈ 1.1 h | ≈ 45.0 s |  |\n{end}\nb\n")
    assert "old" not in text
    page.write_text("no marks", encoding="utf-8")
    with pytest.raises(ValueError, match="growth"):
        write_page("", page)
