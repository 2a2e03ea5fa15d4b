from collections.abc import Sequence

from rolesync.model.findings import Finding
from rolesync.tables.grid import is_blank, only_text


def codes(findings: Sequence[Finding]) -> list[tuple[str, str, int | None, str | None]]:
    return [(finding.level.value, finding.code, finding.row, finding.column) for finding in findings]


def undecoded(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def test_blank_is_any_blank() -> None:
    assert is_blank(["", " ", "\u00a0\t"])
    assert not is_blank(["", "0"])
    assert is_blank([])


def test_bytes_that_are_not_utf8_matter_in_used_columns() -> None:
    header = ("email", "B\udcfcro", "role")
    cells = [undecoded(b"\xe9@x.edu"), undecoded(b"Z\xfcrich"), "Admin", undecoded(b"\x80")]
    findings = only_text(3, cells, header, {0, 2})
    assert codes(findings) == [
        ("error", "not_utf8", 3, "email"),
        ("warning", "not_utf8", 3, "B\ufffdro"),
        ("error", "not_utf8", 3, None),
    ]
    assert "0xE9" in findings[0].message
    assert "CSV UTF-8" in findings[0].message
    for finding in findings:
        finding.message.encode()  # a message must be writable anywhere


def test_a_nul_matters_everywhere() -> None:
    findings = only_text(2, ["a\0", "b\0\udc80"], ("email", "note"), {0})
    assert codes(findings) == [("error", "nul_byte", 2, "email"), ("error", "nul_byte", 2, "note")]


def test_text_is_left_alone() -> None:
    assert only_text(2, ["a", "é", ""], ("x", "y", "z"), {0}) == ()
