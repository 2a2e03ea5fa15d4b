from rolesync.model.vocabulary import OutcomeStatus
from rolesync.report.content.run_tables import (
    change_rows,
    decision_rows,
    fresh_tables,
    outcomes_table,
    past_tables,
    undone_tables,
)
from rolesync.report.content.table import Table
from tests.report.run_samples import COMPLETE, FAILED, UNKNOWN, approved, incomplete
from tests.report.samples import MOVED, failed_run, make_run


def keys(table: Table) -> list[str]:
    return [column.key for column in table.columns]


def test_what_needs_a_look_comes_first() -> None:
    tables = [table.key for table in past_tables(approved()) if table.size]
    assert tables == [
        *("differences", "failed", "unknown", "drifted", "excluded", "released", "done", "holders", "drift"),
    ]
    assert [table.key for table in fresh_tables(failed_run()) if table.size] == [
        *("differences", "failed", "unknown", "not_sent", "holders"),
    ]


def test_a_run_that_has_just_ended_lists_nothing_that_is_done() -> None:
    assert not any(table.size for table in undone_tables(make_run().outcomes))
    assert "done" not in {table.key for table in fresh_tables(make_run())}
    assert "done" in {table.key for table in past_tables(COMPLETE)}


def test_columns_without_any_value_are_left_out() -> None:
    tables = {table.key: table for table in past_tables(incomplete())}
    assert keys(tables["failed"]) == ["action", "user", "role", "before", "detail", "row"]
    assert keys(tables["unknown"]) == ["action", "user", "role", "before", "detail"]
    assert keys(tables["done"]) == ["action", "user", "role", "before", "row"]
    (excluded,) = (table for table in past_tables(approved()) if table.key == "excluded")
    assert [column.title for column in excluded.columns] == ["action", "user", "role", "reason"]


def test_unknown_roles_are_not_shown_as_no_role() -> None:
    known, unknown = change_rows([FAILED, UNKNOWN])
    assert (known.before, known.after) == ("Student", "Student")
    assert (unknown.before, unknown.after, unknown.row) == ("Admin", None, 0)
    outcomes = make_run([(*MOVED, OutcomeStatus.UNKNOWN, "", ""), (*MOVED, OutcomeStatus.UNKNOWN, "[]", "")]).outcomes
    assert [row.after for row in outcomes_table("unknown", "Unknown", outcomes).rows(None)] == [None, ""]


def test_a_decision_is_an_outcome_with_its_reason() -> None:
    (row,) = decision_rows("excluded", approved().excluded)
    assert (row.outcome, row.action, row.user, row.detail) == (
        "excluded",
        "remove",
        ("", "kim@example.edu", 77),
        "on leave",
    )
