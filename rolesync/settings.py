"""Every setting of rolesync, once; the only reader of the environment and of configuration files.

The nearest source wins: command line, `ROLESYNC_*` variables, `.env`, `rolesync.toml`, a folder of secrets, defaults.
An unknown key is an error in every source, because a limit with a typo in its name has no effect.
"""

import getpass
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PrivateAttr, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from rolesync.configuration.list_settings import ListSettings
from rolesync.configuration.partial_settings import WrongSettings, collected
from rolesync.configuration.settings_sources import (
    CONFIG_FILE,
    PREFIX,
    SECRETS_FOLDER,
    Origin,
    read_settings,
    user_state_dir,
)
from rolesync.configuration.trust import check_notify, check_routes, check_store
from rolesync.configuration.values import (
    DOMAIN,
    Count,
    Positive,
    check_key,
    check_metrics_file,
    check_metrics_push,
    check_output_mode,
    parse_collection,
)
from rolesync.errors import UsageError
from rolesync.model.lists import ListForm
from rolesync.model.plans import Policy
from rolesync.model.vocabulary import Mode
from rolesync.notify.table import NotifyTable
from rolesync.reader.identity import read_user, read_users

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Share = Annotated[float, Field(ge=0, le=1)]
Parallel = Annotated[int, Field(ge=1, le=64)]
Part = TypeVar("Part", bound="DataclassInstance")


