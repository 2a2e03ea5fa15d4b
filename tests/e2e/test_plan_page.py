"""The page of a plan in Chromium: every test also fails if the page makes a request or logs a complaint."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from rolesync.model.frames import HELD, IMPACT, frame
from rolesync.model.keys import format_roles
from rolesync.model.plans import DomainCount, Plan
from rolesync.model.reasons import Reason
from rolesync.model.vocabulary import Action, Completeness
from rolesync.report.html.page import WITHOUT_SCRIPT, plan_html
from rolesync.report.html.tables import LastChanges
from tests.browser import Watched, watched
from tests.report.pages import HUGE_ID, LOOKS, NARROW, people, rows, school, status
from tests.report.samples import (
    ADDED,
    EXPLANATION,
    FINDINGS,
    FORMULA,
    HELD_ROW,
    HOSTILE,
    MARKUP,
    SHOWN_HOSTILE,
    big_plan,
    blocked_plan,
    columns,
    drifted_plan,
    hostile_plan,
    make_plan,
)

Open = Callable[..., Page]

ROWS = 100
PRINTED = 1000


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open the page of a plan from disk in its own browser context."""
    with ExitStack() as stack:
        opened: list[tuple[Watched, Path]] = []

        def open_page(plan: Plan, last_changes: LastChanges | None = None, **context: Any) -> Page:
            path = tmp_path / f"{len(opened)}.html"
            path.write_text(plan_html(plan, last_changes), encoding="utf-8")
            visit = stack.enter_context(watched(browser, **context))
            visit.page.goto(path.as_uri())
            opened.append((visit, path))
            return visit.page

        yield open_page
        for visit, path in opened:
            requested = {url.partition("#")[0] for url in visit.requests}
            assert (requested, visit.complaints) == ({path.as_uri()}, [])


def details(page: Page, who: str) -> str:
    row = rows(page).filter(has_text=who).first
    row.get_by_role("button", name="Details").click()
    return " ".join(row.locator("xpath=following-sibling::tr[1]").inner_text().split())


def test_a_search_finds_people_while_it_is_typed_and_says_how_many(show: Open) -> None:
    page = show(school())
    search = page.get_by_label("Search", exact=True)
    assert not status(page)  # the buttons have the numbers
    for typed, matches in {
        "hopp": ["Grace Hopper"],
        "ZOE angstrom": ["Zoë Ångström"],  # neither case nor accents matter
        "alan remove": ["alan Turing"],
        f"#{HUGE_ID}": ["alan Turing", "alan Turing"],  # to the last digit
        '"→ no role"': ["Grace Hopper", "أمين الدين", "أمين الدين"],
        "أمين teacher ": ["أمين الدين", "أمين الدين"],
    }.items():
        search.fill("")
        search.press_sequentially(typed)
        expect(page.locator(".chosen").first).to_contain_text(typed.strip())
        expect(rows(page).locator("th")).to_contain_text(matches)  # again until the last letter has been looked for
    search.fill("nobody here")
    page.get_by_text("No row matches the search and the filters.").wait_for()
    assert status(page) == "0 of 6 rows match."
    page.get_by_role("button", name="Show all").first.click()
    assert len(people(page)) == 6


def test_filters_by_role_action_and_reason_hold_together(show: Open) -> None:
    page = show(school())
    page.get_by_role("button", name="Removals 4").click()
    assert status(page) == "4 of 6 rows match: 4 removals."
    page.get_by_label("Role", exact=True).select_option(label="Teacher (1)")
    assert people(page) == ["أمين الدين"]
    page.get_by_label("Role", exact=True).select_option(label="any role")
    page.get_by_label("Why").select_option(label="this user is not in the list (1)")
    assert people(page) == ["Grace Hopper"]
    assert page.locator(".chosen").first.inner_text() == "Filter: removals; Why: this user is not in the list."
    page.get_by_role("button", name="Show all").first.click()
    page.get_by_role("button", name="Additions 2").click()
    assert people(page) == ["Zoë Ångström", "alan Turing"]
    page.get_by_role("link", name="left without any role").click()
    assert people(page) == ["Grace Hopper", "أمين الدين", "أمين الدين"]
    assert page.get_by_role("link", name="left without any role").inner_text().split()[0] == "2"  # people, not changes
    assert page.get_by_role("button", name="Removals 4").get_attribute("aria-pressed") == "true"
    expect(page).to_have_url(re.compile(r"#changes\?"))
    page.reload()
    assert people(page) == ["Grace Hopper", "أمين الدين", "أمين الدين"]  # the address keeps what was picked


