"""A change to send and its outcome so far, and how a batch of changes is split."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import groupby

from rolesync.model.keys import format_roles, parse_roles
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


def missing_in(changes: list[Change], roles: frozenset[str] | None) -> list[Change]:
    """Return the changes of one user that are not in effect; none for a user who is no longer in Studio."""
    return [] if roles is None else [change for change in changes if not change.is_done(roles)]


def are_hidden_in(changes: list[Change], roles: frozenset[str] | None) -> bool:
    """Whether a read of one user says nothing of their changes, because it shows none of them.

    A read that shows one of them is later than their request, so it decides all of them. So does None, for a user who
    is no longer in Studio.
    """
    return len(missing_in(changes, roles)) == len(changes)


def are_hidden_in_answer(changes: list[Change], roles: frozenset[str]) -> bool:
    """Whether the answer to a request says nothing of the changes of one user.

    If the user was changed lately, an answer that shows only some of the changes may be outdated.
    """
    if changes[0].changed_lately:
        return bool(missing_in(changes, roles))
    return are_hidden_in(changes, roles)


def count_users(batch: list[Change]) -> int:
    """Count the users in a batch."""
    return len({change.user_id for change in batch})


def end_all(batch: list[Change], outcome: OutcomeStatus, detail: str) -> None:
    """Set the same outcome for all changes of a batch."""
    for change in batch:
        change.end(outcome, detail)


def end_by_reading(changes: list[Change], roles: frozenset[str] | None, reason: str) -> None:
    """Set the outcome of the changes of one user that a read of the user shows.

    Args:
        changes: all changes of the user in a request.
        roles: the roles of the user, see `RolesNow`.
        reason: why a change that isn't in effect has failed.
    """
    note = "; ".join(filter(None, ("confirmed by reading again", side_effect(changes, roles) if roles else "")))
    for change in changes:
        if roles is None:
            is_listed = bool(parse_roles(change.before))  # a user with roles was in the answer to a search
            listed = f"the search lists #{change.user_id}, but Studio answers 404 for this id"
            change.end(OutcomeStatus.FAILED, listed if is_listed else "this user is no longer in Studio")
            continue
        if roles:
            change.before = change.after = format_roles(roles)
        is_done = change.is_done(roles)
        change.end(OutcomeStatus.DONE if is_done else OutcomeStatus.FAILED, note if is_done else reason)


def side_effect(changes: list[Change], roles: Collection[str]) -> str:
    """Describe the roles that changed without a request: Studio may remove a role when it adds another role.

    Args:
        changes: all changes of one user in a request.
        roles: all roles of the user after it.
    """
    before, requested = set(parse_roles(changes[0].before)), {change.role for change in changes}
    lost, gained = sorted(before.difference(roles, requested)), sorted(set(roles).difference(before, requested))
    notes = [f"also lost {', '.join(lost)}"] if lost else []
    notes += [f"also gained {', '.join(gained)}"] if gained else []
    return "; ".join(notes)
