"""Changes on their way to Studio, how they are cut into smaller batches, and what became of each."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from rolesync.model.keys import format_roles, parse_roles
from rolesync.model.vocabulary import Action, OutcomeStatus
from rolesync.studio.users import RoleAction, User


@dataclass(slots=True)
class Change:
    """One change on its way. `before` and `after` are role sets."""

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
        """The change as the API spells it."""
        return {"user_id": self.user_id, "action": self.action, "role": self.role}

    def is_done(self, held: frozenset[str]) -> bool:
        """Whether somebody who holds these roles is as this change wants them."""
        return (self.role in held) == (self.action == Action.ADD)

    def end(self, outcome: OutcomeStatus, detail: str = "") -> None:
        """Say what became of it; a later word replaces an earlier one."""
        self.outcome, self.detail = outcome, detail


@lru_cache(maxsize=4096)
def names_of(spelled: str) -> tuple[str, ...]:
    """Read a role set, each distinct one only once: many people share a few."""
    return tuple(parse_roles(spelled))


@lru_cache(maxsize=4096)
def spelled_of(names: tuple[str, ...]) -> str:
    """Spell a role set, in the same way."""
    return format_roles(names)


def split(batch: list[Change], most: int) -> list[list[Change]]:
    """Cut a batch into parts of at most `most` changes, no user's apart."""
    parts: list[list[Change]] = [[]]
    for _, own in groupby(batch, key=lambda change: change.user_id):
        changes = list(own)
        if parts[-1] and len(parts[-1]) + len(changes) > most:
            parts.append([])
        parts[-1] += changes
    return parts


def people(batch: list[Change]) -> int:
    """Count the people in a batch."""
    return len({change.user_id for change in batch})


def end_all(batch: list[Change], outcome: OutcomeStatus, detail: str) -> None:
    """Say of all of a batch what became of it."""
    for change in batch:
        change.end(outcome, detail)


def side_effect(changes: list[Change], user: User) -> str:
    """Say which roles moved besides those asked for: Studio may drop one when it gives another."""
    expected = set(names_of(changes[0].before))
    for change in changes:
        (expected.add if change.action == Action.ADD else expected.discard)(change.role)
    lost, won = sorted(expected - set(user.roles)), sorted(set(user.roles) - expected)
    said = [f"also lost {', '.join(lost)}"] if lost else []
    said += [f"also has {', '.join(won)}"] if won else []
    return "; ".join(said)
