"""What reads over HTTP share; the lists themselves are in `test_https.py`."""

import pytest

from rolesync.sources.fetch_context import FetchError
from rolesync.sources.http_reader import HttpReader
from tests.servers import ScriptedStudio, in_turn
from tests.sources.tools import SECRET, access_of, clocks_of, csv, deadline_of


def test_a_smaller_limit_counts_for_one_answer() -> None:
    access, clocks = access_of(), clocks_of()
    with (
        ScriptedStudio(in_turn(csv(b"x" * 100))) as server,
        HttpReader("x", server.base_url, access, clocks, deadline_of(access, clocks)) as reader,
    ):
        assert len(reader.get(server.base_url, {"A": "b"}, {"C": SECRET}).data) == 100
        with pytest.raises(FetchError, match="more than 5e-05 MB"):
            reader.get(server.base_url, {}, {}, max_bytes=50)
    assert (server.requests[0].headers["A"], server.requests[0].headers["C"]) == ("b", SECRET)
    assert server.requests[0].headers["User-Agent"].startswith("rolesync/")


def test_a_server_that_is_not_there_is_named() -> None:
    access, clocks = access_of(), clocks_of()
    with (
        ScriptedStudio(in_turn(csv()), listening=False) as server,
        HttpReader("https://x", server.base_url, access, clocks, deadline_of(access, clocks)) as reader,
        pytest.raises(FetchError, match=r"the connection to 127\.0\.0\.1 could not be made, or broke"),
    ):
        reader.get(server.base_url, {}, {})
