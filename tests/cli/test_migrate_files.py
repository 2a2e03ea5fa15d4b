"""migrate: the files that it reads, also from addresses, and those that it must not overwrite."""

import csv

import pytest

from tests.command import Shell
from tests.servers import ScriptedAnswer, ScriptedStudio, in_turn

SHEET = b"Mail,Studio role\nada@example.edu,Admin\n"
OPTIONS = ("--email-column", "Mail", "--role-column", "Studio role")


def test_a_sheet_at_an_address_becomes_a_list(sh: Shell) -> None:
    with ScriptedStudio(in_turn(ScriptedAnswer(200, SHEET))) as server:
        url = f"{server.base_url}/lists/staff.csv"
        completed = sh.run("migrate", f"{url}?key=s3cret", "-o", "list.csv", "--account", "account.csv", *OPTIONS)
        assert completed.returncode == 0, completed.stderr
        seen = sh.run("migrate", f"{url}?key=s3cret")
    with (sh.folder / "list.csv").open(encoding="utf-8") as file:
        assert [row["email"] for row in csv.DictReader(file)] == ["ada@example.edu"]
    assert url in (sh.folder / "account.csv").read_text(encoding="utf-8-sig")
    assert f"rolesync migrate {url} -o staff-list.csv" in " ".join(seen.stdout.split())
    assert "s3cret" not in f"{completed.stdout}{completed.stderr}{seen.stdout}{seen.stderr}"
    assert all(request.path.startswith("/lists/staff.csv") for request in server.requests)


def test_addresses_of_users_may_be_at_an_address(sh: Shell) -> None:
    (sh.folder / "staff.csv").write_text("Employee,Role\n7,Admin\n", encoding="utf-8")
    with ScriptedStudio(in_turn(ScriptedAnswer(200, b"id,email\n7,ada@example.edu\n"))) as server:
        joined = ("--join", f"{server.base_url}/users.csv", "--key", "Employee=id", "--role-column", "Role")
        completed = sh.run("migrate", "staff.csv", "-o", "-", *joined)
    assert completed.returncode == 0, completed.stderr
    assert "ada@example.edu" in completed.stdout


def test_a_sheet_that_can_not_be_fetched_is_refused_though_there_is_an_earlier_copy(sh: Shell) -> None:
    with ScriptedStudio(in_turn(ScriptedAnswer(200, SHEET), ScriptedAnswer(404))) as server:
        url, settings = f"{server.base_url}/staff.csv", {"list_fallback": "additions"}
        assert sh.run("migrate", url, "-o", "list.csv", *OPTIONS, **settings).returncode == 0
        completed = sh.run("migrate", url, "-o", "again.csv", *OPTIONS, **settings)
    assert (completed.returncode, completed.stdout) == (3, "")
    assert "404" in completed.stderr
    assert not (sh.folder / "again.csv").exists()


@pytest.mark.parametrize("name", ["staff.csv", "https://lists.example.edu/staff.csv?key=s3cret"])
def test_a_source_is_named_once(sh: Shell, name: str) -> None:
    (sh.folder / "staff.csv").write_bytes(SHEET)
    completed = sh.run("migrate", name, name, "-o", "list.csv", *OPTIONS)
    assert completed.returncode == 64
    assert f"{name.partition('?')[0]} is named twice" in completed.stderr
    assert "s3cret" not in completed.stderr
