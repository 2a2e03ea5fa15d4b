"""The keys of a table: which a channel needs, and which it doesn't use."""

import pytest
from pydantic import ValidationError

from rolesync.notify.table import Channel, NotifyTable
from tests.notify.tools import table


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"to": "slack"}, "needs url_file, because it is to slack"),
        ({"to": "webhook", "url_file": "u"}, "needs secret_file"),
        ({"to": "mail"}, "needs server and sender and recipients"),
        ({"to": "slack", "url_file": "u", "detail": "people"}, "has detail, which slack doesn't use"),
        ({"to": "command", "command": ["x"], "ca_bundle": "c"}, "has ca_bundle, which command doesn't use"),
        (
            {"to": "mail", "server": "s", "sender": "a@b", "recipients": ["c@d"], "user": "u"},
            "has only one of user and password_file",
        ),
        ({"to": "pager"}, "Input should be"),
        ({"to": "slack", "url_file": "u", "repeat_hours": -1}, "greater than or equal to 0"),
    ],
)
def test_a_table_that_can_not_work_is_refused(keys: dict[str, object], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        NotifyTable.model_validate(keys)


@pytest.mark.parametrize("channel", Channel)
def test_each_channel_needs_few_keys(channel: str) -> None:
    assert table(channel).to == channel


def test_a_table_names_its_files_of_secrets() -> None:
    assert [str(path) for path in table("webhook").secret_files] == ["url", "key"]
    assert table("command").secret_files == ()
