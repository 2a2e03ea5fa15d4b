"""The settings of one account of a fleet: from its values in the fleet file and its folder of secrets, nothing else."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from rolesync.errors import UsageError
from rolesync.settings import Settings
from rolesync.settings_problems import Kind, Source, describe_problem
from rolesync.settings_sources import PREFIX


class _AccountSettings(Settings):
    """Settings that no variable and no file of the working folder reaches."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the given values and the folder of secrets only."""
        del settings_cls, env_settings, dotenv_settings
        return init_settings, file_secret_settings


def account_settings(values: Mapping[str, object], secrets: Path | None) -> Settings:
    """Make the settings of an account.

    Args:
        values: the settings by name.
        secrets: the folder with a file for each secret; None for no secrets.

    Raises:
        UsageError: keys are unknown, values don't fit, or there is no such folder.
    """
    if secrets and not secrets.is_dir():
        raise UsageError(f"the folder of secrets {secrets} is no folder", hint="correct `secrets` in the fleet file")
    arguments: dict[str, object] = {**values, "_secrets_dir": secrets}
    try:
        return _AccountSettings(**arguments)  # type: ignore[arg-type]  # each setting has its own type
    except ValidationError as error:
        source, fields = Source(Kind.TOML, PREFIX), Settings.model_fields
        problems = "; ".join(
            describe_problem(item, source, fields) if item["loc"] else item["msg"].removeprefix("Value error, ")
            for item in error.errors()
        )
        raise UsageError(problems, hint="correct the fleet file") from None
