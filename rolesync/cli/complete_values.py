"""What shells complete apart from commands, options and files: runs, roles, topics of the manual, and settings."""

from collections.abc import Iterator
from pathlib import Path

import typer

from rolesync.errors import RolesyncError

RUNS = 20  # the latest ones


def complete_run(ctx: typer.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """Yield the latest runs that begin like that, each with what it was; none if the record can't be read."""
    from rolesync.cli.options import load_settings
    from rolesync.history.runs import runs_before_break

    config = ctx.params.get("config")
    try:
        settings = load_settings(Path(config) if config else None, ctx.params.get("assignments"))
        runs, _ = runs_before_break(settings.account_dir, key=settings.audit_key.get_secret_value())
    except RolesyncError:
        return
    for run in reversed(runs[-RUNS:]):
        if run.run_id.startswith(incomplete):
            yield run.run_id, f"{run.command} {run.status}"


def complete_role(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    """Yield the managed roles that begin like that; none if the settings are wrong."""
    from rolesync.cli.options import load_settings

    config = ctx.params.get("config")
    try:
        settings = load_settings(Path(config) if config else None, ctx.params.get("assignments"))
    except RolesyncError:
        return
    yield from (role for role in settings.managed_roles if role.startswith(incomplete))


def complete_topic(incomplete: str) -> Iterator[tuple[str, str]]:
    """Yield the topics of the manual that begin like that, each with its summary."""
    from rolesync.manual.pages import topics

    yield from ((topic, summary) for topic, summary in topics().items() if topic.startswith(incomplete))


def complete_setting(incomplete: str) -> Iterator[str]:
    """Yield `NAME=` of the settings that begin like that; a value is the user's."""
    from rolesync.settings import Settings

    yield from (f"{name}=" for name in Settings.model_fields if f"{name}=".startswith(incomplete))
