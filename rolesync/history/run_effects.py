"""The effects of runs, from their events alone: the basis of `undo`, and of resuming after a crash.

The response to a request, or the read that followed it, shows which of its actions took effect. Where the record has
neither, because the run was killed or Studio was unreachable, the request is open: only Studio knows.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rolesync.history.events import Intent, Outcome, Recovered, Reread, RolesById, RunEvent, SentAction
from rolesync.model.history import Effect
from rolesync.model.request_effect import RequestEffect, effect_of_status
from rolesync.model.vocabulary import RIVAL_ROLES, Action

_ACTIONS = {action.value: action for action in Action}  # a look-up costs less than `Action(...)`


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A request whose effect is unknown for `user_ids`, in ascending order."""

    intent: Intent
    user_ids: tuple[int, ...]

    def is_hidden_in(self, roles: Mapping[int, frozenset[str] | None]) -> bool:
        """Whether these roles of its users, by id, don't show some of its actions; None for a user who is gone."""
        return any(
            (role in roles_now) != (action == Action.ADD)
            for user_id, action, role, _, _ in self.intent.actions
            if user_id in self.user_ids and (roles_now := roles[user_id]) is not None
        )


class ActionResult(StrEnum):
    """The result of an action that was sent: `gone` means that the user was no longer in Studio."""

    DONE = "done"
    NO_EFFECT = "no_effect"
    GONE = "gone"
    UNKNOWN = "unknown"


def effects(events: Iterable[RunEvent]) -> list[Effect]:
    """List the actions that took effect, in the order in which they were sent.

    Args:
        events: of one run or of several, in order.
    """
    return [effect for effect, result in sent_actions(events) if result is ActionResult.DONE]


def sent_actions(events: Iterable[RunEvent]) -> Iterator[tuple[Effect, ActionResult]]:
    """Yield every action each time it was sent, with its result."""
    for intent, after in requests_of(events):
        yield from _results_of(intent, after)


def _results_of(intent: Intent, after: RolesById) -> Iterator[tuple[Effect, ActionResult]]:
    run, time, before = intent.run, intent.time, intent.before
    for action in intent.actions:
        user_id, verb, role, email, row = action
        yield Effect(user_id, email, _ACTIONS[verb], role, row, run, time), action_result(action, before, after)


def all_role_changes(events: Iterable[RunEvent]) -> list[Effect]:
    """List the actions that took effect, and the side effects, in the order of the requests."""
    return [effect for done, beside in _changes_by_request(list(events)) for effect in (*done, *beside)]


def side_effects(events: Iterable[RunEvent]) -> list[Effect]:
    """List what requests changed beside their actions: adding a role may make Studio remove another.

    A side effect is a difference between the roles before a request and those in its response, except the roles that
    the request was about. A read that followed instead may show what others did meanwhile. So it proves only that a
    user lost the rival of an added role, see `RIVAL_ROLES`.
    """
    return [effect for _, beside in _changes_by_request(list(events)) for effect in beside]


def _changes_by_request(events: Sequence[RunEvent]) -> Iterator[tuple[list[Effect], list[Effect]]]:
    """Yield for each request the actions that took effect, and the side effects."""
    responses: dict[tuple[str, int], RolesById] = {}
    reads: dict[tuple[str, int], dict[str, Sequence[str] | None]] = {}
    for event in events:
        if isinstance(event, Outcome) and effect_of_status(event.status) is RequestEffect.APPLIED:
            responses[event.key] = event.after
        elif isinstance(event, Reread | Recovered) and event.all_roles:
            reads.setdefault(event.key, {}).update(event.after)
    for intent, roles_after in requests_of(events):
        done_effects = [effect for effect, result in _results_of(intent, roles_after) if result is ActionResult.DONE]
        response_roles = responses.get(intent.key, {})
        beside = [
            effect
            for user_id, roles in response_roles.items()
            for effect in _side_effects(intent, user_id, roles or ())
        ]
        added = {(effect.user_id, effect.role) for effect in done_effects if effect.action is Action.ADD}
        for user_id, roles in reads.get(intent.key, {}).items():
            if user_id not in response_roles:
                changed = _side_effects(intent, user_id, roles or ())
                beside += (each for each in changed if (each.user_id, RIVAL_ROLES.get(each.role)) in added)
        yield done_effects, beside


