"""The page of a review in Chromium: every test also fails if the page makes a foreign request or logs a complaint."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Route, expect

from rolesync.model.frames import CHANGES, HELD, frame
from rolesync.model.plans import Plan
from rolesync.model.reasons import HeldReason
from rolesync.planner.approval import Decisions
from tests.browser import Watched, watched
from tests.report.content.test_impact import ADA, impact_plan
from tests.report.pages import HUGE_ID, LOOKS, NARROW, people, rows, school, status
from tests.report.samples import FORMULA, HOSTILE, MARKUP, MOVED, REMOVED, big_plan, columns, hostile_plan, make_plan
from tests.review.page.running_review import RunningReview, running_review
from tests.review.page.test_session import WAITS, holding

Open = Callable[..., tuple[RunningReview, Page]]

SPELLABLE = [text for text in HOSTILE if "\ud800" not in text]  # no managed role has a lone surrogate
LOGGED = ("422 (Unprocessable ", "403 (Forbidden)", "500 (Internal", "ERR_FAILED", "ERR_CONNECTION_REFUSED", "dialog: ")
"""What Chromium logs of a refusal and of a server that has gone, and a page that asks whether to wait."""


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Start the review of a plan, and open its page in its own browser context."""
    with ExitStack() as stack:
        visits: list[tuple[Watched, str]] = []

        def open_review(plan: Plan, **context: Any) -> tuple[RunningReview, Page]:
            review = stack.enter_context(running_review(plan))
            seen = stack.enter_context(watched(browser, **context))
            address = review.address()
            seen.page.goto(address)
            seen.page.wait_for_url(lambda url: "/open/" not in url)
            visits.append((seen, address.partition("/open/")[0] + "/"))
            return review, seen.page

        yield open_review
        for seen, origin in visits:
            assert [url for url in seen.requests if not url.startswith(origin)] == []
            assert [complaint for complaint in seen.complaints if not any(known in complaint for known in LOGGED)] == []


def hostile() -> Plan:
    plan = hostile_plan(SPELLABLE)
    return replace(plan, policy=replace(plan.policy, managed_roles=(*SPELLABLE, "Admin")))


def says(page: Page, text: str) -> None:
    """Wait until the bar shows the text, as answered by the server and not only as computed by the page."""
    expect(page.locator("#bar")).to_contain_text("As decided")
    expect(page.locator("#bar")).to_contain_text(text)


def box(page: Page, who: str, key: str = "changes") -> Locator:
    return rows(page, key).filter(has_text=who).first.get_by_role("checkbox")


def approve(page: Page, name: str, sees: str) -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Effect of the plan").fill(sees)
    page.get_by_role("button", name="Approve", exact=True).click()


def test_a_change_is_taken_out_with_a_reason_and_the_rest_is_approved(opened: Open) -> None:
    review, page = opened(school())
    says(page, "As decided: remove 4, add 2; 0 changes excluded.")
    box(page, "Grace").uncheck()
    says(page, "remove 3, add 2; 1 change excluded. 1 reason missing.")
    page.keyboard.type("on leave")  # the field for it has the focus
    expect(page.locator("#bar")).not_to_contain_text("no reason")
    says(page, "As decided: remove 3, add 2;")
    expect(page.locator(".banner")).to_contain_text("3 removals, 2 additions")
    approve(page, "Rita Levi", "remove 3, add 2")
    expect(page.locator("#over")).to_contain_text("The plan to remove 3, add 2 is approved.")
    expect(page.locator("#over")).to_contain_text("rolesync apply plan.approved.json")
    assert box(page, "alan").is_disabled()
    assert not page.get_by_label("Your name").is_visible()
    assert review.ended()
    (approved,) = review.approved
    assert "on leave" in approved.held["detail"].tolist()
    assert approved.approval
    assert (approved.approval.reviewer, approved.approval.excluded) == ("Rita Levi", 1)


