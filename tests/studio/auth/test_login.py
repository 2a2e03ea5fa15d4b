"""The address to open, and the code in the pasted address."""

from urllib.parse import parse_qs, urlsplit

import pytest

from rolesync.errors import Exit, UnauthorizedError, UsageError
from rolesync.studio.auth.login import authorise_address, code_in

BACK = "https://studio.example.edu/back?tab=1&x=y"


def test_the_address_asks_for_a_code() -> None:
    address = urlsplit(authorise_address("https://a.example", "my key", BACK, "s/1"))
    assert f"{address.scheme}://{address.netloc}{address.path}" == "https://a.example/api/public/oauth/authorize"
    assert parse_qs(address.query) == {
        "client_id": ["my key"],
        "response_type": ["code"],
        "redirect_uri": [BACK],
        "state": ["s/1"],
    }


@pytest.mark.parametrize(
    "pasted",
    [
        "https://studio.example.edu/back?code=c%2B1",
        " https://studio.example.edu/back?tab=1&code=c%2B1&state=s-1#top\r\n",
        "https://studio.example.edu/back?error_free=1&code=c%2B1",
        "?code=c%2B1",
    ],
)
def test_the_code_is_found(pasted: str) -> None:
    code = code_in(pasted, "s-1")
    assert code.get_secret_value() == "c+1"
    assert "c+1" not in repr(code)


@pytest.mark.parametrize(
    ("pasted", "message"),
    [
        ("", "nothing was pasted"),
        (" \n", "nothing was pasted"),
        ("c1", "not an address with a code"),
        ("https://studio.example.edu/back", "not an address with a code"),
        ("https://studio.example.edu/back?code=", "not an address with a code"),
        ("https://studio.example.edu/back?code=a&code=b", "not an address with a code"),
        ("https://[studio/back?code=c1", "not an address with a code"),
        ("https://studio.example.edu/back?code=c1&state=other", "belongs to another login"),
        ("https://studio.example.edu/back?code=c1&state=s-1&state=other", "belongs to another login"),
        ("https://studio.example.edu/back?error=access_denied&state=other", "belongs to another login"),
    ],
)
def test_an_address_without_a_code_of_this_login_is_refused(pasted: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        code_in(pasted, "s-1")
    assert "rolesync login" in caught.value.hint


@pytest.mark.parametrize(
    ("word", "message"), [("access_denied", "access was denied"), ("unauthorized_client", "unauthorized_client")]
)
def test_a_denial_in_the_browser_is_reported(word: str, message: str) -> None:
    with pytest.raises(UnauthorizedError, match=message) as caught:
        code_in(f"https://studio.example.edu/back?error={word}", "s-1")
    assert caught.value.exit_code is Exit.STUDIO
    assert caught.value.hint
