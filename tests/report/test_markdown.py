import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from rolesync.model.frames import HELD, frame
from rolesync.model.keys import format_roles
from rolesync.model.plans import Plan, RoleCount, Verdict
from rolesync.model.reasons import HeldReason
from rolesync.model.run_report import RunDecision
from rolesync.model.runs import Proof
from rolesync.model.vocabulary import Action, VerdictStatus
from rolesync.report.content.text import escape_for_display
from rolesync.report.markdown import LIMIT, plan_markdown, run_markdown
from tests.report.run_samples import COMPLETE, FAILED, incomplete
from tests.report.samples import (
    APPROVAL,
    DIGEST,
    FINDINGS,
    HELD_ROW,
    HOSTILE,
    MARKUP,
    PROTECTED,
    big_plan,
    blocked_plan,
    columns,
    drifted_plan,
    empty_plan,
    hostile_plan,
    make_plan,
)


def parse(plan: Plan) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(plan_markdown(plan))


def test_a_plan_for_a_pull_request() -> None:
    text = plan_markdown(make_plan())
    assert text.startswith("## rolesync plan: READY\n\n`2 removals, 1 addition. Nothing was written yet.`\n")
    assert "| `Admin` | 10 | +1 | -2 | 9 |" in text
    assert "| **WARN** | `The token's owner may lose no managed role (owner)` |" in text
    assert (
        "| `Ada Lovelace <ada@example.edu> #12` | `Admin` | `this user is in the list, but not for this role` | 5 |"
        in text
    )
    assert text.index("<summary>2 removals</summary>") < text.index("<summary>1 addition</summary>")
    assert "<summary>Held: 1 row</summary>" in text
    assert "<summary>Findings in the list: 0 errors, 2 warnings, 1 info</summary>" in text
    assert text.index("**WARN**") < text.index("<summary>2 guards passed</summary>") < text.index("**PASS**")
    assert text.count("<details>") == text.count("</details>") == 6
    assert (
        text.index("rolesync apply PLAN") < text.index("| `Admin` |") < text.index("<summary>About this plan</summary>")
    )
    assert "left out" not in text


def test_a_blocked_plan_shows_the_block_first() -> None:
    text = plan_markdown(blocked_plan())
    assert text.startswith("## rolesync plan: BLOCKED\n\n`At most 25% of the holders of Admin may be removed: 6 of 10")
    assert f"--override {DIGEST}" in text


def test_an_empty_plan_has_no_sections() -> None:
    text = plan_markdown(empty_plan())
    assert "## rolesync plan: NOTHING TO DO" in text
    assert text.count("<details>") == 2  # the facts, and the guards that passed


def test_hostile_text_is_read_by_a_parser_as_code_and_nothing_else() -> None:
    tokens = parse(hostile_plan())
    blocks = {token.content.strip() for token in tokens if token.type == "html_block"}
    assert all(re.fullmatch(r"</details>|<details><summary>[\w ,:]+</summary>", block) for block in blocks)
    inline = [child for token in tokens for child in token.children or []]
    assert {child.type for child in inline} <= {"text", "code_inline", "strong_open", "strong_close", "softbreak"}
    plain = " ".join(child.content for child in inline if child.type == "text")
    assert not re.search(r"script|@|cmd|xxxx", plain)
    assert any("<script>" in child.content for child in inline if child.type == "code_inline")


def test_a_guard_that_no_override_passes_is_named_as_code() -> None:
    plan = make_plan(verdicts=[replace(PROTECTED, rule=text) for text in HOSTILE])
    inline = [child for token in parse(plan) for child in token.children or []]
    assert {child.type for child in inline} <= {"text", "code_inline", "strong_open", "strong_close", "softbreak"}
    assert not any("script" in child.content for child in inline if child.type == "text")


@pytest.mark.parametrize("text", [*HOSTILE, "@octocat #123 GH-1 org/repo#2 :+1:", "</details>\n\n# x", "山" * 900])
def test_a_plan_that_is_hostile_and_huge_stays_below_the_limit(text: str) -> None:
    roles = format_roles([text])  # once: it may be as long as the text
    changes = [(number, text, text, action, text, text, 1, roles) for action in Action for number in range(1, 1_500)]
    held = [(number, text, 0, text, Action.ADD, HeldReason.AMBIGUOUS, text) for number in range(1_500)]
    plan = replace(
        make_plan(changes, held, [Verdict(text, VerdictStatus.BLOCK, text, text, 1, 2)] * 500, FINDINGS[:1] * 1_500),
        account=text,
        planned_by=text,
        roles=(RoleCount(text, 1, 1, 1),) * 500,
        approval=replace(APPROVAL, reviewer=text, operator=text, confirmed_effect=text, reviewed_digest=text),
    )
    output = plan_markdown(plan)
    assert len(output) < LIMIT
    assert len(re.findall("left out here for lack of space", output)) >= 3
    assert output.count("<details>") == output.splitlines().count("</details>") == 5
    inline = [
        child for token in MarkdownIt("commonmark").enable("table").parse(output) for child in token.children or []
    ]
    assert {child.type for child in inline} <= {"text", "code_inline", "strong_open", "strong_close", "softbreak"}
    assert not any("@" in child.content or "#1" in child.content for child in inline if child.type == "text")


