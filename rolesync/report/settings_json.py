"""The settings as JSON, without secrets."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from rolesync.model.shown_settings import ShownSetting


def settings_json(settings: Iterable[ShownSetting], studio: str, record: str) -> dict[str, Any]:
    """Make the JSON of `config show`; `value` and `default` of a secret are null, `is_set` shows whether it is set."""
    listed = [{**asdict(setting), "is_changed": setting.is_changed} for setting in settings]
    return {"status": "ok", "studio": studio or None, "record": record or None, "settings": listed}
