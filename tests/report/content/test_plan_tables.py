from dataclasses import replace

from rolesync.model.findings import Finding
from rolesync.model.plans import Plan
from rolesync.model.vocabulary import Action, Level
from rolesync.report.content.plan_tables import (
    changes_table,
    drift_table,
    finding_kinds_table,
    findings_table,
    guards_table,
    held_table,
    left_without_role,
    roles_table,
)
from rolesync.report.content.table import Kind, Table
from tests.report.samples import FINDINGS, big_plan, blocked_plan, drifted_plan, make_plan, plan_of


def values(table: Table, key: str) -> list[object]:
    (column,) = (column for column in table.columns if column.key == key)
    return [column.value(row) for row in table.rows(None)]


def moves(plan: Plan) -> list[object]:
    return values(changes_table(plan), "roles")


def test_roles_after_are_those_after_the_whole_plan() -> None:
    both = ["Admin", "Teacher"]
    plan = plan_of(
        (1, Action.ADD, "Owner", both),
        (2, Action.REMOVE, "Admin", both),
        (1, Action.REMOVE, "Admin", both),
        (2, Action.REMOVE, "Teacher", both),
        (3, Action.ADD, "Admin", []),
    )
    assert moves(plan) == [
        ("Admin, Teacher", ""),
        ("Admin, Teacher", "Owner, Teacher"),
        ("Admin, Teacher", ""),
        ("Admin, Teacher", "Owner, Teacher"),
        ("", "Admin"),
    ]
    assert left_without_role(plan) == 1


def test_changes_are_all_or_of_one_action() -> None:
    every = changes_table(make_plan())
    assert (every.title, every.size) == ("Changes: 2 removals, 1 addition", 3)
    assert values(every, "action") == ["remove", "remove", "add"]
    additions = changes_table(make_plan(), Action.ADD)
    assert (additions.title, additions.size) == ("1 addition", 1)
    assert "action" not in {column.key for column in additions.columns}


def test_a_table_makes_no_more_rows_than_a_form_asks_for() -> None:
    assert len(list(changes_table(big_plan(30, 20)).rows(2))) == 2
    assert len(list(changes_table(big_plan(3, 20)).rows(None))) == 23


def test_each_table_has_a_title_and_counts_its_rows() -> None:
    plan = drifted_plan()
    tables = (roles_table(plan), guards_table(plan), held_table(plan), drift_table(plan.drift))
    assert [(table.title, table.size) for table in tables] == [
        ("Holders of the managed roles", 1),
        ("Guards", 3),
        ("Held: 1 row", 1),
        ("Changed outside rolesync: 2 changes", 2),
    ]


def test_guards_that_block_come_first_with_a_short_form_for_narrow_tables() -> None:
    table = guards_table(blocked_plan())
    assert values(table, "status") == ["block", "warn", "pass", "pass"]
    assert [column.key for column in table.narrow_columns] == ["status", "text", "message"]
    assert "text" not in {column.key for column in table.wide_columns}


def test_findings_are_listed_one_by_one_or_counted_by_kind() -> None:
    assert values(findings_table(FINDINGS), "row") == [4, 6, 0]
    assert len(list(findings_table(FINDINGS).rows(1))) == 1
    kinds = finding_kinds_table(FINDINGS)
    assert values(kinds, "number") == ["2", "1"]
    assert str(values(kinds, "first")[0]).startswith("row 4: Teacher is not")
    assert finding_kinds_table(()).size == 0


def test_the_media_have_a_column_only_if_they_were_looked_up() -> None:
    assert Kind.NOTE not in {column.kind for column in held_table(make_plan()).columns}
    plan = replace(make_plan(), impact=make_plan().held.head(0))
    assert Kind.NOTE in {column.kind for column in held_table(plan).columns}


def test_the_same_finding_on_many_rows_is_shown_once_with_the_first_rows() -> None:
    other = Finding(Level.WARNING, "x", "other", 5, "role")
    same = [Finding(Level.WARNING, "x", "the same", row, "role") for row in range(2, 9)]
    findings = [*same[:3], other, *same[3:], *FINDINGS]
    table = findings_table(findings)
    assert values(table, "row") == [2, 5, 4, 6, 0]
    assert str(values(table, "message")[0]) == "7 rows (2, 3, 4, 5, 6 …): the same"
    assert table.title == "Findings in the list: 0 errors, 10 warnings, 1 info"
    assert values(findings_table(findings, each=True), "row") == [finding.row or 0 for finding in findings]
