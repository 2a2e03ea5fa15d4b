"""Reading Studio: the fewest requests, everybody found, and no conclusion from answers that contradict each other."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any, Literal

import pytest

from rolesync.errors import ForbiddenError, IncompleteReadError
from rolesync.live.pages import READS, roles_now
from rolesync.live.read import read_live
from rolesync.model.desired import ListRows
from rolesync.model.frames import DESIRED, frame
from rolesync.model.keys import format_roles
from rolesync.model.live import Live
from rolesync.sandbox import Options, Sandbox
from rolesync.studio.users import StudioReader
from tests.servers import Asked, Naps, Say, ScriptedStudio, client_of

OWNER, MARIA, GREG, HANNAH, OMAR, SAM, SAMANTHA = 1002, 1003, 1031, 1044, 1052, 1078, 1079
ADMINS = (1002, 1003, 1007, 1011, 1012, 1018, 1023, 1024, 1031, 1040)

Row = tuple[str, int, str]
Start = Callable[..., tuple[StudioReader, Sandbox]]
Told = list[tuple[str, int, int]]


def asked_for(*rows: Row) -> ListRows:
    emails, ids, roles = zip(*rows, strict=True) if rows else ((), (), ())
    columns = {"row": range(2, 2 + len(rows)), "email": emails, "user_id": ids, "role": roles}
    return ListRows.of(frame(DESIRED, columns))


def untold(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def seen(sandbox: Sandbox) -> dict[str, int]:
    return {kind: number for kind, number in sandbox.counts().items() if number}


def ids(live: Live) -> list[int]:
    found: list[int] = live.users["user_id"].tolist()
    return found


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:

        def enter(**options: Any) -> tuple[StudioReader, Sandbox]:
            sandbox = stack.enter_context(Sandbox(Options(**options)))
            return StudioReader(stack.enter_context(client_of(sandbox.base_url, Naps()))), sandbox

        yield enter


# Who is found, and what it takes


def test_holders_of_one_role(start: Start) -> None:
    studio, _ = start()
    live = read_live(studio, ["Admin"], asked_for(), untold)
    assert (tuple(ids(live)), live.roles) == (ADMINS, ("Admin",))
    assert (live.requests.by_kind, live.requests.theoretical_minimum) == ({"search_role": 1}, 1)
    first = live.users.iloc[0]
    assert (first["email"], first["name"], first["roles"]) == (
        "admin@example.edu",
        "Alexandra Novak",
        format_roles(["Admin", "Teacher"]),
    )


def test_holders_over_many_pages(start: Start) -> None:
    studio, sandbox = start(users=2000)
    told: Told = []
    live = read_live(studio, ["Teacher", "Admin"], asked_for(), lambda *step: told.append(step))
    for role in ("Teacher", "Admin"):
        expected = [person["id"] for person in sandbox.people(role=role)]
        assert sorted(live.holders(role)["user_id"]) == expected
    pages = -(-len(sandbox.people(role="Teacher")) // 50)
    assert pages >= 4
    assert (live.requests.by_kind, live.requests.theoretical_minimum) == ({"search_role": pages + 1}, pages + 1)
    assert seen(sandbox) == {"search": pages + 1}
    assert told == [*(("reading Teacher", at, pages) for at in range(1, pages + 1)), ("reading Admin", 1, 1)]
    assert live.users["user_id"].is_unique


def test_only_who_is_not_found_is_looked_up(start: Start) -> None:
    studio, sandbox = start()
    told: Told = []
    people = asked_for(
        ("admin@example.edu", 0, "Admin"),  # holds it
        ("maria.fernandes@example.edu", 0, "Admin"),  # holds it, spelled otherwise
        ("", GREG, "Admin"),  # holds it
        ("omar.haddad@example.edu", 0, "Admin"),
        ("", HANNAH, "Admin"),
        ("", 999, "Admin"),
        ("nobody@example.edu", 0, "Admin"),
        ("chloe.dubois@example.edu", 0, "Teacher"),  # not a managed role
    )
    live = read_live(studio, ["Admin"], people, lambda *step: told.append(step))
    assert ids(live) == [*ADMINS, OMAR, HANNAH]
    assert (live.requests.by_kind, live.requests.theoretical_minimum) == (
        {"search_email": 2, "search_role": 1, "user": 2},
        5,
    )
    assert seen(sandbox) == {"search": 3, "user": 2}
    assert [step for step in told if step[0] == "looking people up"] == [
        ("looking people up", at, 4) for at in (1, 2, 3, 4)
    ]


def test_one_person_asked_for_twice_is_looked_up_once_and_found_once(start: Start) -> None:
    studio, _ = start()
    people = asked_for(
        ("omar.haddad@example.edu", 0, "Admin"),
        ("omar.haddad@example.edu", 0, "Observer"),
        ("", OMAR, "Admin"),
        ("", OMAR, "Observer"),
        ("omar.haddad@example.edu", OMAR, "Admin"),
    )
    live = read_live(studio, ["Admin", "Observer"], people, untold)
    assert ids(live).count(OMAR) == 1
    assert (live.requests.by_kind, live.requests.theoretical_minimum) == (
        {"search_email": 1, "search_role": 2, "user": 1},
        4,
    )


def test_who_holds_another_managed_role_is_looked_up_by_address_but_not_by_id(start: Start) -> None:
    studio, _ = start()
    by_address = read_live(studio, ["Admin", "Teacher"], asked_for(("omar.haddad@example.edu", 0, "Admin")), untold)
    assert by_address.requests.by_kind == {"search_role": 2, "search_email": 1}
    by_id = read_live(studio, ["Admin", "Teacher"], asked_for(("", OMAR, "Admin")), untold)
    assert (by_id.requests.by_kind, by_id.requests.theoretical_minimum) == ({"search_role": 2}, 2)
    assert ids(by_address) == ids(by_id)


@pytest.mark.parametrize("match", ["exact", "prefix", "contains"])
def test_however_studio_matches_only_the_same_address_counts(
    start: Start, match: Literal["exact", "prefix", "contains"]
) -> None:
    studio, sandbox = start(email_match=match)
    for name in ("omar.haddad@example.edu.au", "xomar.haddad@example.edu", "omar.haddad@example.edu"):
        sandbox.add_person(name, email=name)
    live = read_live(studio, ["Admin"], asked_for(("omar.haddad@example.edu", 0, "Admin")), untold)
    found = live.users[~live.users["user_id"].isin(ADMINS)]
    assert found["email"].tolist() == ["omar.haddad@example.edu"] * 2
    assert live.requests.theoretical_minimum == live.requests.total == 2


def test_everybody_of_an_ambiguous_address_is_found(start: Start) -> None:
    studio, _ = start()
    live = read_live(studio, ["Admin"], asked_for(("sam.porter@example.edu", 0, "Admin")), untold)
    assert ids(live) == [*ADMINS, SAM, SAMANTHA]


def test_where_studio_looks_at_case_other_spellings_are_not_found(start: Start) -> None:
    studio, _ = start(email_case="sensitive")
    live = read_live(studio, ["Admin"], asked_for(("sam.porter@example.edu", 0, "Admin")), untold)
    assert ids(live) == [*ADMINS, SAM]


@pytest.mark.parametrize("last_page", [0, 1])
def test_a_role_without_holders(start: Start, last_page: Literal[0, 1]) -> None:
    studio, sandbox = start(empty_last_page=last_page)
    for person in sandbox.people(role="Observer"):
        sandbox.edit_person(person["id"], roles=[])
    told: Told = []
    people = asked_for(("nobody@example.edu", 0, "Observer"))
    live = read_live(studio, ["Observer"], people, lambda *step: told.append(step))
    assert ids(live) == []
    assert (live.requests.by_kind, live.requests.theoretical_minimum) == ({"search_email": 1, "search_role": 1}, 2)
    assert told == [("reading Observer", 1, 1), ("looking people up", 1, 1)]


def test_without_managed_roles_nothing_is_asked(start: Start) -> None:
    studio, sandbox = start()
    live = read_live(studio, [], asked_for(("omar.haddad@example.edu", 0, "Admin")), untold)
    assert (ids(live), live.requests.total, live.requests.theoretical_minimum, seen(sandbox)) == ([], 0, 0, {})


# Answers that contradict each other


def person(number: int, *roles: str) -> dict[str, Any]:
    return {"id": number, "email": f"p{number}@example.edu", "full_name": f"P {number}", "role_names": list(roles)}


Tamper = Callable[[Asked, dict[str, Any]], bool]


class Account:
    """Answers like Studio, but for what `tamper` does to the first `times` answers that it wants to touch."""

    def __init__(self, people: Sequence[dict[str, Any]], tamper: Tamper, times: int) -> None:
        self.people = people
        self.tamper = tamper
        self.left = times

    def __call__(self, asked: Asked) -> Say:
        if not asked.path.endswith("/search"):
            wanted = int(asked.path.rpartition("/")[2])
            found = [one for one in self.people if one["id"] == wanted]
            return Say(body={"user": found[0]}) if found else Say(404, {"error": "The user(s) was not found"})
        body = page_of(self.people, asked.query)
        if self.left and self.tamper(asked, body):
            self.left -= 1
        return Say(body=body)


def page_of(people: Sequence[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
    role, email, number, size = query.get("role"), query.get("email"), int(query["page"]), int(query["per_page"])
    hits = [one for one in people if (role in one["role_names"] if role else str(email) in one["email"])]
    users = [{**one, "role_names": list(one["role_names"])} for one in hits[(number - 1) * size : number * size]]
    meta = {"current_page": number, "last_page": max(1, -(-len(hits) // size)), "total_count": len(hits)}
    return {"users": users, "meta": meta}


PEOPLE = [
    *(person(number, "Admin") for number in range(1, 121)),
    *(person(number, "Teacher") for number in range(121, 131)),
    person(131),
]


def of_page(number: int, change: Callable[[dict[str, Any]], object]) -> Tamper:
    def tamper(asked: Asked, body: dict[str, Any]) -> bool:
        if asked.query.get("role") != "Admin" or asked.query["page"] != str(number):
            return False
        change(body)
        return True

    return tamper


def second_page() -> list[dict[str, Any]]:
    users: list[dict[str, Any]] = page_of(PEOPLE, {"role": "Admin", "page": "2", "per_page": "50"})["users"]
    return users


TAMPERS = {
    "a page comes twice": (of_page(3, lambda body: body.update(users=second_page()[:20])), "120 people, 100 of them"),
    "the total grows": (of_page(2, lambda body: body["meta"].update(total_count=121)), "121 on page 2"),
    "the last page moves": (of_page(3, lambda body: body["meta"].update(last_page=4)), "page 3"),
    "the role is not held": (of_page(2, lambda body: body["users"][0].update(role_names=[])), "whose roles are none"),
    "another page comes": (of_page(2, lambda body: body["meta"].update(current_page=1)), "page 1 instead of 2"),
    "somebody comes twice": (of_page(3, lambda body: body["users"].append(body["users"][0])), "121 people, 120 of"),
    "somebody is missing": (of_page(3, lambda body: body["users"].pop()), "gave 119 people"),
    "too many pages": (of_page(1, lambda body: body["meta"].update(last_page=10**12)), "has 1000000000000 pages"),
    "no pages": (of_page(1, lambda body: body["meta"].update(last_page=0)), "gave 50 people"),
}


@pytest.fixture
def read() -> Iterator[Callable[..., tuple[Callable[..., Live], ScriptedStudio]]]:
    with ExitStack() as stack:

        def enter(
            tamper: Tamper, times: int, people: Sequence[dict[str, Any]] = PEOPLE
        ) -> tuple[Callable[..., Live], ScriptedStudio]:
            server = stack.enter_context(ScriptedStudio(Account(people, tamper, times)))
            studio = StudioReader(stack.enter_context(client_of(server.base_url, Naps(), attempts=1)))

            def now(*rows: Row, roles: Sequence[str] = ("Admin",)) -> Live:
                try:
                    return read_live(studio, roles, asked_for(*rows), untold)
                finally:
                    studio.client.close()  # so that what was still under way has reached the server

            return now, server

        yield enter


Read = Callable[..., tuple[Callable[..., Live], ScriptedStudio]]


@pytest.mark.parametrize("name", TAMPERS)
def test_a_read_that_does_not_add_up_is_made_again(read: Read, name: str) -> None:
    now, server = read(TAMPERS[name][0], times=1)
    live = now()
    assert ids(live) == list(range(1, 121))
    assert live.requests.theoretical_minimum == 3
    assert live.requests.by_kind == {"search_role": len(server.asked)}
    assert 4 <= len(server.asked) <= 6


@pytest.mark.parametrize("name", TAMPERS)
def test_a_read_that_never_adds_up_is_refused(read: Read, name: str) -> None:
    tamper, words = TAMPERS[name]
    now, server = read(tamper, times=10**6)
    with pytest.raises(
        IncompleteReadError, match="the search for role 'Admin' is not complete after 3 tries"
    ) as caught:
        now()
    assert words in caught.value.message
    assert "nothing can be concluded" in caught.value.hint
    assert sum(asked.query["page"] == "1" for asked in server.asked) == READS


def hide(asked: Asked, body: dict[str, Any]) -> bool:
    """Let the search for Admin know nothing of person 120, in agreement with itself."""
    if asked.query.get("role") != "Admin":
        return False
    body["meta"]["total_count"] = 119
    body["users"] = [one for one in body["users"] if one["id"] != 120]
    return True


def test_a_holder_whom_the_search_did_not_give_is_noticed(read: Read) -> None:
    now, server = read(hide, times=3)  # three pages: one whole read
    assert ids(now(("p120@example.edu", 0, "Admin"))) == list(range(1, 121))
    assert len([asked for asked in server.asked if "role" in asked.query]) == 6
    assert len([asked for asked in server.asked if "email" in asked.query]) == 1


@pytest.mark.parametrize("row", [("p120@example.edu", 0, "Admin"), ("", 120, "Admin")])
def test_a_holder_whom_the_search_never_gives_is_refused(read: Read, row: Row) -> None:
    now, _ = read(hide, times=10**6)
    with pytest.raises(IncompleteReadError, match="user 120 holds 'Admin', but the search for it didn't give them"):
        now(row)


def also_observer(asked: Asked, body: dict[str, Any]) -> bool:
    if asked.query.get("role") != "Teacher":
        return False
    body["users"][0]["role_names"].append("Observer")
    return True


BOTH = [person(1, "Admin", "Teacher"), person(2, "Teacher")]


def test_somebody_in_two_states_is_noticed(read: Read) -> None:
    now, server = read(also_observer, times=1, people=BOTH)
    live = now(roles=("Admin", "Teacher"))
    assert live.users["roles"].tolist() == [format_roles(["Admin", "Teacher"]), format_roles(["Teacher"])]
    assert len(server.asked) == 4


def test_somebody_who_stays_in_two_states_is_refused(read: Read) -> None:
    now, server = read(also_observer, times=10**6, people=BOTH)
    with pytest.raises(IncompleteReadError, match="the whole read is not complete after 3 tries: user 1 changed"):
        now(roles=("Admin", "Teacher"))
    assert len(server.asked) == 6


def test_an_address_with_many_hits_is_read_to_its_last_page(read: Read) -> None:
    crowd = [person(number) for number in range(1, 130)]  # p9@ is a part of nothing, p.@ of many
    for one in crowd:
        one["email"] = f"{one['id']}a@example.edu"
    crowd[128]["email"] = "A@example.edu"

    def any_case(asked: Asked, body: dict[str, Any]) -> bool:
        if "email" in asked.query:
            spelled = [{**one, "email": one["email"].lower()} for one in crowd]
            body.update(page_of(spelled, asked.query))
            for one in body["users"]:
                one["email"] = crowd[one["id"] - 1]["email"]
        return False

    now, server = read(any_case, times=1, people=crowd)
    assert ids(now(("a@example.edu", 0, "Admin"))) == [129]
    assert [asked.query["page"] for asked in server.asked if "email" in asked.query] == ["1", "2", "3"]


def test_an_address_whose_hits_never_add_up_is_refused(read: Read) -> None:
    def tamper(asked: Asked, body: dict[str, Any]) -> bool:
        if "email" in asked.query:
            body["meta"]["total_count"] += 1
        return "email" in asked.query

    now, _ = read(tamper, times=10**6)
    with pytest.raises(IncompleteReadError, match=r"the search for p131@example\.edu is not complete"):
        now(("p131@example.edu", 0, "Admin"))


@pytest.mark.parametrize("status", [404, 422])
def test_an_address_that_studio_refuses_is_nobodys(status: int) -> None:
    def answer(asked: Asked) -> Say:
        if "email" in asked.query:
            return Say(status, {"error": "Invalid email"})
        return Say(body=page_of(PEOPLE, asked.query))

    with ScriptedStudio(answer) as server, client_of(server.base_url, Naps()) as client:
        live = read_live(StudioReader(client), ["Admin"], asked_for(("no address", 0, "Admin")), untold)
    assert ids(live) == list(range(1, 121))


def test_a_refusal_in_the_middle_goes_up() -> None:
    def answer(asked: Asked) -> Say:
        if "email" in asked.query:
            return Say(403, {"error": "no"})
        return Say(body=page_of(PEOPLE, asked.query))

    with (
        ScriptedStudio(answer) as server,
        client_of(server.base_url, Naps()) as client,
        pytest.raises(ForbiddenError),
    ):
        read_live(StudioReader(client), ["Admin"], asked_for(("p131@example.edu", 0, "Admin")), untold)


# Reading again


def test_few_people_are_read_one_by_one(start: Start) -> None:
    studio, _ = start()
    assert roles_now(studio, ["Admin", "Observer"], {OWNER, 999}, holders=11) == {
        OWNER: frozenset({"Admin"}),
        999: None,
    }
    assert studio.client.counts == {"user": 2}


def test_many_people_are_read_by_searches(start: Start) -> None:
    studio, _ = start()
    now = roles_now(studio, ["Admin", "Observer"], {OWNER, 1024, OMAR, 999}, holders=11)
    assert now == {
        OWNER: frozenset({"Admin"}),
        1024: frozenset({"Admin", "Observer"}),
        OMAR: frozenset(),
        999: frozenset(),
    }
    assert studio.client.counts == {"search_role": 2}


def test_many_holders_make_searches_dearer(start: Start) -> None:
    studio, _ = start()
    roles_now(studio, ["Admin"], {OWNER, MARIA, OMAR}, holders=100)
    assert studio.client.counts == {"user": 3}
