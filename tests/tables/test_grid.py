from collections.abc import Sequence

from rolesync.model.findings import Finding
from rolesync.tables.grid import find_non_text, is_blank, padded


def codes(findings: Sequence[Finding]) -> list[tuple[str, str, int | None, str | None]]:
    return [(finding.level.value, finding.code, finding.row, finding.column) for finding in findings]


def with_surrogates(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def test_whitespace_of_any_kind_is_blank() -> None:
    assert is_blank(["", " ", "\u00a0\t"])
    assert not is_blank(["", "0"])
    assert is_blank([])


def test_bytes_that_are_not_utf8_are_errors_in_used_columns_only() -> None:
    header = ("email", "B\udcfcro", "role")
    cells = [with_surrogates(b"\xe9@x.edu"), with_surrogates(b"Z\xfcrich"), "Admin", with_surrogates(b"\x80")]
    findings = find_non_text(3, cells, header, {0, 2})
    assert codes(findings) == [
        ("error", "not_utf8", 3, "email"),
        ("warning", "not_utf8", 3, "B\ufffdro"),
        ("error", "not_utf8", 3, None),
    ]
    assert "0xE9" in findings[0].message
    assert "CSV UTF-8" in findings[0].message
    for finding in findings:
        finding.message.encode()  # a message must be writable anywhere


def test_a_nul_is_an_error_in_every_column() -> None:
    findings = find_non_text(2, ["a\0", "b\0\udc80"], ("email", "note"), {0})
    assert codes(findings) == [("error", "nul_byte", 2, "email"), ("error", "nul_byte", 2, "note")]


def test_valid_text_has_no_findings() -> None:
    assert find_non_text(2, ["a", "é", ""], ("x", "y", "z"), {0}) == ()


def test_letters_that_depend_on_a_guessed_encoding_are_an_error_where_they_decide() -> None:
    findings = find_non_text(2, ["ann", "Zoë", "é", "ü"], ("email", "name", "role"), {0, 2}, "windows-1252")
    assert [(finding.level, finding.code, finding.column) for finding in findings] == [
        ("error", "not_utf8", "role"),
        ("error", "not_utf8", None),
    ]
    assert findings[0].message.startswith("'é' depends on the file's encoding, which is not named and looks like")
    assert "--encoding windows-1252" in findings[0].message


def test_a_short_row_is_padded_and_a_long_one_stays() -> None:
    assert [padded(cells, 2) for cells in ([], ["a"], ["a", "b", "c"])] == [["", ""], ["a", ""], ["a", "b", "c"]]
