"""The bounds of a fetch: the time of the whole, and headers that are headers."""

import pytest
from pydantic import SecretStr

from rolesync.sources.fetch_context import Clocks, Deadline, FetchError, parse_headers, web_page_error
from tests.sources.tools import NOW, SECRET, access_of


def test_a_deadline_is_for_the_whole() -> None:
    seconds = [0.0]
    deadline = Deadline("https://x", 60.0, Clocks(lambda: NOW, lambda: seconds[0]))
    seconds[0] = 45.0
    assert deadline.remaining == 15.0
    seconds[0] = 60.0
    assert deadline.is_over
    with pytest.raises(FetchError, match="https://x did not send the complete list within 60 s"):
        _ = deadline.remaining


def test_headers_are_lines() -> None:
    headers = parse_headers(SecretStr(f"\nX-Key: {SECRET}\r\nCookie : a=b: c\n"))
    assert headers == {"X-Key": SECRET, "Cookie": "a=b: c"}
    for text in ("no colon", ": no name", "X Key: blank", "X-Key: \x00", "X-Key: €"):
        with pytest.raises(FetchError, match="list_headers, line 1, is not a header"):
            parse_headers(SecretStr(text))


def test_an_access_shows_no_secret() -> None:
    access = access_of(list_secret=f"{SECRET}\n", list_headers=SECRET)
    assert access.secret == SECRET
    assert SECRET not in repr(access)
    assert access.max_bytes == 100_000_000
    with pytest.raises(FetchError, match="list_secret is not a token"):
        _ = access_of(list_secret="two\nlines").token
    assert web_page_error("https://x").exit_code == 3
