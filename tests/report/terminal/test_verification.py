from dataclasses import asdict
from pathlib import Path

from rolesync.audit import Bad, Verification
from rolesync.report.terminal import verification_view
from tests.report.samples import HOSTILE
from tests.report.terminal.screen import flat, show

FOLDER = Path("state/school")


def test_a_whole_record() -> None:
    text = flat(verification_view(asdict(Verification(1_200, None, "", ())), FOLDER))
    assert "folder state/school good 1,200 records from the beginning" in text
    assert "WHOLE 1,200 records, each as it was written." in text
    assert "Worth knowing" not in text


def test_a_broken_record_says_where_and_why() -> None:
    found = Verification(6, Bad(7, 7, "its hash is not that of its bytes"), "the head names record 9", ("torn line",))
    text = flat(verification_view(asdict(found), FOLDER))
    assert "BROKEN This is not the record that was written." in text
    assert "good 6 records from the beginning broken line 7, record 7: its hash is not that of its bytes" in text
    assert "head the head names record 9" in text
    assert "Worth knowing, but no fault torn line" in text
    assert "WHOLE" not in text


def test_a_cut_tail_alone_is_broken() -> None:
    assert "BROKEN" in flat(verification_view(asdict(Verification(6, None, "the tail is cut", ())), FOLDER))


def test_hostile_text_stays_in_its_place() -> None:
    for text in HOSTILE:
        found = Verification(1, Bad(1, 1, text), text, (text,))
        assert "BROKEN" in show(verification_view(asdict(found), Path("x")), 60)
