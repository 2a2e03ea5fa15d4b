"""Draws the README's picture of the review page: `python -m tests.manual.draw_review`.

It is the real page of a plan that the sandbox and the sample list make, with one change unticked.
"""

import re
import tempfile
from pathlib import Path

from tests.browser import chromium, watched
from tests.command import SAMPLE, sandbox, shell
from tests.paths import ROOT

PICTURE = ROOT / "rolesync" / "manual" / "review.png"
SIZE = {"width": 1120, "height": 860}
ADDRESS = re.compile(r"http://\S+/open/\S+")
UNTICKED, REASON = "Beatriz", "on leave"


def draw(folder: Path) -> None:
    """Plan, open the review, untick a change, and save what the browser shows of it."""
    with sandbox() as studio, chromium() as browser, watched(browser, viewport=SIZE) as watch:
        sh = shell(folder, studio)
        sh.json("plan", SAMPLE, "--impact", "-o", "plan.json")
        with sh.started("review", "plan.json", "--port", "0") as review:
            assert review.stderr is not None
            address = next(match[0] for match in map(ADDRESS.search, review.stderr) if match)
            page = watch.page
            page.goto(address)
            row = page.locator("[data-table=changes] tbody tr").filter(has_text=UNTICKED)
            row.get_by_role("checkbox").uncheck()
            row.get_by_label("Reason").fill(REASON)
            row.get_by_label("Reason").blur()
            page.locator("#bar").get_by_text("1 removal, 4 additions, 1 excluded").wait_for()
            page.locator("#bar").get_by_text("saved").wait_for()
            page.evaluate("scrollTo(0, 0)")
            page.screenshot(path=PICTURE)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        draw(Path(name))
