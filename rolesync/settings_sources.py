"""Where settings come from, whom these sources belong to, and which of them may decide where a secret goes."""

import ipaddress
import os
import shlex
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from platformdirs import user_state_path
from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from rolesync.errors import UsageError

PREFIX = "ROLESYNC_"
CONFIG_FILE = "ROLESYNC_CONFIG"
SECRETS_FOLDER = "ROLESYNC_SECRETS_DIR"

SECRETS = ("token", "client_secret", "refresh_token")
ROUTES = ("account", "base_url", "proxy", "ca_bundle")
"""The settings that decide to which machine the secrets go."""


_HINT = "check the command line, ROLESYNC_* variables, .env and rolesync.toml; `rolesync doctor` shows the values"

Model = TypeVar("Model", bound=BaseSettings)


class Origin(NamedTuple):
    """Where a setting comes from: a name for messages, and the group of the source.

    The group is "" for the process and for a settings file that the user names. It is another text for sources that
    depend on the working folder or hold secrets: only sources of the same group belong together.
    """

    name: str
    group: str


def user_state_dir() -> Path:
    """Find the folder for the user's state.

    Raises:
        UsageError: this user has no home folder.
    """
    try:
        return user_state_path("rolesync").expanduser()
    except RuntimeError:  # a container's user may have no home
        hint = f"set {PREFIX}STATE_DIR to a folder"
        raise UsageError("the home folder of this user is not known", hint=hint) from None


def read_settings(
    model: type[Model], config: Path | None, overrides: Mapping[str, object]
) -> tuple[Model, dict[str, Origin]]:
    """Read the settings from all sources.

    Args:
        model: the settings; it orders its five sources, the nearest first.
        config: the TOML file that the command line names.
        overrides: settings from the command line; None for a missing option.

    Returns:
        The settings, and where each comes from that isn't the default.

    Raises:
        UsageError: keys are unknown or values don't fit, or other users can have written a file.
    """
    refuse_unknown_variables(model.model_fields)
    named = config or (Path(os.environ[CONFIG_FILE]) if CONFIG_FILE in os.environ else None)
    if named and not named.is_file():
        raise UsageError(f"settings file {named} is no file", hint=f"correct --config or {CONFIG_FILE}")
    toml, dotenv = named or Path("rolesync.toml"), Path(".env")
    check_settings_file(toml, was_named=named is not None)
    check_settings_file(dotenv, was_named=False)
    secrets = os.environ.get(SECRETS_FOLDER)
    if secrets and not Path(secrets).is_dir():
        raise UsageError(f"the folder of secrets {secrets} is no folder", hint=f"correct {SECRETS_FOLDER}")

    sources: list[PydanticBaseSettingsSource] = []

    class Located(model):  # type: ignore[valid-type,misc]  # mypy takes no base from a variable
        model_config = SettingsConfigDict(
            env_file=dotenv,
            env_file_encoding="utf-8",
            dotenv_filtering="match_prefix",  # a .env may hold keys of other programs
            toml_file=toml,
            secrets_dir=secrets,
        )

        @classmethod
        def settings_customise_sources(cls, *args: Any, **kwargs: Any) -> tuple[PydanticBaseSettingsSource, ...]:  # noqa: ANN401  # as pydantic calls it
            sources[:] = super().settings_customise_sources(*args, **kwargs)
            return tuple(sources)

    try:
        settings = Located(**{key: value for key, value in overrides.items() if value is not None})
    except ValidationError as error:
        fields = model.model_fields
        problems = "; ".join(_problem(".".join(map(str, item["loc"])), item["msg"], fields) for item in error.errors())
        raise UsageError(f"settings: {problems}", hint=_HINT) from None
    except ValueError as error:  # invalid TOML or JSON
        raise UsageError(f"settings: {error}", hint=_HINT) from None
    places = _origins(dotenv, toml, secrets, was_named=named is not None)
    origins: dict[str, Origin] = {}
    for origin, source in zip(places, sources, strict=True):
        for setting in source():
            origins.setdefault(setting, origin)
    return settings, origins


