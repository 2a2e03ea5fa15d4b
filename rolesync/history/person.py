"""What the record holds of one person: whom an address has meant, and every record that is about them."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from rolesync.history.effects import sent_actions
from rolesync.history.runs import read_events
from rolesync.model.explanation import PastChange, PastDecision
from rolesync.model.keys import email_key
from rolesync.model.vocabulary import Action


def user_ids_of_email(folder: Path, address: str, *, key: str = "") -> Iterator[int]:
    """Yield the ids of all to whom changes were sent under this address, compared by `email_key`; some of them often.

    So are the ids of those whose changes a reviewer took out of a plan.

    Raises:
        RecordError, RecordBrokenError: as `read`.
    """
    wanted = email_key(address)
    for record in read_events(folder, {b"run.start", b"intent"}, key):
        for action in record["actions"] if record["event"] == "intent" else _excluded(record):
            if email_key(action["email"]) == wanted:
                yield action["user_id"]


def records_about(folder: Path, user_ids: Collection[int], *, key: str = "") -> Iterator[dict[str, Any]]:
    """Yield every request that was about these people, its intent holding only their actions, and what came of it.

    Besides, every `plan` and `run.start`, since they say from which list a run was made.

    Raises:
        RecordError, RecordBrokenError: as `read`.
    """
    requests: set[tuple[str, int]] = set()
    for record in read_events(folder, {b"plan", b"run.start", b"intent", b"outcome", b"reread", b"recovered"}, key):
        if record["event"] in {"plan", "run.start"}:
            yield record
        elif record["event"] == "intent":
            actions = [action for action in record["actions"] if action["user_id"] in user_ids]
            if actions:
                requests.add((record["run"], record["request"]))
                yield {**record, "actions": actions}
        elif (record["run"], record["request"]) in requests:
            yield record


def past_changes(records: Iterable[Mapping[str, Any]]) -> Iterator[PastChange]:
    """Yield every change that was sent, with what came of it and the list that it was made from, in order.

    Args:
        records: of some people, as `records_about` yields them.
    """
    sources: dict[str, Mapping[str, Any]] = {}
    reviewers: dict[str, str] = {}
    requests = []
    for record in records:
        source = record.get("source")
        if source:
            sources[record["run"]] = source if isinstance(source, dict) else {"path": source}
        if record.get("approval"):
            reviewers[record["run"]] = record["approval"]["reviewer"]
        if record["event"] not in {"plan", "run.start"}:
            requests.append(record)
    for effect, came in sent_actions(requests):
        source = sources.get(effect.run, {})
        yield PastChange(
            run=effect.run,
            time=effect.time,
            user_id=effect.user_id,
            email=effect.email,
            action=effect.action.value,
            role=effect.role,
            row=effect.row,
            outcome=came.value,
            source=source.get("path", ""),
            sha256=source.get("sha256", ""),
            approved_by=reviewers.get(effect.run, ""),
        )


def past_decisions(records: Iterable[Mapping[str, Any]], user_ids: Collection[int]) -> Iterator[PastDecision]:
    """Yield what reviewers decided about these people otherwise than planned; of each approved plan once, in order.

    Args:
        records: of these people, as `records_about` yields them.
        user_ids: whom it is about.
    """
    told: set[str] = set()
    for record in records:
        approval = record.get("approval")
        if not approval or record["digest"] in told:
            continue
        told.add(record["digest"])
        kinds: tuple[tuple[Literal["excluded", "released"], Iterable[Mapping[str, Any]]], ...] = (
            ("excluded", _excluded(record)),
            ("released", approval["released"]),
        )
        for kind, one in ((kind, one) for kind, decided in kinds for one in decided if one["user_id"] in user_ids):
            yield PastDecision(
                run=record["run"],
                time=approval["approved_at"],
                user_id=one["user_id"],
                email=one.get("email", ""),
                action=one.get("action", Action.REMOVE.value),
                role=one["role"],
                decision=kind,
                reason=one["reason"] or "",
                reviewer=approval["reviewer"],
            )


def _excluded(record: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    found: Iterable[Mapping[str, Any]] = (record.get("approval") or {}).get("excluded_changes", ())
    return found


def last_changes(folder: Path, user_ids: Collection[int], *, key: str = "") -> dict[int, list[PastChange]]:
    """Find by user id what the last run that touched somebody sent; who was never touched is not in it.

    Raises:
        RecordError, RecordBrokenError: as `read`.
    """
    found: dict[int, list[PastChange]] = {}
    for change in past_changes(records_about(folder, user_ids, key=key)):
        known = found.get(change.user_id, [])
        found[change.user_id] = [*(known if known and known[0].run == change.run else ()), change]
    return found
