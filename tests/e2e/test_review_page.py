"""The page of a review in Chromium: every test also fails if the page makes a foreign request or logs a complaint."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Route, expect

from rolesync.model.frames import CHANGES, HELD, frame
from rolesync.model.plans import Plan, RoleCount
from rolesync.model.reasons import HeldReason
from rolesync.model.vocabulary import Action
from rolesync.planner.approval import Decisions
from tests.browser import Watched, watched
from tests.report.content.test_impact import ADA, impact_plan
from tests.report.pages import HUGE_ID, LOOKS, people, rows, school, status
from tests.report.samples import (
    FORMULA,
    HOSTILE,
    MARKUP,
    MOVED,
    REMOVED,
    SHOWN_HOSTILE,
    big_plan,
    columns,
    hostile_plan,
    make_plan,
    plan_of,
)
from tests.review.page.running_review import RunningReview, running_review
from tests.review.page.test_session import WAITS, holding

Open = Callable[..., tuple[RunningReview, Page]]

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


def hostile(texts: Sequence[str] = HOSTILE) -> Plan:
    spellable = [text for text in texts if "\ud800" not in text]  # no managed role has a lone surrogate
    plan = hostile_plan(spellable)
    return replace(plan, policy=replace(plan.policy, managed_roles=(*spellable, "Admin")))


def shown_hostile() -> Plan:
    return hostile(SHOWN_HOSTILE)


def says(page: Page, text: str) -> None:
    """Wait until the bar shows the text, and that the server has stored the decisions."""
    expect(page.locator("#bar [role=status]")).to_contain_text(text)
    expect(page.locator("#bar [role=status]")).to_contain_text("saved")


def box(page: Page, who: str, key: str = "changes") -> Locator:
    return rows(page, key).filter(has_text=who).first.get_by_role("checkbox")


def approve(page: Page, name: str, effect: str) -> None:
    page.locator("#go").click()
    page.get_by_label("Your name").fill(name)
    page.get_by_label(f"I approve {effect}", exact=True).check()
    confirm(page)


def confirm(page: Page) -> None:
    page.get_by_role("button", name="Approve", exact=True).click()


def pause(page: Page) -> None:
    """Stop the page's clock, as if no time passed after the last letter; its time may only be set forward."""
    page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=30))


def all_shown(page: Page) -> Locator:
    return page.get_by_role("columnheader").get_by_role("checkbox")


def test_a_change_is_taken_out_with_a_reason_and_the_rest_is_approved(opened: Open) -> None:
    review, page = opened(school())
    says(page, "4 removals, 2 additions")
    box(page, "Grace").uncheck()
    says(page, "3 removals, 2 additions, 1 excluded 1 reason missing")
    page.keyboard.type("on leave")  # the field for it has the focus
    expect(page.locator("#bar")).not_to_contain_text("missing")
    says(page, "3 removals, 2 additions")
    expect(page.locator(".banner")).to_contain_text("3 removals, 2 additions")
    approve(page, "Rita Levi", "3 removals and 2 additions")
    expect(page.locator("#over")).to_contain_text(
        "APPROVED The plan to remove 3, add 2 is approved.", use_inner_text=True
    )
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
    search = page.get_by_label("Search", exact=True)
    search.fill('"number 1"')
    fit = sum(1 for number in range(1, 281) if str(number).startswith("1"))
    expect(page.locator("[data-table=changes] p[role=status]")).to_contain_text(f"{fit} of 280 rows match")
    expect(all_shown(page)).to_have_accessible_name(f"Include all {fit} changes shown")
    all_shown(page).uncheck()
    assert page.evaluate("document.activeElement.id") == "why"
    says(page, f"{250 - fit} removals, 30 additions, {fit} excluded {fit} reasons missing")
    page.keyboard.type("another school")
    expect(page.locator("#bar")).not_to_contain_text("missing")
    expect(page.locator(".banner")).to_contain_text(f"{250 - fit} removals, 30 additions")
    search.fill('"number 17"')
    expect(all_shown(page)).to_have_accessible_name("Include all 11 changes shown")
    all_shown(page).check()
    says(page, f"{fit - 11} excluded")
    page.get_by_role("button", name="Undo").click()
    says(page, f"{fit} excluded")
    all_shown(page).check()
    page.get_by_role("button", name="Show all").first.click()
    assert all_shown(page).evaluate("box => box.indeterminate")
    page.get_by_role("button", name=f"Excluded {fit - 11}").click()
    assert status(page).startswith(f"{fit - 11} of 280 rows match")
    assert "Person Number 17" not in people(page)
    says(page, f"{fit - 11} excluded")
    assert set(review.session.decisions.excluded.values()) == {"another school"}


