"""Read the fleet file: its accounts with all their settings, each with its origin. It is refused as a whole.

A TOML file with the tables `[fleet]`, `[fleet.stop]`, `[[fleet.stages]]`, `[defaults]`, `[groups.NAME]` and
`[accounts.NAME]`. The nearest source of a setting wins: account, then its groups (the last one first), then defaults,
then rolesync's own default. A list or a table is replaced, never merged.
"""

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from rolesync.configuration.file_owners import check_settings_file
from rolesync.configuration.trust import SECRETS
from rolesync.errors import UsageError
from rolesync.fleet.account_settings import account_settings
from rolesync.fleet.fleet_table import ACCOUNT_NAME, FleetTable
from rolesync.settings import Settings
from rolesync.sources.address import is_address, parse_address

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_HINT = "correct the fleet file; nothing was read or written"

_SECRET = frozenset({*SECRETS, "audit_key"})
_OF_THE_PROCESS = frozenset(
    {"state_dir", "log_level", "log_format", "operator", "notify", "metrics_file", "metrics_push"}
)
_SETTINGS = frozenset(Settings.model_fields) - _SECRET - _OF_THE_PROCESS
_SHARED_KEYS = frozenset({"list", "secrets", "shared_list", "account_column"})
_ACCOUNT_KEYS = frozenset({"groups", "tags", "enabled", "reason"})
_PATHS = ("secrets", "ca_bundle", "list_known_hosts")


@dataclass(frozen=True)
class FleetAccount:
    """One account of the fleet.

    Attributes:
        name: its name in the file.
        values: its settings as in the file, with placeholders expanded and paths absolute.
        origins: the table that each value comes from, such as `groups.west`.
        list_path: its list, a path or an address; "" if it has none.
        secrets: the folder of its secrets; None if it has none.
        studio: scheme and host of its Studio.
        tags: its tags.
        enabled: whether the fleet handles it.
        reason: why it is not enabled.
        shared_list: whether other accounts may have the same list.
        account_column: the column of the list that names the account; "" if the list is only for this account.
        needs_approval: whether its changes are applied only after a review.
    """

    name: str
    values: Mapping[str, Any]
    origins: Mapping[str, str]
    list_path: str
    secrets: Path | None
    studio: str
    tags: frozenset[str]
    enabled: bool
    reason: str
    shared_list: bool
    account_column: str
    needs_approval: bool


@dataclass(frozen=True)
class Fleet:
    """The fleet file, checked. `accounts` are in the order of the file; `shard` is as in `3-of-20`."""

    path: Path
    sha256: str
    table: FleetTable
    state_dir: Path
    accounts: Mapping[str, FleetAccount] = field(default_factory=dict)
    shard: str = ""

    @property
    def folder(self) -> Path:
        """Folder of the fleet's journal, lock and nights; each shard has its own below it."""
        folder = self.state_dir / "fleets" / self.table.name
        return folder / "shards" / self.shard if self.shard else folder

    @property
    def enabled(self) -> list[FleetAccount]:
        """The accounts that the fleet handles, in the order of the file."""
        return [account for account in self.accounts.values() if account.enabled]


def read_fleet(path: Path, state_dir: Path) -> Fleet:
    """Read a fleet file.

    Args:
        path: the file.
        state_dir: the folder of the records, unless the file names one.

    Raises:
        UsageError: the file can't be read, other users can have written it, or it has mistakes; the message names all
            of them.
    """
    check_settings_file(path, was_named=True)
    try:
        content = path.read_bytes()
        tables = tomllib.loads(content.decode("utf-8"))
    except OSError as error:
        raise UsageError(f"the fleet file {path} can't be read: {error.strerror}", hint="name a TOML file") from error
    except ValueError as error:  # invalid TOML or UTF-8
        raise UsageError(f"the fleet file {path}: {error}", hint=_HINT) from None
    problems = list(_problems_of_tables(tables))
    table = _read_table(tables.get("fleet", {}), problems)
    if problems or table is None:
        raise _refusal(path, problems)
    folder = path.absolute().parent
    accounts = {}
    for name in tables.get("accounts", {}):
        try:
            accounts[name] = _read_account(name, tables, folder)
        except UsageError as error:
            problems.append(f"[accounts.{name}] {error.message}")
    problems += _problems_of_accounts(accounts, table)
    if problems:
        raise _refusal(path, problems)
    state_folder = folder / table.state_dir if table.state_dir else state_dir
    return Fleet(path.absolute(), sha256(content).hexdigest(), table, state_folder.expanduser(), accounts)


