"""A change to send and its outcome so far, and how a batch of changes is split."""

from dataclasses import dataclass
from itertools import groupby

from rolesync.model.keys import parse_roles
from rolesync.model.vocabulary import Action, OutcomeStatus
from rolesync.studio.users import RoleAction, User


@dataclass(slots=True)
class Change:
    """One change to send, and its outcome so far. `before` and `after` are role sets as `format_roles` formats them."""

    user_id: int
    action: str
    role: str
    email: str
    row: int
    before: str
    outcome: OutcomeStatus = OutcomeStatus.NOT_SENT
    after: str = ""
    detail: str = ""

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
    for _, group in groupby(batch, key=lambda change: change.user_id):
        changes = list(group)
        if parts[-1] and len(parts[-1]) + len(changes) > size:
            parts.append([])
        parts[-1] += changes
    return parts


def count_users(batch: list[Change]) -> int:
    """Count the users in a batch."""
    return len({change.user_id for change in batch})


def end_all(batch: list[Change], outcome: OutcomeStatus, detail: str) -> None:
    """Set the same outcome for all changes of a batch."""
    for change in batch:
        change.end(outcome, detail)


def side_effect(changes: list[Change], user: User) -> str:
    """Describe the roles that changed without a request: Studio may remove a role when it adds another role.

    Args:
        changes: all changes of one user in a request, in their order.
        user: the user as Studio's answer shows them.
    """
    expected = set(parse_roles(changes[0].before))
    for change in changes:
        (expected.add if change.action == Action.ADD else expected.discard)(change.role)
    lost, gained = sorted(expected - set(user.roles)), sorted(set(user.roles) - expected)
    notes = [f"also lost {', '.join(lost)}"] if lost else []
    notes += [f"also gained {', '.join(gained)}"] if gained else []
    return "; ".join(notes)