def test_a_click_for_all_is_for_what_was_searched_also_before_the_next_paint(opened: Open) -> None:
    review, page = opened(big_plan(40, 10))
    page.evaluate(
        """() => {
          const [search, all] = ["#changes-search", "thead input"].map((name) => document.querySelector(name));
          search.value = '"number 17"';
          search.dispatchEvent(new Event("input"));
          all.click();
        }"""
    )
    says(page, "39 removals, 10 additions, 1 excluded")
    assert list(review.session.decisions.excluded) == [(17, "Admin")]


def test_a_click_for_all_never_puts_back_one_that_was_taken_out_before(opened: Open) -> None:
    _, page = opened(big_plan(40, 10))
    search = page.get_by_label("Search", exact=True)
    search.fill('"number 17"')
    all_shown(page).uncheck()
    page.keyboard.type("owns much")
    search.fill('"number 1"')
    expect(page.locator(".together")).to_be_hidden()  # it was about other rows
    assert all_shown(page).evaluate("box => box.indeterminate")
    all_shown(page).click()
    fit = sum(1 for number in range(1, 51) if str(number).startswith("1"))
    says(page, f"{fit} excluded {fit - 1} reasons missing")
    assert box(page, "number 17").is_checked() is False
    page.keyboard.type("another school")
    says(page, f"{fit} excluded ")
    page.keyboard.press("Enter")
    search.fill("owns much")  # a reason is found, too
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Number 17")
    search.fill("another school")
    expect(rows(page)).to_have_count(fit - 1)
    search.fill("")
    box(page, "number 20").uncheck()
    says(page, f"{fit + 1} excluded 1 reason missing")  # it doesn't get the last reason of others
    assert page.locator("#reasons option").evaluate_all("all => all.map(one => one.value)") == [
        "owns much",
        "another school",
    ]


def test_a_key_never_takes_back_a_decision_on_many_changes(opened: Open) -> None:
    _, page = opened(big_plan(40, 10))
    all_shown(page).uncheck()
    page.keyboard.type("the wrong list")
    says(page, "50 excluded ")
    rows(page).first.focus()
    page.keyboard.type("until June")  # beside a field, letters are keys
    expect(page.locator("#refusal")).to_contain_text("The last decision is on 50 changes")
    says(page, "50 excluded ")
    rows(page).first.locator(".more button").click()
    expect(page.locator("tr.details")).to_contain_text("remove Admin (excluded: the wrong list)")
    expect(page.locator("tr.details")).to_contain_text("Roles after this planAdmin")
    page.get_by_role("button", name="Undo").click()
    says(page, "40 removals, 10 additions")


def agree(page: Page, removals: tuple[int, int], additions: tuple[int, int]) -> None:
    """Expect the same numbers, as included of all, wherever the page counts changes."""
    (kept, all_removals), (added, all_additions) = removals, additions
    total, left_out = all_removals + all_additions, all_removals + all_additions - kept - added
    effects = f"{kept} removal{'s' * (kept != 1)}, {added} addition{'s' * (added != 1)}"
    excluded = f", {left_out} excluded" if left_out else ""
    expect(page.locator("#bar b")).to_have_text(f"{effects}{excluded}")
    says(page, "")
    expect(page.locator(".banner h1")).to_have_text(effects)
    expect(page.locator("#go")).to_have_text(f"Approve {kept + added} changes…")
    expect(page.locator(".card svg + p").first).to_contain_text(f", +{added}" if added else ", +0")
    chips = [("All", kept + added, total), ("Removals", kept, all_removals), ("Additions", added, all_additions)]
    texts = [f"{name} {number} of {of}" if number < of else f"{name} {of}" for name, number, of in chips]
    texts.append(f"Excluded {left_out}")
    expect(page.locator(".chip")).to_have_text(texts)
    expect(page.locator(".chip").last).to_be_visible(visible=bool(left_out))
    expect(page.locator(".tick span")).to_have_text(f"I approve {effects.replace(',', ' and', 1)}")


