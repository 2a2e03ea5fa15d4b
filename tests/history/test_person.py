from pathlib import Path
from typing import Any

from rolesync.history.effects import ActionResult, sent_actions
from rolesync.history.person import last_changes, records_about, user_ids_of_email
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


def test_what_is_about_a_person_is_found_over_all_files_with_what_came_of_it(folder: Path) -> None:
    two_years(folder)
    assert len(list(folder.glob("audit-*.jsonl"))) > 1
    found = list(records_about(folder, {1}))
    assert [(one["event"], one["run"]) for one in found] == [
        ("plan", "a"),
        ("intent", "a"),
        ("outcome", "a"),
        ("intent", "b"),
        ("recovered", "b"),
        ("reread", "a"),
    ]
    assert found[1]["actions"] == [action(1, "Ada@x.edu")]
    came = [
        (effect.run, effect.email, how) for effect, how in sent_actions(one for one in found if one["event"] != "plan")
    ]
    assert came == [("a", "Ada@x.edu", ActionResult.DONE), ("b", "ada.l@x.edu", ActionResult.GONE)]
    assert [one["event"] for one in records_about(folder, {9})] == ["plan"]
    assert [how for _, how in sent_actions(records_about(folder, {2}))] == [ActionResult.UNKNOWN]


def test_no_record_knows_nobody(folder: Path) -> None:
    assert set(user_ids_of_email(folder, "ada@x.edu")) == set()
    assert list(records_about(folder, {1})) == []


def test_the_last_run_that_touched_somebody_is_told_with_all_it_sent(folder: Path) -> None:
    two_years(folder)
    found = last_changes(folder, {1, 2, 3, 9})
    told = {
        user: [(one.run, one.row, one.outcome, one.source) for one in sent_actions]
        for user, sent_actions in found.items()
    }
    assert told == {
        1: [("b", 2, "gone", "")],
        2: [("c", 3, "unknown", "")],
        3: [("a", 4, "no_effect", "list.csv"), ("a", 4, "no_effect", "list.csv")],
    }
    assert last_changes(folder / "nowhere", {1}) == {}
