"""The roles of users are read again by the cheaper of two ways; an address or id finds its users."""

from collections.abc import Callable, Iterator

import pytest

from rolesync.errors import StudioError
from rolesync.live.read_users import look_up, roles_now, roles_of_each
from rolesync.sandbox import Options, Sandbox
from rolesync.studio.users import StudioReader
from tests.servers import FakeSleep, ReceivedRequest, ScriptedAnswer, ScriptedStudio, client_of

OWNER, MARIA, OMAR = 1002, 1003, 1052


@pytest.fixture
def studio() -> Iterator[StudioReader]:
    with Sandbox(Options()) as sandbox, client_of(sandbox.base_url, FakeSleep()) as client:
        yield StudioReader(client)


def test_the_roles_of_few_users_are_read_one_by_one(studio: StudioReader) -> None:
    assert roles_now(studio, ["Admin", "Observer"], {OWNER, 999}, holders=11) == {
        OWNER: frozenset({"Admin", "Teacher"}),
        999: None,
    }
    assert studio.client.counts == {"user": 2}


def test_the_roles_of_many_users_are_read_by_searching_for_the_roles(studio: StudioReader) -> None:
    roles = roles_now(studio, ["Admin", "Observer"], {OWNER, 1024, OMAR, 999}, holders=11)
    assert roles == {
        OWNER: frozenset({"Admin", "Teacher"}),
        1024: frozenset({"Admin", "Observer", "Teacher"}),
        OMAR: frozenset(),
        999: frozenset(),
    }
    assert studio.client.counts == {"search_role": 2}


def test_the_roles_of_few_users_are_read_one_by_one_if_there_are_many_holders(studio: StudioReader) -> None:
    roles_now(studio, ["Admin"], {OWNER, MARIA, OMAR}, holders=100)
    assert studio.client.counts == {"user": 3}


def test_all_roles_of_each_user_are_read_and_none_for_a_user_not_in_studio(studio: StudioReader) -> None:
    assert roles_of_each(studio, {OWNER, 999}) == {OWNER: frozenset({"Admin", "Teacher"}), 999: None}


def test_a_look_up_finds_users_by_id_or_normalised_address(studio: StudioReader) -> None:
    assert look_up(studio, OMAR).emails == look_up(studio, "omar.haddad@example.edu").emails
    assert look_up(studio, 999).ids == look_up(studio, "nobody@example.edu").ids == []


@pytest.mark.parametrize("body", [b"", b"<html>Not Found</html>"])
def test_a_404_without_a_text_for_an_id_means_that_there_is_no_such_user(body: bytes) -> None:
    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        user_id = int(request.path.rpartition("/")[2])
        return (
            ScriptedAnswer(body={"user": {"id": 7, "email": "ann@example.edu", "full_name": "Ann", "role_names": []}})
            if user_id == 7
            else ScriptedAnswer(404, body)
        )

    with ScriptedStudio(answer) as server, client_of(server.base_url, FakeSleep()) as client:
        assert roles_of_each(StudioReader(client), {7, 8}) == {7: frozenset(), 8: None}


def exact_search(stored: str) -> Callable[[ReceivedRequest], ScriptedAnswer]:
    """Answer the search of a Studio that compares addresses byte by byte, with one user of this address."""
    user = {"id": 7, "email": stored, "full_name": "Ann", "role_names": ["Admin"]}

    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        users = [user] if request.query["email"] == stored else []
        return ScriptedAnswer(
            body={"users": users, "meta": {"current_page": 1, "last_page": 1, "total_count": len(users)}}
        )

    return answer


@pytest.mark.parametrize("stored", ["ann@xn--bcher-kva.example", "ann@b\u00fccher.example", "ann@bu\u0308cher.example"])
def test_a_look_up_finds_every_form_of_an_address(stored: str) -> None:
    with ScriptedStudio(exact_search(stored)) as server, client_of(server.base_url, FakeSleep()) as client:
        assert look_up(StudioReader(client), "ann@b\u00fccher.example").ids == [7]


def test_a_look_up_of_a_plain_address_takes_one_request() -> None:
    with ScriptedStudio(exact_search("ann@example.edu")) as server, client_of(server.base_url, FakeSleep()) as client:
        assert look_up(StudioReader(client), "ann@example.edu").emails == ["ann@example.edu"]
        assert len(server.requests) == 1


def test_users_are_not_taken_for_gone_by_a_studio_that_answers_404_to_everything() -> None:
    with (
        ScriptedStudio(lambda _request: ScriptedAnswer(404, b"<html>maintenance</html>")) as server,
        client_of(server.base_url, FakeSleep()) as client,
        pytest.raises(StudioError, match="404"),
    ):
        roles_of_each(StudioReader(client), {OWNER, MARIA})
