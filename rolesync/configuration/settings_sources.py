"""Where settings come from, and whom these sources belong to."""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dotenv import dotenv_values
from platformdirs import user_state_path
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    DotEnvSettingsSource,
    EnvSettingsSource,
    InitSettingsSource,
    SecretsSettingsSource,
    TomlConfigSettingsSource,
)

from rolesync.configuration.error_messages import (
    Kind,
    Source,
    describe_problem,
    near_names,
    shown_path,
    unknown_setting,
)
from rolesync.configuration.file_owners import check_settings_file, lies_within
from rolesync.configuration.lines import variable_lines
from rolesync.configuration.partial_settings import Model, WrongSettings, collected, settings_without
from rolesync.errors import UsageError

PREFIX = "ROLESYNC_"
CONFIG_FILE = "ROLESYNC_CONFIG"
SECRETS_FOLDER = "ROLESYNC_SECRETS_DIR"


_NO_FILE = Path(os.devnull, "none")
_HINT = "correct it; `rolesync help settings` lists all settings, `rolesync config show` the values in force"


class Origin(NamedTuple):
    """Where a setting comes from: a name for messages, the group of the source, and the source.

    The group is "" for the process and for a settings file that the user names. It is another text for sources that
    depend on the working folder or hold secrets: only sources of the same group belong together.
    """

    name: str
    group: str
    source: Source


def folder_of(origin: Origin | None) -> Path:
    """Return the folder where relative paths of a setting begin: that of its file, else the working folder."""
    path = origin.source.path if origin else None
    return path.parent if path else Path()


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
    model: type[Model],
    config: Path | None,
    overrides: Mapping[str, object],
    *,
    from_file: bool = True,
    wrong: WrongSettings | None = None,
) -> tuple[Model, dict[str, Origin]]:
    """Read the settings from all sources.

    Args:
        model: the settings.
        config: the TOML file that the command line names.
        overrides: settings from the command line; None for a missing option.
        from_file: whether a TOML file is read at all.
        wrong: gets wrong and unknown settings, which are left out then; None to refuse them.

    Returns:
        The settings, and where each comes from that isn't the default.

    Raises:
        UsageError: keys are unknown or values don't fit, or other users can have written a file.
    """
    with collected(wrong):
        refuse_unknown_variables(model.model_fields)
    config_path = config or (Path(os.environ[CONFIG_FILE]) if from_file and CONFIG_FILE in os.environ else None)
    if config_path and not config_path.is_file():
        raise UsageError(f"settings file {config_path} is not a file", hint=f"correct --config or {CONFIG_FILE}")
    toml, dotenv = config_path or (Path("rolesync.toml") if from_file else _NO_FILE), Path(".env")
    check_settings_file(toml, was_named=config_path is not None)
    check_settings_file(dotenv, was_named=False)
    _check_dotenv(dotenv, model.model_fields)
    secrets = _secrets_folder(overrides, dotenv, toml, was_named=config_path is not None)
    _check_secrets_names(secrets, model.model_fields)
    places = _origins(dotenv, toml, secrets, was_named=config_path is not None)
    has_dotenv = dotenv.is_file()
    if not has_dotenv:  # to look for each setting in it takes a third of the time
        places = tuple(place for place in places if place.source.kind is not Kind.DOTENV)
    assigned = {name: value for name, value in overrides.items() if value is not None}
    try:
        sources = (
            InitSettingsSource(model, assigned),
            EnvSettingsSource(model),
            *([DotEnvSettingsSource(model, env_file=dotenv, env_file_encoding="utf-8")] if has_dotenv else []),
            TomlConfigSettingsSource(model, toml),
            SecretsSettingsSource(model, secrets_dir=secrets),
        )
        settings = model(_build_sources=(sources, assigned))
    except ValidationError as error:
        by_source = sources[0].settings_sources_data.values()
        problems = "; ".join(
            _problem(details, _nearest(places, by_source), model.model_fields) for details in error.errors()
        )
        refusal = UsageError(f"settings: {problems}", hint=_HINT)
        names = {str(details["loc"][0]) for details in error.errors() if details["loc"]}
        if wrong is None or (valid_settings := settings_without(model, by_source, names)) is None:
            raise refusal from None
        wrong.errors.append(refusal)
        wrong.names |= names
        settings = valid_settings
    except ValueError as error:  # bytes that are not UTF-8
        raise UsageError(f"settings: {error}", hint=_HINT) from None
    return settings, _nearest(places, sources[0].settings_sources_data.values())


