"""The fixed token: its header, and which texts are refused as a token."""

import pytest
from pydantic import SecretStr

from rolesync.errors import Exit, UsageError
from rolesync.sandbox import Options, Sandbox
from rolesync.studio.auth.tokens import FixedToken
from rolesync.studio.users import StudioReader
from tests.servers import FakeSleep, client_of

OWNER = 1002


@pytest.mark.parametrize(
    ("token", "scheme", "header"),
    [
        ("abc", "Bearer", "Bearer abc"),
        (" abc\n", "Bearer", "Bearer abc"),
        ("abc", "Token", "Token abc"),
        ("abc", "", "abc"),
    ],
)
def test_the_header_is_scheme_and_token(token: str, scheme: str, header: str) -> None:
    fixed = FixedToken(SecretStr(token), scheme=scheme)
    assert fixed.header() == header
    assert fixed.renew(header) is False
    assert fixed.header() == header


def test_bearer_is_the_default() -> None:
    assert FixedToken(SecretStr("abc")).header() == "Bearer abc"


@pytest.mark.parametrize("token", ["", "  \n"])
def test_a_token_must_be_set(token: str) -> None:
    with pytest.raises(UsageError, match="no token is set") as caught:
        FixedToken(SecretStr(token))
    assert (caught.value.exit_code, "ROLESYNC_TOKEN" in caught.value.hint) == (Exit.USAGE, True)


@pytest.mark.parametrize("token", ["two words", "line\nfeed", "t\u00f6ken", "nul\0", "esc\x1b[31m"])
def test_a_token_must_fit_into_a_header(token: str) -> None:
    with pytest.raises(UsageError) as caught:
        FixedToken(SecretStr(token))
    assert token not in caught.value.message + caught.value.hint


def test_the_text_of_a_fixed_token_hides_it() -> None:
    assert "abc" not in repr(FixedToken(SecretStr("abc")))


def test_an_empty_scheme_sends_only_the_key() -> None:
    with Sandbox(Options(bare_key=True)) as sandbox:
        bare = FixedToken(SecretStr(sandbox.token), scheme="")
        with client_of(sandbox.base_url, FakeSleep(), tokens=bare) as client:
            assert StudioReader(client).user(OWNER).id == OWNER
