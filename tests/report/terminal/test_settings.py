"""Settings in the terminal."""

from rich.console import Console

from rolesync.model.shown_settings import ShownSetting
from rolesync.report.terminal.settings import settings_view, value_text


def shown(name: str, value: object, *, secret: bool = False, place: str = "", default: object = None) -> ShownSetting:
    source = "toml" if place else "default"
    is_set = bool(value)
    return ShownSetting(name, None if secret else value, default, is_set, secret, source, place, "about")


def drawn(*settings: ShownSetting, studio: str = "", record: str = "") -> str:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(settings_view(settings, studio, record))
    return " ".join(capture.get().split())


def test_values_and_places_are_shown_and_secrets_are_not() -> None:
    text = drawn(
        shown("mode", "additive", place="rolesync.toml, line 3", default="sync"),
        shown("token", "s3cret", secret=True, place="secrets/rolesync_token"),
        shown("managed_roles", ["Admin", "Caf\u00e9"], default=["Admin"]),
        studio="https://acme.example",
        record="/state/acme",
    )
    assert "mode additive rolesync.toml, line 3" in text
    assert "token (set, not shown) secrets/rolesync_token" in text
    assert '["Admin", "Caf\u00e9"]' in text
    assert "3 settings are not the default" in text
    assert "Studio is https://acme.example" in text
    assert "The record of this account is in /state/acme" in text
    assert "s3cret" not in text


def test_all_settings_say_how_many_are_not_the_default() -> None:
    text = drawn(shown("mode", "additive", default="sync"), shown("timeout", 30.0, default=30.0))
    assert "2 settings, 1 of them not the default" in text


def test_without_a_studio_the_way_to_one_is_shown() -> None:
    assert "rolesync init" in drawn(shown("mode", "sync"))


def test_values_that_are_empty_are_not_set_but_numbers_and_truth_values_are() -> None:
    assert value_text(shown("owner", "")) == "(not set)"
    assert value_text(shown("max_age_hours", None)) == "(not set)"
    assert value_text(shown("token", "", secret=True)) == "(not set)"
    assert value_text(shown("header_row", 0)) == "0"
    assert value_text(shown("no_header", value=False)) == "false"
