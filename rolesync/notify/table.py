"""The keys of a `[[notify]]` table: a channel, and when it is used. It names files of secrets, and holds no secret."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Positive = Annotated[float, Field(ge=0)]


class Channel(StrEnum):
    """The kinds of channels."""

    MAIL = "mail"
    SLACK = "slack"
    TEAMS = "teams"
    WEBHOOK = "webhook"
    PING = "ping"
    COMMAND = "command"


class Occasion(StrEnum):
    """When a channel gets a message."""

    FAILED = "failed"
    BLOCKED = "blocked"
    INCOMPLETE = "incomplete"
    CHANGED = "changed"
    RECOVERED = "recovered"
    WAITING = "waiting"
    ALWAYS = "always"


_NEEDED = {
    Channel.MAIL: ("server", "sender", "recipients"),
    Channel.SLACK: ("url_file",),
    Channel.TEAMS: ("url_file",),
    Channel.WEBHOOK: ("url_file", "secret_file"),
    Channel.PING: ("url_file",),
    Channel.COMMAND: ("command",),
}
_OPTIONAL = {
    Channel.MAIL: ("security", "user", "password_file", "detail", "ca_bundle"),
    Channel.COMMAND: (),
}
_OF_ALL = ("to", "on", "repeat_hours", "alive_days")
_SECRET_FILES = ("url_file", "secret_file", "password_file")


class NotifyTable(BaseModel):
    """One `[[notify]]` table. Relative paths begin at the folder of the file that has the table."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    to: Channel = Field(description="Channel: mail, slack, teams, webhook, ping or command.")
    on: tuple[Occasion, ...] = Field(
        (Occasion.FAILED, Occasion.BLOCKED, Occasion.INCOMPLETE, Occasion.WAITING, Occasion.RECOVERED),
        description="When to send a message; a ping is sent for every run.",
    )
    repeat_hours: Positive = Field(20.0, description="Hours until the same failure is sent again. 0: for each run.")
    alive_days: Positive = Field(7.0, description="Days without a message until a success sends one. 0: never.")
    url_file: Path | None = Field(None, description="slack, teams, webhook, ping: file with the address.")
    secret_file: Path | None = Field(None, description="webhook: file with the key of the signature.")
    server: str = Field("", description="mail: HOST or HOST:PORT of the mail server.")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="mail: how the connection is encrypted; none is for a server on this machine only."
    )
    user: str = Field("", description="mail: user name for the server, if it wants one.")
    password_file: Path | None = Field(None, description="mail: file with the password of this user.")
    sender: str = Field("", description="mail: address of the sender.")
    recipients: tuple[str, ...] = Field((), description="mail: addresses of the recipients.")
    detail: Literal["counts", "people"] = Field(
        "counts", description="mail: people adds the changes with their users, and the error in full."
    )
    command: tuple[str, ...] = Field((), description="command: the program and its arguments; JSON on standard input.")
    ca_bundle: Path | None = Field(None, description="File of trusted certificates; by default the setting's.")

    @model_validator(mode="after")
    def _check_keys(self) -> Self:
        missing = [key for key in _NEEDED[self.to] if not getattr(self, key)]
        if missing:
            raise ValueError(f"needs {' and '.join(missing)}, because it is to {self.to}")
        usable_keys = {*_OF_ALL, *_NEEDED[self.to], *_OPTIONAL.get(self.to, ("ca_bundle",))}
        if unused_keys := sorted(self.model_fields_set - usable_keys):
            raise ValueError(f"has {', '.join(unused_keys)}, which {self.to} doesn't use: remove it")
        if bool(self.user) != bool(self.password_file):
            raise ValueError("has only one of user and password_file: set both, or none")
        return self

    @property
    def secret_files(self) -> tuple[Path, ...]:
        """The files of secrets that it names."""
        return tuple(path for key in _SECRET_FILES if (path := getattr(self, key)) is not None)
