"""The database: made once, opened again, and a log that only grows."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rolesync.sandbox.options import Options
from rolesync.sandbox.sample_people import CAST
from rolesync.sandbox.schema import connect, email_key, ensure


def test_people_and_holders_agree() -> None:
    with closing(connect(None)) as db:
        ensure(db, Options(users=300))
        listed = db.execute("SELECT people.id, value FROM people, json_each(roles) ORDER BY 1, 2").fetchall()
        assert listed == db.execute("SELECT user_id, role FROM holders ORDER BY 1, 2").fetchall()
        assert db.execute("SELECT count(*) FROM people").fetchone() == (300,)


@pytest.mark.parametrize("statement", ["UPDATE changes SET role = 'x'", "DELETE FROM changes"])
def test_the_log_can_not_be_altered(statement: str) -> None:
    with closing(connect(None)) as db:
        ensure(db, Options(users=1))
        db.execute("INSERT INTO changes VALUES (NULL, 't', 1, 'add', 'Admin', 'q', '[]', '[]', 'api')")
        with pytest.raises(sqlite3.IntegrityError, match="the log is append-only"):
            db.execute(statement)


def test_a_file_is_opened_only_with_the_users_and_seed_that_made_it(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    with closing(connect(path)) as db:
        ensure(db, Options(users=5))
        db.execute("UPDATE people SET full_name = 'Changed' WHERE id = 1002")
    with closing(connect(path)) as db:
        ensure(db, Options(users=5))
        assert db.execute("SELECT full_name FROM people WHERE id = 1002").fetchone() == ("Changed",)
        with pytest.raises(ValueError, match="made with users=5 and seed=1, not users=6 and seed=1: use the same"):
            ensure(db, Options(users=6))


def test_a_failure_while_making_leaves_nothing_behind() -> None:
    with closing(connect(None)) as db:
        with pytest.raises(sqlite3.IntegrityError):
            ensure(db, Options(), lambda: CAST[:1] * 2)  # the failure comes once the tables are there
        assert db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
        ensure(db, Options(users=5))
        assert db.execute("SELECT count(*) FROM people").fetchone() == (5,)


def test_addresses_compare_without_case() -> None:
    assert (email_key("STRASSE@Example.EDU"), email_key(None)) == (email_key("straße@example.edu"), None)
