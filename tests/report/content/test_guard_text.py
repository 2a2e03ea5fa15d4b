"""Guards in sentences: what each allows, and what the plan would do."""

import pytest

from rolesync.model.plans import Verdict
from rolesync.model.vocabulary import VerdictStatus
from rolesync.report.content.guard_text import guard_advice, guard_sentence
from tests.report.samples import make_plan


@pytest.mark.parametrize(
    ("rule", "limit", "value", "sentence"),
    [
        ("max_removals", 50, 61, "At most 50 users may lose Admin: 61 would"),
        ("min_holders", 1, 0, "At least 1 holder of Admin must remain: 0 would"),
        (
            "max_shrink_share",
            0.5,
            1.0,
            "The list may be at most 50% shorter than the list last applied: it is 100% sho",
        ),
        ("max_shrink_share", 0.5, None, "The list may be at most 50% shorter than the list last applied"),
        (
            "max_shrink_share",
            1.0,
            0.6,
            "The list may be shorter than the list last applied by any share: it is 60% sho",
        ),
        ("max_removals_share", 1.0, 0.6, "Any number of the holders of Admin may be removed: "),
        ("max_age_hours", 26, 40.5, "The list may be at most 26 hours old: it is 40.5 hours old"),
        ("max_age_hours", 1, 0.002, "The list may be at most 1 hour old: it is less than an hour old"),
        ("max_age_hours", 26, -2.0, "The list may be at most 26 hours old: it was changed 2 hours in the future"),
        ("max_age_hours", 26, None, "The list may be at most 26 hours old: its age is unknown"),
        ("max_age_hours", None, 3, "The list may have any age"),
        ("a_later_rule", 2, 3, "a_later_rule (Admin): limit 2, this plan 3"),
        ("a_later_rule", None, None, "a_later_rule (Admin)"),
    ],
)
def test_a_guard_is_a_sentence(rule: str, limit: float | None, value: float | None, sentence: str) -> None:
    verdict = Verdict(rule, VerdictStatus.BLOCK, "why", "Admin", limit, value)
    assert guard_sentence(make_plan(), verdict).startswith(sentence)


def test_the_share_is_given_in_users() -> None:
    verdict = Verdict("max_removals_share", VerdictStatus.BLOCK, "", "Admin", 0.25, 0.6)
    before = next(count.before for count in make_plan().roles if count.role == "Admin")
    sentence = f"At most 25% of the holders of Admin may be removed: {round(before * 0.6)} of {before:,} would be"
    assert guard_sentence(make_plan(), verdict) == sentence


def test_the_advice_repeats_neither_the_numbers_nor_the_override() -> None:
    message = (
        "removals of Admin: 61, at most 50 allowed: check the list; if it is right, change x or override this plan"
    )
    verdict = Verdict("max_removals", VerdictStatus.BLOCK, f"{message} by its digest", "Admin", 50, 61)
    assert guard_advice(verdict) == "check the list; if it is right, change x"


def test_the_advice_keeps_who_is_concerned() -> None:
    message = "the token's owner would lose Admin of a@example.edu (7), which is never allowed: list the owner"
    assert guard_advice(Verdict("owner", VerdictStatus.BLOCK, message)) == message
    rival = (
        "removals of Admin: 9, of these 3 because of additions of Subaccount admin, at most 5 allowed: check the list"
    )
    assert guard_advice(Verdict("max_removals", VerdictStatus.BLOCK, rival, "Admin", 5, 9)) == rival