def test_all_that_fits_a_filter_is_taken_out_and_put_back(opened: Open) -> None:
    review, page = opened(big_plan(250, 30))
    page.get_by_label("Search", exact=True).fill('"number 1"')
    fit = sum(1 for number in range(1, 281) if str(number).startswith("1"))
    expect(page.locator("[data-table=changes] [role=status]")).to_contain_text(f"{fit} of 280 rows match")
    out, back = (page.get_by_role("button", name=f"{what} all matches") for what in ("Exclude", "Include"))
    out.click()  # without a reason nothing is excluded
    assert page.evaluate("document.activeElement.id") == "why"
    says(page, "0 changes excluded")
    page.keyboard.type("another school")
    out.click()
    says(page, f"As decided: remove {250 - fit}, add 30; {fit} changes excluded.")
    page.get_by_label("Search", exact=True).fill('"number 17"')
    back.click()
    says(page, f"{fit - 11} changes excluded")
    page.get_by_role("button", name="Show all").first.click()
    page.get_by_label("Show", exact=True).select_option("excluded")
    assert status(page).startswith(f"{fit - 11} of 280 rows match")
    assert "Person Number 17" not in people(page)
    page.get_by_label("Show", exact=True).select_option("included")
    assert status(page).startswith(f"{280 - fit + 11} of 280 rows match")
    assert set(review.session.decisions.excluded.values()) == {"another school"}


def test_what_a_setting_held_is_let_through_by_name(opened: Open) -> None:
    review, page = opened(holding())
    assert rows(page, "held").get_by_role("checkbox").count() == 1  # a user who isn't in Studio can't be released
    box(page, "ann@example.edu", "held").check()
    says(page, "As decided: remove 3, add 1; 0 changes excluded, 1 held removal released.")
    page.get_by_label("Reason (optional): remove Admin, <ann@example.edu>").fill("has left")
    approve(page, "Rita", "Remove 3,  ADD 1")
    expect(page.locator("#over")).to_be_visible()
    (approved,) = review.approved
    assert approved.approval
    assert [(removal.user_id, removal.reason) for removal in approved.approval.released] == [(40, "has left")]


def test_reloading_and_sorting_lose_nothing(opened: Open) -> None:
    _, page = opened(school())
    box(page, "Grace").uncheck()
    page.keyboard.type("on leave")
    page.get_by_role("button", name="User").first.click()
    assert not box(page, "Grace").is_checked()
    expect(page.locator("#bar")).not_to_contain_text("no reason")
    says(page, "As decided")
    page.reload()
    assert not box(page, "Grace").is_checked()
    assert page.get_by_label("Reason: remove Admin, Grace Hopper").input_value() == "on leave"
    assert box(page, "Zoë").is_checked()
    says(page, "remove 3, add 2; 1 change excluded.")
    expect(page.locator(".banner")).to_contain_text("3 removals, 2 additions")
    box(page, "Grace").check()
    says(page, "remove 4, add 2; 0 changes excluded.")


def test_leaving_too_early_asks_and_sends_what_was_typed(opened: Open) -> None:
    review, page = opened(school())
    box(page, "Grace").uncheck()
    says(page, "As decided: remove 3, add 2; 1 change excluded. 1 reason missing.")
    page.clock.install()  # as if no time passed after the last letter
    page.keyboard.type("on leave")
    with page.expect_event("dialog") as dialog:
        page.close(run_before_unload=True)
    with page.expect_response("**/decisions"):
        dialog.value.dismiss()
    assert review.session.decisions.excluded == {(7, "Admin"): "on leave"}


def test_what_is_refused_is_said_and_can_be_put_right(opened: Open) -> None:
    review, page = opened(school())
    approve(page, "Rita", "remove 12, add 40")
    expect(page.get_by_role("alert")).to_contain_text("would remove 4, add 2, and not 'remove 12, add 40'")
    box(page, "Grace").uncheck()
    says(page, "remove 3, add 2")
    approve(page, "Rita", "remove 3, add 2")
    expect(page.get_by_role("alert")).to_contain_text("user 7, Admin is excluded without a reason")
    page.get_by_label("Reason: remove Admin, Grace").fill("on leave")
    approve(page, " ", "remove 3, add 2")
    assert page.evaluate("document.activeElement.id") == "reviewer"
    approve(page, "Rita", "remove 3, add 2")
    expect(page.locator("#over")).to_be_visible()
    assert len(review.approved) == 1


