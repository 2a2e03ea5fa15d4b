from datetime import date
from pathlib import Path

import pytest

from rolesync.model import Desired
from rolesync.reader import read_desired

HEADER = "email,user_id,role,action,starts,expires\n"


def read(folder: Path, rows: str) -> Desired:
    path = folder / "list.csv"
    path.write_text(HEADER + rows, encoding="utf-8")
    return read_desired(path, managed_roles=("Admin",), today=date(2026, 3, 1))


def contradicted(desired: Desired) -> list[int | None]:
    return [finding.row for finding in desired.findings if finding.code == "contradiction"]


@pytest.mark.parametrize(
    "rows",
    [
        "a@x.edu,,Admin,add,,\na@x.edu,,Admin,remove,,\n",
        "a@x.edu,7,Admin,,,\n,7,Admin,remove,,\n",
        "a@x.edu,7,Admin,,,\na@x.edu,,Admin,remove,,\n",
        "a@x.edu,,Admin,,,2026-06-30\na@x.edu,,Admin,,,2026-07-31\n",
        "a@x.edu,,Admin,,,\na@x.edu,,Admin,,,2026-07-31\n",
        "a@x.edu,,Admin,,2026-01-01,2026-04-30\na@x.edu,,Admin,,2026-04-01,2026-07-31\n",
    ],
)
def test_both_rows_are_refused_and_name_each_other(tmp_path: Path, rows: str) -> None:
    desired = read(tmp_path, rows)
    assert contradicted(desired) == [2, 3]
    assert desired.status == "reject"
    messages = [finding.message for finding in desired.findings if finding.code == "contradiction"]
    assert "row 3" in messages[0]
    assert "row 2" in messages[1]
    assert desired.assignments.empty


@pytest.mark.parametrize(
    "rows",
    [
        "a@x.edu,,Admin,,,2026-02-28\na@x.edu,,Admin,,2026-03-01,\n",
        "a@x.edu,,Admin,remove,,\na@x.edu,,Teacher,add,,\n",
        "a@x.edu,,Admin,remove,,\na@x.edu,,Admin,delete,,2026-01-01\n",
        "a@x.edu,,Admin,,,2026-06-30\na@x.edu,,Admin,add,,2026-06-30\n",
        "a@x.edu,,Admin,remove,,\nb@x.edu,,Admin,add,,\n",
    ],
)
def test_rows_that_follow_or_repeat_each_other_are_no_contradiction(tmp_path: Path, rows: str) -> None:
    assert contradicted(read(tmp_path, rows)) == []
