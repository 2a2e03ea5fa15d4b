from rolesync.model.runs import Check
from rolesync.model.vocabulary import VerdictStatus
from rolesync.report.terminal.doctor import checks_view
from tests.report.samples import CHECKS, HOSTILE
from tests.report.terminal.screen import flat, show


def test_each_check_has_its_word_and_hint_and_the_banner_counts() -> None:
    text = flat(checks_view(CHECKS))
    assert "ok token Studio takes the token." in text
    assert "warning owner No owner is set. > Set ROLESYNC_OWNER to the token owner's address." in text
    assert "failed state folder The folder can't be written. > Give its owner the right to write." in text
    assert "NOT READY 3 checks: 1 failed, 1 warning." in text
    assert text.index("failed state folder") < text.index("warning owner") < text.index("ok token")


def test_hostile_text_stays_in_its_place() -> None:
    checks = [Check(text, VerdictStatus.BLOCK, text, text) for text in HOSTILE]
    assert show(checks_view(checks), 60).count("failed") == len(HOSTILE) + 1
