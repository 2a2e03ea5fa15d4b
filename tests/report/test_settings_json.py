"""Settings as JSON."""

from rolesync.model.shown_settings import ShownSetting
from rolesync.report.settings_json import settings_json


def test_settings_are_listed_with_all_that_is_known() -> None:
    setting = ShownSetting("mode", "sync", "sync", True, False, "toml", "rolesync.toml, line 1", "what")
    shown = settings_json([setting], "", "")
    assert shown["settings"][0]["place"] == "rolesync.toml, line 1"
    assert shown["settings"][0]["is_changed"] is False
    assert (shown["status"], shown["studio"], shown["record"]) == ("ok", None, None)
