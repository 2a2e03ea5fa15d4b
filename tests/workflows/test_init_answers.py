"""Which options are missing where nobody can be asked."""

import pytest
from pydantic import SecretStr

from rolesync.workflows.init_answers import InitOptions

TOKEN = "--token-file (or --client-id, --client-secret-file and --redirect-uri)"
SECRET = SecretStr("s")


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        (InitOptions(), ["--account", TOKEN, "--owner"]),
        (InitOptions(account="a", token=SECRET, owner="7"), []),
        (InitOptions(account="a", client_id="k", owner="7"), ["--client-secret-file", "--redirect-uri"]),
        (InitOptions(account="a", client_id="k", client_secret=SECRET, redirect_uri="https://a", owner="7"), []),
    ],
)
def test_what_is_missing_is_named(options: InitOptions, missing: list[str]) -> None:
    assert options.missing() == missing
