from dataclasses import replace

import pytest
from rich.console import Group
from rich.panel import Panel

from rolesync.model.live import Requests
from rolesync.model.plans import RoleCount, Verdict
from rolesync.report.content import plan_rows, plan_summary
from rolesync.report.content.text import escape_for_display
from rolesync.report.terminal.plan import plan_view
from tests.report.samples import (
    ADDED,
    DIGEST,
    MARKUP,
    OWNER,
    PASSES,
    PROTECTED,
    TOO_MANY,
    additive_plan,
    big_plan,
    blocked_plan,
    drifted_plan,
    empty_plan,
    hostile_plan,
    make_plan,
)
from tests.report.terminal.screen import flat, show


def in_order(text: str, parts: list[str]) -> bool:
    places = [text.find(part) for part in parts]
    return -1 not in places and places == sorted(places)


@pytest.mark.parametrize("width", [80, 120])
def test_a_plan_is_shown_from_verdict_to_next_step(width: int) -> None:
    text = show(plan_view(make_plan(), limit=None), width)
    assert in_order(
        text,
        [
            "READY  2 removals, 1 addition. Nothing was written yet.",
            "- remove   Ada Lovelace",
            "- remove   Grace Hopper",
            "+ add      Zoë Ångström",
            "Held: 1 row",
            "Holders of the managed roles",
            "WARN  The token's owner may lose no managed role  [owner]",
            "Findings in the list: 0 errors, 2 warnings, 1 info",
            "account   https://school",
            "lists/desired_roles.csv (120 rows, sha256 ab12ab12ab12)",
            "sync: adds",
            "held      1 row: 1 not in Studio",
            "2 guards: max_removals_share (Admin), max_removals (Admin)",
            "5 (search 4, get 1); minimum for the roles read: 5",
            "Admin complete, 1 page",
            DIGEST[:12],
            DIGEST,
            "rolesync apply PLAN",
        ],
    )


@pytest.mark.parametrize(
    ("verdicts", "colour"), [(PASSES, "green"), ((*PASSES, OWNER), "yellow"), ((OWNER, TOO_MANY), "red")]
)
def test_the_verdict_is_only_green_if_no_guard_is_to_be_checked(verdicts: tuple[Verdict, ...], colour: str) -> None:
    view = plan_view(make_plan(verdicts=verdicts), limit=None)
    assert isinstance(view, Group)
    banner = view.renderables[0]
    assert isinstance(banner, Panel)
    assert banner.border_style == colour


def test_a_change_names_user_role_reason_and_row() -> None:
    text = flat(plan_view(make_plan(), limit=None))
    assert "- remove Ada Lovelace <ada@example.edu> #12 Admin this user is in the list, but not for this role 5" in text
    assert "+ add Zoë Ångström <zoe@example.edu> #31 Admin the list gives this role, Studio doesn't yet 9" in text
    assert "add <new@example.edu> Admin Studio doesn't know this address yet; tried again on the next run. 14" in text
    assert "Admin 10 +1 -2 9" in text
    assert "warning 2 row 4: Teacher is not a managed role" in text


def test_a_blocked_plan_names_rule_limit_number_and_override() -> None:
    text = show(plan_view(blocked_plan(), limit=None))
    joined = " ".join(text.replace("┃", " ").split())
    sentence = "At most 25% of the holders of Admin may be removed: 6 of 10 would be"
    assert f"BLOCKED {sentence}. Nothing was written." in joined
    assert f"BLOCK {sentence} [max_removals_share]" in joined
    assert (
        f"\n  rolesync apply PLAN \\\n    --override {DIGEST}\n" in "\n".join(map(str.rstrip, text.splitlines())) + "\n"
    )


def test_a_block_without_override_offers_none() -> None:
    text = flat(plan_view(make_plan(verdicts=(PROTECTED,)), limit=None))
    assert "No override applies to protected_users." in text
    assert "--override" not in text


def test_an_empty_plan_has_nothing_to_do() -> None:
    text = flat(plan_view(empty_plan(), limit=None))
    assert "NOTHING TO DO" in text
    assert "There is nothing to apply." in text
    assert "Changes:" not in text
    assert "rolesync apply" not in text


def test_an_additive_plan_shows_its_mode() -> None:
    assert "additive: adds missing roles, never removes a role" in flat(plan_view(additive_plan(), limit=None))


def test_the_limit_cuts_each_table_and_counts_the_rest() -> None:
    text = flat(plan_view(big_plan(3, 1_500), limit=5))
    assert text.count("- remove") == 3
    assert text.count("+ add") == 2 + 1  # one is held
    assert "… and 1,498 more changes; `--all` shows all." in text
    assert "Changes: 3 removals, 1,500 additions" in text
    assert "more" not in flat(plan_view(make_plan(), limit=3))
    assert "… and 1 more held row;" in flat(plan_view(make_plan(), limit=0))


def test_rows_beyond_the_limit_are_not_even_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def watched(text: str, limit: int | None = None) -> str:
        seen.append(text)
        return escape_for_display(text, limit)

    for module in (plan_summary, plan_rows):
        monkeypatch.setattr(module, "escape_for_display", watched)
    show(plan_view(big_plan(20_000, 20_000), limit=10))
    assert "person10@example.edu" in seen
    assert len(seen) < 200


def test_all_rows_are_shown_without_a_limit() -> None:
    assert show(plan_view(big_plan(120, 130), limit=None), 120).count("Person Number") == 250


@pytest.mark.parametrize("width", [40, 80, 120])
def test_hostile_text_stays_in_its_place(width: int) -> None:
    text = show(plan_view(hostile_plan(), limit=None), width)
    assert text.count("- remove") == 22
    assert text.count("+ add") == 33  # a third of them are held
    assert len(text) < 400_000


def test_hostile_text_is_shown_literally() -> None:
    text = flat(plan_view(make_plan(changes=[(31, "a\u202eb", MARKUP, *ADDED[3:])]), limit=None))
    assert f"+ add {MARKUP} <a\\u202eb> #31" in text


def test_wide_letters_keep_the_width() -> None:
    changes = [(31, "太郎@example.jp", "山田太郎" * 30, *ADDED[3:])]
    assert show(plan_view(make_plan(changes=changes), limit=None), 80).count("山") == 30


def test_the_next_step_is_the_command_given() -> None:
    command = "rolesync apply 'my plan.json'"
    assert command in flat(plan_view(make_plan(), limit=1, commands=command))


def test_requests_without_a_known_fewest() -> None:
    plan = replace(make_plan(), requests=Requests({"search": 2}), roles=(RoleCount("Admin", 1_000, 0, 0),))
    text = flat(plan_view(plan, limit=None))
    assert "requests 2 (search 2) digest" in text
    assert "Admin 1,000 +0 -0 1,000" in text


def test_drift_is_shown_and_cut() -> None:
    text = flat(plan_view(drifted_plan(), limit=1))
    assert "+ add <kim@example.edu> #44 Admin … and 1 more change; `--all`" in text
    assert "Changed outside" not in flat(plan_view(make_plan(), limit=None))