class Settings(ListSettings):
    """All settings, checked. Users are named by address or user id; case makes no difference."""

    _origins: dict[str, Origin] = PrivateAttr(default_factory=dict)

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        enable_decoding=False,
        dotenv_filtering="match_prefix",  # a .env may hold keys of other programs
    )

    mode: Mode = Field(Mode.SYNC, description="sync removes roles that the list doesn't give; additive never removes.")
    owner: str = Field("", description="Address or id of the token's owner, who never loses a managed role.")
    protected_users: tuple[str, ...] = Field((), description="Users who never lose a role: address, id or *@DOMAIN.")
    max_removals_share: Share = Field(0.25, description="Maximum share of a role's holders that one plan removes.")
    max_removals: Count = Field(50, description="Maximum number of removals per role in one plan.")
    min_holders: Count = Field(1, description="Minimum number of holders that a plan leaves in a role.")
    max_shrink_share: Share = Field(0.5, description="Maximum share by which the list may shrink between two runs.")
    max_age_hours: Positive | None = Field(None, description="Maximum age of the list in hours. No limit by default.")
    hold_removals: bool = Field(False, description="Apply only additions, and show each removal as held.")
    grace_runs: Count = Field(0, description="Earlier runs in a row without the user in the list, before a removal.")
    repeat_runs: Count = Field(3, description="Runs in a row with the same change before the plan warns. 0: never.")
    operator: str = Field("", description="Who plans, reviews or applies. By default the operating system's user.")
    require_approval: bool = Field(False, description="Apply only plans that were approved with `rolesync review`.")
    four_eyes: bool = Field(False, description="Require that the approver is not the person who made the plan.")

    scan_roles: bool = Field(
        True,
        description="Look for many users on the pages of a role. These pages miss a second user of the same address "
        "who doesn't hold the role. False: one search for each user.",
    )
    chunk_size: Annotated[int, Field(ge=1)] = Field(50, description="Maximum actions in one PUT /users/roles.")
    concurrency: Parallel = Field(16, description="Maximum parallel requests. Fewer if Studio refuses or slows down.")
    write_concurrency: Parallel = Field(1, description="Maximum number of parallel PUT requests.")
    requests_per_second: Positive | None = Field(None, description="Maximum rate of requests. No limit by default.")
    timeout: Positive = Field(30.0, description="Seconds for one attempt: connection, headers and body together.")
    connect_timeout: Positive = Field(10.0, description="Seconds to wait for a connection.")
    max_response_mb: Positive = Field(16.0, description="Maximum size of a response in MB, unpacked.")
    attempts: Annotated[int, Field(ge=1)] = Field(8, description="Maximum number of attempts for a failing request.")
    retry_seconds: Positive = Field(120.0, description="Seconds after which a failing request is not retried any more.")
    settle_seconds: Annotated[float, Field(ge=0)] = Field(
        60.0, description="Seconds within which Studio's reads show a change. Until then, a missing change is unknown."
    )
    proxy: str = Field("", description="Proxy for Studio. By default the proxy that the environment names.")
    ca_bundle: Path | None = Field(None, description="File of trusted certificates, instead of the built-in ones.")

    state_dir: Path = Field(default_factory=user_state_dir, description="Folder of the record.")
    output_mode: Annotated[str, AfterValidator(check_output_mode)] = Field(
        "0600", description="Mode of new plans, pages and exports, such as 0640 for a group."
    )
    audit_key: Annotated[SecretStr, AfterValidator(check_key)] = Field(
        SecretStr(""), description="Key that seals the audit record against forgery."
    )
    audit_max_mb: Positive = Field(64.0, description="Size in MB after which the record continues in a new file.")
    notify: tuple[NotifyTable, ...] = Field(
        (), description="Channels that report how a run ended: a list of tables, see `rolesync help notify`."
    )
    metrics_file: Annotated[Path | None, AfterValidator(check_metrics_file)] = Field(
        None, description="File of metrics for Prometheus' node exporter; its name ends in .prom."
    )
    metrics_push: Annotated[str, AfterValidator(check_metrics_push)] = Field(
        "", description="Address of a Prometheus Pushgateway that gets the metrics."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("warning", description="Lowest level logged.")
    log_format: Literal["console", "json"] = Field("console", description="Format of the log on standard error.")

    @field_validator("protected_users", "notify", mode="before")
    @classmethod
    def _parse_collection(cls, value: object) -> object:
        return parse_collection(value)

    @field_validator("owner")
    @classmethod
    def _check_owner(cls, entry: str, info: ValidationInfo) -> str:
        return read_user(entry, logins=info.data.get("login_identities", False))

    @field_validator("protected_users")
    @classmethod
    def _check_protected_users(cls, entries: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        return tuple(read_users(entry, logins=info.data.get("login_identities", False)) for entry in entries)

    @property
    def origins(self) -> Mapping[str, Origin]:
        """Where each setting comes from that isn't the default."""
        return self._origins

    def has(self, name: str) -> bool:
        """Whether a setting is not empty."""
        value = getattr(self, name)
        return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)

    @property
    def file_mode(self) -> int:
        """The mode of new files, from `output_mode`."""
        return int(self.output_mode, 8)

    @property
    def studio(self) -> str:
        """Scheme and host of Studio.

        Raises:
            UsageError: neither `account` nor `base_url` is set.
        """
        if not (self.account or self.base_url):
            hint = f"set {PREFIX}ACCOUNT (the name before {DOMAIN}) or {PREFIX}BASE_URL; or run `rolesync init`"
            raise UsageError("no Studio is set", hint=hint)
        return self.base_url or f"https://{self.account}{DOMAIN}"

    def part(self, kind: type[Part], **others: Any) -> Part:  # noqa: ANN401  # each field has its own type
        """Make a dataclass from the settings of the same names; `others` are its fields that are not settings."""
        shared = {field.name: getattr(self, field.name) for field in fields(kind) if field.name not in others}
        return kind(**shared, **others)

    @property
    def list_form(self) -> ListForm:
        """How the list is written, as far as it is set."""
        return self.part(ListForm, hold_bad_rows=self.bad_rows == "hold")

    @property
    def policy(self) -> Policy:
        """The settings that a plan is bound to."""
        return self.part(Policy)

    @property
    def user(self) -> str:
        """Name of the person who runs rolesync; "" if this machine doesn't know it."""
        try:
            return self.operator.strip() or getpass.getuser()
        except (OSError, KeyError):  # a container whose user has no name
            return ""

    @property
    def account_dir(self) -> Path:
        """Folder of this account's record and lock."""
        return self.dir_of(self.studio)

    def dir_of(self, studio: str) -> Path:
        """Folder of the record of the account at an address."""
        return self.state_dir / urlsplit(studio).netloc.replace(":", "_")

    @property
    def lists_dir(self) -> Path:
        """Folder of the copies of fetched lists: the account's, as far as one is set."""
        return (self.account_dir if self.account or self.base_url else self.state_dir) / "lists"


def load(
    config: Path | None = None,
    *,
    from_file: bool = True,
    wrong: WrongSettings | None = None,
    **overrides: Any,  # noqa: ANN401  # each setting has its own type
) -> Settings:
    """Read all settings.

    Args:
        config: the TOML file, instead of the file that ROLESYNC_CONFIG names, or `rolesync.toml` in the working folder.
        from_file: whether a TOML file is read at all.
        wrong: gets what is wrong, and the settings are read without it, only to be shown; None to refuse it.
        overrides: settings from the command line; None for a missing option.

    Raises:
        UsageError: keys are unknown or values don't fit; the message names all of them, and shows no secret. Or a file
            can't be read, or others can have written it, or it wasn't named and decides where other secrets go.
    """
    try:
        settings, origins = read_settings(Settings, config, overrides, from_file=from_file, wrong=wrong)
    except OSError as error:
        hint = f"give this user access; or correct --config, {CONFIG_FILE} or {SECRETS_FOLDER}"
        raise UsageError(f"settings: {error.filename} can't be read: {error.strerror}", hint=hint) from error
    settings._origins = origins  # noqa: SLF001  # a field could be set by every source
    with collected(wrong):
        check_routes(origins, settings.has)
        check_store(origins, settings.has, settings.list)
        check_notify(settings.notify, origins.get("notify"))
    return settings