def test_all_numbers_agree_after_each_decision(opened: Open) -> None:
    _, page = opened(big_plan(40, 10))
    search, group = page.get_by_label("Search", exact=True), page.get_by_label("Group by")
    shown = page.locator("[data-table=changes] p[role=status]")
    agree(page, (40, 40), (10, 10))
    box(page, "number 20").uncheck()
    page.keyboard.type("on leave")
    agree(page, (39, 40), (10, 10))
    search.fill('"number 4"')
    expect(shown).to_have_text("11 of 50 rows match: 2 removals, 9 additions.")
    box(page, "number 45").uncheck()
    page.keyboard.type("on leave")
    expect(shown).to_have_text("11 of 50 rows match: 2 removals, 8 of 9 additions.")
    agree(page, (39, 40), (9, 10))
    search.fill("")
    group.select_option("reason")
    groups = page.locator("[data-table=changes] tr.group small")
    expect(groups).to_have_text(["39 of 40 removals", "9 of 10 additions"])
    page.locator("tr.group input").first.click()
    agree(page, (0, 40), (9, 10))
    expect(groups).to_have_text(["0 of 40 removals", "9 of 10 additions"])
    page.get_by_role("button", name="Removals 0 of 40").click()
    expect(rows(page)).to_have_count(40)
    expect(shown).to_have_text("40 of 50 rows match: 0 of 40 removals.")
    page.get_by_role("button", name="Undo").click()
    agree(page, (39, 40), (9, 10))
    expect(groups).to_have_text(["39 of 40 removals"])
    expect(shown).to_have_text("40 of 50 rows match: 39 of 40 removals.")
    page.reload()
    agree(page, (39, 40), (9, 10))
    expect(groups).to_have_text(["39 of 40 removals"])
    page.get_by_role("button", name="Excluded 2").click()
    expect(shown).to_have_text("2 of 50 rows match: 0 of 1 removal, 0 of 1 addition.")
    box(page, "number 20").check()
    agree(page, (40, 40), (9, 10))


def test_all_numbers_agree_before_and_after_a_slow_answer(opened: Open) -> None:
    review, page = opened(big_plan(40, 10))
    routes: list[Route] = []
    page.route("**/decisions", lambda route: routes.append(route), times=1)  # noqa: PLW0108  # as below
    with page.expect_request("**/decisions"):
        box(page, "number 20").uncheck()
    for number in (21, 22, 45):
        box(page, f"number {number}").uncheck()
    expect(page.locator(".banner h1")).to_have_text("37 removals, 9 additions")
    expect(page.locator("#bar b")).to_have_text("37 removals, 9 additions, 4 excluded")
    expect(page.locator(".chip").nth(1)).to_have_text("Removals 37 of 40")
    box(page, "number 22").check()
    routes[0].continue_()
    agree(page, (38, 40), (9, 10))
    assert sorted(review.session.decisions.excluded) == [(20, "Admin"), (21, "Admin"), (45, "Admin")]


def test_the_roles_of_a_user_are_those_with_the_decisions(opened: Open) -> None:
    _, page = opened(school())
    admin, teacher = (rows(page).filter(has_text="أمين").nth(at) for at in range(2))
    struck = "row => [...row.querySelectorAll('td.roles s')].map(role => role.textContent)"
    for row in (admin, teacher):
        row.get_by_role("button", name="Details").click()
        assert row.evaluate(struck) == ["Admin", "Teacher"]
        expect(row.locator("td.roles")).to_contain_text("→ no role")
    after = page.locator("tr.details dt:text-is('Roles after this plan') + dd")
    expect(after).to_have_text(["no role", "no role"])
    admin.get_by_role("checkbox").uncheck()
    page.keyboard.type("on leave")
    for row in (admin, teacher):
        assert row.evaluate(struck) == ["Teacher"]
        expect(row.locator("td.roles")).not_to_contain_text("no role")
    expect(after).to_have_text(["Admin", "Admin"])
    changes = page.locator("tr.details dt:text-is('All changes of this plan') + dd").first
    expect(changes).to_contain_text("remove Admin (excluded: on leave)")
    page.get_by_role("button", name="Undo").click()
    expect(after).to_have_text(["no role", "no role"])


