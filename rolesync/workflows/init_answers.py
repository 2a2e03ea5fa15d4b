"""What `init` asks for, whom it asks, and what was decided."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

NO_SECRET = SecretStr("")


class Questions(Protocol):
    """A person who answers."""

    def say(self, text: str) -> None:
        """Show a line."""
        ...

    def ask(self, question: str, default: str = "") -> str:
        """Ask for a line."""
        ...

    def ask_secret(self, question: str) -> SecretStr:
        """Ask for a line that is not shown while it is typed."""
        ...

    def confirm(self, question: str) -> bool:
        """Ask a question whose default answer is yes."""
        ...


@dataclass(frozen=True)
class InitOptions:
    """The answers that options give; empty where the person is asked."""

    account: str = ""
    token: SecretStr = NO_SECRET
    client_id: str = ""
    client_secret: SecretStr = NO_SECRET
    redirect_uri: str = ""
    owner: str = ""
    roles: tuple[str, ...] = ()
    list_file: str = ""

    def missing(self) -> list[str]:
        """The options without which nobody can be spared a question."""
        absent = [] if self.account else ["--account"]
        if self.client_id:
            absent += [] if self.client_secret.get_secret_value() else ["--client-secret-file"]
            absent += [] if self.redirect_uri else ["--redirect-uri"]
        elif not self.token.get_secret_value():
            absent.append("--token-file (or --client-id, --client-secret-file and --redirect-uri)")
        return absent + ([] if self.owner else ["--owner"])


@dataclass
class Decided:
    """What was decided: settings for the file, secrets for files of their own, the list, and what to mention."""

    settings: dict[str, object] = field(default_factory=dict)
    secrets: dict[str, SecretStr] = field(default_factory=dict)
    is_signed_in: bool = True
    list_file: Path | None = None
    new_list: str = ""
    notes: list[str] = field(default_factory=list)
