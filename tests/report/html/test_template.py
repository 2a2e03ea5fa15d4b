import sys
from dataclasses import replace
from importlib.resources import files

import pytest

from rolesync.errors import UsageError
from rolesync.extras import install_command
from rolesync.model.findings import Finding
from rolesync.model.fleet import FleetVerdict
from rolesync.model.plans import Verdict
from rolesync.model.reasons import HeldReason
from rolesync.model.vocabulary import Level, VerdictStatus
from rolesync.report.html.fleet import night_html
from rolesync.report.html.page import plan_html, review_html, run_html
from rolesync.report.html.template import load_template, mark_commands, read_template, security_policy
from tests.report.html.test_fleet import NIGHT
from tests.report.run_samples import incomplete
from tests.report.samples import make_plan

HASH = "'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='"  # of "abc"


def test_a_policy_names_what_may_act_by_hash_and_nothing_else() -> None:
    last = "base-uri 'none'; form-action 'none'"
    assert security_policy("abc") == f"default-src 'none'; style-src {HASH}; {last}"
    served = security_policy("abc", ["abc"], connects=True)
    assert served == f"default-src 'none'; script-src {HASH}; style-src {HASH}; connect-src 'self'; {last}"


def test_templates_escape_and_miss_nothing_silently() -> None:
    assert load_template("base.html").name == "base.html"
    assert "color-scheme" in read_template("plan.css")


@pytest.mark.parametrize("name", ["plan.css", "plan.js", "groups.js", "address.js", "review.css", "review.js"])
def test_a_page_carries_no_comments_and_no_indentation_of_its_styles_and_scripts(name: str) -> None:
    source = (files("rolesync.report.html") / "templates" / name).read_text(encoding="utf-8")
    without_pattern = source.replace("/`(rolesync [^`]{1,200})`/", "")
    assert all(line.count("`") % 2 == 0 for line in without_pattern.splitlines())  # no text goes on in another line
    carried = read_template(name).splitlines()
    assert carried
    assert not [line for line in carried if line.startswith((" ", "//", "/*"))]
    lines = [line.strip() for line in source.splitlines()]
    assert [line for line in carried if line not in lines] == []
    assert sum(map(len, carried)) > 0.7 * len(source)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see `rolesync explain`, then plan", "see <code>rolesync explain</code>, then plan"),
        ("`rolesync undo RUN -o <b>`", "<code>rolesync undo RUN -o &lt;b&gt;</code>"),
        ("`rolesync a` or `rolesync b`", "<code>rolesync a</code> or <code>rolesync b</code>"),
        ("the cell `x` & `<script>`", "the cell `x` &amp; `&lt;script&gt;`"),
        ("`rolesync plan", "`rolesync plan"),
        ("", ""),
    ],
)
def test_commands_are_code_and_everything_else_is_escaped(text: str, shown: str) -> None:
    assert mark_commands(text) == shown


@pytest.mark.parametrize("page", ["plan", "run", "night", "review"])
def test_every_page_shows_commands_as_code(page: str) -> None:
    advice = "see `rolesync explain`, and correct the list"
    verdict = Verdict("repeat_runs", VerdictStatus.WARN, f"the same change was sent ({advice})", limit=3, value=1)
    held = (3, "bo@example.edu", 77, "Admin", "add", HeldReason.NOT_IN_STUDIO, f"not yet there; {advice}")
    finding = Finding(Level.WARNING, "odd", advice, 4)
    plan = make_plan(verdicts=(verdict,), held=(held,), findings=(finding,))
    blocked = FleetVerdict("max_accounts", advice, "")
    pages = {
        "plan": lambda: plan_html(plan),
        "review": lambda: review_html(plan, plan, {}),
        "run": lambda: run_html(incomplete(stopped=advice)),
        "night": lambda: night_html(replace(NIGHT, verdicts=(blocked,))),
    }
    body = pages[page]().partition("<body>")[2].partition('<script type="application/json"')[0]
    assert "<code>rolesync explain</code>" in body
    assert "`rolesync" not in body


def test_without_the_extra_the_hint_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(UsageError, match="Jinja2 is not installed") as refused:
        plan_html(make_plan())
    assert refused.value.hint == install_command("html")
