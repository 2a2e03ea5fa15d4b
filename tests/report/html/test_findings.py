from dataclasses import replace

from rolesync.model.findings import Finding
from rolesync.model.vocabulary import Level
from rolesync.report.html.findings import MOST_MESSAGES, finding_kinds
from tests.report.samples import FINDINGS, HUGE


def test_findings_of_one_kind_are_one_line_with_each_message_once_and_all_its_rows() -> None:
    other = replace(FINDINGS[0], message="Guest is not a managed role.", row=5)
    (roles, column) = finding_kinds([*FINDINGS, other])
    assert (roles.level, roles.code, roles.size, roles.more) == ("warning", "unmanaged_role", 3, 0)
    assert roles.title == "Teacher is not a managed role, so it is left alone. And 1 other message of this kind."
    assert roles.rows == [
        ("rows 4, 6, column Role", "Teacher is not a managed role, so it is left alone."),
        ("row 5, column Role", "Guest is not a managed role."),
    ]
    assert (column.title, column.rows[0][0]) == ("The column note is not read.", "column note")


def test_very_many_rows_and_messages_are_counted() -> None:
    same = [replace(FINDINGS[0], row=row) for row in range(1, 1001)]
    (kind,) = finding_kinds(same)
    assert kind.rows[0][0].endswith(", 50 … 1,000 rows, column Role")
    (kind,) = finding_kinds([replace(FINDINGS[0], message=f"{number}") for number in range(MOST_MESSAGES + 7)])
    assert (len(kind.rows), kind.more, kind.size) == (MOST_MESSAGES, 7, MOST_MESSAGES + 7)
    (kind,) = finding_kinds([Finding(Level.ERROR, "huge", HUGE)])
    assert len(kind.title) < 700
