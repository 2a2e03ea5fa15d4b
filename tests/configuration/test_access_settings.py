"""The access to Studio: one account, and secrets that fit each other."""

import pytest
from pydantic import ValidationError

from rolesync.configuration.access_settings import AccessSettings


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"account": "acme", "base_url": "https://acme.example"}, "account and base_url are both set"),
        ({"client_id": "7", "client_secret": "s", "token": "t"}, "token and client_id are both set"),
        ({"client_id": "7"}, "client_id is set without client_secret"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(values: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        AccessSettings.model_validate(values)


def test_one_way_of_access_is_enough() -> None:
    settings = AccessSettings.model_validate({"account": "ACME", "client_id": "7", "client_secret": "s"})
    assert (settings.account, settings.client_secret.get_secret_value()) == ("acme", "s")