def test_a_role_that_would_probably_be_lost_is_marked_and_found(opened: Open) -> None:
    sub = "Subaccount admin"
    plan = plan_of((1, Action.ADD, "Admin", [sub]), (2, Action.ADD, "Admin", ["Teacher"]))
    review, page = opened(replace(plan, roles=(RoleCount("Admin", 10, 2, 0),)))
    page.get_by_role("link", name="1 user would probably lose another role").click()
    expect(rows(page)).to_have_count(1)
    expect(rows(page).locator("td.roles")).to_have_text("Subaccount admin (probably lost), + Admin")
    rows(page).get_by_role("button", name="Details").click()
    after = page.locator("tr.details dt:text-is('Roles after this plan') + dd")
    expect(after).to_have_text("Admin, Subaccount admin (probably lost)")
    rows(page).get_by_role("checkbox").uncheck()
    expect(after).to_have_text(sub)
    expect(rows(page).locator("td.roles")).to_have_text(sub)
    says(page, "1 excluded")
    assert review.session.decisions.excluded == {(1, "Admin"): ""}


def test_the_approval_shows_what_stands_out(opened: Open) -> None:
    _, page = opened(impact_plan(ADA))
    page.locator("#go").click()
    expect(page.locator("#effects")).to_contain_text("1 user with a removal owns 1 GB of media or more")
    expect(page.locator("#effects")).to_contain_text("To check: The token's owner may lose no managed role")


def test_a_plan_with_something_to_check_turns_green_with_its_approval(opened: Open) -> None:
    _, page = opened(school())
    badge = page.locator(".badge")
    expect(badge).to_have_text("READY, 1 to check")
    colour = "badge => getComputedStyle(badge).color"
    to_check = badge.evaluate(colour)
    approve(page, "Rita Levi", "4 removals and 2 additions")
    expect(badge).to_have_text("APPROVED")
    assert badge.evaluate(colour) != to_check


def test_reasons_that_are_missing_can_be_given_together(opened: Open) -> None:
    _, page = opened(big_plan(40, 10))
    all_shown(page).uncheck()
    page.get_by_role("button", name="Excluded 50", exact=True).click()
    page.get_by_role("button", name="All 0 of 50", exact=True).click()
    box(page, "number 20").check()
    page.locator("#go").click()
    expect(page.locator("#refusal")).to_contain_text("49 excluded changes without a reason")
    assert page.evaluate("document.activeElement.id") == "why"
    page.keyboard.type("the wrong list")
    says(page, "49 excluded ")
    page.locator("#go").click()
    expect(page.locator("#left-out")).to_have_text("49 changes are excluded.")


def test_the_search_finds_media_as_they_are_shown(opened: Open) -> None:
    _, page = opened(impact_plan(ADA))
    shown = rows(page).first.locator("td.media small").inner_text()
    page.get_by_label("Search", exact=True).fill(f'"{shown}"')
    expect(rows(page)).to_have_count(1)


def test_what_a_setting_held_is_let_through_by_name(opened: Open) -> None:
    review, page = opened(holding())
    assert rows(page, "held").get_by_role("checkbox").count() == 1  # a user who isn't in Studio can't be released
    box(page, "ann@example.edu", "held").check()
    says(page, "3 removals (1 released), 1 addition")
    page.get_by_label("Reason (optional): remove Admin, <ann@example.edu>").fill("has left")
    approve(page, "Rita", "3 removals and 1 addition")
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
    expect(page.locator("#bar")).not_to_contain_text("missing")
    says(page, "saved")
    page.reload()
    assert not box(page, "Grace").is_checked()
    assert page.get_by_label("Reason: remove Admin, Grace Hopper").input_value() == "on leave"
    assert box(page, "Zoë").is_checked()
    says(page, "3 removals, 2 additions, 1 excluded")
    expect(page.locator(".banner")).to_contain_text("3 removals, 2 additions")
    box(page, "Grace").check()
    says(page, "4 removals, 2 additions")


def test_leaving_too_early_asks_and_sends_what_was_typed(opened: Open) -> None:
    review, page = opened(school())
    box(page, "Grace").uncheck()
    says(page, "3 removals, 2 additions, 1 excluded 1 reason missing")
    page.clock.install()
    pause(page)
    page.keyboard.type("on leave")
    with page.expect_response("**/decisions"):  # it may come before the answer to the dialog
        with page.expect_event("dialog") as dialog:
            page.close(run_before_unload=True)
        dialog.value.dismiss()
    assert review.session.decisions.excluded == {(7, "Admin"): "on leave"}


