import pytest
from hypothesis import given, strategies as st

from rolesync.tables.guess_encoding import check_encoding, codec_of, guess_encodings, is_mostly_utf8, rival_encodings

NAMES = {
    "windows-1252": ["Jürgen Müller", "André Lefèvre", "José Núñez", "Søren Åkesson", "João Gonçalves"],
    "windows-1250": ["Łukasz Żak", "Jiří Dvořák", "Petr Čermák", "Jenő Szűcs"],
    "windows-1251": ["Иван Петров", "Мария Сидорова", "Олексій Шевченко"],
    "windows-1254": ["Ça\u011fr\u0131 Şahin", "\u0130nci \u00d6zt\u00fcrk", "Gülşen Doğan"],
    "windows-1257": ["Jānis Bērziņš"],
    "macroman": ["André Lefèvre", "Zoë Nuñez"],
    "shift_jis": ["山田太郎", "佐藤花子", "鈴木 一郎"],
    "gb18030": ["王小明", "李娜", "张伟"],
    "big5": ["王小明", "陳美玲", "張偉"],
    "euc-kr": ["김민준", "이서연"],
}


@pytest.mark.parametrize(("encoding", "name"), [(key, name) for key, names in NAMES.items() for name in names])
def test_a_single_name_tells_the_encoding(encoding: str, name: str) -> None:
    data = f"email,name,role\nann@example.edu,{name},Admin\n".encode(codec_of(encoding))
    assert guess_encodings(data)[0] == encoding


@given(st.lists(st.sampled_from(NAMES["windows-1252"]), min_size=1, max_size=30))
def test_names_of_several_languages_tell_the_encoding(names: list[str]) -> None:
    assert guess_encodings("\n".join(names).encode("cp1252"))[0] == "windows-1252"


@given(st.binary(max_size=60))
def test_every_guess_can_decode_its_sample(data: bytes) -> None:
    for name in guess_encodings(data):
        b"\n".join(line for line in data.split(b"\n") if not line.isascii()).decode(codec_of(name))


def test_a_long_line_without_end_is_looked_at_quickly() -> None:
    assert guess_encodings(b"x" * 2_000_000 + b"Zo\xeb")[0] == "windows-1252"


def test_a_text_with_more_letters_in_utf8_than_other_bytes_was_joined() -> None:
    assert is_mostly_utf8("Müller Zoë\n".encode() + b"Zo\xeb")
    assert not is_mostly_utf8("Müller Zoë".encode("cp1252"))


def test_only_names_of_encodings_of_text_are_accepted() -> None:
    assert [check_encoding(name) for name in ("", "utf-8", "Shift_JIS", "macroman")] == [
        "",
        "utf-8",
        "Shift_JIS",
        "macroman",
    ]
    for name in ("hex", "latin-99", "undefined"):
        with pytest.raises(ValueError, match=f"'{name}' is not an encoding of text"):
            check_encoding(name)


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        *(("euc-jp", name) for name in ("佐藤 太郎", "高橋花子", "田中", "管理者")),
        *(("windows-1253", name) for name in ("Μαρία", "Γιώργος Παπαδόπουλος", "Διαχειριστής")),
        *(("windows-1256", name) for name in ("محمد علي", "مدير")),
        *(("koi8-r", name) for name in ("Иванов Пётр", "Администратор")),
        *(("windows-1251", name) for name in ("Иванов Пётр", "Роль", "Ольга")),
    ],
)
def test_scripts_that_fill_the_same_bytes_are_told_apart(encoding: str, name: str) -> None:
    data = name.encode(codec_of(encoding))
    assert guess_encodings(data)[0] == encoding
    assert rival_encodings(data, encoding) == []


@pytest.mark.parametrize(
    ("encoding", "name"), [("windows-1255", "דוד כהן"), ("windows-1255", "מנהל"), ("euc-jp", "役割")]
)
def test_scripts_that_fit_equally_are_rivals(encoding: str, name: str) -> None:
    data = name.encode(codec_of(encoding))
    first = guess_encodings(data)[0]
    assert encoding in {first, *rival_encodings(data, first)}
    assert rival_encodings(data, first)