def test_a_column_sorts_up_then_down_then_as_the_plan_has_it(show: Open) -> None:
    page = show(school())
    planned = people(page)
    assert planned[:4] == ["Grace Hopper", "أمين الدين", "أمين الدين", "alan Turing"]  # removals first
    button, head = (
        page.get_by_role("button", name="User", exact=True).first,
        page.get_by_role("columnheader", name="User").first,
    )
    assert head.get_attribute("aria-sort") is None
    button.click()
    up = people(page)
    assert up == ["alan Turing", "alan Turing", "Grace Hopper", "Zoë Ångström", "أمين الدين", "أمين الدين"]
    assert head.get_attribute("aria-sort") == "ascending"
    button.click()
    assert people(page)[0] == "أمين الدين"
    assert head.get_attribute("aria-sort") == "descending"
    page.get_by_role("button", name="Row").first.click()
    lines = rows(page).locator("td.number").all_inner_texts()
    assert lines == ["3", "9", "12", "", "", ""]  # by number, and what has none comes last
    assert head.get_attribute("aria-sort") is None
    for _ in range(2):
        page.get_by_role("button", name="Row").first.click()
    assert people(page) == planned


def test_media_are_sorted_by_size_and_by_their_last_view(show: Open) -> None:
    known, giga = Completeness.ALL, 10**9
    media = [
        (1, known, 2, 2, giga, 60, "2024-01-01T00:00:00Z", "2025-02-01T08:00:00Z", ""),
        (2, known, 0, 0, 0, 0, "", "", ""),
        (3, Completeness.NOTHING, 0, 0, 0, 0, "", "", "Studio answered 403"),
        (4, known, 9, 9, 5 * giga, 60, "2024-01-01T00:00:00Z", "", ""),
        (5, known, 1, 1, 2 * giga, 60, "2024-01-01T00:00:00Z", "2025-11-30T08:00:00Z", ""),
    ]
    page = show(replace(big_plan(5, 1), impact=frame(IMPACT, columns(IMPACT, media))))
    size, viewed = (
        page.get_by_role("button", name=name, exact=True).first for name in ("Has in Studio", "Last viewed")
    )
    head = page.get_by_role("columnheader", name="Has in Studio").first
    arrow = "button => getComputedStyle(button, '::after').content"
    unsorted = viewed.evaluate(arrow)

    def numbers() -> str:
        return "".join(who.rpartition(" ")[2] for who in people(page))

    size.click()
    assert numbers() == "451326"  # unknown before nothing, an addition last
    assert head.get_attribute("aria-sort") == "descending"
    assert viewed.evaluate(arrow) == unsorted
    viewed.click()
    assert numbers() == "512346"  # those without a view in the plan's order
    assert head.get_attribute("aria-sort") == "descending"
    assert size.evaluate(arrow) == unsorted != viewed.evaluate(arrow)
    page.reload()
    assert numbers() == "512346"  # the address keeps the order
    page.get_by_role("button", name="Removals 5").click()
    page.get_by_role("button", name="Show all").first.click()
    assert numbers() == "512346"
    viewed.click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert numbers() == "234615"
    page.reload()
    assert numbers() == "234615"
    viewed.click()
    assert numbers() == "123456"
    assert head.get_attribute("aria-sort") is None
    expect(page).to_have_url(re.compile(r"^[^?]*$"))