def test_two_windows_never_decide_past_each_other(opened: Open) -> None:
    review, page = opened(school())
    other = page.context.new_page()
    other.goto(page.url)
    box(other, "Grace").uncheck()
    says(other, "1 change excluded")
    box(page, "Zoë").uncheck()
    expect(page.get_by_role("alert")).to_contain_text("another window has changed the decisions. reload this page")
    assert list(review.session.decisions.excluded) == [(7, "Admin")]
    page.reload()
    assert not box(page, "Grace").is_checked()


def test_a_server_that_has_gone_is_said(opened: Open) -> None:
    review, page = opened(school())
    review.now += 1e9
    assert review.ended()
    box(page, "Grace").uncheck()
    expect(page.get_by_role("alert")).to_contain_text("The review does not answer. Its terminal shows")
    assert box(page, "Zoë").is_disabled()


def test_what_the_server_did_not_take_is_not_approved_past_the_reviewer(opened: Open) -> None:
    review, page = opened(school())
    page.route("**/decisions", lambda route: route.fulfill(status=422, json={"message": "no room", "hint": ""}))
    box(page, "Grace").uncheck()
    expect(page.get_by_role("alert")).to_contain_text("no room")
    approve(page, "Rita", "remove 4, add 2")  # what the server has, and the page doesn't show
    expect(page.get_by_role("button", name="Approve", exact=True)).to_be_enabled()
    page.unroute("**/decisions")
    approve(page, "Rita", "remove 4, add 2")
    expect(page.get_by_role("alert")).to_contain_text("excluded without a reason")
    assert not review.approved
    box(page, "Grace").check()
    says(page, "As decided: remove 4, add 2")
    expect(page.locator("#refusal")).to_be_empty()  # it is about what isn't so any more


def test_while_an_approval_is_on_its_way_nothing_else_is_done(opened: Open) -> None:
    review, page = opened(school())
    routes: list[Route] = []
    page.route("**/approve", lambda route: routes.append(route))  # noqa: PLW0108  # Playwright looks at its code
    with page.expect_request("**/approve"):
        approve(page, "Rita", "remove 4, add 2")
    page.evaluate("document.querySelector('#sees').focus()")
    page.keyboard.press("Enter")
    page.evaluate("document.querySelector('td.lead input').focus()")
    page.keyboard.press(" ")
    assert page.locator("td.lead input").first.is_checked()
    assert len(routes) == 1
    routes[0].continue_()
    expect(page.locator("#over")).to_be_focused()
    expect(page.locator("#refusal")).to_be_empty()
    assert len(review.approved) == 1


def test_what_was_typed_while_decisions_were_on_their_way_is_sent_once(opened: Open) -> None:
    review, page = opened(school())
    routes: list[Route] = []
    sent: list[str] = []
    page.route("**/decisions", lambda route: routes.append(route), times=1)  # noqa: PLW0108  # as below
    page.route("**/approve", lambda route: routes.append(route))  # noqa: PLW0108
    page.on("request", lambda request: sent.append(request.url.rpartition("/")[2]))
    with page.expect_request("**/decisions"):
        box(page, "Grace").uncheck()
    page.clock.install()  # as if no time passed after the last letter
    page.keyboard.type("on leave")
    routes[0].continue_()
    expect(page.locator(".banner")).to_contain_text("3 removals, 2 additions")
    with page.expect_request("**/approve"):
        approve(page, "Rita", "remove 3, add 2")
    page.clock.run_for(1000)
    routes[1].continue_()
    expect(page.locator("#over")).to_be_focused()
    expect(page.locator("#refusal")).to_be_empty()
    assert sent == ["decisions", "decisions", "approve"]
    assert len(review.approved) == 1


