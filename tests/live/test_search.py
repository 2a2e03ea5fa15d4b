"""Finding many people: on the pages of roles where that is cheaper, and never at the price of somebody's absence."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from rolesync.errors import ForbiddenError, IncompleteReadError
from rolesync.live.pages import READS
from rolesync.live.read import read_live
from rolesync.live.strategy import SHARE
from rolesync.model.desired import ListRows
from rolesync.model.frames import DESIRED, frame
from rolesync.model.live import Live, ReadStep
from rolesync.model.vocabulary import ReadMethod
from rolesync.sandbox import Options, Sandbox
from rolesync.studio.users import StudioReader
from tests.servers import Asked, Naps, Say, ScriptedStudio, client_of

Row = tuple[str, int]
Told = list[tuple[str, int, int]]


def asked_for(rows: Sequence[Row], role: str = "Admin") -> ListRows:
    emails, ids = zip(*rows, strict=True) if rows else ((), ())
    columns = {"row": range(2, 2 + len(rows)), "email": emails, "user_id": ids, "role": [role] * len(rows)}
    return ListRows.of(frame(DESIRED, columns))


def untold(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def ways(live: Live) -> list[tuple[str, str, int, int, int]]:
    return [(way.how.value, way.role, way.requests, way.of, way.people) for way in live.requests.steps]


# A Studio that is sound


@pytest.fixture(scope="module")
def school() -> Iterator[tuple[StudioReader, Sandbox]]:
    with Sandbox(Options(users=3_000)) as sandbox, client_of(sandbox.base_url, Naps()) as client:
        yield StudioReader(client), sandbox


School = tuple[StudioReader, Sandbox]


def named(people: Sequence[dict[str, Any]]) -> list[Row]:
    """Name everybody who has a proper address, each address once."""
    emails = dict.fromkeys((one.get("email") or "").lower() for one in people)
    return [(email, 0) for email in emails if "@" in email]


def held_by(sandbox: Sandbox, role: str, *, but: str) -> list[dict[str, Any]]:
    return [one for one in sandbox.people(role=role) if but not in one["role_names"]]


def test_many_people_of_one_role_are_found_on_its_pages(school: School) -> None:
    studio, sandbox = school
    people = named(held_by(sandbox, "Teacher", but="Admin"))
    pages = -(-len(sandbox.people(role="Teacher")) // 50)
    told: Told = []
    live = read_live(studio, ["Admin"], asked_for(people), lambda *step: told.append(step), scan=True)
    assert set(live.users["email"].str.lower()) >= {email for email, _ in people}
    assert ways(live) == [("holders", "Admin", 1, 1, 10), ("scan", "Teacher", pages, pages, len(people))]
    assert (live.requests.total, live.requests.theoretical_minimum) == (pages + 1, pages + 1)
    assert told[-1] == ("looking people up", len(people), len(people))


def test_both_ways_find_the_same_people(school: School) -> None:
    studio, sandbox = school
    everybody = sandbox.people()
    people = [*named(everybody[::7]), *(("", one["id"]) for one in everybody[3::7]), ("nobody@example.edu", 0), ("", 9)]
    scanned = read_live(studio, ["Admin"], asked_for(people), untold, scan=True)
    searched = read_live(studio, ["Admin"], asked_for(people), untold)
    assert sorted(scanned.users["user_id"]) == sorted(searched.users["user_id"])
    assert scanned.requests.total < searched.requests.total / 3
    assert [way.how for way in searched.requests.steps] == [ReadMethod.HOLDERS, ReadMethod.ONE_BY_ONE]
    assert searched.requests.theoretical_minimum == searched.requests.total


def test_few_people_are_searched_for_one_by_one(school: School) -> None:
    studio, sandbox = school
    people = named(held_by(sandbox, "Teacher", but="Admin"))[:19]
    live = read_live(studio, ["Admin"], asked_for(people), untold, scan=True)
    assert ways(live) == [("holders", "Admin", 1, 1, 10), ("one_by_one", "", 19, 19, 19)]


def test_few_holders_of_another_managed_role_are_searched_for_all_the_same(school: School) -> None:
    studio, sandbox = school
    people = named(held_by(sandbox, "Teacher", but="Admin"))[:SHARE]
    few = read_live(studio, ["Admin", "Teacher"], asked_for(people[1:]), untold, scan=True)
    assert few.requests.by_kind["search_email"] == SHARE - 1
    many = read_live(studio, ["Admin", "Teacher"], asked_for(people), untold, scan=True)
    assert "search_email" not in many.requests.by_kind


def test_whoever_holds_another_managed_role_is_found_already(school: School) -> None:
    studio, sandbox = school
    people = named(held_by(sandbox, "Teacher", but="Admin"))
    live = read_live(studio, ["Admin", "Teacher"], asked_for(people), untold, scan=True)
    assert [way.how for way in live.requests.steps] == [ReadMethod.HOLDERS, ReadMethod.HOLDERS]
    assert live.requests.total == live.requests.theoretical_minimum


def test_the_ways_and_the_total_are_what_the_server_has_seen(school: School) -> None:
    studio, sandbox = school
    people = [*named(sandbox.people()[::9]), *(("", number) for number in range(1, 31))]
    sandbox.reset_counts()
    live = read_live(studio, ["Admin"], asked_for(people), untold, scan=True)
    served = sum(sandbox.counts().values())
    assert (sum(way.requests for way in live.requests.steps), live.requests.total) == (served, served)
    assert live.requests.theoretical_minimum <= served


# One that isn't

ADMINS, TEACHERS = range(1, 4), range(1_001, 1_201)


def person(number: int, *roles: str, email: str = "") -> dict[str, Any]:
    address = email or f"p{number}@example.edu"
    return {"id": number, "email": address, "full_name": f"P {number}", "role_names": list(roles)}


EVERYBODY = [*(person(number, "Admin") for number in ADMINS), *(person(number, "Teacher") for number in TEACHERS)]
WANTED = [(f"p{number}@example.edu", 0) for number in TEACHERS]

Tamper = Callable[[Asked, dict[str, Any]], Say | None]


class Studio:
    """Answers soundly but for what `tamper` makes of an answer to a search."""

    def __init__(self, people: Sequence[dict[str, Any]], tamper: Tamper) -> None:
        self.people = people
        self.tamper = tamper

    def __call__(self, asked: Asked) -> Say:
        role, email = asked.query.get("role"), asked.query.get("email")
        hits = [one for one in self.people if (role in one["role_names"] if role else one["email"] == email)]
        number = int(asked.query["page"])
        users = [{**one, "role_names": list(one["role_names"])} for one in hits[(number - 1) * 50 : number * 50]]
        meta = {"current_page": number, "last_page": max(1, -(-len(hits) // 50)), "total_count": len(hits)}
        body = {"users": users, "meta": meta}
        return self.tamper(asked, body) or Say(body=body)


@pytest.fixture
def read() -> Iterator[Callable[..., tuple[Callable[..., Live], ScriptedStudio]]]:
    with ExitStack() as stack:

        def enter(
            tamper: Tamper, people: Sequence[dict[str, Any]] = EVERYBODY
        ) -> tuple[Callable[..., Live], ScriptedStudio]:
            server = stack.enter_context(ScriptedStudio(Studio(people, tamper)))
            studio = StudioReader(stack.enter_context(client_of(server.base_url, Naps(), attempts=1)))
            return lambda rows: read_live(studio, ["Admin"], asked_for(rows), untold, scan=True), server

        yield enter


Read = Callable[..., tuple[Callable[..., Live], ScriptedStudio]]


def sound(_asked: Asked, _body: dict[str, Any]) -> None:
    """Leave the answer as it is."""


def of_role(role: str, page: int, say: Callable[[dict[str, Any]], Say | None], times: int = 10**6) -> Tamper:
    """Do something to the first `times` answers of one page of a role."""
    left = [times]

    def tamper(asked: Asked, body: dict[str, Any]) -> Say | None:
        if (asked.query.get("role"), asked.query["page"]) != (role, str(page)) or not left[0]:
            return None
        left[0] -= 1
        return say(body)

    return tamper


def one_more(body: dict[str, Any]) -> None:
    body["meta"]["total_count"] += 1


def one_fewer(body: dict[str, Any]) -> None:
    del body["users"][0]


def asked_pages(server: ScriptedStudio, role: str) -> list[int]:
    return sorted(int(asked.query["page"]) for asked in server.asked if asked.query.get("role") == role)


def test_a_sound_one_takes_the_role_in_four_pages(read: Read) -> None:
    now, server = read(sound)
    live = now(WANTED)
    assert sorted(live.users["user_id"]) == [*ADMINS, *TEACHERS]
    assert asked_pages(server, "Teacher") == [1, 2, 3, 4]
    assert live.requests.total == live.requests.theoretical_minimum == 5


def test_pages_that_contradict_each_other_are_read_again(read: Read) -> None:
    now, server = read(of_role("Teacher", 3, one_more, times=1))
    live = now(WANTED)
    assert sorted(live.users["user_id"]) == [*ADMINS, *TEACHERS]
    assert asked_pages(server, "Teacher").count(1) == 2
    assert live.requests.steps[1:] == (ReadStep(ReadMethod.SCAN, "Teacher", 4, 4, 200),)
    assert (live.requests.total, live.requests.theoretical_minimum) == (len(server.asked), 5)


def test_a_role_whose_pages_never_agree_proves_nothing(read: Read) -> None:
    now, server = read(of_role("Teacher", 3, one_more))
    live = now(WANTED)
    assert sorted(live.users["user_id"]) == [*ADMINS, *TEACHERS]
    assert asked_pages(server, "Teacher").count(1) == READS
    assert ReadStep(ReadMethod.ONE_BY_ONE, "", 200, 200, 200) in live.requests.steps
    assert "Teacher" not in {way.role for way in live.requests.steps}


def test_a_role_that_does_not_add_up_at_its_end_is_read_again(read: Read) -> None:
    now, server = read(of_role("Teacher", 4, one_fewer, times=1))
    assert sorted(now([*WANTED, ("nobody@example.edu", 0)]).users["user_id"]) == [*ADMINS, *TEACHERS]
    assert asked_pages(server, "Teacher").count(4) == 2


def test_people_without_the_role_that_was_searched_for_are_no_page_of_it(read: Read) -> None:
    now, server = read(of_role("Teacher", 1, lambda body: body["users"][0].update(role_names=[])))
    assert sorted(now(WANTED).users["user_id"]) == [*ADMINS, *TEACHERS]
    assert asked_pages(server, "Teacher") == [1] * READS


@pytest.mark.parametrize("status", [400, 404, 422])
@pytest.mark.parametrize("page", [1, 2])
def test_a_role_that_studio_refuses_is_not_asked_for_again(read: Read, status: int, page: int) -> None:
    now, server = read(of_role("Teacher", page, lambda _: Say(status, {"error": "no such role"})))
    live = now(WANTED)
    assert sorted(live.users["user_id"]) == [*ADMINS, *TEACHERS]
    assert asked_pages(server, "Teacher") == list(range(1, page + 1))
    assert ReadStep(ReadMethod.ONE_BY_ONE, "", 200, 200, 200) in live.requests.steps


def test_a_forbidden_role_ends_it(read: Read) -> None:
    now, _ = read(of_role("Teacher", 1, lambda _: Say(403, {"error": "no"})))
    with pytest.raises(ForbiddenError):
        now(WANTED)


def test_whoever_is_on_no_page_is_asked_for(read: Read) -> None:
    """A role that is left half-way proves nothing about the rest of it."""
    people = [*EVERYBODY, *(person(number, "Teacher") for number in range(2_000, 6_000)), person(9_000)]
    now, _ = read(sound, people)
    live = now([*WANTED, *((f"p{number}@example.edu", 0) for number in (5_998, 9_000, 9_999))])
    assert sorted(live.users["user_id"]) == [*ADMINS, *TEACHERS, 5_998, 9_000]
    scan = next(way for way in live.requests.steps if way.role == "Teacher")
    assert (scan.requests < scan.of, scan.people) == (True, 200)
    assert live.requests.steps[-1] == ReadStep(ReadMethod.ONE_BY_ONE, "", 3, 3, 2)


DOUBLES = ("P1001@example.edu", "p1@example.edu")


def test_everybody_seen_with_an_address_is_kept(read: Read) -> None:
    """Also another account of somebody who was found as an admin or on an earlier page."""
    double, admin = (person(1_900 + at, "Teacher", email=email) for at, email in enumerate(DOUBLES))
    now, _ = read(sound, [*EVERYBODY, double, admin, person(1_902, "Teacher")])
    live = now([("p1@example.edu", 0), *WANTED, ("p1902@example.edu", 0), ("p9999@example.edu", 0)])
    assert sorted(live.users["user_id"]) == [*ADMINS, *TEACHERS, 1_900, 1_901, 1_902]


def test_an_account_that_is_on_no_page_is_not_seen(read: Read) -> None:
    """The limit that `scan_roles` names: only a search for the address shows an account without a role."""
    now, _ = read(sound, [*EVERYBODY, person(1_900, email="p1001@example.edu")])
    assert 1_900 not in set(now(WANTED).users["user_id"])


def test_an_admin_seen_on_a_page_and_missing_among_the_admins_is_refused(read: Read) -> None:
    people = [*EVERYBODY, person(1_900, "Teacher", "Admin")]

    def hide(asked: Asked, body: dict[str, Any]) -> None:
        if asked.query.get("role") == "Admin":
            body["meta"]["total_count"] -= 1
            body["users"].pop()

    now, server = read(hide, people)
    wanted = [*WANTED, *((f"p{number}@example.edu", 0) for number in range(5_000, 5_100))]
    with pytest.raises(IncompleteReadError, match="user 1900 holds 'Admin', but the search for it didn't give them"):
        now(wanted)
    assert asked_pages(server, "Admin") == [1] * READS
