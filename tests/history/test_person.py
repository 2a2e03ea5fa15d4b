from pathlib import Path
from typing import Any

from rolesync.history.events import Intent, Outcome, PlanMade, Recovered, Reread, SentAction
from rolesync.history.person import events_about, last_changes, user_ids_of_email
from rolesync.history.run_effects import ActionResult, sent_actions
from tests.audit.tools import opened


def action(user_id: int, email: str) -> dict[str, Any]:
    return {"user_id": user_id, "email": email, "action": "add", "role": "Admin", "row": user_id + 1}


def two_years(folder: Path) -> Path:
    """Ada is user 1, under two addresses one after the other; user 2 has her earlier one later."""
    with opened(folder, max_bytes=600) as record:
        record.append("plan", run="a", source={"path": "list.csv", "sha256": "ab"}, status="planned")
        actions = [action(1, "Ada@x.edu"), action(3, "else@x.edu")]
        record.append("intent", run="a", chunk=1, request=1, actions=actions, before={"1": [], "3": []})
        record.append("outcome", run="a", chunk=1, request=1, status="unknown", after={}, error="", seconds=1.0)
        record.append("intent", run="a", chunk=2, request=2, actions=[action(3, "else@x.edu")], before={"3": []})
        record.append("outcome", run="a", chunk=2, request=2, status=200, after={"3": []}, error="", seconds=1.0)
        record.append("intent", run="b", chunk=1, request=1, actions=[action(1, "ada.l@x.edu")], before={"1": []})
        record.append("recovered", run="b", chunk=1, request=1, after={"1": None})
        record.append("reread", run="a", chunk=1, request=1, after={"1": ["Admin"], "3": []})
        record.append("intent", run="c", chunk=1, request=1, actions=[action(2, "ada@x.edu")], before={"2": []})
    return folder


def test_an_address_is_compared_by_its_key_and_may_have_meant_several(folder: Path) -> None:
    two_years(folder)
    assert set(user_ids_of_email(folder, "ADA@X.edu")) == {1, 2}
    assert set(user_ids_of_email(folder, "ada.l@x.edu")) == {1}
    assert set(user_ids_of_email(folder, "nobody@x.edu")) == set()


def test_all_events_about_a_user_are_read_over_all_files(folder: Path) -> None:
    two_years(folder)
    assert len(list(folder.glob("audit-*.jsonl"))) > 1
    events = list(events_about(folder, {1}))
    assert [(type(event), event.run) for event in events] == [
        (PlanMade, "a"),
        (Intent, "a"),
        (Outcome, "a"),
        (Intent, "b"),
        (Recovered, "b"),
        (Reread, "a"),
    ]
    assert isinstance(events[1], Intent)
    assert events[1].actions == (SentAction(**action(1, "Ada@x.edu")),)
    results = [(effect.run, effect.email, result) for effect, result in sent_actions(events)]
    assert results == [("a", "Ada@x.edu", ActionResult.DONE), ("b", "ada.l@x.edu", ActionResult.GONE)]
    assert [type(event) for event in events_about(folder, {9})] == [PlanMade]
    assert [how for _, how in sent_actions(events_about(folder, {2}))] == [ActionResult.UNKNOWN]


def test_an_empty_record_has_no_user(folder: Path) -> None:
    assert set(user_ids_of_email(folder, "ada@x.edu")) == set()
    assert list(events_about(folder, {1})) == []


def test_the_last_run_that_touched_a_user_is_returned_with_all_its_changes(folder: Path) -> None:
    two_years(folder)
    changes_by_user = last_changes(folder, {1, 2, 3, 9})
    sent = {
        user: [(change.run, change.row, change.outcome, change.source) for change in changes]
        for user, changes in changes_by_user.items()
    }
    assert sent == {
        1: [("b", 2, "gone", "")],
        2: [("c", 3, "unknown", "")],
        3: [("a", 4, "no_effect", "list.csv"), ("a", 4, "no_effect", "list.csv")],
    }
    assert last_changes(folder / "nowhere", {1}) == {}