def test_details_tell_roles_before_and_after_the_row_and_the_last_run(show: Open) -> None:
    past = {31: EXPLANATION.changes, 7: (), 404: EXPLANATION.changes}
    page = show(school(), past)
    text = details(page, "Zoë")
    assert "Roles before Student Roles after this plan Admin, Student Why the list gives this role" in text
    assert "Source row 9 of lists/desired_roles.csv" in text
    assert "r1, 2026-11-02 02:30:01 UTC add Admin: done (row 9 of lists/desired_roles.csv)" in text
    assert "remove Admin: unknown" in text
    text = details(page, "alan")
    assert "All changes of this plan remove Admin add Owner" in text
    assert "Roles before Admin, Teacher Roles after this plan Owner, Teacher" in text
    assert "none in the record" in text
    text = details(page, "Grace")
    assert "Roles after this plan no role" in text
    assert "Source no row of lists/desired_roles.csv" in text
    page.get_by_label("Search", exact=True).fill("hopper")
    page.wait_for_function("document.querySelectorAll('tr.details').length === 1")  # still open
    button = rows(page).get_by_role("button", name="Details: Grace Hopper <grace@example.edu> #7")
    assert button.get_attribute("aria-expanded") == "true"
    button.click()
    assert page.locator("tr.details").count() == 0


def test_where_no_record_was_read_the_page_does_not_say_that_there_was_no_run(show: Open) -> None:
    assert "unknown: this page was made without the record" in details(show(school()), "Grace")
    undo = replace(school(), source=replace(school().source, undoes="20261102T023000Z-4f2a"))
    assert "Undoes run 20261102T023000Z-4f2a Last run" in details(show(undo), "Grace")


def test_all_can_be_done_with_the_keyboard_and_the_focus_is_seen(show: Open) -> None:
    page = show(school())
    page.get_by_label("Search", exact=True).focus()
    page.keyboard.type("removal? no: grace")
    page.keyboard.press("Control+a")
    page.keyboard.type("admin")
    for _ in range(3):  # past the buttons of all rows and of removals
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert status(page) == "2 of 6 rows match: 2 additions."
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press(" ")
    seen = []
    for _ in range(20):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.ariaLabel || document.activeElement.innerText")
        seen.append(name)
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", name
        if name.startswith("User"):
            page.keyboard.press("Enter")
        if name.startswith("Details"):
            break
    assert seen[-1] == f"Details: alan Turing <alan@example.edu> #{HUGE_ID}"
    page.keyboard.press("Enter")
    assert page.locator("tr.details").count() == 1
    page.keyboard.press(" ")
    assert page.locator("tr.details").count() == 0


def test_a_long_plan_has_pages(show: Open) -> None:
    page = show(big_plan(2_150, 100))
    assert rows(page).count() == ROWS
    assert status(page) == "2,250 rows, shown: 1 to 100."
    step = {
        name: page.get_by_role("button", name=f"{name} page").first for name in ("First", "Previous", "Next", "Last")
    }
    assert step["Previous"].get_attribute("aria-disabled") == "true"
    step["Previous"].click(force=True)
    step["Next"].click()
    assert people(page)[0] == "Person Number 101"
    step["Last"].click()
    assert people(page)[-1] == "Person Number 2250"
    assert rows(page).count() == 50
    assert page.get_by_text("Page 23 of 23").is_visible()
    page.get_by_label("Search", exact=True).fill("number 2250")
    page.get_by_text("1 of 2,250 rows match: 1 addition.").wait_for()
    assert not page.get_by_text("Page 1 of 1").first.is_visible()


