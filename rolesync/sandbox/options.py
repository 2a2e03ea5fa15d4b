"""The options of a sandbox: every behaviour that the API reference leaves open is an option here.

The defaults are the easy ones (atomic batches, exact matches, no faults). A correct client works with all of them, so
tests vary each option.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from rolesync.sandbox.faults import Faults

ROLES = ("Admin", "Subaccount admin", "Teacher", "Student", "Observer")
"""The role names seen in Studio; an account may have more."""

Batches = Literal["atomic", "partial"]
Redundant = Literal["accepted", "refused"]
EmailMatch = Literal["exact", "prefix", "contains"]
EmailCase = Literal["insensitive", "sensitive"]
OldRefreshToken = Literal["ends_immediately", "ends_on_first_use"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How one sandbox behaves.

    People:
        users: the number of people: first the cast (24), then generated people.
        seed: the same seed and number make the same people, tokens and faults.
        admins: the number of people with the role Admin; 0 for those of the cast only, ten of them.
        db: the SQLite file of the account; None keeps it in memory. A file that has people already is opened as
            it is, and must have been made with the same `users` and `seed`.
        roles: the role names that the API knows.

    Tokens:
        token: may read and write. reader_token: may read, and gets 403 for a write. outsider_token: always gets 403.
        bare_key: whether `Authorization: <token>` without a scheme is accepted, as well as `Bearer <token>`.
        client_id, client_secret: the developer key for OAuth.
        refresh_token: the first refresh token, as if the key had been authorised before.
        token_lifetime: lifetime of an OAuth access token, in seconds.
        old_refresh_token: the refresh token that a refresh replaces `ends_immediately`, or `ends_on_first_use` of the
            new access token.

    Behaviour:
        batches: `atomic` applies nothing if one action is bad; `partial` applies the actions before the bad one.
        max_actions: the maximum number of actions in one PUT; None for no limit.
        max_actions_status: the status of a PUT with more actions.
        redundant: adding a role that is held, or removing one that isn't, is `accepted` (no change) or `refused` (422).
        email_match, email_case: how the parameter `email` is compared.
        empty_last_page: the `last_page` of an empty result.
        exclusive_admin: adding `Admin` removes `Subaccount admin`, and the other way round.
        control: whether there are control endpoints, which show and change the account and need no token.
        faults: the faults on purpose.

    Raises:
        ValueError: a value is wrong; the message names the option and the values it takes.
    """

    users: int = 24
    seed: int = 1
    admins: int = 0
    db: Path | None = None
    roles: tuple[str, ...] = ROLES
    token: str = "sandbox-token"  # noqa: S105  # the sandbox protects nothing: its tokens are documented
    reader_token: str = "reader-token"  # noqa: S105  # as above
    outsider_token: str = "outsider-token"  # noqa: S105  # as above
    bare_key: bool = False
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"  # noqa: S105  # as above
    refresh_token: str = "sandbox-refresh-token"  # noqa: S105  # as above
    token_lifetime: int = 7200
    old_refresh_token: OldRefreshToken = "ends_immediately"  # noqa: S105  # no password
    batches: Batches = "atomic"
    max_actions: int | None = None
    max_actions_status: Literal[413, 422] = 422
    redundant: Redundant = "accepted"
    email_match: EmailMatch = "exact"
    email_case: EmailCase = "insensitive"
    empty_last_page: Literal[0, 1] = 1
    exclusive_admin: bool = False
    control: bool = True
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name}: {getattr(self, name)!r} is not one of {', '.join(map(str, choices))}")
        for name in ("users", "token_lifetime", "max_actions"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name}: {value} is less than 1")
        if self.admins > self.users:
            raise ValueError(f"admins: {self.admins} is more than all {self.users} users")
        missing = [role for role in ROLES if role not in self.roles]
        if missing:
            raise ValueError(f"roles: {', '.join(missing)} missing, which people of the sandbox hold")
        tokens = (self.token, self.reader_token, self.outsider_token)
        if len(set(tokens)) < len(tokens) or not all(tokens):
            raise ValueError("token, reader_token and outsider_token must differ, and none may be empty")


_CHOICES: dict[str, tuple[object, ...]] = {
    "old_refresh_token": get_args(OldRefreshToken),
    "batches": get_args(Batches),
    "max_actions_status": (413, 422),
    "redundant": get_args(Redundant),
    "email_match": get_args(EmailMatch),
    "email_case": get_args(EmailCase),
    "empty_last_page": (0, 1),
}
