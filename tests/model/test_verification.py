"""When a checked record counts as whole."""

from rolesync.model.verification import FirstBadRecord, Verification

WHOLE = Verification(3, None, "", ())


def test_a_record_is_whole_only_if_records_and_head_are() -> None:
    assert (WHOLE.ok, WHOLE.head_ok) == (True, True)
    changed = Verification(1, FirstBadRecord(2, 2, "its hash doesn't fit"), "", ())
    assert (changed.ok, changed.head_ok) == (False, True)
    cut = Verification(3, None, "the head names 5 records", ())
    assert (cut.ok, cut.head_ok) == (False, False)


def test_notices_and_records_that_could_not_be_checked_break_nothing() -> None:
    assert Verification(3, None, "", ("the last line is cut",), unchecked=2).ok
