"""The benchmark of the page still measures the page."""

from pathlib import Path

from playwright.sync_api import Browser

from rolesync.report.html.page import plan_html
from tests.bench.bench_applying import plan_of
from tests.bench.bench_page import GOALS, LARGEST, opened, opened_plainly, plain_page, sizes


def test_a_page_is_its_data_its_rows_and_a_small_rest() -> None:
    few, many = sizes(plan_of(600)), sizes(plan_of(1_200))
    assert few["whole"] < many["whole"]
    assert few["data"] < many["data"]
    assert abs(few["own"] - many["own"]) < 100
    assert 10_000 < many["own"] < LARGEST


def test_every_step_is_measured(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(plan_html(plan_of(300)), encoding="utf-8")
    times = opened(browser, page)
    assert GOALS.keys() <= times.keys()
    assert min(times.values()) > 0
    page.write_text(plain_page(plan_of(300)), encoding="utf-8")
    assert opened_plainly(browser, page).keys() == {"first paint", "page complete"}