def test_what_comes_after_the_end_takes_nothing_from_it(opened: Open) -> None:
    _, page = opened(school())
    routes: list[Route] = []
    page.clock.install()
    page.route("**/here", lambda route: routes.append(route))  # noqa: PLW0108  # as below
    page.clock.fast_forward(120_000)
    with page.expect_request("**/here"):
        page.get_by_label("Your name").press("Shift")
    approve(page, "Rita", "remove 4, add 2")
    expect(page.locator("#over")).to_be_focused()
    with page.expect_event("requestfailed"):
        routes[0].abort()
    expect(page.locator("#over")).to_be_focused()
    expect(page.locator("#refusal")).to_be_empty()


def test_an_answer_that_is_lost_is_not_taken_for_the_end(opened: Open) -> None:
    _, page = opened(school())
    page.route("**/decisions", lambda route: route.abort())
    box(page, "Grace").uncheck()
    expect(page.get_by_role("alert")).to_contain_text("If it still runs, reload this page")
    page.unroute("**/decisions")
    page.reload()
    says(page, "As decided: remove 4, add 2; 0 changes excluded")
    box(page, "Grace").uncheck()
    says(page, "As decided: remove 3, add 2")


def test_a_page_that_is_opened_in_another_browser_says_that_here_it_is_over(opened: Open, browser: Browser) -> None:
    review, page = opened(school())
    requests.get(review.shown[0], timeout=20)  # what was opened already makes a new one
    with watched(browser) as other:
        other.page.goto(review.address())
        box(page, "Grace").uncheck()
        expect(page.get_by_role("alert")).to_contain_text("isn't open in this browser")


def test_a_failure_of_the_server_is_said_and_does_not_end_the_review(opened: Open) -> None:
    review, page = opened(school())
    page.route("**/approve", lambda route: route.fulfill(status=500, body="Internal Server Error"))
    approve(page, "Rita", "remove 4, add 2")
    expect(page.get_by_role("alert")).to_contain_text("Internal Server Error")
    page.unroute("**/approve")
    approve(page, "Rita", "remove 4, add 2")
    expect(page.locator("#over")).to_be_visible()
    assert len(review.approved) == 1


def test_the_way_to_approve_keeps_the_focus_while_decisions_are_saved(opened: Open) -> None:
    _, page = opened(school())
    box(page, "Grace").uncheck()
    page.keyboard.type("on leave")
    page.get_by_role("link", name="Approve…").focus()
    says(page, "As decided: remove 3, add 2; 1 change excluded.")
    expect(page.get_by_role("link", name="Approve…")).to_be_focused()


def test_what_is_filtered_by_decision_is_said_and_undone_by_a_card(opened: Open) -> None:
    _, page = opened(school())
    box(page, "Zoë").uncheck()
    says(page, "remove 4, add 1")
    page.get_by_label("Show", exact=True).select_option("excluded")
    expect(page.locator("[data-table=changes] .chosen")).to_have_text("Filter: excluded.")
    expect(page.get_by_role("button", name="Show all").first).to_have_attribute("aria-disabled", "false")
    page.get_by_role("link", name="4 removals").click()
    assert status(page).startswith("4 of 6 rows match")


def test_leaving_keeps_the_decisions(opened: Open) -> None:
    review, page = opened(school())
    box(page, "Grace").uncheck()
    page.keyboard.type("on leave")
    page.get_by_role("button", name="Leave without approving").click()
    expect(page.locator("#over")).to_contain_text("Nothing was approved")
    assert review.ended()
    assert review.left == [Decisions({(7, "Admin"): "on leave"})]


def test_a_huge_id_is_the_same_person_to_the_last_digit(opened: Open) -> None:
    review, page = opened(school())
    box(page, "alan").uncheck()
    says(page, "1 change excluded")
    assert list(review.session.decisions.excluded) == [(HUGE_ID, "Admin")]


def test_the_tabs_title_says_nothing_that_a_decision_makes_untrue(opened: Open) -> None:
    review, page = opened(make_plan())
    expect(page).to_have_title("rolesync review")
    page.get_by_label("Reason for excluding").fill("on leave")
    page.get_by_role("button", name="Exclude all matches").click()
    says(page, "As decided: remove 0, add 0")
    expect(page.locator(".banner")).to_contain_text("NOTHING TO DO")
    expect(page).to_have_title("rolesync review")
    assert review.approved == []


