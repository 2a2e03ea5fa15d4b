import zipfile
from io import BytesIO

import pytest

from rolesync.tables.file_type import Content, detect_content
from rolesync.tables.workbook_xml import Merge, SheetDetails, read_sheet_details
from tests.tables.books import SHEET, edited, ods, ods_cell, ods_row, xlsx
from tests.tables.opening import codes, grids, refused_workbook, rows


def test_hidden_rows_of_an_ods() -> None:
    hidden = ods_row(ods_cell("y"), 'table:visibility="filter" table:number-rows-repeated="2"')
    blank = ods_row("<table:table-cell/>", 'table:visibility="collapse" table:number-rows-repeated="1048000"')
    data = ods({"A": [["x"], hidden, ["z"], blank]})
    assert codes(grids(data)[0].findings) == [("hidden", 3, None)]
    assert rows(data) == [(1, ["x"]), (2, ["y"]), (3, ["y"]), (4, ["z"])]


def test_ods_text_without_a_type_is_read() -> None:
    note = "<office:annotation><text:p>ask Ann</text:p></office:annotation>"
    bare = f"<table:table-cell>{note}<text:p>me@<text:span>x.edu</text:span></text:p></table:table-cell>"
    assert rows(ods({"A": [["a"], [bare], [f"<table:table-cell>{note}</table:table-cell>"]]})) == [
        (1, ["a"]),
        (2, ["me@x.edu"]),
    ]


def test_error_values_are_not_empty_cells() -> None:
    kind = 'office:value-type="string" office:string-value="" calcext:value-type="error"'
    error = f'<table:table-cell table:formula="of:=#N/A" {kind}><text:p>#N/A</text:p></table:table-cell>'
    repeated = ods_row(error, 'table:number-rows-repeated="2"')
    assert rows(ods({"A": [["a"], repeated]})) == [(1, ["a"]), (2, ["#N/A"]), (3, ["#N/A"])]
    data = edited(xlsx({"A": [["a", "#N/A"]]}), SHEET, 't="e"', "t='e'")
    assert rows(data) == [(1, ["a", "#N/A"])]


def test_a_formula_without_a_value_is_read_as_its_formula() -> None:
    assert rows(xlsx({"A": [["a", "=1+1", "x"]]})) == [(1, ["a", "=1+1", "x"])]
    formula = '<table:table-cell table:formula="of:=[.A1]" table:number-columns-repeated="2"/>'
    assert rows(ods({"A": [["a", formula, "x"]]})) == [(1, ["a", "=[.A1]", "=[.A1]", "x"])]


UNCALCULATED = '<table:table-cell table:formula="of:=X1" table:number-columns-repeated="2"/>'


@pytest.mark.parametrize(
    "data",
    [xlsx({"A": [["a", "b", "c"], [], ["=X1", "=X1"]]}), ods({"A": [["a", "b", "c"], [""], [UNCALCULATED]]})],
)
def test_a_last_row_of_nothing_but_unsaved_formulas_is_read(data: bytes) -> None:
    assert rows(data) == [(1, ["a", "b", "c"]), (3, ["=X1", "=X1", ""])]


def test_a_formula_for_an_empty_text_has_a_value_only_if_it_was_saved() -> None:
    data = edited(xlsx({"A": [["a", "=X"]]}), SHEET, '<c r="B1"><f>X</f><v/>', '<c r="B1" t="str"><f>X</f>')
    assert rows(data) == [(1, ["a", "=X"])]
    data = edited(data, SHEET, "<f>X</f>", "<f>X</f><v></v>")
    assert rows(data) == [(1, ["a", ""])]


def test_cells_without_a_reference_are_read_in_order() -> None:
    data = xlsx({"A": [["email", "role"], ["a@x.edu", "Admin"], ["b@x.edu", "=X"]]})
    for place in ("A1", "B1", "A2", "B2", "A3", "B3"):
        data = edited(data, SHEET, f'<c r="{place}"', "<c")
    assert rows(data) == [(1, ["email", "role"]), (2, ["a@x.edu", "Admin"]), (3, ["b@x.edu", "=X"])]


