"""The codes of reasons, which plan files and scripts rely on, and their sentences."""

from rolesync.model.reasons import REASONS, WAITING, HeldReason, Reason


def test_codes_stay_as_they_were_published() -> None:
    assert {reason.value for reason in Reason} >= {
        "listed",
        "not_listed",
        "listed_without_role",
        "no_email",
        "undo",
    }
    assert {reason.value for reason in HeldReason} >= {
        "not_in_studio",
        "ambiguous",
        "identity_mismatch",
        "already",
        "removals_held",
        "grace",
        "excluded",
    }


def test_every_reason_of_a_change_has_a_sentence_of_its_own() -> None:
    assert REASONS.keys() == set(Reason)
    assert len(set(REASONS.values())) == len(Reason)
    assert not [sentence for sentence in REASONS.values() if sentence.endswith(".") or "_" in sentence.split()[0]]


def test_only_reasons_of_held_rows_wait_for_a_reviewer() -> None:
    assert {"removals_held", "grace"} <= WAITING < set(HeldReason)
    assert not WAITING & {HeldReason.EXCLUDED, HeldReason.AMBIGUOUS, HeldReason.NOT_IN_STUDIO}