def _origins(dotenv: Path, toml: Path, secrets: str | None, *, was_named: bool) -> tuple[Origin, ...]:
    """Describe the sources, the nearest first; `was_named` is whether the user has named the TOML file."""
    folder = _current_folder()
    env_path, toml_path, secrets_path = (str(Path(folder, path)) for path in (dotenv, toml, secrets or ""))
    return (
        Origin("the command line", ""),
        Origin("the environment", ""),
        Origin(env_path, env_path),
        Origin(toml_path, "" if was_named else folder),
        Origin(secrets_path, folder if secrets and _lies_within(Path(secrets), folder) else secrets_path),
    )


def _lies_within(secrets: Path, folder: str) -> bool:
    """Whether a folder of secrets and all its files are really below a folder, without links to elsewhere."""
    try:
        paths = [secrets, *secrets.iterdir()]
    except OSError:
        return False
    return all(Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)) for path in paths)


def _current_folder() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it was removed
        return ""


def _problem(name: str, message: str, known: Iterable[str]) -> str:
    text = message.removeprefix("Value error, ")
    if message == "Extra inputs are not permitted":
        text = f"is no setting (known are {', '.join(known)})"
    return f"{name} {text}".strip()


def refuse_unknown_variables(settings: Iterable[str]) -> None:
    """Refuse ROLESYNC_* variables that name none of the settings; the reader of the environment would ignore them.

    Raises:
        UsageError: there is such a variable.
    """
    known = {f"{PREFIX}{name}".upper() for name in settings} | {CONFIG_FILE, SECRETS_FOLDER}
    unknown = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known)
    if unknown:
        raise UsageError(
            f"settings: {', '.join(unknown)} in the environment is no setting",
            hint=f"correct or unset it; known are {', '.join(sorted(known))}",
        )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_settings_file(path: Path, *, was_named: bool) -> None:
    """Refuse a settings file that other users can have written; root is no other user.

    Args:
        path: the file; nothing is checked if there is none.
        was_named: whether the user has named the file, and by that trusts its owner.

    Raises:
        UsageError: the file or its link is of another user, or other users can write to the file.
    """
    if not hasattr(os, "geteuid") or not path.exists():
        return
    trusted, status = {0, os.geteuid()}, path.stat()
    if not was_named and not {path.lstat().st_uid, status.st_uid} <= trusted:
        raise UsageError(
            f"settings: {path.absolute()} is of another user, so it is not read",
            hint="work in another folder; or, if you trust the file, name it with --config, or take it over with chown",
        )
    if status.st_mode & stat.S_IWOTH or (status.st_mode & stat.S_IWGRP and not _is_private_group(status)):
        raise UsageError(
            f"settings: other users can write to {path.absolute()}, so it is not read",
            hint=f"check its content, then: chmod go-w {shlex.quote(str(path))}",
        )


def _is_private_group(status: os.stat_result) -> bool:
    """Whether the group of a file has only its owner as a member, as many systems make one for each user."""
    import grp  # noqa: PLC0415  # not on Windows
    import pwd  # noqa: PLC0415

    try:
        owner, group = pwd.getpwuid(status.st_uid), grp.getgrgid(status.st_gid)
    except KeyError:  # a container's user may have no entry
        return False
    return group.gr_gid == owner.pw_gid and group.gr_name == owner.pw_name and set(group.gr_mem) <= {owner.pw_name}


def check_routes(origins: Mapping[str, Origin], is_set: Callable[[str], bool]) -> None:
    """Refuse settings in which a file that the user didn't name decides where a secret of another source goes.

    The working folder may be a downloaded one: its `.env` or `rolesync.toml` would send the user's token to a stranger.

    Raises:
        UsageError: a route comes from such a file, and a secret from a source that doesn't belong to it.
    """
    for secret in filter(is_set, SECRETS):
        for route in filter(is_set, ROUTES):
            if origins[route].group not in {"", origins[secret].group}:
                raise UsageError(
                    f"settings: {secret} comes from {origins[secret].name}, but {route} from {origins[route].name}: "
                    "a file that you didn't name may not decide where other secrets go",
                    hint=f"if the {route} is right, set {PREFIX}{route.upper()} in the environment, or name the "
                    f"rolesync.toml that sets it with --config or {CONFIG_FILE}; if not, work in another folder",
                )
