from rolesync.model.lists import AS_WRITTEN, ListForm
from rolesync.reader.header import header_rules
from rolesync.tables.table import Table, open_table
from tests.tables.books import xlsx

LIST = [["email", "role"], ["a@x.edu", "Admin"]]


def sheets(data: bytes, form: ListForm = AS_WRITTEN) -> tuple[str, list[str]]:
    """The name of the sheet that is read, and the codes of the findings."""
    table = open_table(data, header_rules(), form)
    findings = table if isinstance(table, tuple) else table.findings
    return "" if isinstance(table, tuple) else table.sheet, [finding.code for finding in findings]


def test_the_only_sheet_with_a_list_is_read() -> None:
    assert sheets(xlsx({"Empty": [], "People": LIST})) == ("People", [])
    assert sheets(xlsx({"Notes": [["read me"]], "People": LIST})) == ("People", ["sheets_ignored"])
    assert sheets(xlsx({"Old": LIST, "People": LIST}, hidden={"Old"})) == ("People", ["sheets_ignored"])


def test_an_ignored_hidden_sheet_is_called_hidden() -> None:
    table = open_table(xlsx({"Old": LIST, "People": LIST}, hidden={"Old"}), header_rules(), AS_WRITTEN)
    assert isinstance(table, Table)
    assert "not 'Old' (hidden)" in table.findings[0].message


def test_several_sheets_with_lists_are_refused() -> None:
    data = xlsx({"Old": LIST, "People": LIST})
    assert sheets(data) == ("", ["sheet_unclear"])
    assert sheets(data, ListForm("People")) == ("People", [])
    assert sheets(data, ListForm("1")) == ("Old", [])
    assert sheets(data, ListForm("3")) == ("", ["sheet_unclear"])
    assert sheets(data, ListForm("people")) == ("", ["sheet_unclear"])
    assert sheets(xlsx({"A": [["x"]], "B": [["y"]]})) == ("", ["sheet_unclear"])


def test_a_hidden_sheet_is_read_only_by_name() -> None:
    data = xlsx({"Front": [], "People": LIST}, hidden={"People"})
    assert sheets(data) == ("", ["sheet_unclear"])
    assert sheets(data, ListForm("People")) == ("People", ["hidden"])


def test_a_workbook_without_rows_is_refused() -> None:
    assert sheets(xlsx({"A": [], "B": []})) == ("", ["no_rows"])
    assert sheets(xlsx({"A": [], "B": LIST}), ListForm("A")) == ("", ["no_rows"])


def test_findings_above_the_header_are_left_out() -> None:
    data = xlsx({"A": [["Title", ""], *LIST, ["b@x.edu", "Admin"]]}, merged=["A1:B1"], hidden_rows=[1])
    assert sheets(data) == ("A", ["title_ignored"])


def test_a_sheet_with_users_under_another_header_is_asked_about() -> None:
    other = [["Sähköposti", "Rooli"], ["b@x.edu", "Admin"]]
    data = xlsx({"Nyt": other, "Old": LIST})
    assert sheets(data) == ("", ["sheet_unclear"])
    assert sheets(data, ListForm("Old")) == ("Old", [])
    assert sheets(xlsx({"Nyt": other, "Old": LIST}, hidden={"Nyt"})) == ("Old", ["sheets_ignored"])
    assert sheets(xlsx({"Help": [["Ask a@x.edu"]], "Old": LIST})) == ("Old", ["sheets_ignored"])
