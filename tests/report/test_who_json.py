"""An access review as JSON."""

from rolesync.report.who_json import who_json
from tests.report.reviews import AS_OF, REVIEW


def test_each_holder_has_origin_and_times() -> None:
    shown = who_json(REVIEW)
    assert (shown["as_of"], shown["roles"]["Admin"]["counted"]) == (None, 9)
    assert shown["roles"]["Admin"]["last"]["run"] == "r2"
    by_run, undo, by_others, *_ = shown["holders"]
    assert (by_run["origin"], by_run["run"], by_run["row"], by_run["list"]) == ("run", "r1", 12, "team.csv")
    assert (by_run["reviewer"], by_run["not_before"]) == ("Rita Levi", None)
    assert (undo["undoes"], undo["list"], undo["row"]) == ("r0", None, None)
    assert (by_others["origin"], by_others["reviewer"]) == ("other_hands", None)
    assert by_others["not_before"].startswith("2026-05-01")
    assert who_json(AS_OF)["as_of"] == "2026-05-02"
