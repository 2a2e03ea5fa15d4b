import pytest

from rolesync.reader.fields import KNOWN_HEADERS, Field
from rolesync.reader.header import Layout, header_rules, lay_out
from rolesync.tables.header_text import fold_header


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("email", Field.EMAIL),
        ("E-Mail", Field.EMAIL),
        (" EMAIL\u00a0", Field.EMAIL),
        ("Email Address", Field.EMAIL),
        ("email_address", Field.EMAIL),
        ("e\u2011mail", Field.EMAIL),
        ("user_id", Field.USER_ID),
        ("User ID", Field.USER_ID),
        ("User\u00a0Id", Field.USER_ID),
        ("USER-ID", Field.USER_ID),
        ("userid", Field.USER_ID),
        ("Role", Field.ROLE),
        ("ROLES ", Field.ROLES),
        ("id", None),
        ("mail", None),
        ("role name", None),
        ("emails", None),
        ("", None),
    ],
)
def test_headers_are_compared_without_case_blanks_and_hyphens(text: str, field: Field | None) -> None:
    assert KNOWN_HEADERS.get(fold_header(text)) is field


def test_score_counts_each_field_once() -> None:
    assert header_rules().score(["email", "E-Mail", "role", "note"]) == 2


def test_columns_may_be_in_any_order_among_others() -> None:
    layout = lay_out([" Roles", "note", "E-Mail", "User ID"], 1)
    assert layout == Layout(
        (" Roles", "note", "E-Mail", "User ID"), 2, user_id=3, role=0, allows_many=True, min_cells=4, unread=(1,)
    )
    assert isinstance(layout, Layout)
    assert layout.ignored == (1,)
    assert layout.identity is None


def test_the_only_identity_column_is_named_by_its_header() -> None:
    layout = lay_out(["E-Mail", "role"], 1)
    assert isinstance(layout, Layout)
    assert layout.identity == "E-Mail"


@pytest.mark.parametrize(
    ("header", "min_cells"),
    [
        (["email", "role"], 2),
        (["email", "role", "note", ""], 2),
        (["name", "email", "role", "note"], 3),
        (["email", "dept", "role", "note"], 4),
        (["user_id", "email", "role", "note"], 3),
    ],
)
def test_only_ignored_cells_at_the_end_may_be_missing(header: list[str], min_cells: int) -> None:
    layout = lay_out(header, 1)
    assert isinstance(layout, Layout)
    assert layout.min_cells == min_cells


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["email", "E-Mail", "role"], [("header_duplicate", "E-Mail")]),
        (["user_id", "User ID", "role", "ROLE"], [("header_duplicate", "User ID"), ("header_duplicate", "ROLE")]),
        (["name", "role"], [("header_no_identity", None)]),
        (["email", "name"], [("header_no_role", None)]),
        (["name", "group"], [("header_no_identity", None), ("header_no_role", None)]),
        (["email", "role", "Roles"], [("header_two_roles", "Roles")]),
    ],
)
def test_unclear_or_incomplete_headers_are_refused(header: list[str], expected: list[tuple[str, str | None]]) -> None:
    findings = lay_out(header, 3)
    assert isinstance(findings, tuple)
    assert [(finding.code, finding.column) for finding in findings] == expected
    assert {finding.row for finding in findings} == {3}


def test_a_refusal_says_how_to_name_the_columns() -> None:
    findings = lay_out(["Konto", "Gruppe"], 1)
    assert isinstance(findings, tuple)
    assert "--set email_column=HEADER" in findings[0].message
    assert "--set role_column=HEADER" in findings[1].message


def test_a_byte_order_mark_inside_a_file_is_not_part_of_the_header() -> None:
    assert isinstance(lay_out(["\ufeffemail", "role"], 1), Layout)


def test_a_refusal_lists_the_headers_of_the_file() -> None:
    findings = lay_out(["name", "gr\udce9up", *["x"] * 30], 1)
    assert isinstance(findings, tuple)
    assert "'name', 'gr\ufffdup', 'x'" in findings[0].message
    assert findings[0].message.endswith("…")
    findings[0].message.encode()
