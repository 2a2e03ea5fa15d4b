"""The pages of a fleet: they load nothing, escape everything, and are for a person at breakfast."""

from dataclasses import replace
from html.parser import HTMLParser

from rolesync.model.fleet import AccountStatus, FleetVerdict, Night
from rolesync.model.fleet_review import ReviewedAccount, ReviewState
from rolesync.report.html.fleet import fleet_review_html, night_html
from tests.fleet.tools import plan, result
from tests.report.samples import MARKUP

A = AccountStatus
NIGHT = Night(
    "district",
    "r1",
    "sync",
    (
        result("done", plan=plan(additions=3), seconds=30.0),
        result("late", A.TIMED_OUT, message=MARKUP, hint="rolesync fleet resume", seconds=3600.0),
    ),
    {"old": MARKUP},
    started_at="2026-11-29T02:00:00+00:00",
    finished_at="2026-11-29T03:10:00+00:00",
)
VERDICT = FleetVerdict("fleet_max_removals", MARKUP, "look at the plans")


class Text(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not {name for name, _ in attrs if name in {"src", "style"} or name.startswith("on")}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_night_is_one_page() -> None:
    page = Text(night_html(replace(NIGHT, verdicts=(VERDICT,), stopped="2 accounts failed")))
    output = " ".join(page.text.split())
    for part in (
        "1 account needs a look",
        "BLOCKED",
        "The fleet stopped: 2 accounts failed.",
        "2 accounts · done: 0 removals, 3 additions, 0 held · took 1 h 10 min · slowest account: late, 1 h",
        "Accounts that are not enabled (1)",
        "rolesync fleet sync",
        "2026-11-29 03:10:00 UTC",
    ):
        assert part in output, part
    assert output.count(MARKUP) == 3
    assert not {"script", "link", "img", "bold"} & page.tags


def test_the_next_command_and_an_end_that_is_missing_are_on_the_page() -> None:
    page = night_html(replace(NIGHT, finished_at=""), "rolesync fleet resume r1")
    assert "rolesync fleet resume r1" in page
    assert "it has not ended" in page
    assert "it has not ended" not in night_html(NIGHT)
    done = night_html(replace(NIGHT, results=NIGHT.results[:1]))
    assert "COMPLETE" in done
    assert "What to do next" not in done


def test_a_review_shows_each_account_and_leads_to_its_plan() -> None:
    accounts = [
        ReviewedAccount(result("north", A.WAITING, plan=plan(removals=2)), ReviewState.WAITING),
        ReviewedAccount(result("west", A.FAILED, message=MARKUP), ReviewState.NO_PLAN),
        ReviewedAccount(result("hill", A.EMPTY, plan=plan()), ReviewState.EMPTY),
    ]
    source = fleet_review_html("district", accounts, [VERDICT], "rolesync fleet apply night")
    page = Text(source)
    assert '<a href="north/">north</a>' in source
    assert '<a href="west/">' not in source
    assert "1 plan waits for approval" in page.text
    assert "2 removals, 0 additions in all accounts together" in page.text
    assert page.text.count(MARKUP) == 2
    assert "connect-src" in source