def test_hostile_text_keeps_the_columns_of_every_row() -> None:
    tokens = parse(hostile_plan())
    widths: list[int] = []
    for token in tokens:
        if token.type == "tr_open":
            widths.append(0)
        elif token.type in {"td_open", "th_open"}:
            widths[-1] += 1
    assert len(widths) > 60
    assert set(widths) == {2, 3, 4, 5}
    codes = {child.content for token in tokens for child in token.children or [] if child.type == "code_inline"}
    assert {escape_for_display(text, 200).replace("|", r"\x7c") for text in HOSTILE} <= codes


@pytest.mark.parametrize(("removals", "additions"), [(100_000, 0), (0, 100_000), (600, 100_000), (100_000, 100_000)])
def test_a_huge_plan_stays_below_the_limit_and_counts_what_is_left_out(removals: int, additions: int) -> None:
    text = plan_markdown(big_plan(removals, additions))
    assert 0.9 * LIMIT < len(text) < LIMIT
    shown = text.count("this user is not in the list"), text.count("the list gives this role")
    left_out = [int(number.replace(",", "")) for number in re.findall(r"([\d,]+) rows? left out here", text)]
    assert sum(shown) + sum(left_out) == removals + additions
    assert "Held: 1 row" in text


def test_every_section_stays_even_without_room() -> None:
    many = [(number, MARKUP * 100, 0, MARKUP * 9, *HELD_ROW[4:6], MARKUP * 50) for number in range(2_000)]
    plan = replace(
        big_plan(5_000, 5_000),
        held=frame(HELD, columns(HELD, many)),
        findings=FINDINGS * 2_000,
        roles=tuple(RoleCount("`" * 500, 1, 1, 1) for _ in range(300)),
        verdicts=hostile_plan().verdicts * 30,
        digest="`" * 70_000,
    )
    text = plan_markdown(plan)
    assert len(text) < LIMIT
    assert text.count("<details>") == text.count("</details>") == 5
    assert "Left out here: 280 roles and 310 guards." in text
    assert len(re.findall(r"rows left out here", text)) == 4


def test_drift_has_a_section() -> None:
    text = plan_markdown(drifted_plan())
    assert "<summary>Changed outside rolesync: 2 changes</summary>" in text
    assert "| **+ add** | `<kim@example.edu> #44` | `Admin` |" in text


def test_markdown_has_the_facts_and_a_section_for_each_list() -> None:
    text = run_markdown(incomplete())
    assert text.startswith("## rolesync run: INCOMPLETE\n\n`2 of 7 changes done; live differs from the plan.`\n")
    assert "| **stopped** | `503 from PUT /users/roles` |" in text
    assert text.count("<details>") == text.count("</details>") == 7
    row = "| **+ add** | `<bo@example.edu> #8` | `Admin` | `Student → Student` | `404: not found` | 4 |"
    assert row in text
    long = run_markdown(replace(COMPLETE, changes=(FAILED,) * 5_000))
    assert 0.9 * LIMIT < len(long) < LIMIT
    assert "`rolesync show RUN --csv FILE` writes all" in long


def test_a_status_of_a_later_version_is_no_markup() -> None:
    run = replace(COMPLETE, summary=replace(COMPLETE.summary, status=MARKUP))
    tokens = MarkdownIt("commonmark").enable("table").parse(run_markdown(run))
    kinds = {child.type for token in tokens for child in token.children or []}
    assert kinds <= {"text", "code_inline", "strong_open", "strong_close", "softbreak"}


@pytest.mark.parametrize("text", [*HOSTILE, "山" * 900])
def test_a_run_that_is_hostile_and_huge_stays_below_the_limit(text: str) -> None:
    numbers = {f"{number}{text}": 1 for number in range(900)}
    run = incomplete(
        changes=tuple(
            replace(FAILED, action=text, role=text, email=text, detail=text, before=(text,), outcome=outcome)
            for outcome in ("failed", "unknown", "drifted", "done")
            for _ in range(900)
        ),
        proof=Proof(numbers, (text,) * 900),
        counts=numbers,
        approval=replace(APPROVAL, reviewer=text, operator=text, confirmed_effect=text),
        excluded=(RunDecision(text, text, 1, text, text),) * 900,
        released=(RunDecision(text, text, 1, text, text),) * 900,
        overridden=(text,) * 900,
        stopped=text,
    )
    output = run_markdown(run)
    assert len(output) < LIMIT
    assert output.count("<details>") == output.count("</details>") == 9