def test_it_is_done_with_the_keyboard_alone(opened: Open) -> None:
    review, page = opened(school())
    box(page, "Grace").focus()
    page.keyboard.press(" ")
    page.keyboard.type("on leave")
    expect(page.locator("#bar")).not_to_contain_text("no reason")
    page.get_by_role("link", name="Approve…").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Approve")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("Rita")
    page.keyboard.press("Tab")
    page.keyboard.type("remove 3, add 2")
    page.keyboard.press("Enter")
    expect(page.locator("#over")).to_be_focused()
    assert len(review.approved) == 1


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("make", [holding, hostile], ids=["holding", "hostile"])
def test_axe_finds_nothing(opened: Open, make: Callable[[], Plan], look: str) -> None:
    plan = replace(make(), releasable_removals=holding().releasable_removals)
    held = [WAITS, *plan.held.itertuples(index=False, name=None)]
    _, page = opened(replace(plan, held=frame(HELD, columns(HELD, held))), **LOOKS[look])
    rows(page).get_by_role("checkbox").first.uncheck()
    rows(page, "held").get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Exclude all matches").click()
    says(page, "As decided")
    violations = Axe().run(page).response["violations"]
    assert [
        (violation["id"], violation["impact"], violation["nodes"][0]["html"][:200]) for violation in violations
    ] == []


def test_on_a_narrow_screen_nothing_is_beside_it(opened: Open) -> None:
    _, page = opened(holding(), **NARROW)
    rows(page).get_by_role("checkbox").first.uncheck()
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_a_laptop_shows_every_column_and_paper_names_them(opened: Open) -> None:
    long = (*MOVED[:1], "bartholomew.featherstonehaugh@students.example.edu", *MOVED[2:])
    _, page = opened(impact_plan((long[0], *ADA[1:]), changes=(long, REMOVED)), viewport={"width": 1280, "height": 900})
    rows(page).get_by_role("checkbox").first.uncheck()
    rows(page).get_by_role("button", name="Details").first.click()
    assert page.evaluate("[...document.querySelectorAll('.scroll')].every(one => one.scrollWidth <= one.clientWidth)")
    page.emulate_media(media="print")
    named = "[...document.querySelectorAll('thead [data-label]')].map(one => getComputedStyle(one, '::before').content)"
    assert '"Roles before → after"' in page.evaluate(named)


def test_hostile_texts_are_shown_as_text(opened: Open) -> None:
    _, page = opened(hostile())
    before = page.locator("body").inner_text().count(MARKUP)
    assert before > 10
    page.get_by_label("Reason for excluding").fill(MARKUP)
    page.get_by_role("button", name="Exclude all matches").click()
    says(page, "As decided: remove 0, add 0")
    assert page.locator("body").inner_text().count(MARKUP) >= before
    assert FORMULA in page.locator("body").inner_text()
    assert rows(page).get_by_label("Reason").first.input_value() == MARKUP
    assert page.locator("bold, img, [data-part] script").count() == 0
    assert rows(page).count() == len(SPELLABLE) * 2


def test_without_changes_what_is_held_can_still_be_let_through(opened: Open) -> None:
    plan = replace(holding(), changes=frame(CHANGES))
    review, page = opened(plan)
    says(page, "As decided: remove 0, add 0")
    box(page, "ann@example.edu", "held").check()
    says(page, "remove 1, add 0")
    approve(page, "Rita", "remove 1, add 0")
    expect(page.locator("#over")).to_be_visible()
    assert len(review.approved) == 1


def test_nothing_to_decide_is_a_page_all_the_same(opened: Open) -> None:
    out = (3, "bo@example.edu", 77, "Admin", "add", HeldReason.NOT_IN_STUDIO, "not yet there")
    _, page = opened(make_plan((), (out,), findings=()))
    says(page, "As decided: remove 0, add 0")
    assert page.get_by_role("checkbox").count() == 0