def _refusal(path: Path, problems: list[str]) -> UsageError:
    return UsageError(f"the fleet file {path}: {'; '.join(problems)}", hint=_HINT)


def _read_table(table: object, problems: list[str]) -> FleetTable | None:
    try:
        return FleetTable.model_validate(table)
    except ValidationError as error:
        for item in error.errors():
            name = ".".join(map(str, ("fleet", *item["loc"])))
            message = item["msg"].removeprefix("Value error, ")
            problems.append(f"{name}: {message.replace('Extra inputs are not permitted', 'is not a key of a fleet')}")
        return None


def _problems_of_tables(tables: Mapping[str, Any]) -> Iterator[str]:
    """Name unknown tables and keys, secrets, and unusable names and groups."""
    unknown = tables.keys() - {"fleet", "defaults", "groups", "accounts"}
    if unknown:
        yield f"[{'], ['.join(sorted(unknown))}]: known are fleet, defaults, groups and accounts"
        return
    if not isinstance(tables.get("accounts"), dict) or not tables["accounts"]:
        yield "it has no accounts: add [accounts.NAME]"
        return
    yield from _problems_of_keys("defaults", tables.get("defaults", {}), _SETTINGS | _SHARED_KEYS)
    for kind, known_keys in (
        ("groups", _SETTINGS | _SHARED_KEYS),
        ("accounts", _SETTINGS | _SHARED_KEYS | _ACCOUNT_KEYS),
    ):
        for name, table in tables.get(kind, {}).items():
            if not ACCOUNT_NAME.fullmatch(name):
                yield f"[{kind}.{name}]: a name has only a to z, 0 to 9 and hyphens, at most 63"
            yield from _problems_of_keys(f"{kind}.{name}", table, known_keys)
    for name, account in tables["accounts"].items():
        if isinstance(account, dict):
            yield from _problems_of_account(name, account, tables.get("groups", {}))


def _problems_of_keys(name: str, table: object, known_keys: frozenset[str]) -> Iterator[str]:
    if not isinstance(table, dict):
        yield f"[{name}] is not a table"
        return
    for key in table:
        if key in _SECRET:
            yield f"[{name}] {key}: secrets lie in files, in the folder that `secrets` names"
        elif key in _OF_THE_PROCESS:
            yield f"[{name}] {key}: this is set for the whole fleet, not for an account"
        elif key not in known_keys:
            yield f"[{name}] {key}: no such key"
    for key, kind in (("list", str), ("secrets", str), ("shared_list", bool), ("account_column", str)):
        if key in table and not isinstance(table[key], kind):
            yield f"[{name}] {key} must be {'true or false' if kind is bool else 'a text'}"


def _problems_of_account(name: str, account: Mapping[str, Any], groups: Mapping[str, Any]) -> Iterator[str]:
    for key in ("groups", "tags"):
        words = account.get(key, [])
        if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
            yield f"[accounts.{name}] {key} must be a list of texts"
        elif key == "groups" and (missing := [word for word in words if word not in groups]):
            yield f"[accounts.{name}] groups: there is no [groups.{missing[0]}]"
    if not isinstance(account.get("enabled", True), bool):
        yield f"[accounts.{name}] enabled must be true or false"
    elif not account.get("enabled", True) and not account.get("reason"):
        yield f"[accounts.{name}] is not enabled: set `reason`, so that the report can show why"


