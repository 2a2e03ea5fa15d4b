"""The outcomes of changes, as an answer or a read of their users shows them, and the side effects beside them."""

from collections.abc import Collection

from rolesync.executor.change import Change
from rolesync.model.keys import format_roles, parse_roles
from rolesync.model.vocabulary import OutcomeStatus


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
