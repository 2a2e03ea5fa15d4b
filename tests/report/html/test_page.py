import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from rolesync.model.plans import Plan, Verdict
from rolesync.report.html.page import WITHOUT_SCRIPT, plan_html, run_html
from tests.report.run_samples import COMPLETE, incomplete
from tests.report.samples import (
    APPROVAL,
    DIGEST,
    DRIFTED,
    FORMULA,
    HOSTILE,
    MARKUP,
    OWNER,
    PASSES,
    TOO_MANY,
    big_plan,
    blocked_plan,
    drifted_plan,
    empty_plan,
    hostile_plan,
    make_plan,
)

VOID = {"meta"}


class Page(HTMLParser):
    """Tags, attributes and texts of a page without its script; every tag must be closed by its own end tag."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.inline: dict[str, list[str]] = {"style": [], "script": []}
        self.cells: list[list[str]] = []
        self._open: list[str] = []
        self.source = plan_html(plan)
        self.feed(self.source)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)
        if tag == "tr":
            self.cells.append([])
        if tag in {"td", "th"}:
            self.cells[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in self.inline:
            self.inline[self._open[-1]].append(data)
            return
        self.texts.append(data)
        if {"td", "th"} & set(self._open):
            self.cells[-1][-1] += data

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())


@pytest.mark.parametrize(
    ("verdicts", "banner", "badge"),
    [
        (PASSES, "banner ready", "READY"),
        ((*PASSES, OWNER), "banner ready to-check", "READY, 1 to check"),
        ((OWNER, replace(OWNER, rule="rival_roles")), "banner ready to-check", "READY, 2 to check"),
        ((OWNER, TOO_MANY), "banner blocked", "BLOCKED"),
    ],
)
def test_a_plan_is_only_ready_if_no_guard_is_to_be_checked(
    verdicts: tuple[Verdict, ...], banner: str, badge: str
) -> None:
    page = Page(make_plan(verdicts=verdicts))
    assert ("class", banner) in page.attributes
    assert f'<span class="badge">{badge}</span>' in page.source
    approved = replace(make_plan(verdicts=verdicts), approval=APPROVAL)
    if not approved.blocked:
        assert ("class", "banner approved") in Page(approved).attributes
    empty = Page(replace(empty_plan(), verdicts=(OWNER,)))
    assert '<span class="badge">NOTHING TO DO</span>' in empty.source


def test_the_page_shows_the_whole_plan_removals_first() -> None:
    page = Page(make_plan())
    assert (
        "2 removals, 1 additionREADY, 1 to check desired_roles.csv, 120 rows · planned 2026-11-02 02:30:00 UTC"
        in page.text
    )
    assert "Holders of Admin10 → 9 -2 (20%), +1" in page.text
    removal = [
        "- remove",
        "Ada Lovelace ada@example.edu #12",
        "Admin, Teacher",
        "this user is in the list, but not for this role",
        "5",
    ]
    addition = [
        "+ add",
        "Zoë Ångström zoe@example.edu #31",
        "Student, +\N{NO-BREAK SPACE}Admin",
        "the list gives this role, Studio doesn't yet",
        "9",
    ]
    assert page.cells.index(removal) < page.cells.index(addition)
    held = "Studio doesn't know this address yet; tried again on the next run."
    assert ["+ add", "new@example.edu", "Admin", "not in Studio", held, "14"] in page.cells
    assert "<s><bdi>Admin</bdi></s>, <bdi>Teacher</bdi>" in page.source
    finding = "Teacher is not a managed role, so it is left alone."
    assert f"warning {finding} 2 \N{MULTIPLICATION SIGN} unmanaged_role rows 4, 6, column Role: {finding}" in page.text
    assert "rolesync apply PLAN" in page.text
    assert DIGEST in page.text


def test_a_blocked_plan_shows_the_block() -> None:
    page = Page(blocked_plan())
    sentence = "At most 25% of the holders of Admin may be removed: 6 of 10 would be"
    assert f"Blocked by 1 guard. Nothing was written. {sentence} max_removals_share" in page.text
    assert "<p><bdi>6 of 10 holders would lose Admin" in page.source  # on a line of its own
    assert ("class", "banner blocked") in page.attributes
    assert any(row[:5] == ["BLOCK", "max_removals_share", "Admin", "25%", "60%"] for row in page.cells)
    assert f"--override {DIGEST}" in page.text


def test_an_empty_plan_has_no_lists() -> None:
    page = Page(empty_plan())
    assert "NOTHING TO DO" in page.text
    assert page.tags.count("table") == 1  # the guards


def test_the_page_loads_nothing_and_runs_only_its_own_script() -> None:
    page = Page(hostile_plan())
    assert not {"link", "img", "iframe", "form", "object", "base"} & set(page.tags)
    names = {name for name, _ in page.attributes}
    assert not {name for name in names if name in {"src", "style"} or name.startswith("on")}
    assert all(value and value.startswith("#") for name, value in page.attributes if name == "href")
    assert not re.search(r"url\(|@import|innerHTML|outerHTML|insertAdjacentHTML|\beval\b", page.source)
    (style,), (data, *scripts) = page.inline["style"], page.inline["script"]
    hashes = [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in (*scripts, style)]
    (policy,) = [value for name, value in page.attributes if name == "content" and value and "default-src" in value]
    assert policy.split("; ") == [
        "default-src 'none'",
        f"script-src {' '.join(hashes[:-1])}",
        f"style-src {hashes[-1]}",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert [table["key"] for table in json.loads(data)] == ["changes", "held", "drift"]
    assert not set("<>&") & set(data)


def test_a_page_is_small_beside_its_data() -> None:
    page = Page(empty_plan())
    assert len(page.source) < 46_000


def test_tables_are_marked_up_for_screen_readers_and_for_dark_and_print() -> None:
    page = Page(make_plan())
    assert ("lang", "en") in page.attributes
    labels = {value for name, value in page.attributes if name == "aria-labelledby"}
    assert labels <= {value for name, value in page.attributes if name == "id"}
    assert page.tags.count("thead") == page.tags.count("table") == 3
    assert {value for name, value in page.attributes if name == "scope"} == {"col", "row"}
    assert "prefers-color-scheme: dark" in page.source
    assert "@media print" in page.source


def test_drift_has_a_section() -> None:
    page = Page(drifted_plan())
    assert "Changed outside rolesync: 2 changes" in page.text
    assert "2 changes since run 20261101T023000-77aa01" in page.text
    assert "kim@example.edu #44" in page.text
    assert "Changed outside" not in Page(make_plan()).text


def test_hostile_text_adds_no_tag_and_no_attribute() -> None:
    tame, hostile = Page(replace(blocked_plan(), drift=DRIFTED)), Page(hostile_plan())
    assert set(hostile.tags) <= set(tame.tags)
    assert {name for name, _ in hostile.attributes} == {name for name, _ in tame.attributes}
    assert hostile.tags.count("tr") == 4 + 6 * len(HOSTILE)
    assert MARKUP in hostile.text
    assert FORMULA in hostile.text
    assert not any(char in hostile.source for char in "\x1b\x07\r\u202e\u2066\u200b")
    assert r"admin\u202egro.live\u200b@x\u2066" in hostile.text
    assert len(hostile.source) < 110_000
    assert hostile.source.encode()


def test_a_long_plan_is_in_the_data_whole_and_its_beginning_in_the_page() -> None:
    page = Page(big_plan(WITHOUT_SCRIPT + 300, 200))
    assert page.source.count("- remove</span></td>") == WITHOUT_SCRIPT
    assert "The first 500 of 1,000 rows" in page.text
    changes = json.loads(page.inline["script"][0])[0]
    columns = {column["key"]: column for column in changes["columns"]}
    assert columns["action"]["words"] == ["remove", "add"]
    assert columns["action"]["cells"] == [0] * (WITHOUT_SCRIPT + 300) + [1] * 200
    assert columns["user"]["cells"][-1] == ["Person Number 1000", "person1000@example.edu", "1000"]


def test_the_page_of_a_run_loads_nothing_else() -> None:
    page = run_html(incomplete())
    assert page.count("<table>") == page.count("</table>") == 7
    assert 'class="banner bad"' in page
    assert 'class="banner good"' in run_html(COMPLETE)
    assert "404: not found" in page
    assert not any(word in page for word in ("<script", "src=", "href=", "url(", "@import"))
