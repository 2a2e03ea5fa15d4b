"""Every knob of rolesync, once; the only reader of the environment and of configuration files.

The nearest source wins: command line, `ROLESYNC_*` variables, `.env`, `rolesync.toml`, a folder of secrets, defaults.
A key that no setting has is an error wherever it stands, because a limit with a typo in its name protects nobody.
The module is as long as there are knobs: a second one would make two places to look for each.
"""

import getpass
import ipaddress
import os
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from platformdirs import user_state_path
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from rolesync.errors import UsageError
from rolesync.model.lists import ListForm
from rolesync.model.plans import Policy
from rolesync.model.vocabulary import Mode

PREFIX = "ROLESYNC_"
CONFIG_FILE = "ROLESYNC_CONFIG"
SECRETS_FOLDER = "ROLESYNC_SECRETS_DIR"
BASE_PATH = "/api/public"
LEAST_KEY = 16

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(gt=0)]


class Settings(BaseSettings):
    """All settings, checked. Addresses and ids of people are compared without regard to case."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True)

    account: str = Field("", description="Name before .instructuremedia.com of the Studio account.")
    base_url: str = Field("", description="Address of Studio, instead of `account`; http:// only on loopback.")
    token: SecretStr = Field(SecretStr(""), description="Access token or API key.")
    client_id: str = Field("", description="Id of a developer key, for OAuth instead of `token`.")
    client_secret: SecretStr = Field(SecretStr(""), description="Secret of the developer key.")
    refresh_token: SecretStr = Field(SecretStr(""), description="The first one, unless `rolesync login` gets it.")
    redirect_uri: str = Field("", description="Redirect address of the developer key, for `rolesync login`.")
    auth_scheme: str = Field("Bearer", description="Word before the token in the Authorization header; may be empty.")
    contact: str = Field("", description="Address or page added to the User-Agent, for Studio's operators.")

    managed_roles: tuple[str, ...] = Field(("Admin",), description="The only roles ever touched.")
    role_aliases: dict[str, str] = Field({}, description="Other names in the list, each with its role.")
    sheet: str = Field("", description="Sheet of a workbook that holds the list: its name, or its number from 1.")
    header_row: Count = Field(0, description="Row of the list's header; else it is looked for.")
    email_column: str = Field("", description="Header of the column with addresses, where it isn't `email`.")
    user_id_column: str = Field("", description="Header of the column with Studio's ids, where it isn't `user_id`.")
    role_column: str = Field("", description="Header of the column with one role, where it isn't `role`.")
    bad_rows: Literal["refuse", "hold"] = Field(
        "refuse", description="A row that can't be read refuses the list, or is held together with all removals."
    )
    mode: Mode = Field(Mode.SYNC, description="sync removes whoever the list doesn't name; additive never removes.")
    owner: str = Field("", description="Address or id of the person who owns the token; never loses a managed role.")
    protected_users: tuple[str, ...] = Field((), description="Addresses or ids of people who never lose one either.")
    max_removals_share: Share = Field(0.25, description="Greatest share of a role's holders removed by one plan.")
    max_removals: Count = Field(50, description="Greatest number of removals per role in one plan.")
    min_holders: Count = Field(1, description="Fewest people that a plan may leave in a role.")
    max_shrink_share: Share = Field(0.5, description="Greatest share by which the list may be shorter than the last.")
    max_age_hours: Annotated[float, Field(gt=0)] | None = Field(
        None, description="Hours since the list was last modified; any by default."
    )
    hold_removals: bool = Field(False, description="Apply additions only, and show each removal as held.")
    grace_runs: Count = Field(0, description="Runs in a row that somebody is absent from the list before a removal.")
    repeat_runs: Count = Field(
        3, description="Runs in a row after which a change planned again is pointed out; 0: never."
    )
    operator: str = Field(
        "", description="Who makes plans, reviews or applies them; else the operating system's name of the user."
    )
    require_approval: bool = Field(False, description="Apply only plans that somebody has approved by `review`.")
    four_eyes: bool = Field(False, description="Apply only plans that somebody else has approved than made.")

    scan_roles: bool = Field(
        True,
        description="Many people are found on pages of roles, which can't show a second account of an address that is "
        "on none of them. False: a search each.",
    )
    chunk_size: Annotated[int, Field(ge=1)] = Field(50, description="Actions in one PUT /users/roles.")
    concurrency: Annotated[int, Field(ge=1, le=64)] = Field(
        16, description="Most requests under way at once; fewer while Studio refuses some or slows down."
    )
    write_concurrency: Annotated[int, Field(ge=1, le=64)] = Field(1, description="PUTs under way at once.")
    requests_per_second: Annotated[float, Field(gt=0)] | None = Field(None, description="Ceiling; none by default.")
    timeout: Seconds = Field(30.0, description="Seconds to wait for an answer.")
    connect_timeout: Seconds = Field(10.0, description="Seconds to wait for a connection.")
    attempts: Annotated[int, Field(ge=1)] = Field(8, description="How often a failing request is tried in all.")
    retry_seconds: Seconds = Field(120.0, description="Seconds after which a failing request is given up.")
    proxy: str = Field("", description="Proxy for Studio; else what the environment says.")
    ca_bundle: Path | None = Field(None, description="File of trusted certificates, instead of the built-in ones.")

    state_dir: Path = Field(default_factory=lambda: user_state_path("rolesync"), description="Folder of the record.")
    audit_key: SecretStr = Field(
        SecretStr(""),
        description="Key that seals the record, so that nobody without it can write it anew; none by default.",
    )
    audit_max_mb: Annotated[float, Field(gt=0)] = Field(
        64.0, description="Size in MB after which a file of the record is closed and the next begun."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("warning", description="Least level logged.")
    log_format: Literal["console", "json"] = Field("console", description="Form of the log on standard error.")

    @field_validator("managed_roles")
    @classmethod
    def _some_plain_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names or any(not name or name != name.strip() for name in names):
            raise ValueError("needs at least one role, each without blanks around it")
        if len(set(names)) != len(names):
            raise ValueError("names a role twice")
        return names

    @model_validator(mode="after")
    def _aliases_of_roles(self) -> "Settings":
        for alias, role in self.role_aliases.items():
            if not alias or alias != alias.strip() or not role or role != role.strip():
                raise ValueError("role_aliases needs two names each, without blanks around them")
            if alias in self.managed_roles:
                raise ValueError(f"role_aliases gives the managed role {alias!r} another meaning: leave it out")
            if role in self.role_aliases:
                raise ValueError(f"role_aliases has {alias!r} stand for {role!r}, which is an alias itself")
        return self

    @field_validator("audit_key")
    @classmethod
    def _hard_to_guess(cls, key: SecretStr) -> SecretStr:
        if 0 < len(key.get_secret_value()) < LEAST_KEY:
            raise ValueError(f"needs at least {LEAST_KEY} characters, since whoever guesses it can forge the record")
        return key

    @field_validator("base_url")
    @classmethod
    def _safe_address(cls, address: str) -> str:
        if not address:
            return address
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
            raise ValueError("must look like https://NAME.instructuremedia.com")
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise ValueError("would send the token unencrypted: use https:// (http:// is for loopback only)")
        if parts.path.rstrip("/") not in {"", BASE_PATH, f"{BASE_PATH}/v1"}:
            raise ValueError(f"may have no path but {BASE_PATH}/v1")
        return f"{parts.scheme}://{parts.netloc.lower()}"

    @field_validator("redirect_uri")
    @classmethod
    def _outside_address(cls, address: str) -> str:
        parts = urlsplit(address)
        if address and (parts.scheme != "https" or not parts.hostname or _is_loopback(parts.hostname)):
            raise ValueError("must be the https:// address that the developer key names, and not this machine's own")
        return address

    @field_validator("account")
    @classmethod
    def _one_label(cls, account: str) -> str:
        if account and not (account.isascii() and account.replace("-", "").isalnum()):
            raise ValueError("is the one word before .instructuremedia.com")
        return account.lower()

    @model_validator(mode="after")
    def _one_studio(self) -> "Settings":
        if self.account and self.base_url:
            raise ValueError("account and base_url are both set: which Studio is meant? Set one of them")
        return self

    @model_validator(mode="after")
    def _one_token(self) -> "Settings":
        if self.client_id and self.token.get_secret_value():
            raise ValueError("token and client_id are both set: which one is meant? Set one of them")
        if self.client_id and not self.client_secret.get_secret_value():
            raise ValueError("client_id is set without client_secret: set both, as the developer key shows them")
        return self

    @property
    def studio(self) -> str:
        """Scheme and host of the Studio to talk to.

        Raises:
            UsageError: neither `account` nor `base_url` is set.
        """
        if not (self.account or self.base_url):
            raise UsageError(
                "no Studio is set",
                hint=f"set {PREFIX}ACCOUNT (the name before .instructuremedia.com) or {PREFIX}BASE_URL",
            )
        return self.base_url or f"https://{self.account}.instructuremedia.com"

    @property
    def list_form(self) -> ListForm:
        """What is said of how the list is written."""
        return ListForm(
            sheet=self.sheet,
            header_row=self.header_row,
            email_column=self.email_column,
            user_id_column=self.user_id_column,
            role_column=self.role_column,
            role_aliases=self.role_aliases,
            hold_bad_rows=self.bad_rows == "hold",
        )

    @property
    def policy(self) -> Policy:
        """The settings that a plan is bound to."""
        return Policy(
            managed_roles=self.managed_roles,
            mode=self.mode,
            chunk_size=self.chunk_size,
            owner=self.owner,
            protected_users=self.protected_users,
            max_removals_share=self.max_removals_share,
            max_removals=self.max_removals,
            min_holders=self.min_holders,
            max_shrink_share=self.max_shrink_share,
            max_age_hours=self.max_age_hours,
            hold_removals=self.hold_removals,
            grace_runs=self.grace_runs,
            repeat_runs=self.repeat_runs,
        )

    @property
    def user(self) -> str:
        """Who this is, as far as this machine knows; "" where it doesn't."""
        try:
            return self.operator.strip() or getpass.getuser()
        except (OSError, KeyError):  # a container whose user has no name
            return ""

    @property
    def account_dir(self) -> Path:
        """The folder of this account's record and lock."""
        return self.dir_of(self.studio)

    def dir_of(self, studio: str) -> Path:
        """The folder of the record of the account at this address."""
        return self.state_dir / urlsplit(studio).netloc.replace(":", "_")

    @property
    def proxy_for_studio(self) -> str:
        """The proxy to use, decided once, since asking the environment at every request costs more than the request."""
        from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415  # brings HTTP; a list is read without it

        parts = urlsplit(self.studio)
        if self.proxy:
            return self.proxy
        host = parts.hostname or ""
        return "" if _is_loopback(host) or proxy_bypass(host) else getproxies().get(parts.scheme, "")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the sources in the order of the module's docstring."""
        toml = TomlConfigSettingsSource(settings_cls)
        return init_settings, env_settings, dotenv_settings, toml, file_secret_settings