def _read_account(name: str, tables: Mapping[str, Any], folder: Path) -> FleetAccount:
    """Combine the values of an account, and check them.

    Raises:
        UsageError: a setting doesn't fit, or a placeholder is unknown.
    """
    account = tables["accounts"][name]
    layers = [
        ("defaults", tables.get("defaults", {})),
        *((f"groups.{group}", tables["groups"][group]) for group in account.get("groups", [])),
        (f"accounts.{name}", {key: value for key, value in account.items() if key not in _ACCOUNT_KEYS}),
    ]
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for origin, table in layers:
        values |= table
        origins |= dict.fromkeys(table, origin)
    origins |= dict.fromkeys(account.keys() & _ACCOUNT_KEYS, f"accounts.{name}")
    studio_name = str(values.get("account", "")).replace("{name}", name)
    values = {key: _expand(value, {"name": name, "account": studio_name}) for key, value in values.items()}
    for key in _PATHS:
        if values.get(key):
            values[key] = str(folder / Path(values[key]).expanduser())
    if values.get("list") and not is_address(values["list"]):
        values["list"] = str(folder / Path(values["list"]).expanduser())
    if is_address(values.get("list") or ""):
        parse_address(values["list"])
    if "@" in str(values.get("proxy", "")):
        raise UsageError("proxy contains a user or a password: put it into the file rolesync_proxy in `secrets`")
    shared = {key: values.pop(key, None) for key in sorted(_SHARED_KEYS)}
    if column := shared["account_column"] or "":
        if column in values.get("keep", {}):
            raise UsageError(f"account_column and keep both name the column {column!r}: leave it to account_column")
        values["keep"] = {**values.get("keep", {}), column: [name]}
    settings = account_settings(values, None)
    return FleetAccount(
        name=name,
        values=values,
        origins=origins,
        list_path=shared["list"] or "",
        secrets=Path(shared["secrets"]) if shared["secrets"] else None,
        studio=settings.studio,
        tags=frozenset(account.get("tags", [])),
        enabled=account.get("enabled", True),
        reason=str(account.get("reason", "")),
        shared_list=bool(shared["shared_list"] or column),
        account_column=column,
        needs_approval=settings.require_approval or settings.four_eyes,
    )


def _expand(value: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401  # any value of TOML
    """Expand `{name}` and `{account}` in a text, or in the texts of a list or table.

    Raises:
        UsageError: there is another placeholder.
    """
    if isinstance(value, list):
        return [_expand(item, names) for item in value]
    if isinstance(value, dict):
        return {key: _expand(item, names) for key, item in value.items()}
    if not isinstance(value, str):
        return value

    def expansion(match: re.Match[str]) -> str:
        if match[1] not in names:
            raise UsageError(f"{match[0]} is unknown: only {{name}} and {{account}} are expanded")
        return names[match[1]]

    return _PLACEHOLDER.sub(expansion, value)


def _shared(accounts: Iterable[FleetAccount], key: Callable[[FleetAccount], str]) -> Mapping[str, list[str]]:
    """Return the keys that several accounts have, with their names."""
    names: dict[str, list[str]] = {}
    for account in accounts:
        names.setdefault(key(account), []).append(account.name)
    return {text: account_names for text, account_names in names.items() if len(account_names) > 1}


def _canonical(studio: str) -> str:
    """Return the address of a Studio as all its spellings have it: small letters, and no usual port."""
    parts = urlsplit(studio)
    host = (parts.hostname or "").rstrip(".")
    host = "127.0.0.1" if host in {"localhost", "::1"} else host
    port = f":{parts.port}" if parts.port not in {None, {"http": 80}.get(parts.scheme, 443)} else ""
    return f"{parts.scheme}://{host}{port}"


def _problems_of_accounts(accounts: Mapping[str, FleetAccount], table: FleetTable) -> Iterator[str]:
    """Name a Studio or a folder of secrets that occurs twice, and a stage without accounts."""
    for studio, same in _shared(accounts.values(), lambda account: _canonical(account.studio)).items():
        yield f"{studio} is the Studio of {len(same)} accounts: {', '.join(same)}"
    having = [account for account in accounts.values() if account.secrets]
    for folder, same in _shared(having, lambda account: os.path.realpath(account.secrets or "")).items():
        yield f"{folder} has the secrets of {len(same)} accounts: {', '.join(same)}; each needs a folder of its own"
    known_tags = frozenset[str]().union(*(account.tags for account in accounts.values()))
    for number, stage in enumerate(table.stages, 1):
        if missing := set(stage.tags) - known_tags:
            yield f"fleet.stages, stage {number}: no account has the tag {', '.join(sorted(missing))}"
