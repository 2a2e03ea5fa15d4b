"""Which settings decide where a secret goes, and which sources may set them for a secret of another source."""

from collections.abc import Callable, Mapping, Sequence

from rolesync.configuration.sources import CONFIG_FILE, PREFIX, Origin
from rolesync.errors import UsageError

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


def check_routes(origins: Mapping[str, Origin], is_set: Callable[[str], bool]) -> None:
    """Refuse settings in which a file that the user didn't name decides where a secret of another source goes.

    The working folder may be a downloaded one: its `.env` or `rolesync.toml` would send the user's token to a stranger.

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
