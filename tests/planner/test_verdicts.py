"""What all guards share: a verdict with or without advice, and names that are counted beyond the first few."""

import pytest

from rolesync.model.plans import Verdict
from rolesync.model.vocabulary import VerdictStatus
from rolesync.planner.verdicts import advise, limited, name_some


def test_only_a_blocking_verdict_has_advice() -> None:
    passed = limited("rule", "Admin", blocked=False, measured="3 of 4", advice="look", limit=4, value=3)
    assert passed == Verdict("rule", VerdictStatus.PASS, "3 of 4", "Admin", 4, 3)
    blocked = limited("rule", "Admin", blocked=True, measured="5 of 4", advice="look", limit=4, value=5)
    assert blocked == Verdict("rule", VerdictStatus.BLOCK, "5 of 4: look", "Admin", 4, 5)


def test_advice_names_the_setting() -> None:
    assert (
        advise("max_removals")
        == "check the list; if it is right, change max_removals or override this plan by its digest"
    )


@pytest.mark.parametrize(
    ("number", "text"), [(0, ""), (2, "0, 1"), (5, "0, 1, 2, 3, 4"), (7, "0, 1, 2, 3, 4 and 2 more")]
)
def test_the_first_few_names_are_listed(number: int, text: str) -> None:
    assert name_some(map(str, range(number))) == text
