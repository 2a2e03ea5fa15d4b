import pytest

from rolesync.model.findings import Finding
from rolesync.model.lists import AS_WRITTEN, ListForm
from rolesync.reader.header import header_rules
from rolesync.tables.table import Table, needs_encoding, open_table
from tests.tables.books import xlsx
from tests.tables.opening import codes, only, read


@pytest.mark.parametrize("data", [b"a,\xe9", b"a\0,b", b"\xed\xb2\xa9,x", b"\xc0\xaf,y"])
def test_invalid_bytes_are_noticed_when_a_table_is_opened(data: bytes) -> None:
    table = open_table(b"email,role\n" + data, header_rules(), AS_WRITTEN)
    assert isinstance(table, Table)
    assert not table.all_text


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xef\xbb\xbf" * 2])
def test_byte_order_marks_are_not_part_of_the_header(mark: bytes) -> None:
    assert read(mark + b"email,role\na,b\n") == (("email", "role"), [(2, ["a", "b"])], [])


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_with_a_byte_order_mark_is_read(encoding: str) -> None:
    data = "\ufeffemail;role\r\nü;😀\r\n".encode(encoding)
    assert read(data) == (("email", "role"), [(2, ["ü", "😀"])], [])


def test_cut_utf16_is_refused() -> None:
    _, _, findings = read("\ufeffemail,role\na,b\n".encode("utf-16-le")[:-1])
    assert codes(findings) == [("not_utf8", None, None)]
    assert "from byte" in findings[0].message
    _, _, findings = read("email,role\na,b\n".encode("utf-16-le")[:-1])
    assert "cut or damaged" in findings[0].message


LIST = "email,role,name\nann@x.edu,Admin,Zoë Łukasz\n"


def named(data: bytes, encoding: str) -> Table | tuple[Finding, ...]:
    return open_table(data, header_rules(), ListForm(encoding=encoding))


def text_of(data: bytes, encoding: str) -> list[str]:
    """The cells of the only row."""
    table = named(data, encoding)
    assert isinstance(table, Table)
    assert (table.guess, table.findings) == ("", ())
    ((_, cells),) = table.rows
    assert isinstance(cells, list)
    return cells


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_read_with_a_warning(encoding: str) -> None:
    header, rows, findings = read(LIST.encode(encoding))
    assert (header, rows) == (("email", "role", "name"), [(2, ["ann@x.edu", "Admin", "Zoë Łukasz"])])
    assert codes(findings) == [("not_utf8", None, None)]
    assert f"read as {encoding.upper()}" in findings[0].message


def test_a_few_nuls_are_damage_and_no_utf16() -> None:
    _, rows, findings = read(b"email,role\na\0b,c\n")
    assert (rows, findings) == ([(2, ["a\0b", "c"])], [])


def test_a_text_in_utf16_may_be_json() -> None:
    text = '[{"email": "ann@x.edu", "role": "Admin"}]'
    assert read(text.encode("utf-16"))[:2] == (("email", "role"), [(1, ["ann@x.edu", "Admin"])])


def test_utf32_is_refused_with_the_option_that_reads_it() -> None:
    data = LIST.encode("utf-32")
    _, _, findings = read(data)
    assert codes(findings) == [("not_utf8", None, None)]
    assert "--encoding utf-32" in findings[0].message
    assert text_of(data, "utf-32")[2] == "Zoë Łukasz"


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("windows-1252", "Zoë"), ("windows-1250", "Łukasz"), ("iso2022_jp", "山田"), ("shift_jis", "髙橋 ①")],
)
def test_a_named_encoding_is_used(encoding: str, name: str) -> None:
    data = LIST.replace("Zoë Łukasz", name).encode("cp932" if encoding == "shift_jis" else encoding)
    assert text_of(data, encoding)[2] == name


