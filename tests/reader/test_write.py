import csv
import io
from datetime import date
from pathlib import Path

from rolesync.differ.diff import diff
from rolesync.model.frames import LIVE, frame
from rolesync.model.keys import format_roles
from rolesync.model.live import Live
from rolesync.model.plans import Policy
from rolesync.reader.read import read_desired
from rolesync.reader.write import desired_csv, list_assignments

ROLES = ("Admin", "Captions, French")


def live(*people: tuple[int, str, str, tuple[str, ...]]) -> Live:
    ids, emails, names, roles = (list(column) for column in zip(*people, strict=True))
    data = {"user_id": ids, "email": emails, "name": names, "roles": [format_roles(held) for held in roles]}
    return Live(frame(LIVE, data), ROLES)


UNUSUAL = live(
    (2**63 - 1, "Zoë@Example.EDU", "Zoë", ("Admin", "Teacher")),
    (7, "", "No Mail", ("Admin",)),
    (8, "jdoe", "Only a Login", ("Admin",)),
    (9, "shared@example.edu", "One", ("Admin",)),
    (10, "Shared@example.edu", "Other", ("Captions, French",)),
    (11, "=calc@example.edu", '=HYPERLINK("x")', ("Admin", "Captions, French")),
    (12, "o'neill+tag@example.edu", "Two\nlines", ("Admin",)),
    (13, "teacher@example.edu", "Unmanaged", ("Teacher",)),
)


def test_an_export_reads_back_without_changes(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(desired_csv(list_assignments(UNUSUAL)), encoding="utf-8")
    desired = read_desired(path, managed_roles=ROLES, today=date(2026, 3, 1))
    assert desired.status == "ok"
    difference = diff(desired, UNUSUAL, Policy(managed_roles=ROLES))
    assert (len(difference.changes), len(difference.held)) == (0, 0)


def test_an_address_is_written_only_if_it_names_a_single_user() -> None:
    emails = {row["user_id"]: row["email"] for row in list_assignments(UNUSUAL)}
    assert emails == {
        2**63 - 1: "zoë@example.edu",
        7: "",
        8: "",
        9: "",
        10: "",
        11: "",
        12: "o'neill+tag@example.edu",
    }


def test_the_file_is_sorted_and_no_spreadsheet_calculates_it() -> None:
    rows = list(csv.DictReader(io.StringIO(desired_csv(list_assignments(UNUSUAL)))))
    assert [row["role"] for row in rows] == sorted(row["role"] for row in rows)
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert "Two lines" in {row["name"] for row in rows}