def test_paper_has_what_is_filtered_without_controls(show: Open) -> None:
    page = show(big_plan(1_150, 10))
    counted = "() => document.querySelectorAll('[data-table=changes] tbody tr').length"
    page.evaluate(f"() => addEventListener('beforeprint', () => {{ window.printed = ({counted})(); }})")
    assert page.pdf(format="A4").startswith(b"%PDF")
    assert page.evaluate("window.printed") == PRINTED
    assert rows(page).count() == ROWS
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert status(page) == "1,160 rows, printed: 1 to 1,000."
    for hidden in (".controls", ".pages", "td.more"):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.evaluate("document.querySelectorAll('.chip')[2].click()")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert rows(page).count() == 10
    assert page.get_by_text("Filter: additions.").is_visible()


def test_it_is_dark_where_that_is_asked_for(show: Open) -> None:
    shades = [
        page.evaluate("getComputedStyle(document.body).backgroundColor")
        for page in (show(make_plan(), color_scheme="light"), show(make_plan(), color_scheme="dark"))
    ]
    assert shades == ["rgb(255, 255, 255)", "rgb(17, 20, 24)"]


@pytest.mark.parametrize("make", [school, blocked_plan, hostile_plan], ids=["school", "blocked", "hostile"])
def test_on_a_narrow_screen_nothing_is_beside_it(show: Open, make: Callable[[], Plan]) -> None:
    page = show(make(), **NARROW)
    rows(page).get_by_role("button", name="Details").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    wide = "[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth).length"
    assert page.evaluate(wide) == 0


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("make", [blocked_plan, partial(hostile_plan, SHOWN_HOSTILE)], ids=["blocked", "hostile"])
def test_axe_finds_nothing(show: Open, make: Callable[[], Plan], look: str) -> None:
    page = show(replace(make(), drift=drifted_plan().drift), {12: EXPLANATION.changes}, **LOOKS[look])
    rows(page).get_by_role("button", name="Details").first.click()
    page.get_by_role("button", name="User").first.click()
    violations = Axe().run(page).response["violations"]
    assert [
        (violation["id"], violation["impact"], violation["nodes"][0]["html"][:200]) for violation in violations
    ] == []


def test_hostile_texts_are_shown_as_text(show: Open) -> None:
    page = show(hostile_plan(), {1: [replace(EXPLANATION.changes[0], run=MARKUP, role=MARKUP, source=MARKUP)]})
    for button in rows(page).get_by_role("button", name="Details").all():
        button.click()
    text = page.locator("body").inner_text()
    assert text.count(MARKUP) > 20
    assert FORMULA in text
    assert r"admin\u202egro.live\u200b@x\u2066" in text
    assert "… (1,000,000 characters)" in text
    assert page.locator("script").count() == 4
    assert page.locator("b, bold, img").count() == page.locator(".card b").count()
    assert len(HOSTILE) * 2 == rows(page).count() == page.locator("tr.details").count()


