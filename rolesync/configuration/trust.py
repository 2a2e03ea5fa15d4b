"""What a settings file that the user didn't name may not do, since the working folder may be a downloaded one.

It doesn't decide where a secret of another source goes, starts no program, and reads no file of another folder.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from rolesync.configuration.error_messages import Kind
from rolesync.configuration.file_owners import is_below
from rolesync.configuration.settings_sources import CONFIG_FILE, PREFIX, Origin, folder_of
from rolesync.errors import UsageError

if TYPE_CHECKING:
    from rolesync.notify.table import NotifyTable

_STUDIO = ("account", "base_url", "proxy", "ca_bundle", "notify", "metrics_push")
_LIST = ("list", "list_hosts", "list_known_hosts", "proxy", "ca_bundle")
ROUTES: Mapping[str, Sequence[str]] = {
    "token": _STUDIO,
    "client_secret": _STUDIO,
    "refresh_token": _STUDIO,
    "list_secret": _LIST,
    "list_headers": _LIST,
}
"""By secret the settings that decide to which machine it goes, or what a run with it has done."""

SECRETS = tuple(ROUTES)

_STORES = frozenset({"s3", "gs", "az"})


def check_routes(origins: Mapping[str, Origin], is_set: Callable[[str], bool]) -> None:
    """Refuse settings in which a file that the user didn't name decides where a secret of another source goes.

    Otherwise a `.env` or `rolesync.toml` in a downloaded folder would send the user's token to a stranger.

    Raises:
        UsageError: a route comes from such a file, and a secret from a source that doesn't belong to it.
    """
    for secret, routes in ROUTES.items():
        for route in filter(is_set, routes if is_set(secret) else ()):
            if origins[route].group not in {"", origins[secret].group}:
                raise UsageError(
                    f"settings: {secret} comes from {origins[secret].name}, but {route} from {origins[route].name}: "
                    "a file that you didn't name may not decide where other secrets go",
                    hint=f"if the {route} is right, set {PREFIX}{route.upper()} in the environment, or name the "
                    f"rolesync.toml that sets it with --config or {CONFIG_FILE}; if not, work in another folder",
                )


def check_store(origins: Mapping[str, Origin], is_set: Callable[[str], bool], address: str) -> None:
    """Refuse an address of a list by which a file that the user didn't name takes secrets of a store's own tools.

    Raises:
        UsageError: the address names an endpoint, and no secret is set for it.
    """
    if is_set("list_secret") or not _has_endpoint(address) or _is_of_user(origins["list"]):
        return
    raise UsageError(
        f"settings: list from {origins['list'].name} names the endpoint of a store, and its secrets may come from "
        "elsewhere: a file that you didn't name may not decide where they go",
        hint=f"if the list is right, set {PREFIX}LIST in the environment, or name the rolesync.toml that sets it with "
        f"--config or {CONFIG_FILE}; if not, work in another folder",
    )


def check_notify(tables: Sequence["NotifyTable"], origin: Origin | None) -> None:
    """Refuse tables of a file that the user didn't name, if they start a program or read a file of another folder.

    Raises:
        UsageError: a table does one of these.
    """
    if origin is None or not origin.group:
        return
    folder = folder_of(origin)
    for number, table in enumerate(tables, 1):
        problem = ""
        if table.command:
            problem = "starts a program"
        elif not all(is_below(folder / path.expanduser(), folder) for path in table.secret_files):
            problem = "reads a secret of another folder"
        if problem:
            place = origin.source.place_of("notify", str(number - 1))
            raise UsageError(
                f"settings: {place}: notify, table {number}, {problem}, and a file that you didn't name may not do so",
                hint=f"if you trust it, name the file with --config or {CONFIG_FILE}",
            )


def _is_of_user(origin: Origin) -> bool:
    """Whether the user named a source; a folder of secrets in the working folder may be a downloaded one, too."""
    is_secrets_folder = origin.source.kind is Kind.SECRETS
    return not origin.group or (is_secrets_folder and origin.group == origin.name)


def _has_endpoint(address: str) -> bool:
    """Whether the address of a list is an object store at an address of its own that gets secrets."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    options = parse_qs(parts.query, keep_blank_values=True)
    return parts.scheme in _STORES and "endpoint" in options and "public" not in options
