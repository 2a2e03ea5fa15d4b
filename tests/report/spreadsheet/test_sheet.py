from rolesync.report.spreadsheet.sheet import Column, Sheet, protect_error_text, row_cells


def test_no_text_of_a_row_is_a_formula_and_what_is_missing_is_empty() -> None:
    assert row_cells(("=1+1", "@x", "plain", 0, 7, None)) == ("'=1+1", "'@x", "plain", None, 7, None)


def test_error_values_become_texts() -> None:
    assert [protect_error_text(text) for text in ("#N/A", "N/A")] == ["'#N/A", "N/A"]


def test_a_sheet_knows_its_first_row() -> None:
    assert Sheet("changes", (Column("decision"), Column("action")), []).titles == ("decision", "action")
