"""The estimate of an apply against numbers worked out by hand, and the list of unknowns."""

from dataclasses import replace

import pandas as pd
import pytest

from rolesync.model.frames import CHANGES, frame
from rolesync.model.keys import format_roles
from rolesync.model.live import Requests
from rolesync.model.rehearsal import Latency, Stage
from rolesync.model.runs import Proof
from rolesync.workflows.rehearsal_estimate import Pace, estimate_stages, list_unknowns
from tests.report.samples import make_run

READ = Stage("reading", 9, 16, 0, 0.7, measured=True)


@pytest.mark.parametrize(
    ("pace", "rounds", "seconds"),
    [
        (Pace(1, 1), (9, 41), (0.9, 4.1)),
        (Pace(16, 1), (9, 5), (0.9, 0.5)),  # two first pages, then 39 by sixteen
        (Pace(16, 3), (6, 5), (0.6, 0.5)),  # no chunk of a wave waits, each wave does
        (Pace(16, 3, 10.0), (6, 5), (0.9, 4.1)),
        (Pace(16, 64), (5, 5), (0.5, 0.5)),
    ],
)
def test_waves_wait_for_each_other_and_first_pages_for_nobody(
    pace: Pace, rounds: tuple[int, int], seconds: tuple[float, float]
) -> None:
    run = replace(
        make_run(proof=Proof({"Admin": 9, "Teacher": 2000}, ())), requests=Requests({"put_roles": 9, "x": 41})
    )
    waves = [[range(2)] * 4, [range(2)], [range(2)] * 2]  # seven chunks; two more requests were needed
    first, writes, reads = estimate_stages(READ, run, waves, Latency(0.1, 30), pace)
    assert first is READ
    assert (writes.rounds, reads.rounds) == rounds
    assert (writes.seconds, reads.seconds) == pytest.approx(seconds)


def test_a_run_that_was_not_read_back_or_sent_nothing_has_no_rounds() -> None:
    run = replace(make_run(proof=None), requests=Requests({}))
    assert [(stage.rounds, stage.seconds) for stage in estimate_stages(READ, run, [], Latency.of([]), Pace(16, 1))] == [
        (0, 0.7),
        (0, 0.0),
        (0, 0.0),
    ]


def changes(*rows: tuple[str, str, list[str]]) -> pd.DataFrame:
    size = len(rows)
    data = {
        "user_id": range(1, size + 1),
        "email": [""] * size,
        "name": [""] * size,
        "action": [action for action, _, _ in rows],
        "role": [role for _, role, _ in rows],
        "reason": ["listed"] * size,
        "row": [2] * size,
        "before": [format_roles(before) for *_, before in rows],
    }
    return frame(CHANGES, data)


def test_only_unknowns_that_concern_the_plan_are_listed() -> None:
    assert list_unknowns(frame(CHANGES), 50, exclusive=False) == ()
    of_any_plan = list_unknowns(changes(("add", "Teacher", ["Admin"])), 50, exclusive=False)
    assert len(of_any_plan) == 3  # one action is accepted
    rows = (
        ("add", "Admin", ["Subaccount admin", "Teacher"]),
        ("add", "Admin", ["Teacher"]),
        ("add", "Subaccount admin", ["Admin"]),
        ("remove", "Admin", ["Admin"]),
        ("remove", "Teacher", ["Teacher"]),
    )
    *_, admin, subaccount, returning = list_unknowns(changes(*rows), 2, exclusive=False)
    assert "adding Admin removes Subaccount admin (1 user holds it), as in Studio's web interface" in admin
    assert "To rehearse that it does, add --exclusive-admin" in admin
    assert "adding Subaccount admin removes Admin" in subaccount
    assert "1 lose it here" in returning
    assert (
        "(1 user holds it). In this copy it did; in Studio it may not"
        in list_unknowns(changes(*rows), 2, exclusive=True)[-3]
    )