def test_a_named_encoding_that_doesnt_fit_is_refused_with_the_right_one() -> None:
    finding = only(named(LIST.replace("Zoë ", "").encode("cp1250"), "utf-8"))
    assert (finding.code, finding.row) == ("not_utf8", 2)
    assert "is not utf-8, because of byte 0xA3; it looks like windows-1250: --encoding windows-1250" in finding.message
    assert "; leave out --encoding" in only(named(LIST.encode(), "ascii")).message


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16"])
def test_a_named_encoding_that_the_mark_contradicts_is_refused(mark: str) -> None:
    assert "leave out --encoding" in only(named(LIST.encode(mark), "windows-1252")).message
    assert text_of(LIST.encode(mark), mark.removesuffix("-sig"))[2] == "Zoë Łukasz"


def test_a_named_encoding_for_valid_utf8_is_used_with_a_warning() -> None:
    table = named("email,role,name\nann@x.edu,Admin,Zoë\n".encode(), "windows-1252")
    assert isinstance(table, Table)
    assert "is valid UTF-8 but is read as windows-1252" in table.findings[0].message


def test_a_workbook_needs_no_encoding() -> None:
    assert "leave out --encoding" in only(named(xlsx({"A": [["email", "role"]]}), "utf-8")).message


@pytest.mark.parametrize("name", ["Zoë", "André Lefèvre"])
def test_a_guessed_encoding_is_named(name: str) -> None:
    table = open_table(LIST.replace("Zoë Łukasz", name).encode("cp1252"), header_rules(), AS_WRITTEN)
    assert isinstance(table, Table)
    assert (table.guess, table.all_text) == ("windows-1252", False)
    assert codes(table.findings) == [("not_utf8", None, None)]
    assert "--encoding windows-1252" in table.findings[0].message
    assert list(table.rows) == [(2, ["ann@x.edu", "Admin", name])]


def test_a_header_that_becomes_known_decides_the_guess() -> None:
    data = "E-Mail;Rôle\na@x.edu;Admin\n".encode("mac_roman")
    form = ListForm(role_column="Rôle")
    table = open_table(data, header_rules(form), form)
    assert isinstance(table, Table)
    assert (table.guess, table.header) == ("macroman", ("E-Mail", "Rôle"))


def test_an_encoding_is_guessed_that_fits_the_whole_text() -> None:
    """A byte that Windows-1252 doesn't have comes after the lines that are looked at."""
    lines = "a@x.edu,Admin,Zoë\n" * 6000
    data = ("email,role,name\n" + lines).encode("cp1252") + b"a@x.edu,Admin,\x81\n"
    table = open_table(data, header_rules(), AS_WRITTEN)
    assert isinstance(table, Table)
    assert table.guess not in {"", "windows-1252"}


def test_two_texts_that_were_joined_are_not_guessed() -> None:
    data = "email,role,name\na@x.edu,Admin,Zoë Müller\n".encode() + b"b@x.edu,Admin,Zo\xeb\n"
    table = open_table(data, header_rules(), AS_WRITTEN)
    assert isinstance(table, Table)
    assert (table.guess, table.all_text) == ("", False)


@pytest.mark.parametrize(
    ("data", "expected"),
    [(LIST.encode(), False), (LIST.encode("cp1250", "replace"), True), (xlsx({"A": []}), False), (b"%PDF", False)],
)
def test_which_files_a_named_encoding_is_for(data: bytes, *, expected: bool) -> None:
    assert needs_encoding(data) is expected


def test_iso_2022_jp_is_refused_with_the_option_that_reads_it() -> None:
    data = "email,role,氏名\na@x.edu,Admin,佐藤\n".encode("iso-2022-jp")
    finding = only(open_table(data, header_rules(), ListForm()))
    assert finding.message.endswith("--encoding iso-2022-jp")
    table = open_table(data, header_rules(), ListForm(encoding="iso-2022-jp"))
    assert isinstance(table, Table)
    assert table.header[2] == "氏名"


def test_between_scripts_that_fit_equally_the_user_decides() -> None:
    data = "email,role,name\na@x.edu,Admin,דוד כהן\n".encode("cp1255")
    finding = only(open_table(data, header_rules(), ListForm()))
    assert "--encoding windows-1255" in finding.message
    table = open_table(data, header_rules(), ListForm(encoding="windows-1255"))
    assert isinstance(table, Table)
    assert list(table.rows) == [(2, ["a@x.edu", "Admin", "דוד כהן"])]