def _nearest(origins: Iterable[Origin], by_source: Iterable[Iterable[str]]) -> dict[str, Origin]:
    """Find the nearest source of each setting."""
    nearest: dict[str, Origin] = {}
    for origin, settings in zip(origins, by_source, strict=True):
        for setting in settings:
            nearest.setdefault(setting, origin)
    return nearest


def _problem(details: ErrorDetails, origins: Mapping[str, Origin], fields: Mapping[str, FieldInfo]) -> str:
    """Describe one error of the validation, with its place."""
    if not details["loc"]:  # settings that don't fit each other
        text = details["msg"].removeprefix("Value error, ")
        wrong_names = (name for name in origins if re.search(rf"\b{name}\b", text))
        places = {name: origins[name].source.place_of(name) or "the command line" for name in wrong_names}
        return f"{text} ({'; '.join(f'{name}: {place}' for name, place in places.items())})" if places else text
    name, *inner = map(str, details["loc"])
    source = origins[name].source if name in origins else Source(Kind.OPTION, PREFIX)
    text = describe_problem(details, source, fields)
    if source.kind is Kind.VARIABLE:
        return text.replace(source.name_of(name), f"{source.name_of(name)} in the environment", 1)
    place = source.place_of(name, *inner[:2])
    return f"{place}: {text}" if place else text


def _check_dotenv(dotenv: Path, fields: Mapping[str, FieldInfo]) -> None:
    """Refuse a .env that sets a setting twice: which one the author meant can't be known.

    Raises:
        UsageError: a setting appears twice.
    """
    if not dotenv.is_file():
        return
    text = dotenv.read_text(encoding="utf-8", errors="replace")
    for name in (f"{PREFIX}{setting}".upper() for setting in fields):
        if len(numbers := variable_lines(text, name)) > 1:
            raise UsageError(
                f"settings: {dotenv} sets {name} {len(numbers)} times, in the lines {', '.join(map(str, numbers))}",
                hint="leave one of them",
            )


def _secrets_folder(overrides: Mapping[str, object], dotenv: Path, toml: Path, *, was_named: bool) -> str | None:
    """Find the folder of secrets, which the nearest source names; None if none does.

    A file that the user didn't name may name only a folder within its own: the secrets of other places aren't its.

    Raises:
        UsageError: there is no such folder, or it isn't the file's, or others can have written to it.
    """
    variables = dotenv_values(dotenv, encoding="utf-8", interpolate=False) if dotenv.is_file() else {}
    names = (
        (Source(Kind.OPTION, PREFIX), overrides.get("secrets_dir")),
        (Source(Kind.VARIABLE, PREFIX), os.environ.get(SECRETS_FOLDER)),
        (Source(Kind.DOTENV, PREFIX, dotenv), variables.get(SECRETS_FOLDER)),
        (Source(Kind.TOML, PREFIX, toml), _read_toml(toml).get("secrets_dir")),
    )
    source, name = next(((source, name) for source, name in names if name), (None, ""))
    if source is None or not isinstance(name, str | Path):  # the validation refuses other values
        return None
    folder, place = (source.path or Path("x")).parent / Path(name).expanduser(), source.place_of("secrets_dir")
    if not folder.is_dir():
        hint = "correct it; `rolesync init` makes the folder and the files in it"
        place_prefix = f"{place}: " if place else ""
        raise UsageError(f"settings: {place_prefix}secrets_dir: {folder} is not a folder", hint=hint)
    if source.path is None:
        return str(folder)
    is_trusted = was_named and source.kind is Kind.TOML
    if not is_trusted and not lies_within(folder, str(source.path.absolute().parent)):
        raise UsageError(
            f"settings: {place}: secrets_dir leads out of the folder of {source.path.name}, and a file that you didn't "
            "name may only use the secrets of its own folder",
            hint=f"if you trust it, name the file with --config or {CONFIG_FILE}, or set {SECRETS_FOLDER}",
        )
    for path in (folder, *sorted(folder.glob(f"{PREFIX.lower()}*"))):
        check_settings_file(path, was_named=False)
    return str(folder)


