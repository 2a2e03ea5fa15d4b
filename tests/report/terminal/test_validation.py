import pytest

from rolesync.model.findings import Finding
from rolesync.model.vocabulary import Level
from rolesync.report.terminal.validation import desired_view
from tests.report.samples import FINDINGS, HOSTILE, make_desired
from tests.report.terminal.screen import flat, show


def test_a_list_with_warnings() -> None:
    text = flat(desired_view(make_desired(), ("Admin", "Observer")))
    assert "WARNINGS The list can be used. Check the findings first." in text
    assert "rows 120 with 3 assignments" in text
    assert "Admin 2 managed Observer 0 managed Teacher 1 not managed, never changed" in text
    assert "warning 4 Role Teacher is not a managed role, so it is left alone." in text
    assert "info note The column note is not read." in text


def test_a_clean_list() -> None:
    text = flat(desired_view(make_desired([]), ("Admin",)))
    assert "OK The list can be used." in text
    assert "Findings in the list: none" in text


def test_a_rejected_list() -> None:
    error = Finding(Level.ERROR, "role_missing", "Row 3 gives no role.", 3, "Role")
    text = flat(desired_view(make_desired([error, *FINDINGS]), ("Admin",)))
    assert "REJECTED The list can't be used. Correct each error, then validate again." in text
    assert "Findings in the list: 1 error, 2 warnings, 1 info" in text
    assert "error 3 Role Row 3 gives no role." in text


def test_the_limit_cuts_findings() -> None:
    desired = make_desired(FINDINGS[:1] * 1_200)
    text = flat(desired_view(desired, ("Admin",), limit=7))
    assert text.count("left alone.") == 7
    assert "… and 1,193 more findings; `--all` shows all." in text


@pytest.mark.parametrize("width", [40, 80])
def test_hostile_text_stays_in_its_place(width: int) -> None:
    desired = make_desired([Finding(Level.ERROR, text, text, 3, text) for text in HOSTILE])
    assert show(desired_view(desired, HOSTILE), width).count("error ") >= len(HOSTILE)