def test_what_is_refused_is_said_and_can_be_put_right(opened: Open) -> None:
    review, page = opened(school())
    box(page, "Grace").uncheck()
    says(page, "3 removals, 2 additions")
    page.locator("#go").click()
    expect(page.get_by_role("alert")).to_contain_text("1 excluded change without a reason")
    expect(page.get_by_label("Reason: remove Admin, Grace")).to_be_focused()
    page.keyboard.type("on leave")
    page.locator("#go").click()
    page.get_by_label("Your name").fill(" ")
    confirm(page)
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("The name is missing")
    assert page.evaluate("document.activeElement.id") == "reviewer"
    page.keyboard.type("Rita")
    confirm(page)
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("The numbers are not ticked")
    page.keyboard.press(" ")  # the tick has the focus
    page.get_by_role("button", name="Cancel").click()
    box(page, "Grace").check()  # other numbers than the ticked ones
    page.locator("#go").click()
    expect(page.get_by_label("I approve 4 removals and 2 additions")).not_to_be_checked()
    page.get_by_label("I approve 4 removals and 2 additions").check()
    confirm(page)
    expect(page.locator("#over")).to_be_visible()
    assert [plan.effect for plan in review.approved] == ["remove 4, add 2"]


def test_two_windows_never_decide_past_each_other(opened: Open) -> None:
    review, page = opened(school())
    other = page.context.new_page()
    other.goto(page.url)
    box(other, "Grace").uncheck()
    says(other, "1 excluded")
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
    page.get_by_label("Reason: remove Admin, Grace").fill("on leave")
    approve(page, "Rita", "3 removals and 2 additions")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("no room")
    assert not review.approved
    page.unroute("**/decisions")
    confirm(page)
    expect(page.locator("#over")).to_be_visible()
    assert [plan.effect for plan in review.approved] == ["remove 3, add 2"]


def test_a_message_stays_when_an_earlier_request_is_answered(opened: Open) -> None:
    _, page = opened(school())
    routes: list[Route] = []
    page.route("**/decisions", lambda route: routes.append(route), times=1)  # noqa: PLW0108  # as below
    with page.expect_request("**/decisions"):
        box(page, "Grace").uncheck()
    page.locator("#go").click()
    expect(page.locator("#refusal")).to_contain_text("1 excluded change without a reason")
    routes[0].continue_()
    expect(page.locator(".banner")).to_contain_text("3 removals, 2 additions")
    says(page, "saved")
    expect(page.locator("#refusal")).to_contain_text("1 excluded change without a reason")
    page.keyboard.type("o")
    expect(page.locator("#refusal")).to_be_empty()


def test_while_an_approval_is_on_its_way_nothing_else_is_done(opened: Open) -> None:
    review, page = opened(school())
    routes: list[Route] = []
    page.route("**/approve", lambda route: routes.append(route))  # noqa: PLW0108  # Playwright looks at its code
    with page.expect_request("**/approve"):
        approve(page, "Rita", "4 removals and 2 additions")
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


def test_while_the_review_is_left_nothing_is_approved(opened: Open) -> None:
    review, page = opened(school())
    routes: list[Route] = []
    sent: list[str] = []
    page.route("**/leave", lambda route: routes.append(route))  # noqa: PLW0108  # as below
    page.on("request", lambda request: sent.append(request.url.rpartition("/")[2]))
    with page.expect_request("**/leave"):
        page.get_by_role("button", name="Leave").click()
    page.locator("#go").click()
    page.get_by_role("button", name="Leave").click()
    expect(page.locator("#approve")).to_be_hidden()
    routes[0].continue_()
    expect(page.locator("#over")).to_contain_text("Nothing was approved")
    expect(page.locator("#refusal")).to_be_empty()
    assert sent == ["leave"]
    assert review.ended()
    assert not review.approved


def test_what_was_typed_while_decisions_were_on_their_way_is_sent_once(opened: Open) -> None:
    review, page = opened(school())
    routes: list[Route] = []
    sent: list[str] = []
    page.route("**/decisions", lambda route: routes.append(route), times=1)  # noqa: PLW0108  # as below
    page.route("**/approve", lambda route: routes.append(route))  # noqa: PLW0108
    page.on("request", lambda request: sent.append(request.url.rpartition("/")[2]))
    with page.expect_request("**/decisions"):
        box(page, "Grace").uncheck()
    page.clock.install()
    pause(page)
    page.keyboard.type("on leave")
    routes[0].continue_()
    expect(page.locator(".banner")).to_contain_text("3 removals, 2 additions")
    with page.expect_request("**/approve"):
        approve(page, "Rita", "3 removals and 2 additions")
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
        page.keyboard.press("Shift")
    approve(page, "Rita", "4 removals and 2 additions")
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
    says(page, "4 removals, 2 additions")
    box(page, "Grace").uncheck()
    says(page, "3 removals, 2 additions")


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
    approve(page, "Rita", "4 removals and 2 additions")
    expect(page.get_by_role("alert")).to_contain_text("Internal Server Error")
    page.unroute("**/approve")
    confirm(page)
    expect(page.locator("#over")).to_be_visible()
    assert len(review.approved) == 1


