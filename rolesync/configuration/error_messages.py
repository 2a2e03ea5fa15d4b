"""Words for what is wrong with a setting: where it is, what it must be, and which name may be meant."""

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from rolesync.configuration.lines import table_line, toml_line, variable_lines

_SHOWN = 40  # characters of a wrong value
_PERCENT = 100


class Kind(StrEnum):
    """The kinds of sources."""

    OPTION = "option"
    VARIABLE = "environment"
    DOTENV = ".env"
    TOML = "toml"
    SECRETS = "secrets"


@dataclass(frozen=True)
class Source:
    """A source of settings; `path` is its file or folder, None for the command line and the environment."""

    kind: Kind
    prefix: str
    path: Path | None = None

    def name_of(self, setting: str) -> str:
        """The name of a setting in this source."""
        return f"{self.prefix}{setting}".upper() if self.kind in {Kind.VARIABLE, Kind.DOTENV} else setting

    def line_of(self, *keys: str) -> int:
        """The line in the file of a setting, or of a key in a table of the setting; 0 if there is none."""
        if self.path is None or self.kind is Kind.SECRETS:
            return 0
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, ValueError):
            return 0
        if self.kind is Kind.TOML:
            is_in_table = len(keys) > 1 and keys[1].isdecimal()
            line = table_line(text, keys[0], int(keys[1]), *keys[2:]) if is_in_table else 0
            return line or toml_line(text, *keys[:2])
        return next(reversed(variable_lines(text, self.name_of(keys[0]))), 0)

    def place_of(self, *keys: str) -> str:
        """Where the source sets a setting, as in `rolesync.toml, line 3`; "" for the command line."""
        name = self.name_of(keys[0])
        if self.kind is Kind.SECRETS and self.path is not None:
            return shown_path(self.path / f"{self.prefix}{name}".lower())
        if self.path is None:
            return f"{name} in the environment" if self.kind is Kind.VARIABLE else ""
        line = self.line_of(*keys)
        return f"{shown_path(self.path)}, line {line}" if line else shown_path(self.path)


