"""Groups and users of a SCIM service, from a server that searches and pages as RFC 7644 says."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from rolesync.errors import UsageError
from rolesync.sources.address import parse_address
from rolesync.sources.fetch_context import Download, FetchError
from rolesync.sources.scim import fetch_scim
from tests.paths import PEM
from tests.servers import FakeSleep, ReceivedRequest, RequestHandler, ScriptedAnswer, ScriptedStudio
from tests.sources.tools import NOW, SECRET, access_of, clocks_of, deadline_of

USERS: dict[str, dict[str, Any]] = {
    "u1": {
        "id": "u1",
        "userName": "ann",
        "displayName": "Ann",
        "emails": [{"value": "old@example.edu"}, {"value": "ann@example.edu", "primary": True}],
        "active": True,
        "roles": [{"value": "Admin"}, {"value": "Teacher"}],
    },
    "u2": {"id": "u2", "userName": "ben@example.edu", "active": False, "roles": ["Admin"]},
    "u3": {"id": "u3", "userName": "cy", "emails": []},
}
GROUPS: list[dict[str, Any]] = [
    {"id": "g1", "displayName": 'Studio "Admins"', "members": [{"value": "u1"}, {"value": "u2", "type": "User"}]},
    {"id": "g2", "displayName": "Nested", "members": [{"value": "g1", "type": "Group"}]},
    {"id": "g3", "displayName": "Ghost", "members": [{"value": "u9"}]},
    {"id": "g4", "displayName": "Twice"},
    {"id": "g5", "displayName": "Twice"},
]
Change = Callable[[dict[str, Any], int], object]


def service(change: Change) -> RequestHandler:
    """A service with pages of two; `change` may change an answer, given its number."""
    numbers = iter(range(10_000))

    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        kind, _, key = request.path.removeprefix("/scim/v2/").partition("/")
        if key:
            user = USERS.get(key)
            return ScriptedAnswer(200, user) if user else ScriptedAnswer(404, {})
        resources: list[Any] = GROUPS if kind == "Groups" else list(USERS.values())
        if "filter" in request.query:
            match = re.fullmatch(r'displayName eq "(.*)"', request.query["filter"])
            assert match
            name = match[1].replace('\\"', '"')
            resources = [group for group in resources if group["displayName"] == name]
        start = int(request.query["startIndex"])
        page = {"totalResults": len(resources), "startIndex": start, "Resources": resources[start - 1 :][:2]}
        change(page, next(numbers))
        return ScriptedAnswer(200, page)

    return answer


def fetch(options: str = "", change: Change = lambda _page, _number: None) -> str:
    access, clocks = access_of(list_secret=SECRET, ca_bundle=str(PEM)), clocks_of(FakeSleep())
    with ScriptedStudio(service(change), tls=str(PEM)) as server:
        address = parse_address(f"scim://127.0.0.1:{server.base_url.rpartition(':')[2]}/scim/v2{options}")
        answer = fetch_scim(address, access, clocks, deadline_of(access, clocks), None)
    assert isinstance(answer, Download)
    assert answer.last_modified == NOW
    assert all(request.headers["Authorization"] == f"Bearer {SECRET}" for request in server.requests)
    return answer.data.decode()


def test_the_members_of_a_group_get_a_role() -> None:
    ann, ben = ('"ann@example.edu","Ann","Admin","active"', '"ben@example.edu","","Admin","inactive"')
    assert fetch("?group=Studio%20%22Admins%22&role=Admin") == f'"email","name","role","status"\n{ann}\n{ben}\n'
    assert '"Studio ""Admins"""' in fetch("?group=Studio%20%22Admins%22")


def test_without_a_group_the_roles_of_users_count() -> None:
    assert fetch() == (
        '"email","name","role","status"\n"ann@example.edu","Ann","Admin","active"\n'
        '"ann@example.edu","Ann","Teacher","active"\n"ben@example.edu","","Admin","inactive"\n'
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("?group=Nested", "contains a group, which is not read"),
        ("?group=Ghost", "the server has nothing there (404)"),
        ("?group=Twice", "2 groups are named 'Twice', not one"),
        ("?group=None", "0 groups are named 'None', not one"),
    ],
)
def test_a_group_that_is_unclear_is_refused(options: str, words: str) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(options)
    assert words in caught.value.message


