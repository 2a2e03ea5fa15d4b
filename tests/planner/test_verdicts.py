"""What all guards share: a verdict with or without advice."""

from rolesync.model.plans import Verdict
from rolesync.model.vocabulary import VerdictStatus
from rolesync.planner.verdicts import advise, format_share, limited


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
    assert (
        advise("max_removals", is_undo=True)
        == "check each change of the undo; if all are right, override this plan by its digest"
    )


def test_a_share_has_only_the_digits_that_it_needs() -> None:
    shares = (0, 0.25, 0.2504, 1 / 3, 1, 12)
    assert [format_share(share) for share in shares] == ["0%", "25%", "25.04%", "33.33%", "100%", "1,200%"]
