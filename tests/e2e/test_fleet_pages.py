"""The pages of a fleet in Chromium: a review from the first look to its end, and pages that everybody can read."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from rolesync.fleet.review import FleetReview
from rolesync.report.html.fleet import night_html
from rolesync.review.page.server import serve
from tests.browser import watched
from tests.fleet.reviewing import night_under_review
from tests.report.html.test_fleet import NIGHT
from tests.report.pages import LOOKS

WIDTHS = {**LOOKS, "phone": {"viewport": {"width": 390, "height": 844}}}
Open = Callable[..., Page]


@pytest.fixture
def review(tmp_path: Path) -> FleetReview:
    return night_under_review(tmp_path, fleet="[fleet.stop]\nmax_removals = 41\n")


@pytest.fixture
def opened(browser: Browser, review: FleetReview) -> Iterator[Open]:
    """Serve the review, and open its page in a context of its own."""
    with ExitStack() as stack:
        addresses = Queue[str]()

        def open_review(**context: Any) -> Page:
            arguments = {"port": 0, "show_address": addresses.put}
            server = Thread(target=serve, args=(review,), kwargs=arguments)
            server.start()
            stack.callback(server.join, 20)
            stack.callback(setattr, review, "has_ended", True)  # the value
            seen = stack.enter_context(watched(browser, **context))
            address = addresses.get(timeout=20)
            seen.page.goto(address)
            seen.page.wait_for_url(lambda url: "/open/" not in url)
            stack.callback(lambda: check(seen.complaints))
            return seen.page

        yield open_review


def check(complaints: list[str]) -> None:
    assert complaints == []


def violations(page: Page) -> list[tuple[str, str]]:
    violations = Axe().run(page).response["violations"]
    return [(violation["id"], violation["nodes"][0]["html"][:200]) for violation in violations]


def test_a_night_is_reviewed_account_by_account(opened: Open, review: FleetReview) -> None:
    page = opened()
    names = page.locator("tbody th").all_inner_texts()
    assert names == ["south", "east", "west", "north"]
    expect(page.locator(".note.block:visible")).to_contain_text("41 roles may be removed")
    page.get_by_role("link", name="north").click()
    page.locator("#go").click()
    page.get_by_label("Your name").fill("Rita")
    page.locator("#sees").check()
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator("#over")).to_contain_text("The plan of north to remove 2, add 1 is approved.")
    page.get_by_role("link", name="Back to fleet district").click()
    expect(page.locator("tr", has_text="north")).to_contain_text("Approved by Rita")
    expect(page.get_by_role("heading", level=1)).to_have_text("2 plans wait for approval")
    page.get_by_role("link", name="north").click()
    expect(page.locator(".banner")).to_contain_text("APPROVED")
    page.get_by_role("link", name="fleet district").click()
    page.get_by_role("button", name="End the review").click()
    expect(page.locator("#after")).to_contain_text("The review has ended")
    assert review.has_ended


def test_a_look_elsewhere_while_the_review_is_ended_hides_nothing(opened: Open, review: FleetReview) -> None:
    page = opened()
    routes: list[Route] = []
    page.route("**/leave", lambda route: routes.append(route))  # noqa: PLW0108  # Playwright looks at its code
    end = page.get_by_role("button", name="End the review")
    with page.expect_request("**/leave"):
        end.click()
    end.click()
    page.evaluate("window.kept = true; document.dispatchEvent(new Event('visibilitychange'))")
    routes[0].continue_()
    expect(page.locator("#after")).to_contain_text("The review has ended")
    assert page.evaluate("window.kept")
    assert len(routes) == 1
    assert review.has_ended


@pytest.mark.parametrize("look", WIDTHS)
def test_everybody_can_read_the_page_of_a_review(opened: Open, look: str) -> None:
    page = opened(**WIDTHS[look])
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("look", WIDTHS)
def test_everybody_can_read_the_page_of_a_night(browser: Browser, tmp_path: Path, look: str) -> None:
    path = tmp_path / "night.html"
    path.write_text(night_html(NIGHT), encoding="utf-8")
    with watched(browser, **WIDTHS[look]) as seen:
        seen.page.goto(path.as_uri())
        assert violations(seen.page) == []
        assert seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        check(seen.complaints)
