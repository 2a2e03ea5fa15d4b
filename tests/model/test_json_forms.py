from datetime import UTC, datetime, timedelta, timezone

from rolesync.model.json_forms import approval_json, source_json, time_json
from rolesync.model.lists import Source
from rolesync.model.plans import Approval, Released

AT = datetime(2026, 3, 1, 3, 30, tzinfo=timezone(timedelta(hours=1)))


def test_times_are_in_utc() -> None:
    assert time_json(AT) == "2026-03-01T02:30:00Z"
    assert time_json(datetime(2026, 3, 1, tzinfo=UTC)) == "2026-03-01T00:00:00Z"


def test_a_missing_value_is_null() -> None:
    source = {"path": "list.csv", "sha256": "ab", "rows": 7, "modified_at": None, "listed": {}, "undoes": None}
    assert source_json(Source("list.csv", "ab", 7)) == source
    assert source_json(Source("list.csv", "ab", 7, AT))["modified_at"] == "2026-03-01T02:30:00Z"
    assert approval_json(None) is None


def test_an_approval_keeps_the_keys_of_the_plan_file() -> None:
    approval = Approval(
        "Rita", "", AT, "remove 1, add 0", "d1", 2, (Released(7, "Admin"), Released(8, "Admin", "left"))
    )
    assert approval_json(approval) == {
        "reviewer": "Rita",
        "operator": None,
        "approved_at": "2026-03-01T02:30:00Z",
        "seen": "remove 1, add 0",
        "made_from": "d1",
        "excluded": 2,
        "released": [
            {"user_id": 7, "role": "Admin", "reason": None},
            {"user_id": 8, "role": "Admin", "reason": "left"},
        ],
    }
