"""What reads show that lag behind writes, in process and over HTTP."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
import requests

from rolesync.sandbox import Options, Sandbox
from rolesync.sandbox.stale_reads import PastPeople
from rolesync.sandbox.store import Store

Call = Callable[..., requests.Response]

MARIA, GREG, OMAR = 1003, 1031, 1052
SWAP = {
    "actions": [
        {"user_id": OMAR, "action": "add", "role": "Admin"},
        {"user_id": MARIA, "action": "remove", "role": "Admin"},
    ]
}


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def studio(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(clock=clock) as running:
        yield running


def admins(call: Call, studio: Sandbox) -> set[int]:
    return {user["id"] for user in call(studio, "GET", "/users/search?role=Admin&per_page=50").json()["users"]}


def roles(call: Call, studio: Sandbox, user_id: int) -> Any:
    return call(studio, "GET", f"/users/{user_id}").json()["user"]["role_names"]


def put(call: Call, studio: Sandbox) -> Any:
    return {user["id"]: user["role_names"] for user in call(studio, "PUT", "/users/roles", json=SWAP).json()["users"]}


def test_reads_show_a_write_only_after_the_lag(studio: Sandbox, clock: Clock, call: Call) -> None:
    before = admins(call, studio)
    studio.set_faults("lag=2")
    assert put(call, studio) == {OMAR: ["Teacher", "Admin"], MARIA: []}
    by_email = "/users/search?role=Admin&email=omar.haddad@example.edu"
    for seconds, seen in ((0, False), (1.9, False), (0.1, True)):
        clock.now += seconds
        assert admins(call, studio) == ((before | {OMAR}) - {MARIA} if seen else before)
        assert roles(call, studio, OMAR) == (["Teacher", "Admin"] if seen else ["Teacher"])
        assert roles(call, studio, MARIA) == ([] if seen else ["Admin"])
        assert call(studio, "GET", by_email).json()["meta"]["total_count"] == (1 if seen else 0)
        assert {user["id"] for user in studio.people(role="Admin")} == (before | {OMAR}) - {MARIA}
        assert len(studio.log()) == 2
    assert studio.fault_counts()["lag"] == 12


def test_several_writes_appear_one_after_the_other(studio: Sandbox, clock: Clock, call: Call) -> None:
    studio.set_faults("lag=10")
    for names in (["Admin"], ["Admin", "Observer"], []):
        studio.edit_person(GREG, roles=names)
        clock.now += 4
    seen = []
    for _ in range(4):
        seen.append(roles(call, studio, GREG))
        clock.now += 4
    assert seen == [["Admin"], ["Admin", "Observer"], [], []]


def test_the_answer_of_a_write_can_lag_too(studio: Sandbox, call: Call) -> None:
    studio.set_faults("lag=2,lag-share=0,lag-answers=1")
    assert put(call, studio) == {OMAR: ["Teacher"], MARIA: ["Admin"]}
    assert roles(call, studio, OMAR) == ["Teacher", "Admin"]


def test_a_share_of_the_reads_lags(studio: Sandbox, call: Call) -> None:
    studio.set_faults("lag=30,lag-share=0.5")
    put(call, studio)
    seen = [MARIA in admins(call, studio) for _ in range(40)]
    assert 10 < seen.count(True) < 30


def test_a_new_address_and_a_new_person_lag(studio: Sandbox, clock: Clock, call: Call) -> None:
    studio.set_faults("lag=2")
    studio.edit_person(OMAR, email="omar@example.edu")
    new = studio.add_person("Nina Roth", email="nina.roth@example.edu", roles=["Admin"])["id"]

    def hits(email: str) -> list[int]:
        return [user["id"] for user in call(studio, "GET", "/users/search", params={"email": email}).json()["users"]]

    addresses = ("omar@example.edu", "Omar.Haddad@example.edu", "nina.roth@example.edu")
    assert [hits(email) for email in addresses] == [[], [OMAR], []]
    assert call(studio, "GET", f"/users/{new}").status_code == 404
    clock.now += 2
    assert [hits(email) for email in addresses] == [[OMAR], [], [new]]
    assert call(studio, "GET", f"/users/{new}").status_code == 200


def test_totals_are_one_too_high_for_seconds_after_a_change(studio: Sandbox, clock: Clock, call: Call) -> None:
    studio.set_faults("totals=3")

    def total() -> int:
        count: int = call(studio, "GET", "/users/search?role=Admin").json()["meta"]["total_count"]
        return count

    assert total() == 10
    put(call, studio)
    assert (total(), len(admins(call, studio))) == (11, 10)
    clock.now += 3
    assert total() == 10


def test_nobody_is_what_a_search_finds_in_maintenance(studio: Sandbox, call: Call) -> None:
    studio.set_faults("nobody=1")
    for query in ("role=Admin", "email=greg.stone@example.edu"):
        assert call(studio, "GET", f"/users/search?{query}").json() == {
            "users": [],
            "meta": {"current_page": 1, "last_page": 1, "total_count": 0},
        }
    assert roles(call, studio, GREG) == ["Admin", "Teacher"]
    assert call(studio, "GET", "/users/search?role=Admin", token="wrong").status_code == 401


def test_a_refused_write_leaves_nothing_to_show_later(clock: Clock) -> None:
    with closing(Store(Options(), clock=clock)) as store:

        def fail() -> None:
            with store.transaction():
                store.set_roles(MARIA, [])
                raise KeyError(MARIA)

        with pytest.raises(KeyError):
            fail()
        assert store.before(clock.now - 9) == {}


def test_changes_are_forgotten_after_the_longest_lag(clock: Clock) -> None:
    with closing(Store(Options(), clock=clock)) as store:
        for user_id in (MARIA, GREG):
            with store.transaction():
                store.set_roles(user_id, [])
            clock.now += 3601
        assert set(store.before(0)) == {GREG}
        store.reset()
        assert store.before(0) == {}


@pytest.mark.parametrize("match", ["exact", "prefix", "contains"])
@pytest.mark.parametrize("case", ["insensitive", "sensitive"])
def test_the_past_is_searched_as_the_present(clock: Clock, match: str, case: str) -> None:
    with closing(Store(Options(), clock=clock)) as store:
        queries = ["PRIYA", "PRIYA.RAMAN@EXAMPLE.EDU", "priya.raman@example.edu", "example", "Maria.", "nbergmann2"]
        searches = [(query, role) for query in queries for role in ("", "Admin")]
        present = [store.with_email(query, match=match, case=case, role=role) for query, role in searches]
        everybody = store.all_ids()
        bodies = store.encoded([*everybody, 9])
        with store.transaction():
            for user_id in everybody:
                store.set_roles(user_id, [])
                store.set_person(user_id, {"email": "gone@example.org"})
        past = PastPeople(store, store.before(clock.now - 1))
        assert [past.with_email(query, match=match, case=case, role=role) for query, role in searches] == present
        assert past.encoded([*everybody, 9]) == bodies
