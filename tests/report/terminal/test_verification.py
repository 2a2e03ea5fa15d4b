from rolesync.model.verification import APPENDED_BYTES, FirstBadRecord, Verification
from rolesync.report.terminal.verification import verification_view
from tests.report.samples import HOSTILE
from tests.report.terminal.screen import flat, show

FOLDER = "state/school"


def test_a_whole_record() -> None:
    text = flat(verification_view(Verification(1_200, None, "", ()), FOLDER))
    assert "folder state/school good 1,200 records from the beginning" in text
    assert "WHOLE 1,200 records, none changed or missing." in text
    assert "head matches the record" in text
    assert "What to do Nothing. To detect a record that was rewritten" in text
    assert "Notices" not in text
    assert "first bad" not in text


def test_the_remains_of_a_crash_are_a_notice_and_no_fault() -> None:
    text = flat(verification_view(Verification(2, None, "", ("record 2 explains 7 bytes",)), FOLDER))
    assert "WHOLE 2 records, none changed or missing. " in text
    assert "Notices record 2 explains 7 bytes What to do Nothing." in text


def test_records_that_could_not_be_checked_are_not_called_intact() -> None:
    text = flat(verification_view(Verification(7, None, "", ("records 6 to 7: sealed",), 2), FOLDER))
    assert "NOT ALL CHECKED 2 of 7 records could not be checked; the others are intact." in text
    assert "as it was written" not in text
    assert "Set audit_key to the key that seals these records, then verify again." in text


def test_a_broken_record_shows_the_place_and_the_reason() -> None:
    result = Verification(
        6, FirstBadRecord(7, 7, "its hash is not that of its bytes"), "the head names record 9", ("torn line",)
    )
    text = flat(verification_view(result, FOLDER))
    assert "BROKEN The record was changed after it was written." in text
    assert (
        "good 6 records from the beginning first bad audit.jsonl, line 7, record 7: its hash is not that of its bytes"
        in text
    )
    assert "head the head names record 9" in text
    assert "Notices torn line" in text
    assert "1. Copy the folder before" in text
    assert "trust only the records up to number 6" in text
    assert "3. Then rename it, for example to school.broken" in text
    assert "Nothing. To detect" not in text
    assert "WHOLE" not in text


def test_the_file_of_the_first_bad_place_is_named() -> None:
    result = Verification(6, FirstBadRecord(2, 7, "moved", "audit-000000000006.jsonl"), "", ())
    assert "first bad audit-000000000006.jsonl, line 2, record 7: moved" in flat(verification_view(result, FOLDER))


def test_a_cut_tail_alone_is_broken() -> None:
    text = flat(verification_view(Verification(6, None, "the tail is cut", ()), FOLDER))
    assert "head the tail is cut" in text
    assert "BROKEN" in text
    assert "first bad" not in text


def test_a_record_that_is_bad_from_its_first_line_cannot_be_trusted() -> None:
    text = flat(verification_view(Verification(0, FirstBadRecord(1, 1, "no whole record"), "", ()), FOLDER))
    assert "good 0 records from the beginning first bad audit.jsonl, line 1, record 1: no whole record head" in text
    assert "trust no record in it" in text


def test_hostile_text_stays_in_its_place() -> None:
    for text in HOSTILE:
        result = Verification(1, FirstBadRecord(1, 1, text), text, (text,))
        assert "BROKEN" in show(verification_view(result, text), 60)


def test_appended_bytes_are_called_what_they_are() -> None:
    bad = FirstBadRecord(8, 8, "10 bytes were appended after record 7, and are not a record", code=APPENDED_BYTES)
    output = flat(verification_view(Verification(7, bad, "", ()), FOLDER))
    assert "APPENDED BYTES" in output
    assert "10 bytes were appended after record 7" in output
    assert "the next run goes on" in output
    assert "BROKEN" not in output
