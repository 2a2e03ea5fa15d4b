"""The database: made once, opened again, and a log that only grows."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rolesync.sandbox.schema import connect, email_key, ensure


def test_people_and_holders_agree() -> None:
    with closing(connect(None)) as db:
        ensure(db, 300, 1, "r")
        listed = db.execute("SELECT people.id, value FROM people, json_each(roles) ORDER BY 1, 2").fetchall()
        assert listed == db.execute("SELECT user_id, role FROM holders ORDER BY 1, 2").fetchall()
        assert db.execute("SELECT count(*) FROM people").fetchone() == (300,)


@pytest.mark.parametrize("statement", ["UPDATE changes SET role = 'x'", "DELETE FROM changes"])
def test_the_log_can_not_be_altered(statement: str) -> None:
    with closing(connect(None)) as db:
        ensure(db, 1, 1, "r")
        db.execute("INSERT INTO changes VALUES (NULL, 't', 1, 'add', 'Admin', 'q', '[]', '[]', 'api')")
        with pytest.raises(sqlite3.IntegrityError, match="the log is append-only"):
            db.execute(statement)


def test_a_file_is_opened_only_with_the_users_and_seed_that_made_it(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    with closing(connect(path)) as db:
        ensure(db, 5, 1, "r")
        db.execute("UPDATE people SET full_name = 'Changed' WHERE id = 1002")
    with closing(connect(path)) as db:
        ensure(db, 5, 1, "r")
        assert db.execute("SELECT full_name FROM people WHERE id = 1002").fetchone() == ("Changed",)
        with pytest.raises(ValueError, match="made with users=5 and seed=1, not users=6 and seed=1: use the same"):
            ensure(db, 6, 1, "r")


def test_a_failure_while_making_leaves_nothing_behind() -> None:
    with closing(connect(None)) as db:
        with pytest.raises(TypeError):
            ensure(db, "five", 1, "r")  # type: ignore[arg-type]  # the failure comes once the tables are there
        assert db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
        ensure(db, 5, 1, "r")
        assert db.execute("SELECT count(*) FROM people").fetchone() == (5,)


def test_addresses_compare_without_case() -> None:
    assert (email_key("STRASSE@Example.EDU"), email_key(None)) == (email_key("straße@example.edu"), None)
