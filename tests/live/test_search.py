"""Finding many users: on the pages of roles where that is cheaper, and without ever missing a user."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from rolesync.errors import ForbiddenError, IncompleteReadError
from rolesync.live.consistency import READS
from rolesync.live.read import read_live
from rolesync.live.strategy import USERS_PER_TRIAL
from rolesync.model.desired import ListRows
from rolesync.model.frames import DESIRED, frame
from rolesync.model.live import Live, ReadStep
from rolesync.model.vocabulary import ReadMethod
from rolesync.sandbox import Options, Sandbox
from rolesync.studio.users import StudioReader
from tests.servers import FakeSleep, ReceivedRequest, ScriptedAnswer, ScriptedStudio, client_of

Row = tuple[str, int]
Steps = list[tuple[str, int, int]]


def rows_of(rows: Sequence[Row], role: str = "Admin") -> ListRows:
    emails, ids = zip(*rows, strict=True) if rows else ((), ())
    columns = {"row": range(2, 2 + len(rows)), "email": emails, "user_id": ids, "role": [role] * len(rows)}
    return ListRows.of(frame(DESIRED, columns))


def no_progress(_stage: str, _done: int, _total: int) -> None:
    """Report no progress."""


def steps_of(live: Live) -> list[tuple[str, str, int, int, int]]:
    return [(step.how.value, step.role, step.requests, step.of, step.people) for step in live.requests.steps]


# A Studio whose answers are consistent


@pytest.fixture(scope="module")
def school() -> Iterator[tuple[StudioReader, Sandbox]]:
    with Sandbox(Options(users=3_000)) as sandbox, client_of(sandbox.base_url, FakeSleep()) as client:
        yield StudioReader(client), sandbox


School = tuple[StudioReader, Sandbox]


def named(users: Sequence[dict[str, Any]]) -> list[Row]:
    """Name all users who have a proper address, each address once."""
    emails = dict.fromkeys((user.get("email") or "").lower() for user in users)
    return [(email, 0) for email in emails if "@" in email]


def held_by(sandbox: Sandbox, role: str, *, but: str) -> list[dict[str, Any]]:
    return [user for user in sandbox.people(role=role) if but not in user["role_names"]]


def test_many_users_of_one_role_are_found_on_its_pages(school: School) -> None:
    studio, sandbox = school
    keys = named(held_by(sandbox, "Teacher", but="Admin"))
    pages = -(-len(sandbox.people(role="Teacher")) // 50)
    steps: Steps = []
    live = read_live(studio, ["Admin"], rows_of(keys), lambda *step: steps.append(step), scan=True)
    assert set(live.users["email"].str.lower()) >= {email for email, _ in keys}
    assert steps_of(live) == [("holders", "Admin", 1, 1, 10), ("scan", "Teacher", pages, pages, len(keys))]
    assert (live.requests.total, live.requests.theoretical_minimum) == (pages + 1, pages + 1)
    assert steps[-1] == ("looking up users", len(keys), len(keys))


def test_pages_and_look_ups_find_the_same_users(school: School) -> None:
    studio, sandbox = school
    users = sandbox.people()
    keys = [*named(users[::7]), *(("", user["id"]) for user in users[3::7]), ("nobody@example.edu", 0), ("", 9)]
    scanned = read_live(studio, ["Admin"], rows_of(keys), no_progress, scan=True)
    searched = read_live(studio, ["Admin"], rows_of(keys), no_progress)
    assert sorted(scanned.users["user_id"]) == sorted(searched.users["user_id"])
    assert scanned.requests.total < searched.requests.total / 3
    assert [step.how for step in searched.requests.steps] == [ReadMethod.HOLDERS, ReadMethod.ONE_BY_ONE]
    assert searched.requests.theoretical_minimum == searched.requests.total


def test_few_users_are_looked_up_one_by_one(school: School) -> None:
    studio, sandbox = school
    keys = named(held_by(sandbox, "Teacher", but="Admin"))[:19]
    live = read_live(studio, ["Admin"], rows_of(keys), no_progress, scan=True)
    assert steps_of(live) == [("holders", "Admin", 1, 1, 10), ("one_by_one", "", 19, 19, 19)]


def test_few_holders_of_another_managed_role_are_looked_up_as_well(school: School) -> None:
    studio, sandbox = school
    keys = named(held_by(sandbox, "Teacher", but="Admin"))[:USERS_PER_TRIAL]
    few = read_live(studio, ["Admin", "Teacher"], rows_of(keys[1:]), no_progress, scan=True)
    assert few.requests.by_kind["search_email"] == USERS_PER_TRIAL - 1
    many = read_live(studio, ["Admin", "Teacher"], rows_of(keys), no_progress, scan=True)
    assert "search_email" not in many.requests.by_kind


def test_many_holders_of_another_managed_role_count_as_found(school: School) -> None:
    studio, sandbox = school
    keys = named(held_by(sandbox, "Teacher", but="Admin"))
    live = read_live(studio, ["Admin", "Teacher"], rows_of(keys), no_progress, scan=True)
    assert [step.how for step in live.requests.steps] == [ReadMethod.HOLDERS, ReadMethod.HOLDERS]
    assert live.requests.total == live.requests.theoretical_minimum


def test_the_steps_and_the_total_equal_what_the_server_counted(school: School) -> None:
    studio, sandbox = school
    keys = [*named(sandbox.people()[::9]), *(("", number) for number in range(1, 31))]
    sandbox.reset_counts()
    live = read_live(studio, ["Admin"], rows_of(keys), no_progress, scan=True)
    served = sum(sandbox.counts().values())
    assert (sum(step.requests for step in live.requests.steps), live.requests.total) == (served, served)
    assert live.requests.theoretical_minimum <= served


# A Studio whose answers are not

ADMINS, TEACHERS = range(1, 4), range(1_001, 1_201)


def user(number: int, *roles: str, email: str = "") -> dict[str, Any]:
    address = email or f"p{number}@example.edu"
    return {"id": number, "email": address, "full_name": f"P {number}", "role_names": list(roles)}


USERS = [*(user(number, "Admin") for number in ADMINS), *(user(number, "Teacher") for number in TEACHERS)]
WANTED = [(f"p{number}@example.edu", 0) for number in TEACHERS]

Tamper = Callable[[ReceivedRequest, dict[str, Any]], ScriptedAnswer | None]


class Studio:
    """Answers consistently; `tamper` may falsify the answer to a search."""

    def __init__(self, users: Sequence[dict[str, Any]], tamper: Tamper) -> None:
        self.users = users
        self.tamper = tamper

    def __call__(self, request: ReceivedRequest) -> ScriptedAnswer:
        role, email = request.query.get("role"), request.query.get("email")
        hits = [user for user in self.users if (role in user["role_names"] if role else user["email"] == email)]
        number = int(request.query["page"])
        users = [{**user, "role_names": list(user["role_names"])} for user in hits[(number - 1) * 50 : number * 50]]
        meta = {"current_page": number, "last_page": max(1, -(-len(hits) // 50)), "total_count": len(hits)}
        body = {"users": users, "meta": meta}
        return self.tamper(request, body) or ScriptedAnswer(body=body)


@pytest.fixture
def read() -> Iterator[Callable[..., tuple[Callable[..., Live], ScriptedStudio]]]:
    with ExitStack() as stack:

        def enter(
            tamper: Tamper, users: Sequence[dict[str, Any]] = USERS
        ) -> tuple[Callable[..., Live], ScriptedStudio]:
            server = stack.enter_context(ScriptedStudio(Studio(users, tamper)))
            studio = StudioReader(stack.enter_context(client_of(server.base_url, FakeSleep(), attempts=1)))
            return lambda rows: read_live(studio, ["Admin"], rows_of(rows), no_progress, scan=True), server

        yield enter


Read = Callable[..., tuple[Callable[..., Live], ScriptedStudio]]


def unchanged(_asked: ReceivedRequest, _body: dict[str, Any]) -> None:
    """Leave the answer as it is."""


def of_role(
    role: str, page: int, change: Callable[[dict[str, Any]], ScriptedAnswer | None], times: int = 10**6
) -> Tamper:
    """Change the first `times` answers for one page of a role."""
    remaining = times

    def tamper(request: ReceivedRequest, body: dict[str, Any]) -> ScriptedAnswer | None:
        nonlocal remaining
        if (request.query.get("role"), request.query["page"]) != (role, str(page)) or not remaining:
            return None
        remaining -= 1
        return change(body)

    return tamper


def add_to_total(body: dict[str, Any]) -> None:
    body["meta"]["total_count"] += 1


def drop_first_user(body: dict[str, Any]) -> None:
    del body["users"][0]


def pages_read(server: ScriptedStudio, role: str) -> list[int]:
    return sorted(int(request.query["page"]) for request in server.requests if request.query.get("role") == role)


def test_a_consistent_role_is_read_in_four_pages(read: Read) -> None:
    read_now, server = read(unchanged)
    live = read_now(WANTED)
    assert sorted(live.users["user_id"]) == [*ADMINS, *TEACHERS]
    assert pages_read(server, "Teacher") == [1, 2, 3, 4]
    assert live.requests.total == live.requests.theoretical_minimum == 5


def test_inconsistent_pages_of_a_role_are_read_again(read: Read) -> None:
    read_now, server = read(of_role("Teacher", 3, add_to_total, times=1))
    live = read_now(WANTED)
    assert sorted(live.users["user_id"]) == [*ADMINS, *TEACHERS]
    assert pages_read(server, "Teacher").count(1) == 2
    assert live.requests.steps[1:] == (ReadStep(ReadMethod.SCAN, "Teacher", 4, 4, 200),)
    assert (live.requests.total, live.requests.theoretical_minimum) == (len(server.requests), 5)


def test_users_of_a_role_whose_pages_never_agree_are_looked_up(read: Read) -> None:
    read_now, server = read(of_role("Teacher", 3, add_to_total))
    live = read_now(WANTED)
    assert sorted(live.users["user_id"]) == [*ADMINS, *TEACHERS]
    assert pages_read(server, "Teacher").count(1) == READS
    assert ReadStep(ReadMethod.ONE_BY_ONE, "", 200, 200, 200) in live.requests.steps
    assert "Teacher" not in {step.role for step in live.requests.steps}


def test_a_role_with_too_few_users_on_its_pages_is_read_again(read: Read) -> None:
    read_now, server = read(of_role("Teacher", 4, drop_first_user, times=1))
    assert sorted(read_now([*WANTED, ("nobody@example.edu", 0)]).users["user_id"]) == [*ADMINS, *TEACHERS]
    assert pages_read(server, "Teacher").count(4) == 2


def test_a_page_with_a_user_who_lacks_the_role_is_discarded(read: Read) -> None:
    read_now, server = read(of_role("Teacher", 1, lambda body: body["users"][0].update(role_names=[])))
    assert sorted(read_now(WANTED).users["user_id"]) == [*ADMINS, *TEACHERS]
    assert pages_read(server, "Teacher") == [1] * READS


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("page", [1, 2])
def test_a_role_that_studio_cannot_search_for_is_not_requested_again(read: Read, status: int, page: int) -> None:
    read_now, server = read(of_role("Teacher", page, lambda _: ScriptedAnswer(status, {"error": "no such role"})))
    live = read_now(WANTED)
    assert sorted(live.users["user_id"]) == [*ADMINS, *TEACHERS]
    assert pages_read(server, "Teacher") == list(range(1, page + 1))
    assert ReadStep(ReadMethod.ONE_BY_ONE, "", 200, 200, 200) in live.requests.steps


def test_a_forbidden_role_ends_the_read(read: Read) -> None:
    read_now, _ = read(of_role("Teacher", 1, lambda _: ScriptedAnswer(403, {"error": "no"})))
    with pytest.raises(ForbiddenError):
        read_now(WANTED)


def test_users_seen_on_no_page_are_looked_up(read: Read) -> None:
    """A role read in part proves nothing about its other pages."""
    users = [*USERS, *(user(number, "Teacher") for number in range(2_000, 6_000)), user(9_000)]
    read_now, _ = read(unchanged, users)
    live = read_now([*WANTED, *((f"p{number}@example.edu", 0) for number in (5_998, 9_000, 9_999))])
    assert sorted(live.users["user_id"]) == [*ADMINS, *TEACHERS, 5_998, 9_000]
    scan = next(step for step in live.requests.steps if step.role == "Teacher")
    assert (scan.requests < scan.of, scan.people) == (True, 200)
    assert live.requests.steps[-1] == ReadStep(ReadMethod.ONE_BY_ONE, "", 3, 3, 2)


DOUBLES = ("P1001@example.edu", "p1@example.edu")


def test_every_account_seen_with_a_listed_address_is_kept(read: Read) -> None:
    """Even a second account, after a user with the address was found as an admin or on an earlier page."""
    double, admin = (user(1_900 + at, "Teacher", email=email) for at, email in enumerate(DOUBLES))
    read_now, _ = read(unchanged, [*USERS, double, admin, user(1_902, "Teacher")])
    live = read_now([("p1@example.edu", 0), *WANTED, ("p1902@example.edu", 0), ("p9999@example.edu", 0)])
    assert sorted(live.users["user_id"]) == [*ADMINS, *TEACHERS, 1_900, 1_901, 1_902]


def test_a_second_account_on_no_page_is_not_seen(read: Read) -> None:
    """The documented limit of `scan_roles`: only a search for the address shows an account without a role."""
    read_now, _ = read(unchanged, [*USERS, user(1_900, email="p1001@example.edu")])
    assert 1_900 not in set(read_now(WANTED).users["user_id"])


def test_an_admin_on_a_page_but_missing_in_the_search_for_admins_is_refused(read: Read) -> None:
    users = [*USERS, user(1_900, "Teacher", "Admin")]

    def hide(request: ReceivedRequest, body: dict[str, Any]) -> None:
        if request.query.get("role") == "Admin":
            body["meta"]["total_count"] -= 1
            body["users"].pop()

    read_now, server = read(hide, users)
    keys = [*WANTED, *((f"p{number}@example.edu", 0) for number in range(5_000, 5_100))]
    with pytest.raises(IncompleteReadError, match="user 1900 holds 'Admin', but the search for it didn't return them"):
        read_now(keys)
    assert set(pages_read(server, "Admin")) == {1}


@pytest.mark.parametrize("number_found", [0, 1])
def test_searches_that_are_all_refused_say_nothing_about_users(number_found: int) -> None:
    """As if the call didn't work; a search that is answered shows that it does."""

    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        email = request.query.get("email")
        if email and email not in [f"p{number}@example.edu" for number in range(number_found)]:
            return ScriptedAnswer(422, {"error": "Invalid email"})
        return ScriptedAnswer(body={"users": [], "meta": {"current_page": 1, "last_page": 1, "total_count": 0}})

    rows = [(f"p{number}@example.edu", 0) for number in range(3)]
    with ScriptedStudio(answer) as server, client_of(server.base_url, FakeSleep()) as client:
        if number_found:
            live = read_live(StudioReader(client), ["Admin"], rows_of(rows), no_progress)
            assert (live.users.empty, list(live.refusals)) == (True, ["p1@example.edu", "p2@example.edu"])
            return
        with pytest.raises(IncompleteReadError, match=r"refused all 3 searches for an address.* answered 422"):
            read_live(StudioReader(client), ["Admin"], rows_of(rows), no_progress)
    assert len(server.requests) == 4


def test_a_refused_form_of_an_address_does_not_matter_if_another_form_finds_the_user() -> None:
    users = {f"{name}@xn--bcher-kva.example": at for at, name in enumerate(("ann", "bob"), 1)}

    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        email = request.query.get("email", "")
        if not email.isascii():
            return ScriptedAnswer(422, {"error": "Invalid email"})
        hits = [{"id": users[email], "email": email, "role_names": []}] if email else []
        meta = {"current_page": 1, "last_page": 1, "total_count": len(hits)}
        return ScriptedAnswer(body={"users": hits, "meta": meta})

    rows = [("ann@b\u00fccher.example", 0), ("bob@b\u00fccher.example", 0)]
    with ScriptedStudio(answer) as server, client_of(server.base_url, FakeSleep()) as client:
        live = read_live(StudioReader(client), ["Admin"], rows_of(rows), no_progress)
    assert sorted(live.users["user_id"]) == [1, 2]