def test_no_script_but_its_own_runs(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "plan.html"
    path.write_text(plan_html(make_plan()).replace("<main>", "<main><script>window.foreign = 1</script>"), "utf-8")
    with watched(browser) as visit:
        visit.page.goto(path.as_uri())
        assert visit.page.evaluate("typeof window.foreign") == "undefined"
        assert rows(visit.page).get_by_role("button").count() == 3
        assert len(visit.complaints) == 1
        assert "Content Security Policy" in visit.complaints[0]


def test_without_javascript_the_same_rows_are_there(show: Open) -> None:
    advised = (*HELD_ROW[:-1], "not in Studio yet; see `rolesync explain`")
    plan = replace(school(), drift=drifted_plan().drift, held=frame(HELD, columns(HELD, [advised])))
    with_script, without = show(plan), show(plan, java_script_enabled=False)
    for key in ("changes", "held", "drift"):
        shown = [
            [[cell.text_content() for cell in row.locator("th, td:not(.more)").all()] for row in rows(page, key).all()]
            for page in (with_script, without)
        ]
        assert shown[0] == shown[1] != []
    for page in (with_script, without):
        assert rows(page, "held").locator("td code").all_inner_texts() == ["rolesync explain"]
    labels = [
        page.locator("tbody [data-label]").evaluate_all(
            "cells => cells.map(cell => [cell.className, cell.dataset.label])"
        )
        for page in (with_script, without)
    ]
    assert [[name.strip(), label] for name, label in labels[0]] == [[name.strip(), label] for name, label in labels[1]]


def test_without_javascript_a_long_plan_says_what_is_left_out(show: Open) -> None:
    plan = big_plan(WITHOUT_SCRIPT + 1, 0)
    page = show(plan, java_script_enabled=False)
    assert rows(page).count() == WITHOUT_SCRIPT
    note = f"The first {WITHOUT_SCRIPT} of {WITHOUT_SCRIPT + 1} rows. JavaScript shows all of them"
    assert page.get_by_text(note).is_visible()
    assert page.get_by_role("button").count() == 0
    assert show(plan).locator(".first").count() == 0


def test_short_tables_have_no_search_and_long_ones_their_own(show: Open) -> None:
    held = [(number, f"person{number}@x.edu", 0, *HELD_ROW[3:]) for number in range(2, 152)]
    page = show(replace(make_plan(), held=frame(HELD, columns(HELD, held))))
    assert page.get_by_role("search").count() == 2
    page.locator("#held-search").fill("person77@")
    page.get_by_text("1 of 150 rows match.").wait_for()
    assert rows(page, "held").count() == 1
    assert rows(page).count() == 3


def district() -> Plan:
    """Removals from three domains: one loses every Admin, one its only one, one some."""
    teacher = format_roles(["Admin", "Teacher"])
    people_of = {"x.edu": 3, "lib.x.edu": 2, "art.x.edu": 1}
    changes = [
        (number, f"p{number}@{domain}", f"P {number}", Action.REMOVE, "Admin", Reason.NOT_LISTED, 0, teacher)
        for number, domain in enumerate((domain for domain, many in people_of.items() for _ in range(many)), 1)
    ]
    counts = (("x.edu", 9), ("lib.x.edu", 2), ("art.x.edu", 1))
    plan = make_plan([*changes, ADDED], findings=[*FINDINGS, *(replace(FINDINGS[0], row=row) for row in range(8, 30))])
    return replace(plan, domains=tuple(DomainCount("Admin", domain, before) for domain, before in counts))


def test_a_domain_that_vanishes_comes_first_and_can_be_grouped_otherwise(show: Open) -> None:
    page = show(district())
    groups = page.locator("[data-table=changes] tr.group")
    assert groups.all_inner_texts() == [
        "lib.x.edu 2 removals all 2 holders of Admin here",
        "art.x.edu 1 removal the only holder of Admin here",
        "x.edu 3 removals",
        "example.edu 1 addition",
    ]
    assert people(page)[:4] == ["P 4", "P 5", "P 6", "P 1"]
    page.get_by_role("link", name="All 2 holders of Admin at lib.x.edu lose the role").click()
    assert people(page) == ["P 4", "P 5"]
    page.get_by_role("button", name="Show all").first.click()
    page.get_by_label("Group by").select_option("reason")
    assert [text.partition(" ")[0] for text in groups.all_inner_texts()] == ["this", "the"]
    page.reload()
    assert page.get_by_label("Group by").input_value() == "why"
    page.get_by_label("Group by").select_option("nothing")
    assert groups.count() == 0


def test_links_and_the_address_lead_to_each_part_and_open_what_is_folded(show: Open) -> None:
    page = show(district())
    guards = page.locator("details#guards")
    assert guards.get_attribute("open") is None
    page.get_by_role("link", name="Guards", exact=True).click()
    assert guards.get_by_role("cell", name="PASS").first.is_visible()
    expect(page).to_have_url(re.compile("#guards$"))
    page.reload()
    assert guards.get_by_role("cell", name="PASS").first.is_visible()
    page.get_by_role("link", name="Findings 25").click()
    (many, _) = page.locator("section[aria-labelledby=findings] details").all()
    many.locator("summary").click()
    assert many.locator("li").inner_text().startswith("rows 4, 6, 8, 9, 10, ")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "changes-search"
