"""Users of a directory become a list that the reader takes."""

from datetime import date
from pathlib import Path

from rolesync.reader.read import read_desired
from rolesync.sources.directory_rows import DirectoryRow, incomplete_error, list_of_rows


def test_the_reader_takes_the_words(tmp_path: Path) -> None:
    rows = [
        DirectoryRow("ben@example.edu", 'Ben "B", Jr.', "Admin", is_active=False),
        DirectoryRow("ann@example.edu", "Ann\nA", "Admin", is_active=True),
        DirectoryRow("ann@example.edu", "Ann\nA", "Admin", is_active=True),
    ]
    path = tmp_path / "list.csv"
    path.write_bytes(list_of_rows(rows))
    assert list_of_rows(reversed(rows)) == path.read_bytes()
    desired = read_desired(path, managed_roles=("Admin",), today=date(2026, 9, 1))
    assert desired.status == "ok"
    assert desired.assignments["email"].tolist() == ["ann@example.edu"]
    assert desired.not_in_force["email"].tolist() == ["ben@example.edu"]


def test_a_user_without_an_address_refuses_the_list(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(list_of_rows([DirectoryRow("", "Ann", "Admin", is_active=True)]))
    assert read_desired(path, managed_roles=("Admin",), today=date(2026, 9, 1)).status == "reject"
    assert incomplete_error("x", "y").is_transient
