"""Every way in which the sandbox can differ: what the reference leaves open is an option here.

The defaults are the kind answers (all or nothing, exact matches, no faults); a client that is right only with them is
not right, so tests turn each of them.
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
OldRefreshToken = Literal["dies_at_once", "dies_on_first_use"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How one sandbox behaves.

    People:
        users: how many there are: first the cast (24), then generated ones.
        seed: the same seed and number make the same people, tokens and faults.
        db: the SQLite file to keep everything in; None keeps it in memory. A file that has people already is opened as
            it is, and must have been made with the same `users` and `seed`.
        roles: the role names that the API knows.

    Tokens:
        token: may do everything. reader_token: may read; 403 on writing. outsider_token: 403 on everything.
        bare_key: whether `Authorization: <token>` without a scheme is accepted beside `Bearer <token>`.
        client_id, client_secret: the developer key for OAuth.
        refresh_token: the first refresh token, as if somebody had authorised the key before.
        token_lifetime: seconds that an access token issued by OAuth lives.
        old_refresh_token: a refresh ends the old refresh token `dies_at_once`, or `dies_on_first_use` of the new access
            token.

    Behaviour:
        batches: `atomic`, nothing is applied if one action is bad; `partial`, actions before the bad one are applied.
        max_actions: the greatest number of actions in one PUT; None for no limit.
        max_actions_status: what more than that is answered with.
        redundant: adding a held role or removing a missing one is `accepted` (and changes nothing) or `refused` (422).
        email_match, email_case: how `email=` is compared.
        empty_last_page: the `last_page` of an empty result.
        exclusive_admin: adding `Admin` drops `Subaccount admin` and the other way round.
        control: whether there are control endpoints, which show and change everything and need no token.
        faults: what goes wrong on purpose.

    Raises:
        ValueError: a value that makes no sense; the message names the option and what it takes.
    """

    users: int = 24
    seed: int = 1
    db: Path | None = None
    roles: tuple[str, ...] = ROLES
    token: str = "sandbox-token"  # noqa: S105  # the sandbox guards nothing: its tokens are documented
    reader_token: str = "reader-token"  # noqa: S105  # as above
    outsider_token: str = "outsider-token"  # noqa: S105  # as above
    bare_key: bool = False
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"  # noqa: S105  # as above
    refresh_token: str = "sandbox-refresh-token"  # noqa: S105  # as above
    token_lifetime: int = 7200
    old_refresh_token: OldRefreshToken = "dies_at_once"  # noqa: S105  # no password
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
                raise ValueError(f"{name}: {getattr(self, name)!r} is none of {', '.join(map(str, choices))}")
        for name in ("users", "token_lifetime", "max_actions"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name}: {value} is less than 1")
        missing = [role for role in ROLES if role not in self.roles]
        if missing:
            raise ValueError(f"roles: {', '.join(missing)} missing, which the sandbox's own people hold")
        tokens = (self.token, self.reader_token, self.outsider_token)
        if len(set(tokens)) < len(tokens) or not all(tokens):
            raise ValueError("token, reader_token and outsider_token: each needs a text of its own")


_CHOICES: dict[str, tuple[object, ...]] = {
    "old_refresh_token": get_args(OldRefreshToken),
    "batches": get_args(Batches),
    "max_actions_status": (413, 422),
    "redundant": get_args(Redundant),
    "email_match": get_args(EmailMatch),
    "email_case": get_args(EmailCase),
    "empty_last_page": (0, 1),
}
