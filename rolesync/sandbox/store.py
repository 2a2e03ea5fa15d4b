"""People, media and the log of changes, in SQLite, with a cache in memory for searches.

Two things are cached: the ids of the holders of a role, in order, for paging; and the JSON of each person, as it is
sent. The cache can't be stale, because the store is the only writer of the database. One thread at a time may use it.
"""

import json
import sqlite3
import time
from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from rolesync.sandbox.generated_people import PeopleSource
from rolesync.sandbox.media import medium_json
from rolesync.sandbox.options import Options
from rolesync.sandbox.schema import connect, email_key, ensure, rebuild

_SHOWN = "'id', id, 'full_name', full_name, 'display_name', display_name"
_PERSON = (
    f"CASE email_given WHEN 1 THEN json_object({_SHOWN}, 'email', email, 'role_names', json(roles))"
    f" ELSE json_object({_SHOWN}, 'role_names', json(roles)) END"
)
"""The JSON of a person, made by SQLite, which is several times faster than making it in Python."""

_IDS_PER_QUERY = 500
_REMEMBERED_SECONDS = 3600  # the longest lag of a read

_Earlier = tuple[float, int, bytes | None]
"""A person before a change: the time of the change, the id, and the JSON, None if the change added the person.

A plain tuple, because garbage collection doesn't look at it again and again.
"""


class LoggedChange(NamedTuple):
    """One applied change of the log.

    `time` is ISO 8601; `request_id` is empty for a change by hand; `before` and `after` are all roles of the person in
    Studio's order; `by` is `api` or `hand`.
    """

    time: str
    user_id: int
    action: str
    role: str
    request_id: str
    before: Sequence[str]
    after: Sequence[str]
    by: str