def test_the_way_to_approve_keeps_the_focus_while_decisions_are_saved(opened: Open) -> None:
    _, page = opened(school())
    box(page, "Grace").uncheck()
    page.keyboard.type("on leave")
    page.locator("#go").focus()
    says(page, "3 removals, 2 additions, 1 excluded")
    expect(page.locator("#go")).to_be_focused()


def test_what_is_filtered_by_decision_is_said_and_undone_by_another_filter(opened: Open) -> None:
    _, page = opened(school())
    box(page, "Zoë").uncheck()
    says(page, "4 removals, 1 addition")
    page.get_by_role("button", name="Excluded 1").click()
    expect(page.locator("[data-table=changes] .chosen")).to_have_text("Filter: excluded.")
    expect(page.get_by_role("button", name="Show all").first).to_have_attribute("aria-disabled", "false")
    page.get_by_role("button", name="Removals 4").click()
    assert status(page).startswith("4 of 6 rows match")


def test_leaving_keeps_the_decisions(opened: Open) -> None:
    review, page = opened(school())
    box(page, "Grace").uncheck()
    page.keyboard.type("on leave")
    page.get_by_role("button", name="Leave").click()
    expect(page.locator("#over")).to_contain_text("Nothing was approved")
    assert review.ended()
    assert review.left == [Decisions({(7, "Admin"): "on leave"})]


def test_a_huge_id_is_the_same_person_to_the_last_digit(opened: Open) -> None:
    review, page = opened(school())
    box(page, "alan").uncheck()
    says(page, "1 excluded")
    assert list(review.session.decisions.excluded) == [(HUGE_ID, "Admin")]


def test_the_tabs_title_says_nothing_that_a_decision_makes_untrue(opened: Open) -> None:
    review, page = opened(make_plan())
    expect(page).to_have_title("rolesync review")
    all_shown(page).uncheck()
    page.keyboard.type("on leave")
    says(page, "0 removals, 0 additions")
    expect(page.locator(".banner")).to_contain_text("NOTHING TO DO")
    expect(page).to_have_title("rolesync review")
    assert review.approved == []


def test_it_is_done_with_the_keyboard_alone(opened: Open) -> None:
    review, page = opened(school())
    press = page.keyboard.press
    press("j")
    press("j")
    press("k")
    expect(rows(page).first).to_be_focused()
    press("x")
    page.keyboard.type("on leave jkx?")
    press("Enter")
    expect(rows(page).first).to_be_focused()
    press("Enter")
    expect(page.locator("tr.details")).to_be_visible()
    press("j")
    press("x")
    says(page, "2 removals, 2 additions, 2 excluded 1 reason missing")
    press("Enter")
    press("u")
    says(page, "3 removals, 2 additions, 1 excluded")
    press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    press("Escape")
    page.locator("#go").focus()
    press("Enter")
    page.keyboard.type("Rita")
    press("Tab")
    press(" ")
    press("Enter")
    expect(page.locator("#over")).to_be_focused()
    (approved,) = review.approved
    assert "on leave jkx?" in approved.held["detail"].tolist()


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("make", [holding, shown_hostile], ids=["holding", "hostile"])
def test_axe_finds_nothing(opened: Open, make: Callable[[], Plan], look: str) -> None:
    plan = replace(make(), releasable_removals=holding().releasable_removals)
    held = [WAITS, *plan.held.itertuples(index=False, name=None)]
    _, page = opened(replace(plan, held=frame(HELD, columns(HELD, held))), **LOOKS[look])
    rows(page, "held").get_by_role("checkbox").first.check()
    all_shown(page).uncheck()
    says(page, "missing")
    violations = Axe().run(page).response["violations"]
    page.keyboard.type("on leave")
    expect(page.locator("#bar")).not_to_contain_text("missing")
    says(page, "excluded")
    page.locator("#go").click()
    confirm(page)
    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    violations += Axe().run(page).response["violations"]
    assert [
        (violation["id"], violation["impact"], violation["nodes"][0]["html"][:200]) for violation in violations
    ] == []


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_narrow_screen_nothing_is_beside_it(opened: Open, width: int) -> None:
    _, page = opened(holding(), viewport={"width": width, "height": 844})
    rows(page).get_by_role("checkbox").first.uncheck()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for selector in (".parts a", "#bar button:not(#help)", "thead button", "td.more button", ".banner > *"):
        ends = "all => all.map(one => one.getBoundingClientRect().right)"
        assert max(page.locator(selector).evaluate_all(ends)) <= width, selector


