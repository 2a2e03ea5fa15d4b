"""The store's caches never show anything but what the database holds."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rolesync.sandbox.options import Options
from rolesync.sandbox.sample_people import Person
from rolesync.sandbox.store import LoggedChange, Store

MARIA, GREG = 1003, 1031


@pytest.fixture
def store() -> Iterator[Store]:
    new_store = Store(Options())
    yield new_store
    new_store.close()


def test_holders_follow_every_change(store: Store) -> None:
    before = list(store.holders("Admin"))
    with store.transaction():
        store.set_roles(GREG, ["Observer"])
        store.set_roles(1052, ["Admin"])
    after = list(store.holders("Admin"))
    assert after == sorted({*before, 1052} - {GREG})
    fresh = [row[0] for row in store.db.execute("SELECT user_id FROM holders WHERE role = 'Admin' ORDER BY 1")]
    assert after == fresh


def test_a_persons_json_follows_every_change(store: Store) -> None:
    assert b'"role_names":["Admin"]' in store.encoded([MARIA])[0]
    with store.transaction():
        store.set_roles(MARIA, [])
        store.set_person(MARIA, {"email": "new@example.edu"})
    assert b'"email":"new@example.edu","role_names":[]' in store.encoded([MARIA])[0]
    assert store.with_email("NEW@example.edu", match="exact", case="insensitive") == [MARIA]


def test_a_failed_transaction_leaves_nothing_in_database_or_cache(store: Store) -> None:
    before = list(store.holders("Admin")), store.encoded([MARIA])

    def fail() -> None:
        with store.transaction():
            store.set_roles(MARIA, ["Observer"])
            store.record(LoggedChange("t", MARIA, "remove", "Admin", "q", ["Admin"], [], by="api"))
            raise KeyError(MARIA)

    with pytest.raises(KeyError):
        fail()
    assert (list(store.holders("Admin")), store.encoded([MARIA])) == before
    assert store.roles_of(MARIA) == ["Admin"]
    assert store.log() == []


def test_people_who_do_not_exist_are_left_out(store: Store) -> None:
    assert len(store.encoded([MARIA, 999, GREG])) == 2
    assert store.roles_of(999) is None


def test_many_people_are_returned_in_the_order_of_their_ids() -> None:
    big = Store(Options(users=1500))
    try:
        ids = big.all_ids()[::-1]
        assert [int(body.split(b":")[1].split(b",")[0]) for body in big.encoded(ids)] == ids
    finally:
        big.close()


def test_a_file_keeps_changes_and_log(tmp_path: Path) -> None:
    options = Options(db=tmp_path / "studio.db")
    first = Store(options)
    with first.transaction():
        first.set_roles(MARIA, ["Observer"])
        first.record(LoggedChange("t", MARIA, "remove", "Admin", "q", ["Admin"], ["Observer"], by="hand"))
    first.close()
    second = Store(options)
    try:
        assert second.roles_of(MARIA) == ["Observer"]
        assert second.log() == [
            {
                "seq": 1,
                "time": "t",
                "user_id": MARIA,
                "action": "remove",
                "role": "Admin",
                "request_id": "q",
                "before": ["Admin"],
                "after": ["Observer"],
                "by": "hand",
            }
        ]
    finally:
        second.close()


def test_a_file_that_is_no_database_of_the_sandbox_is_refused_and_left_alone(tmp_path: Path) -> None:
    text, foreign = tmp_path / "list.csv", tmp_path / "foreign.db"
    text.write_text("email,role\n" * 1000)
    with closing(sqlite3.connect(foreign)) as db:
        db.execute("CREATE TABLE other (x)")
    for path, words in ((text, "file is not a database"), (foreign, "was made by another program: name another file")):
        before = path.read_bytes()
        with pytest.raises(ValueError, match=f"{path.name} can't be used by the sandbox: .*{words}"):
            Store(Options(db=path))
        assert path.read_bytes()[100:] == before[100:]  # SQLite notes the kind of journal in the first hundred


def test_a_file_that_can_not_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unable to open database file"):
        Store(Options(db=tmp_path / "missing" / "studio.db"))


def test_one_file_serves_one_sandbox_at_a_time(tmp_path: Path) -> None:
    options = Options(db=tmp_path / "studio.db")
    with closing(Store(options)), pytest.raises(ValueError, match="can't be used by the sandbox: database is locked"):
        Store(options)
    with closing(Store(options)) as again:
        assert again.roles_of(MARIA) == ["Admin"]


def test_people_of_another_source_replace_all_others_and_are_restored_by_a_reset() -> None:
    odd = 'Média "boss", [x] %_\''
    people = [Person(7, "Ann", "", None, (odd, "Admin")), Person(2**63 - 1, "", "", "B@x.edu", ())]
    with closing(Store(Options(), lambda: people)) as store:
        for _ in range(2):
            assert store.all_ids() == [7, 2**63 - 1]
            assert list(store.holders(odd)) == list(store.holders("Admin")) == [7]
            assert store.roles_of(7) == [odd, "Admin"]
            assert store.media_of(7, 0, 9) == ([], 0)
            assert store.with_email("b@X.edu", match="exact", case="insensitive") == [2**63 - 1]
            with store.transaction():
                store.set_roles(7, [])
            store.reset()


def test_people_that_cannot_be_stored_are_refused(tmp_path: Path) -> None:
    twice = Person(7, "Ann", "", None, ())
    with pytest.raises(
        ValueError, match=r"in memory can't be used by the sandbox: UNIQUE constraint failed: people\.id"
    ):
        Store(Options(), lambda: [twice, twice])
    with pytest.raises(ValueError, match=r"studio\.db can't store the people of another source: leave it out"):
        Store(Options(db=tmp_path / "studio.db"), list)
    assert not list(tmp_path.iterdir())
