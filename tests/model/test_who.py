"""An access review."""

from rolesync.model.who import AccessReview, Evidence, Holder, HolderStatus, Origin, RunFacts


def test_holders_are_chosen_by_status_and_role() -> None:
    shown = Evidence("", True, Origin.UNKNOWN)
    held, other, lost = (
        Holder(status, role, 1, "", "", shown, RunFacts())
        for status, role in ((HolderStatus.HOLDS, "A"), (HolderStatus.HOLDS, "B"), (HolderStatus.LOST, "A"))
    )
    review = AccessReview("https://x", ("A", "B"), "", "", (held, other, lost))
    assert review.of(HolderStatus.HOLDS) == (held, other)
    assert review.of(HolderStatus.HOLDS, "A") == (held,)
    assert review.of(HolderStatus.UNCLEAR) == ()