def shown_path(path: Path) -> str:
    """A path for messages: relative if it is below the current folder."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (OSError, ValueError):
        return str(path)


def near_names(name: str, known_names: Iterable[str]) -> str:
    """Ask for the nearest of the known names, as in `: did you mean owner?`; "" if none is near."""
    near = difflib.get_close_matches(name.casefold(), {text.casefold() for text in known_names}, n=2, cutoff=0.7)
    originals = {text.casefold(): text for text in known_names}
    return f": did you mean {' or '.join(originals[text] for text in near)}?" if near else ""


def unknown_setting(name: str, source: Source, known_settings: Iterable[str], value: object = None) -> str:
    """Report a key that is not a setting, with the nearest names."""
    names = [source.name_of(setting) for setting in known_settings]
    name_in_source = source.name_of(name)
    inner = sorted(set(value) & set(names)) if isinstance(value, dict) else []
    advice = f": write {', '.join(inner)} at the top of the file, not in [{name}]" if inner else ""
    return f"unknown setting {name_in_source!r}{advice or near_names(name_in_source, names)}"


def describe_problem(details: ErrorDetails, source: Source, fields: Mapping[str, FieldInfo]) -> str:
    """Describe one error of the validation, without its place.

    Args:
        details: the error; its location begins with the name of the setting.
        source: where the setting comes from.
        fields: all settings.
    """
    name, inner = str(details["loc"][0]), [str(part) for part in details["loc"][1:]]
    if inner[:1] and inner[0].isdecimal() and name in fields and (tables := _fields_of_tables(fields[name])):
        return _describe_table_problem(details, source, f"{source.name_of(name)}, table {int(inner[0]) + 1}", tables)
    if details["type"] == "extra_forbidden":
        return unknown_setting(name, source, fields, details["input"])
    field = fields[name]
    subject = source.name_of(name)
    if inner:
        subject += f", {f'entry {int(inner[-1]) + 1}' if inner[-1].isdecimal() else repr(inner[-1])},"
    if inner and inner[-1] in fields and source.kind is Kind.TOML:
        return f"{subject} is a setting, but below the line [{name}]: move it above that line"
    return f"{subject} {_requirement(details, field, name if not inner else '', source)}"


def _fields_of_tables(field: FieldInfo) -> Mapping[str, FieldInfo]:
    """Return the keys of the tables of which a setting is a list; empty for another setting."""
    models = (kind for kind in get_args(field.annotation) if isinstance(kind, type) and issubclass(kind, BaseModel))
    return next((model.model_fields for model in models), {})


def _describe_table_problem(details: ErrorDetails, source: Source, table: str, fields: Mapping[str, FieldInfo]) -> str:
    """Describe an error in one table of a list of tables; `table` names the table, `fields` are its keys."""
    keys = [str(part) for part in details["loc"][2:]]
    if not keys:
        message = "must be a table" if details["type"].startswith("model") else details["msg"]
        return f"{table}, {message.removeprefix('Value error, ')}"
    if details["type"] == "extra_forbidden":
        return f"{table}: unknown key {keys[0]!r}{near_names(keys[0], fields)}"
    if details["type"] == "missing":
        return f"{table}, needs the key {keys[0]}"
    entry = f", entry {int(keys[1]) + 1}" if keys[1:] and keys[1].isdecimal() else ""
    return f"{table}: {keys[0]}{entry} {_requirement(details, fields[keys[0]], '', source)}"


def _requirement(  # noqa: PLR0911  # a sentence for each type of error
    details: ErrorDetails, field: FieldInfo, name: str, source: Source
) -> str:
    """What a value must be; `name` is "" for a part of the value."""
    kind = details["type"]
    if kind == "value_error":
        return details["msg"].removeprefix("Value error, ")
    if kind in {"tuple_type", "list_type"}:
        return f"must be a list{_example(name, source)}"
    if kind in {"dict_type", "model_type"}:
        return f"must be a table{_example(name, source)}"
    if kind in {"enum", "literal_error"}:
        choices = choices_of(field)
        return (
            f"must be {' or '.join(choices)}{_wrong_value(details, field)}{near_names(str(details['input']), choices)}"
        )
    if kind.startswith("bool"):
        return f"must be true or false{_wrong_value(details, field)}"
    if kind.startswith(("int", "float", "greater", "less", "finite")):
        noun = "a whole number" if int in _types(field) else "a number"
        return f"must be {noun}{_bounds(field)}{_wrong_value(details, field)}{_as_share(details, field)}"
    text = "must be text"
    if name and source.kind is Kind.TOML and isinstance(details["input"], int | float) and not is_secret(field):
        text += f", in quotes: {name} = {toml_value(str(details['input']))}"
    return text


def _wrong_value(details: ErrorDetails, field: FieldInfo) -> str:
    """The wrong value, where it is short and no secret."""
    value = details["input"]
    if is_secret(field) or not isinstance(value, str | int | float):
        return ""
    return f", not {toml_value(value[:_SHOWN] if isinstance(value, str) else value)}"


def _as_share(details: ErrorDetails, field: FieldInfo) -> str:
    """Convert a percentage that was written where a share belongs."""
    try:
        number = float(str(details["input"]).strip().removesuffix("%"))
    except ValueError:
        return ""
    is_share = _bounds(field) == " from 0 to 1" and 1 < number <= _PERCENT
    return f"; {number:g} % is {number / _PERCENT:g}" if is_share else ""


def is_secret(field: FieldInfo) -> bool:
    """Whether the value of a setting must not be shown."""
    return field.annotation is SecretStr


def choices_of(field: FieldInfo) -> list[str]:
    """The words that a setting takes; empty if it takes others."""
    annotation = field.annotation
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, Enum):
            return [str(member.value) for member in kind]
    return [str(word) for word in get_args(annotation)]


def _types(field: FieldInfo) -> set[Any]:
    return {field.annotation, *get_args(field.annotation)}


def _bounds(field: FieldInfo) -> str:
    """The range of a number, as in ` from 0 to 1`."""
    limits: dict[str, Any] = {}
    nested = [part for kind in get_args(field.annotation) for part in getattr(kind, "__metadata__", ())]
    for part in [*field.metadata, *nested]:
        for constraint in [part, *getattr(part, "metadata", ())]:
            limits |= {word: getattr(constraint, word) for word in ("ge", "gt", "le") if hasattr(constraint, word)}
    if "ge" in limits and "le" in limits:
        return f" from {limits['ge']:g} to {limits['le']:g}"
    if "ge" in limits:
        return f" of at least {limits['ge']:g}"
    return f" greater than {limits['gt']:g}" if "gt" in limits else ""


_EXAMPLES: Mapping[str, object] = {
    "managed_roles": ["Admin"],
    "protected_users": ["ann@example.edu"],
    "ignore_columns": ["Notes"],
    "role_aliases": {"Media boss": "Admin"},
    "keep": {"Status": ["Active"]},
    "leave_out": {"Status": ["Left"]},
    "notify": [{"to": "slack", "url_file": "secrets/slack_url"}],
}


def _example(name: str, source: Source) -> str:
    """How a list or a table is written in a source."""
    if name not in _EXAMPLES:
        return ""
    value = _EXAMPLES[name]
    if source.kind is Kind.TOML:
        return f", e.g. {name} = {toml_value(value)}"
    text = json.dumps(value)
    if source.kind is Kind.SECRETS:
        return f" in JSON, e.g. {text}"
    assignment = f"{source.name_of(name)}='{text}'"
    return f" in JSON, e.g. {f'--set {assignment}' if source.kind is Kind.OPTION else assignment}"


def toml_value(value: object) -> str:
    """Write a text, a number, a truth value, a path, a list or a table as a TOML value on one line."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{toml_value(key)} = {toml_value(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, Path):
        return toml_value(str(value))
    # JSON's escapes are TOML's, too, but for DEL, which TOML refuses unescaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