def test_a_single_cell_far_away_takes_no_memory() -> None:
    data = xlsx({"A": [["a"]]})
    stray = edited(data, SHEET, "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
    assert "spans 17,179,869,184 cells" in refused_workbook(stray)
    blank = ods_row('<table:table-cell table:number-columns-repeated="16384"/>', 'table:number-rows-repeated="1048575"')
    far = ods_row(f'<table:table-cell table:number-columns-repeated="16383"/>{ods_cell("x")}')
    assert "spans 17,179,869,184 cells" in refused_workbook(ods({"A": [blank, far]}))
    assert rows(ods({"A": [["x"], blank]})) == [(1, ["x"])]


def test_an_empty_cell_far_to_the_right_is_accepted() -> None:
    data = edited(xlsx({"A": [["a"]]}), SHEET, "</row>", '<c r="XFD1"/></row>')
    assert rows(data) == [(1, ["a"])]


@pytest.mark.parametrize(
    "data",
    [
        xlsx({"A": [["a", "=X"], ["b", ""], ["c", ""]]}, hidden_rows=[2]),
        ods(
            {
                "A": [
                    ["a", '<table:table-cell table:formula="of:=X"/>'],
                    ods_row(ods_cell("b"), 'table:visibility="collapse"'),
                    ["c"],
                ]
            }
        ),
    ],
)
def test_hidden_rows_and_missing_texts_are_read_by_sheet(data: bytes) -> None:
    content = detect_content(data)
    assert isinstance(content, Content)
    details = read_sheet_details(content)["A"]
    assert (details.hidden, details.texts, details.merges) == ([2], {0: {1: "=X"}}, [])


def test_merged_areas_of_an_ods_are_read() -> None:
    spans = 'table:number-rows-spanned="2" table:number-columns-spanned="3"'
    content = detect_content(ods({"A": [["x"], ["y", ods_cell("z", spans)]]}))
    assert isinstance(content, Content)
    assert read_sheet_details(content) == {"A": SheetDetails(merges=[Merge(1, 1, 2, 3)], cells=4)}


def shared(texts: list[str], numbers: list[int], *, prefix: str = "") -> bytes:
    """Write an XLSX of one column, whose cells name shared texts by their numbers."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    space, tag = (f'xmlns:{prefix}="{main}"', f"{prefix}:") if prefix else (f'xmlns="{main}"', "")
    items = "".join(f"<{tag}si><{tag}t>{text}</{tag}t></{tag}si>" for text in texts)
    cells = "".join(f'<{tag}row><{tag}c t="s"><{tag}v>{number}</{tag}v></{tag}c></{tag}row>' for number in numbers)
    out = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(xlsx({"A": [["a"]]}))) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as to,
    ):
        for item in source.infolist():
            if item.filename not in {SHEET, "xl/sharedStrings.xml"}:
                to.writestr(item, source.read(item))
        to.writestr(SHEET, f"<{tag}worksheet {space}><{tag}sheetData>{cells}</{tag}sheetData></{tag}worksheet>")
        to.writestr("xl/sharedStrings.xml", f"<{tag}sst {space}>{items}</{tag}sst>")
    return out.getvalue()


@pytest.mark.parametrize("prefix", ["", "x"])
def test_a_long_shared_text_in_many_cells_is_refused_before_it_unfolds(prefix: str) -> None:
    long = "x" * 1_000_000
    data = shared([long, "b"], [0] * 40_000, prefix=prefix)  # 40 GB
    assert len(data) < 2_000_000
    assert "repeat texts of together more than" in refused_workbook(data)
    mixed = shared([long, "Admin"], [0, *([1] * 10_000)], prefix=prefix)  # many cells, and one long text
    assert rows(mixed)[0] == (1, [long])
    assert rows(mixed)[-1] == (10_001, ["Admin"])


def test_repeated_cells_and_rows_of_an_ods_are_refused_before_they_unfold() -> None:
    cell = ods_cell("x" * 30_000, 'table:number-columns-repeated="16000"')
    wide = ods({"A": [[cell], [cell]]})
    row = ods_row(ods_cell("x" * 1000), 'table:number-rows-repeated="1000000"')
    for data in (wide, ods({"A": [["a"], row]})):
        assert "repeat texts of together more than" in refused_workbook(data)
