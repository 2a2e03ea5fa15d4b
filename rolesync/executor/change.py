"""A change to send with its outcome so far, and how a batch of changes is split; `outcomes` decides the outcomes."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from rolesync.model.vocabulary import Action, OutcomeStatus
from rolesync.studio.users import RoleAction

RolesNow = Mapping[int, frozenset[str] | None]
"""All roles of users by id; none if the user holds no managed role, and None if the user is no longer in Studio.

So a user without roles here may hold roles that are not managed.
"""


@dataclass(slots=True)
class Change:
    """One change to send, and its outcome so far. `before` and `after` are role sets as `format_roles` formats them.

    `before` are the user's roles as last seen before the next request, `after` those seen after the last one.
    `requests` counts the requests that carried it; `is_perhaps_applied`: one of these ended unclear.
    `changed_lately`: an earlier run changed the user a moment ago, so a read that shows this change may be outdated,
    from before that run.
    """

    user_id: int
    action: str
    role: str
    email: str
    row: int
    before: str
    outcome: OutcomeStatus = OutcomeStatus.NOT_SENT
    after: str = ""
    detail: str = ""
    requests: int = 0
    is_perhaps_applied: bool = False
    changed_lately: bool = False

    @property
    def request(self) -> RoleAction:
        """The change as an action of the API."""
        return {"user_id": self.user_id, "action": self.action, "role": self.role}

    def is_done(self, roles: frozenset[str]) -> bool:
        """Whether a user with these roles is as this change wants."""
        return (self.role in roles) == (self.action == Action.ADD)

    def end(self, outcome: OutcomeStatus, detail: str = "") -> None:
        """Set the outcome; it replaces an earlier one."""
        self.outcome, self.detail = outcome, detail


def split(batch: list[Change], size: int) -> list[list[Change]]:
    """Split a batch into parts of at most `size` changes; the changes of one user stay together."""
    parts: list[list[Change]] = [[]]
    for _, changes in by_user(batch):
        if parts[-1] and len(parts[-1]) + len(changes) > size:
            parts.append([])
        parts[-1] += changes
    return parts


def by_user(batch: list[Change]) -> list[tuple[int, list[Change]]]:
    """Group a batch by user; the changes of one user are adjacent."""
    return [(user_id, list(changes)) for user_id, changes in groupby(batch, key=lambda change: change.user_id)]


def count_users(batch: list[Change]) -> int:
    """Count the users in a batch."""
    return len({change.user_id for change in batch})


def end_all(batch: list[Change], outcome: OutcomeStatus, detail: str) -> None:
    """Set the same outcome for all changes of a batch."""
    for change in batch:
        change.end(outcome, detail)