def drop(page: dict[str, Any], _number: int) -> None:
    page["Resources"] = []


def grow(page: dict[str, Any], number: int) -> None:
    page["totalResults"] += number


def repeat(page: dict[str, Any], _number: int) -> None:
    page["Resources"] = list(USERS.values())[:1]


def shift(page: dict[str, Any], _number: int) -> None:
    page["startIndex"] = 7


def flood(page: dict[str, Any], _number: int) -> None:
    page["totalResults"] = 1_000_000


def doubt(page: dict[str, Any], _number: int) -> None:
    page["Resources"] = [{**USERS["u1"], "active": "perhaps"}]


def misspell(page: dict[str, Any], _number: int) -> None:
    page["Resources"] = [{**USERS["u1"], "roles": [{"type": "x"}]}]


def nest(page: dict[str, Any], _number: int) -> None:
    page["Resources"] = [{**USERS["u1"], "emails": "ann@example.edu"}]


def forget(page: dict[str, Any], _number: int) -> None:
    del page["totalResults"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (drop, "0 entries came of 3"),
        (grow, "the pages changed while they were read"),
        (repeat, "an entry without id, or twice"),
        (shift, "the pages changed while they were read"),
        (flood, "more than 20,000 entries"),
        (forget, "not as documented"),
        (doubt, "not as documented"),
        (misspell, "not as documented"),
        (nest, "not as documented"),
    ],
)
def test_pages_that_contradict_each_other_are_refused(change: Change, words: str) -> None:
    with pytest.raises(FetchError) as caught:
        fetch("", change)
    assert words in caught.value.message
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("members", [{}, {"members": []}, {"members": None}], ids=["none", "empty", "null"])
@pytest.mark.parametrize("groups", ["?group=Bare", "?group=Studio%20%22Admins%22&group=Bare&role=Admin"])
def test_a_group_without_members_is_refused(members: dict[str, Any], groups: str) -> None:
    """A service that leaves out the members would otherwise take the role from all of them."""

    def bare(page: dict[str, Any], _number: int) -> None:
        if not page["Resources"]:
            page.update(totalResults=1, Resources=[{"id": "g6", "displayName": "Bare", **members}])

    with pytest.raises(FetchError, match="the group 'Bare' has no members") as caught:
        fetch(groups, bare)
    assert not caught.value.is_transient


@pytest.mark.parametrize("members", ["u1", [{"type": "User"}], [7]])
def test_members_that_are_none_are_refused(members: object) -> None:
    def change(page: dict[str, Any], _number: int) -> None:
        page["Resources"] = [{**page["Resources"][0], "members": members}]

    with pytest.raises(FetchError, match="not as documented"):
        fetch("?group=Studio%20%22Admins%22", change)


def test_a_group_that_changes_meanwhile_is_refused() -> None:
    def change(page: dict[str, Any], number: int) -> None:
        if number % 2:
            page["Resources"] = [{**page["Resources"][0], "members": [{"value": "u1"}]}]

    with pytest.raises(FetchError, match="changed while it was read"):
        fetch("?group=Studio%20%22Admins%22", change)


def test_a_service_that_ignores_the_filter_gives_no_other_group() -> None:
    def change(page: dict[str, Any], _number: int) -> None:
        page.update(totalResults=1, Resources=[{**GROUPS[0], "displayName": "Everybody"}])

    with pytest.raises(FetchError, match="0 groups are named"):
        fetch("?group=Studio%20%22Admins%22", change)


def test_another_user_than_the_member_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(USERS, "u2", USERS["u3"])
    with pytest.raises(FetchError, match="not as documented"):
        fetch("?group=Studio%20%22Admins%22")


def test_a_user_whom_the_pages_passed_over_is_missed() -> None:
    def change(page: dict[str, Any], number: int) -> None:
        if number == 1:  # meanwhile one user went, and another came: the total is the same, and u3 is nowhere
            page["Resources"] = [{"id": "u4", "userName": "dan@example.edu", "roles": ["Admin"]}]

    assert "dan@example.edu" not in fetch("", change)
    with pytest.raises(FetchError, match="the users changed while they were read"):
        fetch("", lambda page, number: change(page, number % 4))


def test_options_are_known() -> None:
    with pytest.raises(UsageError, match="unknown option rôle"):
        fetch("?rôle=Admin")
