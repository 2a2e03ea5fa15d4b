"""A run over a fleet in the terminal."""

from rolesync.model.fleet import AccountStatus, FleetVerdict, Night
from rolesync.report.terminal.fleet import night_view, origins_view
from tests.fleet.tools import result
from tests.report.terminal.screen import flat


def test_the_verdict_is_first_and_the_next_command_last() -> None:
    night = Night(
        "district",
        "r1",
        "sync",
        (result("a"), result("b", AccountStatus.BLOCKED, message="the same list")),
        {},
        (FleetVerdict("same_list", "The same list is set.", "correct it", ("b",)),),
        "3 of 5 accounts failed",
    )
    text = flat(night_view(night, command="rolesync fleet resume r1"))
    parts = ["STOPPED", "run r1", "The fleet stopped: 3 of 5", "(same_list)", "> correct it", "need a look (1)", "Next"]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert text.rstrip().endswith("rolesync fleet resume r1")


def test_a_run_that_is_not_recorded_says_so() -> None:
    text = flat(night_view(Night("district", "r1", "sync", (result("a"),), {}, unrecorded="disk full")))
    assert "This run is not recorded to its end: disk full" in text


def test_each_setting_has_its_origin() -> None:
    assert "chunk_size 50 defaults" in flat(origins_view([("chunk_size", "50", "defaults")]))
