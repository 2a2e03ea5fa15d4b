"""The sandbox's SQLite database: its tables, and how it is made or opened.

`people.roles` is the truth about who holds what, as a JSON array in the order of giving; `holders` is the same by role.
`changes` is append-only: triggers refuse to alter or delete a row.
"""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

from rolesync.sandbox.generated_people import Given, media, people

_TABLES = """
CREATE TABLE made (users INTEGER NOT NULL, seed INTEGER NOT NULL);
CREATE TABLE people (
  id INTEGER PRIMARY KEY, full_name TEXT NOT NULL, display_name TEXT NOT NULL,
  email TEXT, email_key TEXT, email_given INTEGER NOT NULL, roles TEXT NOT NULL
);
CREATE TABLE holders (role TEXT NOT NULL, user_id INTEGER NOT NULL, PRIMARY KEY (role, user_id)) WITHOUT ROWID;
CREATE TABLE media (
  id INTEGER PRIMARY KEY, owner_id INTEGER NOT NULL, title TEXT NOT NULL, duration REAL NOT NULL,
  created_at TEXT NOT NULL, size INTEGER NOT NULL
);
CREATE TABLE viewers (
  user_id INTEGER NOT NULL, media_id INTEGER NOT NULL, permission TEXT NOT NULL, PRIMARY KEY (user_id, media_id)
) WITHOUT ROWID;
CREATE TABLE changes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, time TEXT NOT NULL, user_id INTEGER NOT NULL, action TEXT NOT NULL,
  role TEXT NOT NULL, request_id TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, "by" TEXT NOT NULL
);
CREATE TRIGGER changes_stay BEFORE UPDATE ON changes BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER changes_last BEFORE DELETE ON changes BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TABLE codes (code TEXT PRIMARY KEY, redirect_uri TEXT NOT NULL, expires_at REAL NOT NULL);
CREATE TABLE refresh_tokens (token TEXT PRIMARY KEY);
CREATE TABLE access_tokens (token TEXT PRIMARY KEY, expires_at REAL NOT NULL, ends_refresh_token TEXT NOT NULL);
"""
_INDEXES = """
CREATE INDEX people_email ON people (email);
CREATE INDEX people_email_key ON people (email_key);
CREATE INDEX viewers_media ON viewers (media_id);
"""
_ALL = ("made", "people", "holders", "media", "viewers", "changes", "codes", "refresh_tokens", "access_tokens")


def email_key(email: str | None) -> str | None:
    """The spelling under which the sandbox compares addresses without regard to case."""
    return None if email is None else email.casefold()


def connect(path: Path | None) -> sqlite3.Connection:
    """Open the database, in memory without a path; it may be used by one thread at a time, whichever that is.

    Raises:
        sqlite3.Error: the file can't be opened, is no database, or another sandbox uses it.
    """
    name = ":memory:" if path is None else path
    db = sqlite3.connect(name, timeout=1, check_same_thread=False, isolation_level=None)
    db.create_function("casefold", 1, email_key, deterministic=True)
    if path is not None:
        try:
            # Another process that wrote to the file would make the store's memory of it stale.
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
        except sqlite3.Error:
            db.close()
            raise
    return db


def ensure(db: sqlite3.Connection, users: int, seed: int, first_refresh_token: str, given: Given | None = None) -> None:
    """Make the tables and people, unless they are there already; those who are given have no media.

    Raises:
        ValueError: the file was made with another number or seed, or by another program.
        sqlite3.Error: the file is no database.
    """
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and "made" not in tables:
        raise ValueError("the database was made by another program: give another file")
    if not tables:
        _in_one_go(db, lambda: _make(db, users, seed, first_refresh_token, given))
        return
    made = db.execute("SELECT users, seed FROM made").fetchone()
    if made != (users, seed):
        raise ValueError(
            f"the database was made with users={made[0]} and seed={made[1]}, not users={users} and seed={seed}: "
            "give the same, or another file"
        )


def rebuild(
    db: sqlite3.Connection, users: int, seed: int, first_refresh_token: str, given: Given | None = None
) -> None:
    """Throw everything away, the log too, and make the people anew."""

    def work() -> None:
        for table in _ALL:
            db.execute(f"DROP TABLE {table}")
        db.execute("DELETE FROM sqlite_sequence")
        _make(db, users, seed, first_refresh_token, given)

    _in_one_go(db, work)


def _in_one_go(db: sqlite3.Connection, work: Callable[[], None]) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        work()
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _make(db: sqlite3.Connection, users: int, seed: int, first_refresh_token: str, given: Given | None) -> None:
    for statement in _statements(_TABLES):
        db.execute(statement)
    db.executemany(
        "INSERT INTO people VALUES (?, ?, ?, ?, casefold(?), ?, ?)",
        (
            (
                p.id,
                p.full_name,
                p.display_name,
                p.email,
                p.email,
                p.email_given,
                json.dumps(p.roles, ensure_ascii=False),
            )
            for p in (people(users, seed) if given is None else given())
        ),
    )
    db.execute("INSERT INTO holders SELECT json_each.value, people.id FROM people, json_each(people.roles)")
    owners = db.execute("SELECT id, full_name FROM people ORDER BY id").fetchall() if given is None else []
    recordings = list(media(iter(owners), seed))
    db.executemany(
        "INSERT INTO media VALUES (?, ?, ?, ?, ?, ?)",
        ((m.id, m.owner_id, m.title, m.duration, m.created_at, m.size) for m in recordings),
    )
    db.execute("INSERT INTO viewers SELECT owner_id, id, 'owner' FROM media")
    db.executemany(
        "INSERT INTO viewers VALUES (?, ?, 'view')", ((m.viewer_id, m.id) for m in recordings if m.viewer_id)
    )
    for statement in _statements(_INDEXES):
        db.execute(statement)
    db.execute("INSERT INTO refresh_tokens VALUES (?)", (first_refresh_token,))
    db.execute("INSERT INTO made VALUES (?, ?)", (users, seed))


def _statements(script: str) -> list[str]:
    """Split a script at blank-free line ends: `executescript` would commit the surrounding transaction."""
    found, rest = [], ""
    for line in script.strip().splitlines():
        rest += line + "\n"
        if sqlite3.complete_statement(rest):
            found.append(rest)
            rest = ""
    return found
