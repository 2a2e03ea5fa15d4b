from datetime import UTC, datetime

from rolesync.history.run_id import new_run_id


def test_run_ids_sort_by_time_and_are_unique() -> None:
    early, late = datetime(2026, 3, 1, 2, tzinfo=UTC), datetime(2026, 3, 1, 3, tzinfo=UTC)
    ids = [new_run_id(early), new_run_id(early), new_run_id(late)]
    assert len(set(ids)) == len(ids)
    assert max(ids[:2]) < ids[2]