def _check_secrets_names(secrets: str | None, fields: Mapping[str, FieldInfo]) -> None:
    """Refuse files in the folder of secrets that begin like a setting and are none: nothing would read them.

    Raises:
        UsageError: there is such a file.
    """
    for path in sorted(Path(secrets).iterdir()) if secrets else ():
        name = path.name.casefold()
        if name.startswith(PREFIX.lower()) and name.removeprefix(PREFIX.lower()) not in fields:
            source = Source(Kind.SECRETS, PREFIX, path)
            problem = unknown_setting(name.removeprefix(PREFIX.lower()), source, fields)
            raise UsageError(f"settings: {shown_path(path)}: {problem}", hint="rename the file, or move it away")


def _read_toml(path: Path) -> dict[str, Any]:
    """Read a settings file; no settings if there is none.

    Raises:
        UsageError: it isn't TOML.
    """
    if not path.is_file():
        return {}
    content = path.read_bytes()
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        problem, hint = f"line {line} is not UTF-8", "save the file as UTF-8"
    except tomllib.TOMLDecodeError as error:
        text, _, position = str(error).partition(" (at ")
        place = position.rstrip(")")
        line = int(place.split()[1].rstrip(",")) if place.startswith("line ") else 0
        written = content.decode().splitlines()[line - 1].split("=")[0].strip() if line else ""
        twice = text == "Cannot overwrite a value"
        problem = f"{place}: {f'{written} is set twice' if twice else f'this is not TOML: {text}'}".removeprefix(": ")
        hint = (
            "leave one of them" if twice else 'write NAME = VALUE, with text in quotes, as in owner = "a@example.edu"'
        )
    raise UsageError(f"settings: {shown_path(path)}, {problem}", hint=hint)


def _origins(dotenv: Path, toml: Path, secrets: str | None, *, was_named: bool) -> tuple[Origin, ...]:
    """Describe the sources, the nearest first; `was_named` is whether the user has named the TOML file."""
    folder = _current_folder()
    env_path, toml_path, secrets_path = (str(Path(folder, path)) for path in (dotenv, toml, secrets or ""))
    within = secrets and lies_within(Path(secrets), folder)
    return (
        Origin("the command line", "", Source(Kind.OPTION, PREFIX)),
        Origin("the environment", "", Source(Kind.VARIABLE, PREFIX)),
        Origin(env_path, env_path, Source(Kind.DOTENV, PREFIX, Path(env_path))),
        Origin(toml_path, "" if was_named else folder, Source(Kind.TOML, PREFIX, Path(toml_path))),
        Origin(secrets_path, folder if within else secrets_path, Source(Kind.SECRETS, PREFIX, Path(secrets_path))),
    )


def _current_folder() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it was removed
        return ""


def refuse_unknown_variables(settings: Iterable[str]) -> None:
    """Refuse ROLESYNC_* variables that name none of the settings; the reader of the environment would ignore them.

    Raises:
        UsageError: there is such a variable.
    """
    variables = {f"{PREFIX}{name}".upper() for name in settings} | {CONFIG_FILE}
    unknown = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in variables)
    if unknown:
        suggestions = (f"{name!r}{near_names(name, variables)}" for name in unknown)
        raise UsageError(
            f"settings: unknown setting in the environment: {', '.join(suggestions)}",
            hint="correct or unset it; `rolesync help settings` lists all settings",
        )
