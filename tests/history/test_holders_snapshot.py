"""Who held the roles when a run last looked, and what rolesync itself has done since."""

import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rolesync.errors import RecordError
from rolesync.history.earlier_runs import load_earlier_runs
from rolesync.history.holders_snapshot import NAME, expected_holders, save_holders
from rolesync.model.frames import CHANGES, HELD, frame
from rolesync.model.history import ExpectedHolders
from rolesync.model.live import Live, Requests
from rolesync.model.plans import Changes, Plan, Policy
from rolesync.model.vocabulary import Mode
from rolesync.planner.build import make_plan
from tests.audit.tools import opened
from tests.history.test_earlier_runs import send
from tests.strategies import CREATED_AT, SOURCE, User, live_of

PEOPLE = [
    User(1, "Ann@example.edu", "Ann", frozenset({"Admin", "Teacher"})),
    User(2, "", "Bo", frozenset({"Admin"})),
    User(3, "half \ud83d", "C", frozenset({"Student"})),
]
LIVE = Live(live_of(PEOPLE).users, ("Admin", "Observer"))

FORMER = {1: "ann.smith@example.edu"}


def plan_of(*held: tuple[Any, ...], mode: Mode = Mode.SYNC, undoes: str = "") -> Plan:
    rows = {name: [row[at] for row in held] for at, name in enumerate(HELD)}
    return make_plan(
        account="https://school.example.com",
        created_at=CREATED_AT,
        source=replace(SOURCE, undoes=undoes),
        policy=Policy(mode=mode),
        changes=Changes(frame(CHANGES), frame(HELD, rows), ()),
        verdicts=(),
        findings=(),
        requests=Requests({}),
    )


def kept(folder: Path, run: str = "r1", plan: Plan | None = None, live: Live = LIVE) -> None:
    earlier = load_earlier_runs(folder)
    with opened(folder) as record:
        send(record, run)
        save_holders(record, run, live, plan or plan_of(), earlier)


def test_the_saved_holders_are_expected(folder: Path) -> None:
    assert expected_holders(load_earlier_runs(folder)) is None
    kept(folder)
    holders = {"Admin": {1: "Ann@example.edu", 2: ""}, "Observer": {}}
    assert expected_holders(load_earlier_runs(folder)) == ExpectedHolders("r1", holders)
    assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o600


def test_later_changes_by_rolesync_are_expected(folder: Path) -> None:
    kept(folder)
    with opened(folder) as record:
        send(record, "r2", (3, "add", True), (2, "remove", True), (1, "remove", False))
    holders = expected_holders(load_earlier_runs(folder))
    assert holders is not None
    assert holders.holders["Admin"] == {1: "Ann@example.edu", 3: ""}
    assert holders.doubtful == frozenset()


def test_nothing_is_expected_of_a_user_in_doubt(folder: Path) -> None:
    kept(folder)
    with opened(folder) as record:
        send(record, "r2", (2, "remove", True))
        sent = {"user_id": 1, "action": "remove", "role": "Admin", "email": "", "row": 2}
        record.append("intent", run="r2", chunk=2, request=2, actions=[sent], before={"1": ["Admin"]})
    holders = expected_holders(load_earlier_runs(folder))
    assert holders is not None
    assert holders.doubtful == frozenset({1})
    assert holders.holders["Admin"] == {1: "Ann@example.edu"}


def test_the_snapshot_before_counts_until_the_next_is_in_its_place(folder: Path) -> None:
    kept(folder)
    before = (folder / NAME).read_bytes()
    kept(folder, "r2")
    (folder / NAME).write_bytes(before)
    holders = expected_holders(load_earlier_runs(folder))
    assert holders is not None
    assert holders.since == "r1"


def test_a_snapshot_that_no_run_wrote_is_ignored(folder: Path) -> None:
    kept(folder)
    (folder / NAME).write_bytes((folder / NAME).read_bytes().replace(b"[1,2]", b"[1,9]"))
    assert expected_holders(load_earlier_runs(folder)) is None


def test_a_former_address_is_kept_until_a_list_of_all_holders_has_no_use_for_it(folder: Path) -> None:
    held = [
        (2, FORMER[1], 1, "Admin", "add", "renamed", "correct the row"),
        (0, "ann.jones@example.edu", 1, "Admin", "remove", "renamed", "correct the row"),
        (4, "cy@example.edu", 0, "Admin", "add", "not_in_studio", "not yet"),
    ]
    for number, (plan, former) in enumerate(
        [
            (plan_of(*held), FORMER),
            (plan_of(mode=Mode.ADDITIVE), FORMER),
            (plan_of(undoes="r2"), FORMER),
            (plan_of(*held[1:]), {}),
            (plan_of(undoes="r4"), {}),
        ]
    ):
        kept(folder, f"r{number}", plan)
        expected = expected_holders(load_earlier_runs(folder))
        assert expected is not None
        assert expected.former == former


def test_a_former_address_is_kept_while_its_user_holds_no_role(folder: Path) -> None:
    kept(folder)
    plan = plan_of((2, "ann@example.edu", 0, "Admin", "add", "not_in_studio", "not yet"))
    for run in ("r2", "r3"):
        kept(folder, run, plan, Live(live_of(PEOPLE[1:]).users, LIVE.roles))
        expected = expected_holders(load_earlier_runs(folder))
        assert expected is not None
        assert expected.former == {1: "ann@example.edu"}


def test_former_addresses_of_a_changed_snapshot_are_not_kept(folder: Path) -> None:
    kept(folder, plan=plan_of((2, FORMER[1], 1, "Admin", "add", "renamed", "correct the row")))
    (folder / NAME).write_bytes((folder / NAME).read_bytes()[:20])
    kept(folder, "r2", plan_of(mode=Mode.ADDITIVE))
    expected = expected_holders(load_earlier_runs(folder))
    assert expected is not None
    assert expected.former == {}


def test_a_snapshot_that_cannot_be_read_is_an_error(folder: Path) -> None:
    kept(folder)
    (folder / NAME).unlink()
    (folder / NAME).mkdir()
    with pytest.raises(RecordError, match="holders"):
        expected_holders(load_earlier_runs(folder))