def load(config: Path | None = None, **overrides: Any) -> Settings:  # noqa: ANN401  # each setting has its own type
    """Read all settings.

    Args:
        config: the TOML file, instead of what ROLESYNC_CONFIG names or `rolesync.toml` in the working folder.
        overrides: settings from the command line, None meaning not given.

    Raises:
        UsageError: a key is unknown or a value doesn't fit; names every one of them, and no secret.
    """
    _refuse_unknown_variables()
    named = config or (Path(os.environ[CONFIG_FILE]) if CONFIG_FILE in os.environ else None)
    if named and not named.is_file():
        raise UsageError(f"settings file {named} is no file", hint=f"correct --config or {CONFIG_FILE}")

    secrets = os.environ.get(SECRETS_FOLDER)
    if secrets and not Path(secrets).is_dir():
        raise UsageError(f"the folder of secrets {secrets} is no folder", hint=f"correct {SECRETS_FOLDER}")

    class Located(Settings):
        model_config = SettingsConfigDict(
            env_file=".env",
            env_file_encoding="utf-8",
            dotenv_filtering="match_prefix",  # a .env is shared: keys of other programs are none of our business
            toml_file=named or "rolesync.toml",
            secrets_dir=secrets,
        )

    try:
        return Located(**{key: value for key, value in overrides.items() if value is not None})
    except ValidationError as error:
        problems = "; ".join(_problem(".".join(map(str, item["loc"])), item["msg"]) for item in error.errors())
        raise UsageError(f"settings: {problems}", hint=_WHERE) from None
    except ValueError as error:  # TOML or JSON that can't be parsed
        raise UsageError(f"settings: {error}", hint=_WHERE) from None


_WHERE = "look at the command line, ROLESYNC_* variables, .env and rolesync.toml; `rolesync doctor` shows what is read"


def _problem(name: str, message: str) -> str:
    text = message.removeprefix("Value error, ")
    if message == "Extra inputs are not permitted":
        text = f"is no setting (known are {', '.join(Settings.model_fields)})"
    return f"{name} {text}".strip()


def _refuse_unknown_variables() -> None:
    """Refuse unknown ROLESYNC_* variables, which the environment source would pass over in silence."""
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields} | {CONFIG_FILE, SECRETS_FOLDER}
    unknown = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known)
    if unknown:
        raise UsageError(
            f"settings: {', '.join(unknown)} in the environment is no setting",
            hint=f"correct or unset it; known are {', '.join(sorted(known))}",
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
