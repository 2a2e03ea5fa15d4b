"""The settings of one account of a fleet: from its values in the fleet file and its folder of secrets, nothing else."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic_settings import SecretsSettingsSource

from rolesync.configuration.error_messages import Kind, Source, describe_problem
from rolesync.configuration.settings_sources import PREFIX, Origin
from rolesync.errors import UsageError
from rolesync.log_secrets import hide
from rolesync.settings import Settings
from rolesync.workflows.log import secrets_of


class _AccountSettings(Settings):
    """Settings of exactly these values: no variable and no file reaches them.

    The sources of `Settings` are left out, not only overruled: searching them takes far longer than checking the
    values, and a fleet may have a thousand accounts.
    """

    def __init__(self, **values: object) -> None:
        BaseModel.__init__(self, **values)


def account_settings(values: Mapping[str, object], secrets: Path | None) -> Settings:
    """Make the settings of an account; from then on, the log hides its secrets.

    Args:
        values: the settings by name.
        secrets: the folder with a file for each secret; None for no secrets.

    Raises:
        UsageError: keys are unknown, values don't fit, or there is no such folder.
    """
    if secrets and not secrets.is_dir():
        raise UsageError(f"the folder of secrets {secrets} is not a folder", hint="correct `secrets` in the fleet file")
    in_files = SecretsSettingsSource(_AccountSettings, secrets_dir=secrets)() if secrets else {}
    try:
        settings = _AccountSettings(**{**in_files, **values})
    except ValidationError as error:
        source, fields = Source(Kind.TOML, PREFIX), Settings.model_fields
        problems = "; ".join(
            describe_problem(item, source, fields) if item["loc"] else item["msg"].removeprefix("Value error, ")
            for item in error.errors()
        )
        raise UsageError(problems, hint="correct the fleet file") from None
    if secrets and in_files:
        origin = Origin(str(secrets), "", Source(Kind.SECRETS, PREFIX, secrets))
        settings._origins = dict.fromkeys(in_files.keys() - values.keys(), origin)  # noqa: SLF001  # as `load` does
        hide(*secrets_of(settings))
    return settings
