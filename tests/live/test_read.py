"""Reading Studio: the fewest requests, all users found, and no result from answers that contradict each other."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any, Literal

import pytest

from rolesync.errors import ForbiddenError, IncompleteReadError
from rolesync.live.read import read_live
from rolesync.live.read_after_write import pauses
from rolesync.model.desired import ListRows
from rolesync.model.frames import DESIRED, frame
from rolesync.model.keys import format_roles
from rolesync.model.live import Live
from rolesync.sandbox import Options, Sandbox
from rolesync.studio.users import StudioReader
from tests.servers import FakeSleep, ReceivedRequest, ScriptedAnswer, ScriptedStudio, client_of

GREG, HANNAH, OMAR, SAM, SAMANTHA = 1031, 1044, 1052, 1078, 1079
ADMINS = (1002, 1003, 1007, 1011, 1012, 1018, 1023, 1024, 1031, 1040)

Row = tuple[str, int, str]
Start = Callable[..., tuple[StudioReader, Sandbox]]
Steps = list[tuple[str, int, int]]


def rows_of(*rows: Row) -> ListRows:
    emails, ids, roles = zip(*rows, strict=True) if rows else ((), (), ())
    columns = {"row": range(2, 2 + len(rows)), "email": emails, "user_id": ids, "role": roles}
    return ListRows.of(frame(DESIRED, columns))


def no_progress(_stage: str, _done: int, _total: int) -> None:
    """Report no progress."""


def served(sandbox: Sandbox) -> dict[str, int]:
    return {kind: number for kind, number in sandbox.counts().items() if number}


def ids(live: Live) -> list[int]:
    user_ids: list[int] = live.users["user_id"].tolist()
    return user_ids


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:

        def enter(**options: Any) -> tuple[StudioReader, Sandbox]:
            sandbox = stack.enter_context(Sandbox(Options(**options)))
            return StudioReader(stack.enter_context(client_of(sandbox.base_url, FakeSleep()))), sandbox

        yield enter


# Who is found, and in how many requests


def test_holders_of_a_role_are_read_in_one_request(start: Start) -> None:
    studio, _ = start()
    live = read_live(studio, ["Admin"], rows_of(), no_progress)
    assert (tuple(ids(live)), live.roles) == (ADMINS, ("Admin",))
    assert (live.requests.by_kind, live.requests.theoretical_minimum) == ({"search_role": 1}, 1)
    first = live.users.iloc[0]
    assert (first["email"], first["name"], first["roles"]) == (
        "admin@example.edu",
        "Alexandra Novak",
        format_roles(["Admin", "Teacher"]),
    )


def test_holders_of_several_roles_are_read_over_many_pages(start: Start) -> None:
    studio, sandbox = start(users=2000)
    steps: Steps = []
    live = read_live(studio, ["Teacher", "Admin"], rows_of(), lambda *step: steps.append(step))
    for role in ("Teacher", "Admin"):
        expected = [user["id"] for user in sandbox.people(role=role)]
        assert sorted(live.holders(role)["user_id"]) == expected
    pages = -(-len(sandbox.people(role="Teacher")) // 50)
    assert pages >= 4
    assert (live.requests.by_kind, live.requests.theoretical_minimum) == ({"search_role": pages + 1}, pages + 1)
    assert served(sandbox) == {"search": pages + 1}
    assert steps == [*(("reading Teacher", at, pages) for at in range(1, pages + 1)), ("reading Admin", 1, 1)]
    assert live.users["user_id"].is_unique


def test_only_users_who_are_not_holders_are_looked_up(start: Start) -> None:
    studio, sandbox = start()
    steps: Steps = []
    rows = rows_of(
        ("admin@example.edu", 0, "Admin"),  # holds it
        ("maria.fernandes@example.edu", 0, "Admin"),  # holds it, in another case
        ("", GREG, "Admin"),  # holds it
        ("omar.haddad@example.edu", 0, "Admin"),
        ("", HANNAH, "Admin"),
        ("", 999, "Admin"),
        ("nobody@example.edu", 0, "Admin"),
        ("chloe.dubois@example.edu", 0, "Teacher"),  # not a managed role
    )
    live = read_live(studio, ["Admin"], rows, lambda *step: steps.append(step))
    assert ids(live) == [*ADMINS, OMAR, HANNAH]
    assert (live.requests.by_kind, live.requests.theoretical_minimum) == (
        {"search_email": 2, "search_role": 1, "user": 2},
        5,
    )
    assert served(sandbox) == {"search": 3, "user": 2}
    assert [step for step in steps if step[0] == "looking up users"] == [
        ("looking up users", at, 4) for at in (1, 2, 3, 4)
    ]


def test_a_user_listed_twice_is_looked_up_and_returned_once(start: Start) -> None:
    studio, _ = start()
    rows = rows_of(
        ("omar.haddad@example.edu", 0, "Admin"),
        ("omar.haddad@example.edu", 0, "Observer"),
        ("", OMAR, "Admin"),
        ("", OMAR, "Observer"),
        ("omar.haddad@example.edu", OMAR, "Admin"),
    )
    live = read_live(studio, ["Admin", "Observer"], rows, no_progress)
    assert ids(live).count(OMAR) == 1
    assert (live.requests.by_kind, live.requests.theoretical_minimum) == (
        {"search_email": 1, "search_role": 2, "user": 1},
        4,
    )


def test_holders_of_another_managed_role_are_looked_up_by_address_but_not_by_id(start: Start) -> None:
    studio, _ = start()
    by_address = read_live(studio, ["Admin", "Teacher"], rows_of(("omar.haddad@example.edu", 0, "Admin")), no_progress)
    assert by_address.requests.by_kind == {"search_role": 2, "search_email": 1}
    by_id = read_live(studio, ["Admin", "Teacher"], rows_of(("", OMAR, "Admin")), no_progress)
    assert (by_id.requests.by_kind, by_id.requests.theoretical_minimum) == ({"search_role": 2}, 2)
    assert ids(by_address) == ids(by_id)


@pytest.mark.parametrize("match", ["exact", "prefix", "contains"])
def test_only_the_same_address_counts_however_studio_matches(
    start: Start, match: Literal["exact", "prefix", "contains"]
) -> None:
    studio, sandbox = start(email_match=match)
    for name in ("omar.haddad@example.edu.au", "xomar.haddad@example.edu", "omar.haddad@example.edu"):
        sandbox.add_person(name, email=name)
    live = read_live(studio, ["Admin"], rows_of(("omar.haddad@example.edu", 0, "Admin")), no_progress)
    others = live.users[~live.users["user_id"].isin(ADMINS)]
    assert others["email"].tolist() == ["omar.haddad@example.edu"] * 2
    assert live.requests.theoretical_minimum == live.requests.total == 2


def test_all_users_of_an_ambiguous_address_are_found(start: Start) -> None:
    studio, _ = start()
    live = read_live(studio, ["Admin"], rows_of(("sam.porter@example.edu", 0, "Admin")), no_progress)
    assert ids(live) == [*ADMINS, SAM, SAMANTHA]


def test_other_cases_are_not_found_if_studio_is_case_sensitive(start: Start) -> None:
    studio, _ = start(email_case="sensitive")
    live = read_live(studio, ["Admin"], rows_of(("sam.porter@example.edu", 0, "Admin")), no_progress)
    assert ids(live) == [*ADMINS, SAM]


@pytest.mark.parametrize("last_page", [0, 1])
def test_a_role_without_holders_is_read_in_one_request(start: Start, last_page: Literal[0, 1]) -> None:
    studio, sandbox = start(empty_last_page=last_page)
    for user in sandbox.people(role="Observer"):
        sandbox.edit_person(user["id"], roles=[])
    steps: Steps = []
    rows = rows_of(("nobody@example.edu", 0, "Observer"))
    live = read_live(studio, ["Observer"], rows, lambda *step: steps.append(step))
    assert ids(live) == []
    assert (live.requests.by_kind, live.requests.theoretical_minimum) == ({"search_email": 1, "search_role": 1}, 2)
    assert steps == [("reading Observer", 1, 1), ("looking up users", 1, 1)]


def test_without_managed_roles_no_request_is_sent(start: Start) -> None:
    studio, sandbox = start()
    live = read_live(studio, [], rows_of(("omar.haddad@example.edu", 0, "Admin")), no_progress)
    assert (ids(live), live.requests.total, live.requests.theoretical_minimum, served(sandbox)) == ([], 0, 0, {})


# Answers that contradict each other


def user(number: int, *roles: str) -> dict[str, Any]:
    return {"id": number, "email": f"p{number}@example.edu", "full_name": f"P {number}", "role_names": list(roles)}


Tamper = Callable[[ReceivedRequest, dict[str, Any]], bool]


class Account:
    """Answers like Studio; `tamper` falsifies the first `times` answers that it applies to."""

    def __init__(self, users: Sequence[dict[str, Any]], tamper: Tamper, times: int) -> None:
        self.users = users
        self.tamper = tamper
        self.times = times

    def __call__(self, request: ReceivedRequest) -> ScriptedAnswer:
        if not request.path.endswith("/search"):
            user_id = int(request.path.rpartition("/")[2])
            matches = [user for user in self.users if user["id"] == user_id]
            return (
                ScriptedAnswer(body={"user": matches[0]})
                if matches
                else ScriptedAnswer(404, {"error": "The user(s) was not found"})
            )
        body = page_of(self.users, request.query)
        if self.times and self.tamper(request, body):
            self.times -= 1
        return ScriptedAnswer(body=body)


def page_of(account: Sequence[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
    role, email, number, size = query.get("role"), query.get("email"), int(query["page"]), int(query["per_page"])
    hits = [user for user in account if (role in user["role_names"] if role else str(email) in user["email"])]
    users = [{**user, "role_names": list(user["role_names"])} for user in hits[(number - 1) * size : number * size]]
    meta = {"current_page": number, "last_page": max(1, -(-len(hits) // size)), "total_count": len(hits)}
    return {"users": users, "meta": meta}


USERS = [
    *(user(number, "Admin") for number in range(1, 121)),
    *(user(number, "Teacher") for number in range(121, 131)),
    user(131),
]


def of_page(number: int, change: Callable[[dict[str, Any]], object]) -> Tamper:
    def tamper(request: ReceivedRequest, body: dict[str, Any]) -> bool:
        if request.query.get("role") != "Admin" or request.query["page"] != str(number):
            return False
        change(body)
        return True

    return tamper


def second_page() -> list[dict[str, Any]]:
    users: list[dict[str, Any]] = page_of(USERS, {"role": "Admin", "page": "2", "per_page": "50"})["users"]
    return users


TAMPERS = {
    "a page comes twice": (of_page(3, lambda body: body.update(users=second_page()[:20])), "120 users (100 distinct)"),
    "the total grows": (of_page(2, lambda body: body["meta"].update(total_count=121)), "121 on page 2"),
    "the last page moves": (of_page(3, lambda body: body["meta"].update(last_page=4)), "page 3"),
    "a user lacks the role": (of_page(2, lambda body: body["users"][0].update(role_names=[])), "whose roles are none"),
    "the wrong page comes": (of_page(2, lambda body: body["meta"].update(current_page=1)), "page 1 instead of 2"),
    "a user comes twice": (of_page(3, lambda body: body["users"].append(body["users"][0])), "121 users (120 distinct)"),
    "a user is missing": (of_page(3, lambda body: body["users"].pop()), "returned 119 users"),
    "a page isn't full": (
        of_page(2, lambda body: body["users"].pop()),
        "99 users (99 distinct) on 2 of 3 pages, where 100",
    ),
    "too many pages": (of_page(1, lambda body: body["meta"].update(last_page=10**12)), "reports 1,000,000,000,"),
    "too many users": (of_page(1, lambda body: body["meta"].update(total_count=10**30)), "and 1,000,000,"),
    "no pages": (of_page(1, lambda body: body["meta"].update(last_page=0)), "reports 0 pages and 120 users"),
}


@pytest.fixture
def read() -> Iterator[Callable[..., tuple[Callable[..., Live], ScriptedStudio]]]:
    with ExitStack() as stack:

        def enter(
            tamper: Tamper, times: int, users: Sequence[dict[str, Any]] = USERS
        ) -> tuple[Callable[..., Live], ScriptedStudio]:
            server = stack.enter_context(ScriptedStudio(Account(users, tamper, times)))
            studio = StudioReader(stack.enter_context(client_of(server.base_url, FakeSleep(), attempts=1)))

            def read_now(*rows: Row, roles: Sequence[str] = ("Admin",)) -> Live:
                try:
                    return read_live(studio, roles, rows_of(*rows), no_progress)
                finally:
                    studio.client.close()  # so that what was still under way has reached the server

            return read_now, server

        yield enter


Read = Callable[..., tuple[Callable[..., Live], ScriptedStudio]]


@pytest.mark.parametrize("name", TAMPERS)
def test_an_inconsistent_read_is_repeated(read: Read, name: str) -> None:
    read_now, server = read(TAMPERS[name][0], times=1)
    live = read_now()
    assert ids(live) == list(range(1, 121))
    assert live.requests.theoretical_minimum == 3
    assert live.requests.by_kind == {"search_role": len(server.requests)}
    assert 4 <= len(server.requests) <= 6


@pytest.mark.parametrize("name", TAMPERS)
def test_a_read_that_stays_inconsistent_is_refused(read: Read, name: str) -> None:
    tamper, message = TAMPERS[name]
    read_now, server = read(tamper, times=10**6)
    with pytest.raises(
        IncompleteReadError, match="the search for role 'Admin' is not complete after 7 tries"
    ) as caught:
        read_now()
    assert message in caught.value.message
    assert "no change can be computed" in caught.value.hint
    assert sum(request.query["page"] == "1" for request in server.requests) == 1 + len(list(pauses(60)))


def hide(request: ReceivedRequest, body: dict[str, Any]) -> bool:
    """Hide user 120 from the search for Admin, consistently on all pages."""
    if request.query.get("role") != "Admin":
        return False
    body["meta"]["total_count"] = 119
    body["users"] = [user for user in body["users"] if user["id"] != 120]
    return True


def test_a_holder_missing_in_the_search_once_causes_another_read(read: Read) -> None:
    read_now, server = read(hide, times=3)  # three pages: one whole read
    assert ids(read_now(("p120@example.edu", 0, "Admin"))) == list(range(1, 121))
    assert len([request for request in server.requests if "role" in request.query]) == 6
    assert len([request for request in server.requests if "email" in request.query]) == 1


@pytest.mark.parametrize("row", [("p120@example.edu", 0, "Admin"), ("", 120, "Admin")])
def test_a_holder_always_missing_in_the_search_is_refused(read: Read, row: Row) -> None:
    read_now, _ = read(hide, times=10**6)
    with pytest.raises(IncompleteReadError, match="user 120 holds 'Admin', but the search for it didn't return them"):
        read_now(row)


def also_observer(request: ReceivedRequest, body: dict[str, Any]) -> bool:
    if request.query.get("role") != "Teacher":
        return False
    body["users"][0]["role_names"].append("Observer")
    return True


BOTH = [user(1, "Admin", "Teacher"), user(2, "Teacher")]


def test_a_user_seen_in_two_states_causes_another_read(read: Read) -> None:
    read_now, server = read(also_observer, times=1, users=BOTH)
    live = read_now(roles=("Admin", "Teacher"))
    assert live.users["roles"].tolist() == [format_roles(["Admin", "Teacher"]), format_roles(["Teacher"])]
    assert len(server.requests) == 4


def test_a_user_always_seen_in_two_states_is_refused(read: Read) -> None:
    read_now, server = read(also_observer, times=10**6, users=BOTH)
    with pytest.raises(IncompleteReadError, match="the whole read is not complete after 7 tries: user 1 changed"):
        read_now(roles=("Admin", "Teacher"))
    assert len(server.requests) == 2 * (1 + len(list(pauses(60))))


def test_an_address_with_many_hits_is_read_to_its_last_page(read: Read) -> None:
    crowd = [user(number) for number in range(1, 130)]  # a@ is a part of every address
    for account in crowd:
        account["email"] = f"{account['id']}a@example.edu"
    crowd[128]["email"] = "A@example.edu"

    def any_case(request: ReceivedRequest, body: dict[str, Any]) -> bool:
        if "email" in request.query:
            lower_case = [{**account, "email": account["email"].lower()} for account in crowd]
            body.update(page_of(lower_case, request.query))
            for account in body["users"]:
                account["email"] = crowd[account["id"] - 1]["email"]
        return False

    read_now, server = read(any_case, times=1, users=crowd)
    assert ids(read_now(("a@example.edu", 0, "Admin"))) == [129]
    assert [request.query["page"] for request in server.requests if "email" in request.query] == ["1", "2", "3"]


def test_an_address_whose_hits_stay_inconsistent_is_refused(read: Read) -> None:
    def tamper(request: ReceivedRequest, body: dict[str, Any]) -> bool:
        if "email" in request.query:
            body["meta"]["total_count"] += 1
        return "email" in request.query

    read_now, _ = read(tamper, times=10**6)
    with pytest.raises(IncompleteReadError, match=r"the search for p131@example\.edu is not complete"):
        read_now(("p131@example.edu", 0, "Admin"))


def test_an_address_that_studio_calls_invalid_belongs_to_no_user() -> None:
    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        if "email" in request.query:
            return ScriptedAnswer(422, {"error": "Invalid email"})
        return ScriptedAnswer(body=page_of(USERS, request.query))

    with ScriptedStudio(answer) as server, client_of(server.base_url, FakeSleep()) as client:
        live = read_live(StudioReader(client), ["Admin"], rows_of(("no address", 0, "Admin")), no_progress)
    assert ids(live) == list(range(1, 121))


def test_a_refusal_during_the_read_is_raised() -> None:
    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        if "email" in request.query:
            return ScriptedAnswer(403, {"error": "no"})
        return ScriptedAnswer(body=page_of(USERS, request.query))

    with (
        ScriptedStudio(answer) as server,
        client_of(server.base_url, FakeSleep()) as client,
        pytest.raises(ForbiddenError),
    ):
        read_live(StudioReader(client), ["Admin"], rows_of(("p131@example.edu", 0, "Admin")), no_progress)