def test_on_a_narrow_screen_a_refusal_hides_no_count(opened: Open) -> None:
    _, page = opened(holding(), viewport={"width": 390, "height": 844})
    rows(page).get_by_role("checkbox").first.uncheck()
    page.locator("#go").click()
    expect(page.locator("#refusal")).to_contain_text("without a reason")
    says(page, "missing")
    ends = "[['#refusal', 'bottom'], ['#bar', 'top']]"
    bottom, top = page.evaluate(
        f"{ends}.map(([name, side]) => document.querySelector(name).getBoundingClientRect()[side])"
    )
    assert bottom <= top


def test_a_laptop_shows_every_column_and_paper_names_them(opened: Open) -> None:
    long = (*MOVED[:1], "bartholomew.featherstonehaugh@students.example.edu", *MOVED[2:])
    _, page = opened(impact_plan((long[0], *ADA[1:]), changes=(long, REMOVED)), viewport={"width": 1280, "height": 900})
    rows(page).get_by_role("checkbox").first.uncheck()
    rows(page).get_by_role("button", name="Details").first.click()
    assert page.evaluate("[...document.querySelectorAll('.scroll')].every(one => one.scrollWidth <= one.clientWidth)")
    page.emulate_media(media="print")
    named = "[...document.querySelectorAll('thead [data-label]')].map(one => getComputedStyle(one, '::before').content)"
    assert '"Roles"' in page.evaluate(named)


def test_hostile_texts_are_shown_as_text(opened: Open) -> None:
    _, page = opened(hostile())
    before = page.locator("body").inner_text().count(MARKUP)
    assert before > 10
    all_shown(page).uncheck()
    page.get_by_label("Reason for excluding").fill(MARKUP)
    says(page, "0 removals, 0 additions")
    assert page.locator("body").inner_text().count(MARKUP) >= before
    assert FORMULA in page.locator("body").inner_text()
    assert rows(page).get_by_label("Reason").first.input_value() == MARKUP
    assert page.locator("bold, img, [data-part] script").count() == 0
    assert rows(page).count() == (len(HOSTILE) - 1) * 2


def test_without_changes_what_is_held_can_still_be_let_through(opened: Open) -> None:
    plan = replace(holding(), changes=frame(CHANGES))
    review, page = opened(plan)
    says(page, "0 removals, 0 additions")
    box(page, "ann@example.edu", "held").check()
    says(page, "1 removal (1 released), 0 additions")
    approve(page, "Rita", "1 removal and 0 additions")
    expect(page.locator("#over")).to_be_visible()
    assert len(review.approved) == 1


def test_nothing_to_decide_is_a_page_all_the_same(opened: Open) -> None:
    out = (3, "bo@example.edu", 77, "Admin", "add", HeldReason.NOT_IN_STUDIO, "not yet there")
    _, page = opened(make_plan((), (out,), findings=()))
    says(page, "0 removals, 0 additions")
    assert page.get_by_role("checkbox").count() == 0


def test_a_page_that_is_saved_after_the_approval_says_so(opened: Open, browser: Browser, tmp_path: Path) -> None:
    _, page = opened(school())
    box(page, "Grace").uncheck()
    page.keyboard.type("on leave")
    approve(page, "Rita", "3 removals and 2 additions")
    expect(page.locator("#over")).to_be_visible()
    path = tmp_path / "saved.html"
    path.write_text(page.content(), encoding="utf-8")
    with watched(browser) as visit:
        visit.page.goto(path.as_uri())
        expect(visit.page.locator("#over")).to_contain_text("The plan to remove 3, add 2 is approved.")
        assert box(visit.page, "Grace").is_disabled()
        assert not box(visit.page, "Grace").is_checked()
        assert not visit.page.locator("#bar").is_visible()
