"""List every setting with its value and its place, without secrets."""

import re
from collections.abc import Collection

from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from rolesync.configuration.error_messages import Kind, is_secret
from rolesync.model.shown_settings import ShownSetting
from rolesync.settings import Settings
from rolesync.sources.address import is_address, shown_address

DEFAULT = "default"
_SCHEME = re.compile(r"[A-Za-z0-9+.-]+://")


def list_settings(settings: Settings, wrong: Collection[str] = ()) -> list[ShownSetting]:
    """List all settings in the order of the manual; `wrong` are the names of those left out as wrong."""
    return [_describe(name, field, settings, is_wrong=name in wrong) for name, field in Settings.model_fields.items()]


def _describe(name: str, field: FieldInfo, settings: Settings, *, is_wrong: bool) -> ShownSetting:
    secret = is_secret(field)
    value, default = getattr(settings, name), field.get_default(call_default_factory=True)
    source, place = DEFAULT, ""
    if (origin := settings.origins.get(name)) is not None:
        kind = origin.source.kind
        source = kind.value
        place = "the command line" if kind is Kind.OPTION else origin.source.place_of(name)
    return ShownSetting(
        name=name,
        value=None if secret else _describe_value(name, value),
        default=None if secret else to_jsonable_python(default),
        is_set=settings.has(name),
        is_secret=secret,
        source=source,
        place=place,
        about=field.description or "",
        is_wrong=is_wrong,
    )


def _describe_value(name: str, value: object) -> object:
    """Convert a value to JSON: of tables the keys that are set, of addresses neither passwords nor options."""
    if name == "notify" and isinstance(value, tuple):
        return [table.model_dump(mode="json", exclude_unset=True) for table in value]
    if name == "list" and isinstance(value, str):
        return shown_address(value) + ("?…" if is_address(value) and "?" in value else "")
    value = to_jsonable_python(value)
    if name != "proxy" or not isinstance(value, str) or "@" not in value:
        return value
    scheme = _SCHEME.match(value)  # a mistyped address may have a password but no scheme
    return f"{scheme[0] if scheme else ''}***@{value.rpartition('@')[2]}"
