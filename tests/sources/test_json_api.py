"""An answer is JSON, or it is refused without its text."""

import pytest

from rolesync.sources.fetch_context import FetchError
from rolesync.sources.http_reader import HttpReader
from rolesync.sources.json_api import JsonReader
from tests.servers import ScriptedAnswer, ScriptedStudio, in_turn
from tests.sources.tools import CHANGED, SECRET, access_of, clocks_of, deadline_of


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (ScriptedAnswer(401, {}), "refused the request (401)"),
        (ScriptedAnswer(200, SECRET.encode()), "not as documented"),
        (ScriptedAnswer(200, b"7"), "not as documented"),
        (ScriptedAnswer(200, [1]), "not as documented"),
        (ScriptedAnswer(200, b"[" * 100_000), "not as documented"),
        (ScriptedAnswer(200, {"name": "half of a letter \ud800"}), "not as documented"),
    ],
)
def test_other_answers_are_refused(answer: ScriptedAnswer, words: str) -> None:
    access, clocks = access_of(), clocks_of()
    with (
        ScriptedStudio(in_turn(answer)) as server,
        HttpReader("x", server.base_url, access, clocks, deadline_of(access, clocks)) as http,
        pytest.raises(FetchError) as caught,
    ):
        JsonReader(http, SECRET).get_object(server.base_url)
    assert words in caught.value.message
    assert SECRET not in f"{caught.value.message} {caught.value.hint}"
    assert server.requests[0].headers["Authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize("text", ["yesterday", "2026-11-29T18:30:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_needs_its_zone(text: str) -> None:
    access, clocks = access_of(), clocks_of()
    with HttpReader("x", "https://x/", access, clocks, deadline_of(access, clocks)) as http:
        api = JsonReader(http, "")
        assert api.time("2026-11-29T18:30:00Z") == CHANGED
        with pytest.raises(FetchError, match="not as documented"):
            api.time(text)
