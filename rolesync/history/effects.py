"""What one run really did, told from its records alone: the basis of `undo`, of resuming after a crash, and of tests.

A request's answer, or else the read that followed it, says which of its actions took effect. Where neither was written
down, because the run was killed or Studio stayed away, the request is open: only Studio can tell.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rolesync.model.history import Effect
from rolesync.model.request_effect import RequestEffect, effect_of_status
from rolesync.model.vocabulary import Action


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A request of which nobody knows what it did."""

    run: str
    chunk: int
    request: int
    user_ids: tuple[int, ...]


class ActionResult(StrEnum):
    """What came of an action that was sent: `gone` is who was no longer in Studio, `unknown` was never found out."""

    DONE = "done"
    NO_EFFECT = "no_effect"
    GONE = "gone"
    UNKNOWN = "unknown"


def effects(records: Iterable[Mapping[str, Any]]) -> list[Effect]:
    """List what took effect, in the order in which it was sent.

    Args:
        records: of one run or of several, in order.
    """
    return [effect for effect, came in sent_actions(records) if came is ActionResult.DONE]


def sent_actions(records: Iterable[Mapping[str, Any]]) -> list[tuple[Effect, ActionResult]]:
    """List everything that was sent, each time it was, with what came of it."""
    return [
        (
            Effect(
                one["user_id"],
                one["email"],
                Action(one["action"]),
                one["role"],
                one["row"],
                intent["run"],
                intent["time"],
            ),
            action_result(one, intent["before"], held),
        )
        for intent, held in requests_of(records)
        for one in intent["actions"]
    ]


def all_role_changes(records: Iterable[Mapping[str, Any]]) -> list[Effect]:
    """List what took effect, and what Studio did besides: giving one role, it may take another.

    That is told by the difference between the roles before a request and those in its answer; a read that had to
    follow instead shows the managed roles of its time only, so that nothing is concluded from it.
    """
    kept = list(records)
    found = effects(kept)
    answers = {
        (record["run"], record["request"]): record["after"]
        for record in kept
        if record["event"] == "outcome" and effect_of_status(record["status"]) is RequestEffect.APPLIED
    }
    for intent, _ in requests_of(kept):
        for user, after in answers.get((intent["run"], intent["request"]), {}).items():
            asked = [one for one in intent["actions"] if str(one["user_id"]) == user]
            besides = set(after).symmetric_difference(intent["before"].get(user, after))
            for role in sorted(besides - {one["role"] for one in asked}) if asked else ():
                action = Action.ADD if role in after else Action.REMOVE
                email, run, time = asked[0]["email"], intent["run"], intent["time"]
                found.append(Effect(int(user), email, action, role, 0, run, time))
    return found


def open_requests(records: Iterable[Mapping[str, Any]]) -> list[OpenRequest]:
    """List the requests of which some action's effect was never written down, in order."""
    return [
        OpenRequest(intent["run"], intent["chunk"], intent["request"], tuple(users))
        for intent, held in requests_of(records)
        if (users := sorted({one["user_id"] for one in intent["actions"]} - {int(user) for user in held}))
    ]


def last_seen(records: Iterable[Mapping[str, Any]]) -> dict[int, list[str] | None]:
    """Say how runs have left the people that they touched: role names by user id, None for whoever was gone.

    Of a role that no request was about, and of somebody whose last request is open, this may not tell.
    """
    seen: dict[int, list[str] | None] = {}
    for intent, held in requests_of(records):
        for user in {str(one["user_id"]) for one in intent["actions"]}:
            seen.pop(int(user), None)
            if user in held:
                seen[int(user)] = held[user]
    return seen


def requests_of(records: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    """Yield each intent with what is known of its users afterwards: role names by id, None for whoever was gone."""
    intents: dict[tuple[str, int], Mapping[str, Any]] = {}
    known: dict[tuple[str, int], dict[str, Any]] = {}
    for record in records:
        key = (record.get("run", ""), record.get("request", 0))
        if record["event"] == "intent":
            intents[key], known[key] = record, {}
        elif record["event"] == "outcome" and effect_of_status(record["status"]) is RequestEffect.NOTHING_DONE:
            known[key].update(intents[key]["before"])
        elif record["event"] in {"outcome", "reread", "recovered"}:
            known[key].update(record["after"])
    for key, intent in intents.items():
        yield intent, known[key]


def action_result(one: Mapping[str, Any], before: Mapping[str, list[str]], held: Mapping[str, Any]) -> ActionResult:
    """Say what came of an action, by the roles that its people had before its request and are known to have after."""
    user = str(one["user_id"])
    if user not in held:
        return ActionResult.UNKNOWN
    after = held[user]
    if after is None:
        return ActionResult.GONE
    wanted = one["action"] == Action.ADD
    took = (one["role"] in after) == wanted and (one["role"] in before.get(user, ())) != wanted
    return ActionResult.DONE if took else ActionResult.NO_EFFECT
