"""The settings in the terminal: value and place of each."""

import json
from collections.abc import Iterable

from rich.console import Group, RenderableType

from rolesync.model.shown_settings import ShownSetting
from rolesync.report.content.text import CELL_LIMIT, escape_for_display, plural
from rolesync.report.terminal.widgets import column, heading, note, table, words


def settings_view(settings: Iterable[ShownSetting], studio: str, record: str) -> RenderableType:
    """Show settings, then the addresses that follow from them.

    Args:
        settings: those to show.
        studio: scheme and host of Studio; "" if none is set.
        record: the folder of the account's record; "" if no Studio is set.
    """
    listed = list(settings)
    changed = sum(setting.is_changed for setting in listed)
    return Group(
        table(
            [column("setting", whole=True), column("value"), column("comes from")],
            (
                (
                    words(setting.name, "bold red" if setting.is_wrong else "bold" if setting.is_changed else ""),
                    escape_for_display(value_text(setting), CELL_LIMIT),
                    words(escape_for_display(setting.place or setting.source), "" if setting.place else "dim"),
                )
                for setting in listed
            ),
        ),
        heading(
            f"{plural(len(listed), 'setting')}, {changed} of them not the default"
            if changed < len(listed)
            else f"{plural(changed, 'setting is', 'settings are')} not the default"
        ),
        note(f"Studio is {studio}" if studio else "No Studio is set: `rolesync init` writes the settings file."),
        *([note(f"The record of this account is in {escape_for_display(record)}")] if record else []),
    )


def value_text(setting: ShownSetting) -> str:
    """Format a value; a secret only as set or not."""
    if setting.is_wrong:
        return "(wrong, see below)"
    if setting.is_secret:
        return "(set, not shown)" if setting.is_set else "(not set)"
    if not setting.is_set and not isinstance(setting.value, bool | int | float):
        return "(not set)"
    return setting.value if isinstance(setting.value, str) else json.dumps(setting.value, ensure_ascii=False)