class Store:
    """The sandbox's data.

    Args:
        options: the options; only `users`, `seed`, `admins`, `db` and `refresh_token` matter here.
        people: the people instead of cast and generated people, without media; only for a database in memory.
        clock: seconds since 1970.

    Raises:
        ValueError: the database file has another number of users or seed, is not a database, or is in use by another
            sandbox. Or `people` is given together with a file, or can't be stored, such as two people with the same id.
    """

    def __init__(
        self, options: Options, people: PeopleSource | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        if people is not None and options.db is not None:
            raise ValueError(f"db: {options.db} can't store the people of another source: leave it out")
        self._options = options
        self._people = people
        self._clock = clock
        try:
            self.db = connect(options.db)
        except sqlite3.Error as error:
            raise _unusable(options.db, error) from error
        try:
            ensure(self.db, options, people)
        except (sqlite3.Error, ValueError) as error:
            self.db.close()
            raise _unusable(options.db, error) from error
        self._encoded: dict[int, bytes] = {}
        self._holders: dict[str, array[int]] = {}
        self._earlier: deque[_Earlier] = deque()
        self._begun = 0.0

    def close(self) -> None:
        """Close the database; the store can't be used afterwards."""
        self.db.close()

    def reset(self) -> None:
        """Restore the first state, with an empty log."""
        self._encoded.clear()
        self._holders.clear()
        self._earlier.clear()
        rebuild(self.db, self._options, self._people)

    def holders(self, role: str) -> Sequence[int]:
        """Return the ids of the holders of a role, ascending."""
        ids = self._holders.get(role)
        if ids is None:
            rows = self.db.execute("SELECT user_id FROM holders WHERE role = ? ORDER BY user_id", (role,))
            ids = self._holders[role] = array("q", (row[0] for row in rows))
        return ids

    def all_ids(self) -> list[int]:
        """Return the ids of all people, ascending."""
        return [row[0] for row in self.db.execute("SELECT id FROM people ORDER BY id")]

    def with_email(self, email: str, *, match: str, case: str, role: str = "") -> list[int]:
        """Return the ids of people whose address matches, ascending; with a role, only its holders."""
        column, address = ("email_key", email_key(email)) if case == "insensitive" else ("email", email)
        condition = {
            "exact": f"{column} = :email",
            "prefix": f"{column} >= :email AND {column} < :email || char(1114111)",
            "contains": f"instr({column}, :email) > 0",
        }[match]
        if role:
            condition += " AND EXISTS (SELECT 1 FROM holders WHERE role = :role AND user_id = people.id)"
        query = f"SELECT id FROM people WHERE {condition} ORDER BY id"  # noqa: S608  # contains only the texts above
        return [row[0] for row in self.db.execute(query, {"email": address, "role": role})]

    def encoded(self, ids: Sequence[int]) -> list[bytes]:
        """Return the JSON of these people, in this order, without ids that don't exist."""
        cached = self._encoded
        missing = [person_id for person_id in ids if person_id not in cached]
        for start in range(0, len(missing), _IDS_PER_QUERY):
            batch = missing[start : start + _IDS_PER_QUERY]
            marks = ",".join("?" * len(batch))
            query = f"SELECT id, {_PERSON} FROM people WHERE id IN ({marks})"  # noqa: S608  # question marks only
            cached.update((person_id, text.encode()) for person_id, text in self.db.execute(query, batch))
        return [cached[person_id] for person_id in ids if person_id in cached]

    def before(self, cutoff: float) -> dict[int, bytes | None]:
        """Return the JSON that people had at a time, for those who changed after it; None if they didn't exist."""
        bodies = {}
        for changed_at, user_id, body in reversed(self._earlier):
            if changed_at <= cutoff:
                break
            bodies[user_id] = body
        return bodies

    def roles_of(self, user_id: int) -> list[str] | None:
        """Return the roles of a person in the order in which they were added; None if there is no such person."""
        row = self.db.execute("SELECT roles FROM people WHERE id = ?", (user_id,)).fetchone()
        return None if row is None else json.loads(row[0])

    def media_of(self, user_id: int, start: int, number: int) -> tuple[list[dict[str, Any]], int]:
        """Return `number` media that a person may see, from position `start`, and the number of all."""
        total = self.db.execute("SELECT count(*) FROM viewers WHERE user_id = ?", (user_id,)).fetchone()[0]
        rows = self.db.execute(
            "SELECT media.id, title, duration, created_at, size, permission, people.id, full_name, display_name, email"
            " FROM viewers JOIN media ON media.id = media_id JOIN people ON people.id = owner_id"
            " WHERE user_id = ? ORDER BY media.id LIMIT ? OFFSET ?",
            (user_id, number, start),
        )
        return [medium_json(row, self._options.seed) for row in rows], total

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the `with` block as one transaction, all changes of which have the same time."""
        self._begun = self._clock()
        while self._earlier and self._earlier[0][0] < self._begun - _REMEMBERED_SECONDS:
            self._earlier.popleft()
        remembered = len(self._earlier)
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            while len(self._earlier) > remembered:
                self._earlier.pop()
            self._encoded.clear()
            self._holders.clear()
            raise
        self.db.execute("COMMIT")

    def set_roles(self, user_id: int, roles: Sequence[str]) -> None:
        """Replace the roles of a person; call it within a transaction."""
        self._remember(user_id)
        before = set(self.roles_of(user_id) or ())
        self.db.execute("UPDATE people SET roles = ? WHERE id = ?", (_names(roles), user_id))
        for role in before - set(roles):
            self.db.execute("DELETE FROM holders WHERE role = ? AND user_id = ?", (role, user_id))
            ids = self._holders.get(role)
            if ids is not None:
                ids.pop(bisect_left(ids, user_id))
        for role in set(roles) - before:
            self.db.execute("INSERT INTO holders VALUES (?, ?)", (role, user_id))
            ids = self._holders.get(role)
            if ids is not None:
                ids.insert(bisect_left(ids, user_id), user_id)
        self._encoded.pop(user_id, None)

    def set_person(self, user_id: int, fields: Mapping[str, str | None]) -> None:
        """Change `email`, `full_name` or `display_name` of a person; call it within a transaction."""
        self._remember(user_id)
        for name, value in fields.items():
            query = f"UPDATE people SET {name} = ? WHERE id = ?"  # noqa: S608  # the caller checks the names
            self.db.execute(query, (value, user_id))
        self.db.execute("UPDATE people SET email_key = casefold(email) WHERE id = ?", (user_id,))
        if "email" in fields:
            self.db.execute("UPDATE people SET email_given = 1 WHERE id = ?", (user_id,))
        self._encoded.pop(user_id, None)

    def add_person(self, full_name: str, email: str | None) -> int:
        """Add a person without roles; returns the new id. Call it within a transaction."""
        new_id = self.db.execute("SELECT coalesce(max(id), 0) + 1 FROM people").fetchone()[0]
        row = (new_id, full_name, full_name, email, email)
        self.db.execute("INSERT INTO people VALUES (?, ?, ?, ?, casefold(?), 1, '[]')", row)
        self._earlier.append((self._begun, new_id, None))
        return int(new_id)

    def record(self, change: LoggedChange) -> None:
        """Append an applied change to the log; call it within the transaction of the change."""
        row = change._replace(before=_names(change.before), after=_names(change.after))
        self.db.execute("INSERT INTO changes VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def _remember(self, user_id: int) -> None:
        """Keep the JSON of a person who is about to change."""
        body = self._encoded.get(user_id) or self.encoded([user_id])[0]
        self._earlier.append((self._begun, user_id, body))

    def log(self) -> list[dict[str, Any]]:
        """Return every applied change, oldest first, with the field names of the table."""
        cursor = self.db.execute("SELECT * FROM changes ORDER BY seq")
        names = [column[0] for column in cursor.description]
        entries = [dict(zip(names, row, strict=True)) for row in cursor]
        return [
            {**entry, "before": json.loads(entry["before"]), "after": json.loads(entry["after"])} for entry in entries
        ]


def _unusable(path: Path | None, error: Exception) -> ValueError:
    return ValueError(f"{path or 'the database in memory'} can't be used by the sandbox: {error}")


def _names(roles: Sequence[str]) -> str:
    return json.dumps(list(roles), ensure_ascii=False)
