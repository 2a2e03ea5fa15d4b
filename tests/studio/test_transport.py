"""Single requests: how they are prepared, and over which sessions they go."""

import threading
from collections.abc import Iterator

import pytest

from rolesync.errors import StudioError, UsageError
from rolesync.studio.transport import Call, Connection, Transport, open_session
from tests.servers import AGENT, ReceivedRequest, ScriptedAnswer, ScriptedStudio

SEARCH = Call("search", "GET", "/api/public/v1/users/search", {"email": "a+b@example.edu", "page": 2})
CHANGE = Call("roles", "PUT", "/api/public/v1/users/roles", body={"actions": [{"user_id": 7, "role": "Prüfer"}]})


@pytest.fixture
def transport() -> Iterator[Transport]:
    transport = Transport(Connection("https://studio.example.edu/", AGENT))
    yield transport
    transport.close()


def test_a_call_is_named_by_method_and_path_without_its_query() -> None:
    assert SEARCH.where == "GET /api/public/v1/users/search"


def test_a_request_has_address_query_and_headers(transport: Transport) -> None:
    request = transport.prepare(SEARCH, "Bearer t")
    assert request.url == "https://studio.example.edu/api/public/v1/users/search?email=a%2Bb%40example.edu&page=2"
    assert (request.method, request.body) == ("GET", None)
    assert (request.headers["Authorization"], request.headers["User-Agent"]) == ("Bearer t", AGENT)
    assert request.headers["Accept"] == "application/json"


def test_no_request_inherits_anything_from_the_one_before(transport: Transport) -> None:
    first = transport.prepare(CHANGE, "Bearer first")
    second = transport.prepare(SEARCH, "Bearer second")
    assert first.body == b'{"actions": [{"user_id": 7, "role": "Pr\\u00fcfer"}]}'
    assert first.headers["Content-Type"] == "application/json"
    assert first.headers["Content-Length"] == str(len(first.body))
    assert first.headers["Authorization"] == "Bearer first"
    assert (second.method, second.body, second.headers["Authorization"]) == ("GET", None, "Bearer second")
    assert "Content-Type" not in second.headers


def test_an_address_that_no_request_can_have_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="is not a valid address") as refused:
        Transport(Connection("https://", AGENT))
    assert "ROLESYNC_BASE_URL" in refused.value.hint


def test_requests_one_after_the_other_share_a_session_and_parallel_ones_have_their_own() -> None:
    both = threading.Barrier(2)

    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        if request.query:
            both.wait(10)
        return ScriptedAnswer()

    with ScriptedStudio(answer) as server:
        transport = Transport(Connection(server.base_url, AGENT))
        for _ in range(3):
            transport.send(transport.prepare(Call("ping", "GET", "/ping"), "Bearer t"), "GET /ping")
        assert (len(transport.sessions), server.connections) == (1, 1)
        requests = [transport.prepare(SEARCH, "Bearer t") for _ in range(2)]
        threads = [threading.Thread(target=transport.send, args=(request, SEARCH.where)) for request in requests]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert (len(transport.sessions), server.connections) == (2, 2)
        transport.close()


def test_a_request_without_an_answer_names_itself_and_frees_its_session() -> None:
    with ScriptedStudio(lambda _request: ScriptedAnswer(end="gone")) as server:
        transport = Transport(Connection(server.base_url, AGENT))
        for _ in range(2):
            with pytest.raises(StudioError, match="GET /ping"):
                transport.send(transport.prepare(Call("ping", "GET", "/ping"), "Bearer t"), "GET /ping")
        assert len(transport.sessions) == 1
        transport.close()


def test_a_session_takes_nothing_from_the_environment_and_all_from_the_settings() -> None:
    with open_session(Connection("https://studio.example.edu", AGENT)) as session:
        assert (session.trust_env, session.verify, session.proxies) == (False, True, {})
    settings = Connection("https://studio.example.edu", AGENT, proxy="http://proxy:3128", ca_bundle="/ca.pem")
    with open_session(settings) as session:
        assert session.verify == "/ca.pem"
        assert session.proxies == {"http": "http://proxy:3128", "https": "http://proxy:3128"}
