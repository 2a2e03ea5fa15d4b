"""The benchmark of applying still measures applying."""

from pathlib import Path

from tests.bench.bench_applying import apply, forms, record_ours, record_plainly


def test_a_run_is_complete_and_takes_the_fewest_requests(tmp_path: Path) -> None:
    figures = apply(tmp_path, 420, 3, latency=0.001)
    assert figures["puts"] == figures["fewest"] == 9
    assert figures["limit"] > 0


def test_records_are_written_by_both_sides(tmp_path: Path) -> None:
    ours, plain = record_ours(tmp_path / "ours", 3), record_plainly(tmp_path, 3)
    assert min(ours["time"], plain["time"]) > 0
    assert len((tmp_path / "ours" / "audit.jsonl").read_text(encoding="ascii").splitlines()) == 6
    assert len((tmp_path / "log").read_text(encoding="utf-8").splitlines()) == 6


def test_each_form_of_a_plan_is_made() -> None:
    assert len(forms(10)) == 2 * 6
