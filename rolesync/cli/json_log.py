"""A log for programs: with `log_format = "json"`, each line of a command on standard error is one JSON event."""

from contextvars import ContextVar

from rolesync.errors import RolesyncError

_is_json: ContextVar[bool | None] = ContextVar("is_json_log", default=None)


def set_json_log(*, is_json: bool | None) -> None:
    """Choose whether the log of this command is JSON; None if its settings have not been read."""
    _is_json.set(is_json)


def log_event(level: str, event: str, **fields: object) -> bool:
    """Log an event if the log is JSON; returns whether it is. If not, the caller writes a line for people.

    Args:
        level: `info`, `warning` or `error`.
        event: what happened.
        fields: more about it; empty texts are left out.
    """
    if not _is_json_log():
        return False
    import structlog

    if not structlog.is_configured():  # a command that only reads files
        from rolesync.workflows.log import configure_log

        configure_log("warning", "json")
    log = structlog.get_logger("rolesync")
    getattr(log, level)(event, **{name: value for name, value in fields.items() if value != ""})
    return True


def _is_json_log() -> bool:
    is_json = _is_json.get()
    if is_json is None:  # an error came before the command's settings were read: the file and the environment decide
        from rolesync.cli.options import load_settings_to_show

        try:
            is_json = load_settings_to_show(None, None)[0].log_format == "json"
        except RolesyncError:
            is_json = False
        _is_json.set(is_json)
    return is_json
