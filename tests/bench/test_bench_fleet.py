"""The benchmark of a fleet still measures whole nights, and writes its figures."""

from pathlib import Path

import pytest

from tests.bench import bench_fleet
from tests.bench.bench_fleet import Figures, Night, markdown, measure
from tests.bench.bench_growth import BEGIN, END, PAGE, write_page


def test_every_way_does_all_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_fleet, "WORKERS", 1)
    monkeypatch.setattr(bench_fleet, "SAMPLE", 1)
    nights = list(measure(2, 60, (0.001,), with_dask=False))
    assert [each.way for each in nights] == ["fleet, 1 workers", "shell loop"]
    assert all(each.figures.cpu > 0 for each in nights)
    assert [each.figures.estimated for each in nights] == [False, True]


def test_only_a_measured_night_has_a_goal() -> None:
    nights = [
        Night("fleet, 4 workers", 0.0, Figures(26.0, 40.0, 2.0, 90.0)),
        Night("shell loop", 0.0, Figures(200.0, 300.0, estimated=True)),
        Night("fleet, Dask", 0.0, Figures(30.0, 0.0, 2.0, 90.0)),
    ]
    assert [row[5] for row in bench_fleet.rows_of(nights)] == [f"{26.0 / nights[0].figures.limit:.2f}", "", ""]
    assert "| shell loop | 0 ms | \u2248 200 s | \u2248 300 s |  |  |  |" in markdown(nights)


def test_the_manual_has_a_place_for_the_table(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(PAGE.read_text("utf-8"), encoding="utf-8")
    write_page("| a |\n", page, bench_fleet.MARK)
    begin, end = BEGIN.format(bench_fleet.MARK), END.format(bench_fleet.MARK)
    assert f"{begin}| a |\n{end}" in page.read_text("utf-8")