def _side_effects(intent: Intent, user_id: str, after: Sequence[str]) -> Iterator[Effect]:
    """Yield how a user's roles changed beyond the actions on this user, by role."""
    actions = [action for action in intent.actions if str(action.user_id) == user_id]
    if not actions:
        return
    user = actions[0]
    changed_roles = set(after).symmetric_difference(intent.before.get(user_id, after) or ())
    for role in sorted(changed_roles - {action.role for action in actions}):
        action = Action.ADD if role in after else Action.REMOVE
        yield Effect(user.user_id, user.email, action, role, 0, intent.run, intent.time)


def open_requests(events: Iterable[RunEvent]) -> list[OpenRequest]:
    """List the requests in which the effect of some action is unknown, in order."""
    return [
        OpenRequest(intent, tuple(user_ids))
        for intent, after in requests_of(events)
        if (user_ids := sorted({action.user_id for action in intent.actions} - {int(user_id) for user_id in after}))
    ]


def last_seen(events: Iterable[RunEvent]) -> dict[int, Sequence[str] | None]:
    """Find how runs left the users that they touched: role names by user id, None for a user who was gone.

    Users whose last request is open are missing. Roles that no request was about may be incomplete.
    """
    roles: dict[int, Sequence[str] | None] = {}
    for intent, after in requests_of(events):
        for user_id in {action.user_id for action in intent.actions}:
            roles.pop(user_id, None)
            if str(user_id) in after:
                roles[user_id] = after[str(user_id)]
    return roles


def requests_of(events: Iterable[RunEvent]) -> Iterator[tuple[Intent, RolesById]]:
    """Yield each intent with the roles that its users are known to have had afterwards."""
    intents: dict[tuple[str, int], Intent] = {}
    roles_after: dict[tuple[str, int], dict[str, Sequence[str] | None]] = {}
    without_effect: dict[tuple[str, int], set[str]] = {}  # and the users of whom a read was recorded nevertheless
    for event in events:
        if isinstance(event, Intent):
            intents[event.key], roles_after[event.key] = event, {}
        elif isinstance(event, Outcome) and effect_of_status(event.status) is RequestEffect.NOTHING_DONE:
            roles_after[event.key].update(intents[event.key].before)
            without_effect[event.key] = set()
        elif isinstance(event, Outcome | Reread | Recovered):
            roles_after[event.key].update(event.after)
            without_effect.get(event.key, set()).update(event.after)
    _close_superseded(intents, roles_after, without_effect)
    for key, intent in intents.items():
        yield intent, roles_after[key]


def _close_superseded(
    intents: Mapping[tuple[str, int], Intent],
    roles_after: Mapping[tuple[str, int], dict[str, Sequence[str] | None]],
    without_effect: Mapping[tuple[str, int], Collection[str]],
) -> None:
    """Count an open request as without effect for a user if the run sent all of its actions on the user again.

    Only the last request for an action decides what is known of it. Requests `without_effect` decide nothing, except
    for the users given, whom the run read afterwards.
    """
    is_open = {
        key: {str(action.user_id) for action in intents[key].actions} - after.keys()
        for key, after in roles_after.items()
    }
    if not any(is_open.values()):
        return
    resent: set[tuple[str, int, str, str]] = set()
    for key, intent in reversed(list(intents.items())):
        actions = [action for action in intent.actions if str(action.user_id) in is_open[key]]
        last = {str(action.user_id) for action in actions if (intent.run, *action[:3]) not in resent}
        roles_after[key].update((user_id, intent.before.get(user_id)) for user_id in is_open[key] - last)
        users = without_effect.get(key)
        resent.update(
            (intent.run, *action[:3]) for action in intent.actions if users is None or str(action.user_id) in users
        )


def action_result(action: SentAction, before: RolesById, after: RolesById) -> ActionResult:
    """Judge an action by the roles that its user had before the request, and is known to have had afterwards."""
    user_id = str(action.user_id)
    if user_id not in after:
        return ActionResult.UNKNOWN
    roles = after[user_id]
    if roles is None:
        return ActionResult.GONE
    adds = action.action == Action.ADD
    has_role, had_role = action.role in roles, action.role in (before.get(user_id) or ())
    took_effect = has_role == adds and had_role != adds
    return ActionResult.DONE if took_effect else ActionResult.NO_EFFECT
