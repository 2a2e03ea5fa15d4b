"""What is left of settings without the wrong ones."""

import pytest

from rolesync.configuration.partial_settings import WrongSettings, collected, settings_without
from rolesync.errors import UsageError
from rolesync.settings import Settings, load


def test_a_refusal_is_collected_or_raised() -> None:
    wrong, error = WrongSettings(), UsageError("no")

    def refuse() -> None:
        raise error

    with collected(wrong):
        refuse()
    assert wrong.errors == [error]
    with pytest.raises(UsageError), collected(None):
        refuse()


def test_the_nearest_right_settings_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLESYNC_MIN_HOLDERS", "7")
    wrong = WrongSettings()
    settings = load(from_file=False, wrong=wrong, max_removals="many", chunk_size="9", min_holder=3)
    assert (settings.min_holders, settings.max_removals, settings.chunk_size) == (7, 50, 9)
    assert wrong.names == {"max_removals", "min_holder"}
    assert len(wrong.errors) == 1


def test_settings_that_do_not_fit_each_other_leave_nothing() -> None:
    assert settings_without(Settings, [{"account": "a", "base_url": "https://b.edu"}], ()) is None
