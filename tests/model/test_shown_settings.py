"""A shown setting: whether it differs from the default."""

from dataclasses import replace

from rolesync.model.shown_settings import ShownSetting

PLAIN = ShownSetting("mode", "sync", "sync", is_set=True, is_secret=False, source="toml", place="x", about="")


def test_a_setting_is_changed_if_its_value_is_another_than_the_default() -> None:
    assert not PLAIN.is_changed
    assert replace(PLAIN, value="additive").is_changed


def test_a_secret_is_changed_if_it_is_set() -> None:
    secret = replace(PLAIN, value=None, default=None, is_secret=True)
    assert secret.is_changed
    assert not replace(secret, is_set=False).is_changed
