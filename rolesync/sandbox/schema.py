"""The SQLite database of the sandbox: its tables, and how it is created or opened.

`people.roles` is the source of truth: a JSON array in the order in which roles were added. `holders` is an index of it
by role. `changes` is append-only: triggers refuse updates and deletions.
"""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

from rolesync.sandbox.generated_people import PeopleSource, generate_media, generate_people
from rolesync.sandbox.options import Options

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
    """Normalise an address to compare it without case."""
    return None if email is None else email.casefold()


def connect(path: Path | None) -> sqlite3.Connection:
    """Open the database, in memory if there is no path. Any thread may use it, but only one at a time.

    Raises:
        sqlite3.Error: the file can't be opened, is not a database, or another sandbox uses it.
    """
    name = ":memory:" if path is None else path
    db = sqlite3.connect(name, timeout=1, check_same_thread=False, isolation_level=None)
    db.create_function("casefold", 1, email_key, deterministic=True)
    if path is not None:
        try:
            # The store caches rows, so no other process may write to the file.
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
        except sqlite3.Error:
            db.close()
            raise
    return db


def ensure(db: sqlite3.Connection, options: Options, people: PeopleSource | None = None) -> None:
    """Make tables, people and media unless the file has them; people from a `people` source have no media.

    Raises:
        ValueError: another program created the file, or its number of users or its seed differs.
        sqlite3.Error: the file is not a database.
    """
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and "made" not in tables:
        raise ValueError("the database was made by another program: name another file")
    if not tables:
        _in_transaction(db, lambda: _make(db, options, people))
        return
    creation = db.execute("SELECT users, seed FROM made").fetchone()
    if creation != (options.users, options.seed):
        raise ValueError(
            f"the database was made with users={creation[0]} and seed={creation[1]}, not users={options.users} and "
            f"seed={options.seed}: use the same, or name another file"
        )


def rebuild(db: sqlite3.Connection, options: Options, people: PeopleSource | None = None) -> None:
    """Delete everything, the log too, and make the people again."""

    def drop_and_make() -> None:
        for table in _ALL:
            db.execute(f"DROP TABLE {table}")
        db.execute("DELETE FROM sqlite_sequence")
        _make(db, options, people)

    _in_transaction(db, drop_and_make)


def _in_transaction(db: sqlite3.Connection, work: Callable[[], None]) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        work()
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _make(db: sqlite3.Connection, options: Options, people: PeopleSource | None) -> None:
    users, seed = options.users, options.seed
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
            for p in (generate_people(users, seed, options.admins) if people is None else people())
        ),
    )
    db.execute("INSERT INTO holders SELECT json_each.value, people.id FROM people, json_each(people.roles)")
    owners = db.execute("SELECT id, full_name FROM people ORDER BY id").fetchall() if people is None else []
    recordings = list(generate_media(iter(owners), seed))
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
    db.execute("INSERT INTO refresh_tokens VALUES (?)", (options.refresh_token,))
    db.execute("INSERT INTO made VALUES (?, ?)", (users, seed))


def _statements(script: str) -> list[str]:
    """Split a script into statements; `executescript` would commit the surrounding transaction."""
    statements, statement = [], ""
    for line in script.strip().splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            statements.append(statement)
            statement = ""
    return statements
