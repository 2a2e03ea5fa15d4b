import sys

import pytest

from rolesync.errors import UsageError
from rolesync.extras import install_command
from rolesync.report.html.page import plan_html
from rolesync.report.html.template import load_template, read_template, security_policy
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


def test_without_the_extra_the_hint_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(UsageError, match="Jinja2 is not installed") as refused:
        plan_html(make_plan())
    assert refused.value.hint == install_command("html")
