"""The typed calls: their requests, the values they return, and the answers they refuse."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from rolesync.errors import NotFoundError, NotOfferedError, UnprocessableError, UnreadableAnswerError
from rolesync.model.keys import format_roles
from rolesync.sandbox import ROLES, Options, Sandbox
from rolesync.studio.users import Media, MediaPage, StudioReader, StudioWriter, User, UserPage
from tests.servers import FakeSleep, ReceivedRequest, RequestHandler, ScriptedAnswer, ScriptedStudio, client_of, in_turn

OWNER, MARIA, OMAR, ROOM_12, TEST_STUDENT, JONAS = 1002, 1003, 1052, 1090, 1097, 2**40 + 17
CHANGED = "Studio's API may have changed, or this is a defect of rolesync: report it with this message"
META = {"current_page": 1, "last_page": 1, "total_count": 1}
ANN = {"id": 7, "email": "ann@example.edu", "full_name": "Ann", "display_name": "A.", "role_names": ["Admin"]}


def meta(**changes: object) -> object:
    return {**META, **changes}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Options(users=1200, roles=(*ROLES, "Captioner"))) as running:
        yield running


@pytest.fixture
def studio(sandbox: Sandbox) -> Iterator[StudioWriter]:
    sandbox.reset()
    with client_of(sandbox.base_url, FakeSleep()) as client:
        yield StudioWriter(client)


def call_studio(answer: ScriptedAnswer, call: str, *args: object) -> tuple[object, ScriptedStudio]:
    """Make one call of a Studio that gives this answer."""
    answering: RequestHandler = in_turn(answer)
    with ScriptedStudio(answering) as server, client_of(server.base_url, FakeSleep(), attempts=1) as client:
        return getattr(StudioWriter(client), call)(*args), server


def answer_with_user(user: object) -> ScriptedAnswer:
    return ScriptedAnswer(body={"user": user})


def test_a_name_with_a_surrogate_is_shown_with_a_replacement() -> None:
    user, _ = call_studio(answer_with_user({**ANN, "full_name": "An\ud800n", "role_names": []}), "user", 7)
    assert isinstance(user, User)
    assert user.name == "An\N{REPLACEMENT CHARACTER}n"
    people = {"users": [{**ANN, "full_name": "\udfff"}], "meta": META}
    page, _ = call_studio(ScriptedAnswer(body=people), "search_role", "Admin")
    assert isinstance(page, UserPage)
    assert page.names == ["\N{REPLACEMENT CHARACTER}"]


# Against the sandbox


def test_a_user_is_read_by_id(studio: StudioWriter) -> None:
    assert studio.user(OWNER) == User(OWNER, "admin@example.edu", "Alexandra Novak", ("Admin", "Teacher"))
    assert (studio.user(ROOM_12).email, studio.user(TEST_STUDENT).email) == ("", "")
    assert studio.user(JONAS).id == JONAS
    assert studio.client.counts == {"user": 4}


def test_an_unknown_id_is_not_found(studio: StudioWriter) -> None:
    with pytest.raises(NotFoundError, match="GET /api/public/v1/users/999: Studio answered 404"):
        studio.user(999)
    with pytest.raises(UnprocessableError):
        studio.user(2**63)


@pytest.mark.parametrize(("call", "argument"), [("search_role", "Admin"), ("search_email", "a@example.edu")])
def test_a_404_to_a_search_never_means_nobody(call: str, argument: str) -> None:
    with pytest.raises(NotOfferedError, match=r"/users/search: Studio answered 404 \(Not found\), so it doesn't offer"):
        call_studio(ScriptedAnswer(404, {"error": "Not found"}), call, argument)
    with pytest.raises(NotOfferedError, match="so it doesn't offer this call; the request changed nothing") as caught:
        call_studio(ScriptedAnswer(404), call, argument)
    assert "ask Instructure" in caught.value.hint


def test_holders_of_a_role_are_read_page_by_page(studio: StudioWriter, sandbox: Sandbox) -> None:
    pages = [studio.search_role("Teacher", number) for number in (1, 2, 3, 4)]
    holders = [user["id"] for user in sandbox.people(role="Teacher")]
    assert [user_id for page in pages for user_id in page.ids] == holders[:200]
    assert {format_roles(["Teacher"])} < {spelled for page in pages for spelled in page.roles}
    assert [(page.current_page, page.total_count) for page in pages] == [(at, len(holders)) for at in (1, 2, 3, 4)]
    assert pages[0].last_page == -(-len(holders) // 50)
    assert len(studio.search_role("Teacher", 1, per_page=3).ids) == 3
    assert studio.client.counts == {"search_role": 5}


def test_a_role_without_holders_is_an_empty_page(studio: StudioWriter) -> None:
    assert studio.search_role("Captioner") == UserPage([], [], [], [], 1, 1, 0)


def test_users_are_found_by_address(studio: StudioWriter) -> None:
    assert studio.search_email("maria.fernandes@example.edu").ids == [MARIA]
    assert studio.search_email("k.mensah+studio@example.edu").names == ["Kwame Mensah"]
    assert studio.search_email("siobhan.o'neill@example.edu").names == ["Siobhán O'Neill"]
    assert studio.search_email("nobody@example.edu").ids == []
    assert studio.client.counts == {"search_email": 4}


def test_media_are_read_page_by_page(studio: StudioWriter) -> None:
    everything = studio.media(OWNER)
    assert (len(everything.media), everything.total_count) == (4, 4)
    pages = [studio.media(OWNER, number, per_page=3) for number in (1, 2)]
    assert [page.last_page for page in pages] == [2, 2]
    assert pages[0].media + pages[1].media == everything.media
    first = everything.media[0]
    assert (first.owner_id, first.title) == (OWNER, "Alexandra Novak: recording 1")
    assert first.duration is not None
    assert first.duration > 0
    assert datetime.fromisoformat(first.created_at) < datetime(2025, 1, 1, tzinfo=UTC)
    assert {medium.last_viewed is None for medium in everything.media} == {False}
    with pytest.raises(NotFoundError):
        studio.media(999)
    assert studio.client.counts == {"media": 4}


def test_put_roles_changes_roles_and_returns_the_users(studio: StudioWriter, sandbox: Sandbox) -> None:
    users = studio.put_roles(
        [
            {"user_id": OMAR, "action": "add", "role": "Admin"},
            {"user_id": MARIA, "action": "remove", "role": "Admin"},
        ]
    )
    assert [(user.id, user.roles) for user in users] == [(OMAR, ("Teacher", "Admin")), (MARIA, ())]
    assert [(entry["user_id"], entry["action"]) for entry in sandbox.log()] == [(OMAR, "add"), (MARIA, "remove")]


def test_a_reader_has_no_method_that_writes() -> None:
    assert not hasattr(StudioReader, "put_roles")


def test_known_roles_come_from_the_api_description(studio: StudioWriter) -> None:
    assert studio.known_roles() == tuple(sorted((*ROLES, "Captioner")))


def test_an_answer_shows_the_clock(studio: StudioWriter) -> None:
    studio.ping()
    assert studio.client.clock_skew is not None
    assert abs(studio.client.clock_skew) < 60


# What goes over the wire


@pytest.mark.parametrize(
    "email", ["a+b@example.edu", "o'neill@example.edu", "zoë@example.edu", "a&role=Admin@x", "a b%2B@x"]
)
def test_addresses_are_percent_encoded(email: str) -> None:
    page = ScriptedAnswer(body={"users": [], "meta": {**META, "total_count": 0}})
    _, server = call_studio(page, "search_email", email)
    (request,) = server.requests
    assert request.query == {"email": email, "page": "1", "per_page": "50"}
    assert ("%2B" in request.target) == ("+" in email)


def test_roles_are_percent_encoded() -> None:
    page = ScriptedAnswer(body={"users": [], "meta": {**META, "total_count": 0}})
    _, server = call_studio(page, "search_role", "Subaccount admin", 3)
    assert server.requests[0].query == {"role": "Subaccount admin", "page": "3", "per_page": "50"}
    assert server.requests[0].path == "/api/public/v1/users/search"


# What the answers mean


@pytest.mark.parametrize(
    ("answer", "user"),
    [
        (ANN, User(7, "ann@example.edu", "Ann", ("Admin",))),
        ({**ANN, "email": None}, User(7, "", "Ann", ("Admin",))),
        ({"id": 7, "role_names": []}, User(7, "", "", ())),
        ({**ANN, "full_name": None}, User(7, "ann@example.edu", "A.", ("Admin",))),
        ({**ANN, "full_name": 5}, User(7, "ann@example.edu", "", ("Admin",))),
        ({**ANN, "avatar": {"deep": [1]}, "locale": "de"}, User(7, "ann@example.edu", "Ann", ("Admin",))),
    ],
)
def test_missing_optional_and_unknown_fields_are_accepted(answer: object, user: User) -> None:
    assert call_studio(answer_with_user(answer), "user", 7)[0] == user


@pytest.mark.parametrize("user_id", [2**53 + 1, 2**63 - 1])
def test_big_ids_stay_exact(user_id: int) -> None:
    user, server = call_studio(answer_with_user({**ANN, "id": user_id}), "user", user_id)
    assert isinstance(user, User)
    assert user.id == user_id
    assert server.requests[0].path.endswith(f"/{user_id}")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({**ANN, "id": 8}, "user 8 instead of 7"),
        ({**ANN, "id": "7"}, 'a user whose id is "7", where a positive number belongs'),
        ({**ANN, "id": True}, "whose id is true"),
        ({**ANN, "id": None}, "whose id is null"),
        ({**ANN, "id": 7.0}, "whose id is 7.0"),
        ({**ANN, "id": 0}, "whose id is 0"),
        ({**ANN, "id": -7}, "whose id is -7"),
        ({**ANN, "id": 2**63}, f"whose id is {2**63}"),
        ({"email": "a@x"}, 'a user without id: {"email": "a@x"}'),
        ({**ANN, "email": 5}, "user 7 whose email is 5, where a text belongs"),
        ({**ANN, "role_names": None}, "user 7 whose role_names is null, where a list of names belongs"),
        ({**ANN, "role_names": "Admin"}, 'whose role_names is "Admin"'),
        ({**ANN, "role_names": ["Admin", 5]}, 'whose role_names is ["Admin", 5]'),
        ({**ANN, "role_names": ["x" * 500, 5]}, f'whose role_names is ["{"x" * 98}…, where'),
        ({"id": 7}, 'user 7 without role_names: {"id": 7}'),
        (None, "null where a user belongs"),
        ([ANN], '[{"id": 7'),
    ],
)
def test_a_wrong_answer_never_passes_for_a_user(answer: object, words: str) -> None:
    with pytest.raises(UnreadableAnswerError) as caught:
        call_studio(answer_with_user(answer), "user", 7)
    assert words in caught.value.message
    assert caught.value.message.startswith("GET /api/public/v1/users/7: Studio answered 200 with ")
    assert caught.value.hint == CHANGED


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"users": None, "meta": META}, "an answer whose users is null, where a list belongs"),
        ({"users": {}, "meta": META}, "an answer whose users is {}"),
        ({"meta": META}, 'an answer without users: {"meta": '),
        ({"users": [None], "meta": META}, "null where a user belongs"),
        ({"users": [ANN]}, 'an answer without meta: {"users": '),
        ({"users": [ANN], "meta": None}, "an answer whose meta is null"),
        ({"users": [ANN], "meta": {"current_page": 1, "last_page": 1}}, "meta without total_count: {"),
        ({"users": [ANN], "meta": meta(total_count="1")}, 'meta whose total_count is "1", where a number belongs'),
        ({"users": [ANN], "meta": meta(total_count=True)}, "meta whose total_count is true"),
        ({"users": [ANN], "meta": meta(last_page=-1)}, "meta whose last_page is -1"),
        ({"users": [ANN], "meta": meta(current_page=None)}, "meta whose current_page is null"),
    ],
    ids=str,
)
def test_a_wrong_page_never_passes_for_an_empty_one(body: object, words: str) -> None:
    with pytest.raises(UnreadableAnswerError) as caught:
        call_studio(ScriptedAnswer(body=body), "search_role", "Admin")
    assert words in caught.value.message
    assert caught.value.message.startswith("GET /api/public/v1/users/search: Studio answered 200 with ")
    assert caught.value.hint == CHANGED


@pytest.mark.parametrize("call", ["user", "search_role", "put_roles"])
def test_an_object_of_another_program_leads_to_the_address(call: str) -> None:
    with pytest.raises(UnreadableAnswerError, match=r'no users? but {"status": "log in"}') as caught:
        call_studio(ScriptedAnswer(body={"status": "log in"}), call, [] if call == "put_roles" else 7)
    assert "base_url" in caught.value.hint


@pytest.mark.parametrize("body", [{}, {"users": None}, {"users": [{}]}, {"user": ANN}, [ANN]], ids=str)
def test_a_wrong_answer_to_a_write_is_refused(body: object) -> None:
    with pytest.raises(UnreadableAnswerError, match="PUT /api/public/v1/users/roles: "):
        call_studio(ScriptedAnswer(body=body), "put_roles", [])


def test_missing_fields_of_media_are_accepted() -> None:
    full = {
        "id": 3,
        "title": "T",
        "duration": 0.0,
        "size": 0,
        "created_at": "2026-01-01T00:00:00Z",
        "last_viewed": "2026-02-01T00:00:00Z",
        "permission": "view",
        "owner": {"id": 2**53 + 1, "full_name": "O"},
        "embed_id": "x",
    }
    odd = {"id": 4, "title": None, "duration": "long", "size": True, "owner": None, "last_viewed": None}
    whole = {"id": 5, "duration": 61, "owner": {"id": "7"}, "last_viewed": 7}
    older = {"id": 6}
    page, _ = call_studio(ScriptedAnswer(body={"media": [full, odd, whole, older], "meta": META}), "media", 7)
    assert isinstance(page, MediaPage)
    assert page.media == (
        Media(3, "T", 2**53 + 1, 0.0, 0, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "view"),
        Media(4, "", None, None, None, "", "", ""),
        Media(5, "", None, 61, None, "", None, ""),
        Media(6, "", None, None, None, "", None, ""),
    )


@pytest.mark.parametrize(
    "body", [{"media": [{}], "meta": META}, {"media": [5], "meta": META}, {"media": []}, {"meta": META}]
)
def test_wrong_media_are_refused(body: object) -> None:
    with pytest.raises(UnreadableAnswerError, match="GET /api/public/v1/users/7/media: "):
        call_studio(ScriptedAnswer(body=body), "media", 7)


@pytest.mark.parametrize(
    ("document", "roles"),
    [
        ({}, ()),
        ({"parameters": [{"name": "role", "enum": ["B", "A"]}, {"name": "other", "enum": ["C"]}]}, ("A", "B")),
        ({"parameters": [{"name": "role", "schema": {"enum": ["A"]}}]}, ("A",)),
        ({"parameters": [{"name": "role", "type": "array", "items": {"enum": ["A", 5, None]}}]}, ("A",)),
        ({"properties": {"role": {"type": "string", "enum": ["A"]}, "action": {"enum": ["add"]}}}, ("A",)),
        ({"role": {"enum": "A"}}, ()),
    ],
    ids=str,
)
def test_role_names_are_found_wherever_swagger_puts_them(document: object, roles: tuple[str, ...]) -> None:
    assert call_studio(ScriptedAnswer(body=document), "known_roles")[0] == roles


@pytest.mark.parametrize("body", [b"pong", b'"pong"', b" PONG\n"])
def test_any_form_of_pong_is_accepted(body: bytes) -> None:
    call_studio(ScriptedAnswer(body=body), "ping")


def test_an_answer_other_than_pong_is_refused() -> None:
    with pytest.raises(UnreadableAnswerError, match="instead of 'pong'"):
        call_studio(ScriptedAnswer(body=b"<html>Log in</html>"), "ping")


COMPOSED, DECOMPOSED = "M\u00e9dia", "Me\u0301dia"


@pytest.mark.parametrize("stored", [COMPOSED, DECOMPOSED])
def test_a_role_is_found_and_sent_as_studio_stores_its_name(stored: str) -> None:
    user = {**ANN, "role_names": [stored]}

    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        if request.method == "PUT":
            return ScriptedAnswer(body={"users": [user]})
        users = [user] if request.query["role"] == stored else []
        return ScriptedAnswer(body={"users": users, "meta": meta(total_count=len(users))})

    with ScriptedStudio(answer) as server, client_of(server.base_url, FakeSleep()) as client:
        studio = StudioWriter(client)
        assert studio.search_role(COMPOSED).roles == [format_roles([COMPOSED])]
        (updated,) = studio.put_roles([{"user_id": 7, "action": "remove", "role": COMPOSED}])
        assert updated.roles == (COMPOSED,)
        assert server.requests[-1].json["actions"][0]["role"] == stored
