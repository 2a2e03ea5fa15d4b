"""When a user counts as known."""

import pytest

from rolesync.model.explanation import Explanation, ListedRow, PastAbsence, PastChange, PastDecision, PersonNow

CHANGE = PastChange("r1", "2026-11-02T02:30:00Z", 7, "ann@example.edu", "add", "Admin", 2, "done", "list.csv", "")
ABSENCE = PastAbsence("r1", "2026-11-02T02:30:00Z", 7, "Admin")
DECISION = PastDecision("r1", "2026-11-02T02:30:00Z", 7, "", "remove", "Admin", "released", "", "Rita Levi")


@pytest.mark.parametrize(
    "explanation",
    [
        Explanation("ann", changes=(CHANGE,)),
        Explanation("ann", absences=(ABSENCE,)),
        Explanation("ann", decisions=(DECISION,)),
        Explanation("ann", rows=(ListedRow(2, "Admin", "ann@example.edu", 0),)),
        Explanation("ann", now=(PersonNow(7, "ann@example.edu", "Ann", ()),)),
    ],
    ids=["change", "absence", "decision", "row", "live"],
)
def test_a_trace_in_any_source_makes_a_user_known(explanation: Explanation) -> None:
    assert explanation.known


def test_a_user_without_a_trace_is_unknown_also_after_list_and_studio_were_read() -> None:
    assert not Explanation("ann").known
    assert not Explanation("ann", list_status="ok", now=(), steps=()).known
