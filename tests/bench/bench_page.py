"""Measure the page of a plan in Chromium: its size, the time until it is painted, and how soon a filter shows.

Run as `python -m tests.bench.bench_page`; it needs Debian's Chromium. Times are by the page's own clock: from opening
to the first paint and to the end of its script, and from an event to the next paint. The yardstick is the same plan as
one plain table without a script, opened only once since it takes long.
"""

from collections.abc import Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from unittest.mock import patch

from playwright.sync_api import Browser
from rich.console import Console
from rich.table import Table

from rolesync.model.plans import Plan
from rolesync.report.html import page
from tests.bench.bench_applying import plan_of
from tests.browser import CHROMIUM, MISSING, chromium, watched

CHANGES = 50_000
TIMES = 5
SCREEN = {"width": 1280, "height": 900}
LARGEST = 300_000  # bytes beside the data
GOALS = {
    "first paint": 1000.0,
    "page complete": 1000.0,
    "search, first letter": 200.0,
    "search, next letter": 100.0,
    "filter by action": 100.0,
    "sort by user, first time": 500.0,
    "sort by user, again": 100.0,
    "group by reason": 200.0,
    "details of a row": 100.0,
}
"""Milliseconds; what answers within a tenth of a second feels immediate."""

Figures = Mapping[str, float]

_OPENED = """() => new Promise(done => {
  const [page] = performance.getEntriesByType("navigation");
  const tell = (list) => list.getEntriesByName("first-contentful-paint").forEach(
    (paint) => done({"first paint": paint.startTime, "page complete": page.domContentLoadedEventEnd}));
  new PerformanceObserver(tell).observe({type: "paint", buffered: true});
})"""
_PAINTED = (
    """() => new Promise(done => requestAnimationFrame(() => setTimeout(() => done(performance.now() - began))))"""
)
_STEPS = {
    "search, first letter": 'search.value = "9"; search.dispatchEvent(new Event("input"))',
    "search, next letter": 'search.value = "99"; search.dispatchEvent(new Event("input"))',
    "filter by action": "action.click()",
    "show all": "reset.click()",
    "sort by user, first time": "user.click()",
    "sort by user, again": "user.click()",
    "group by reason": 'group.value = "why"; group.dispatchEvent(new Event("change"))',
    "details of a row": 'document.querySelector("td.more button").click()',
}
_PARTS = """
  const [search, group] = [document.querySelector("#changes-search"), document.querySelector("#changes-group")];
  const [, action] = document.querySelectorAll(".chip");
  const reset = document.querySelector(".controls .plain"), user = document.querySelector("th.user button");
"""


def sizes(plan: Plan) -> Figures:
    """Count the bytes of a page, and those without its data and without its first rows."""
    text = page.plan_html(plan)
    _, _, rest = text.partition('<script type="application/json" id="data">')
    data, _, _ = rest.partition("</script>")
    with patch.object(page, "WITHOUT_SCRIPT", 0):
        rows = len(text.encode()) - len(page.plan_html(plan).encode())
    whole = len(text.encode())
    return {"whole": whole, "data": len(data.encode()), "own": whole - len(data.encode()) - rows}


def opened(browser: Browser, path: Path) -> Figures:
    """Open a page and do what a reviewer does; returns milliseconds."""
    with watched(browser, viewport=SCREEN) as visit:
        visit.page.goto(path.as_uri())
        times = dict(visit.page.evaluate(_OPENED))
        for name, step in _STEPS.items():
            script = f"async () => {{ {_PARTS} const began = performance.now(); {step}; return await ({_PAINTED})(); }}"
            times[name] = visit.page.evaluate(script)
        if visit.complaints:
            raise RuntimeError(f"nothing was measured: {visit.complaints}")
        return times


def plain_page(plan: Plan) -> str:
    """Make the same page with all rows in its HTML, and without data and script."""
    with patch.object(page, "WITHOUT_SCRIPT", len(plan.changes)):
        return page.plan_html(plan).partition("<script")[0]


def opened_plainly(browser: Browser, path: Path) -> Figures:
    """Open a page without a script; returns milliseconds."""
    with watched(browser, viewport=SCREEN) as visit:
        visit.page.goto(path.as_uri(), timeout=120_000)
        return dict(visit.page.evaluate(_OPENED))


def measure(changes: int, times: int) -> tuple[Figures, Figures, Figures]:
    """Return the sizes in bytes, and in milliseconds the medians of the page and the figures of the plain table."""
    plan = plan_of(changes)
    with TemporaryDirectory() as folder, chromium() as browser:
        file, plain = Path(folder, "page.html"), Path(folder, "plain.html")
        file.write_text(page.plan_html(plan), encoding="utf-8")
        plain.write_text(plain_page(plan), encoding="utf-8")
        runs = [opened(browser, file) for _ in range(times)]
        theirs = opened_plainly(browser, plain)
    return sizes(plan), {name: median(run[name] for run in runs) for name in runs[0]}, theirs


def main() -> None:
    """Measure and print the tables."""
    out = Console(width=120)
    if CHROMIUM is None:
        out.print(f"The page is not measured: {MISSING}")
        return
    bytes_of, ours, plain = measure(CHANGES, TIMES)
    size = Table(title=f"The page of {CHANGES:,} changes, in kB", title_justify="left")
    for title in ("whole", "of that data", "neither data nor rows", "goal"):
        size.add_column(title, justify="right")
    size.add_row(*(f"{bytes_of[name] / 1000:,.0f}" for name in ("whole", "data", "own")), f"{LARGEST / 1000:.0f}")
    out.print(size)
    table = Table(title=f"The same in Chromium, in ms, median of {TIMES}", title_justify="left")
    for title in ("", "page", "goal", "a plain table, once", "ratio"):
        table.add_column(title, justify="right" if title else "left")
    for name, goal in GOALS.items():
        beside = (f"{plain[name]:,.0f}", f"{ours[name] / plain[name]:.2f}") if name in plain else ("", "")
        table.add_row(name, f"{ours[name]:,.0f}", f"{goal:,.0f}", *beside)
    out.print(table)


if __name__ == "__main__":
    main()
