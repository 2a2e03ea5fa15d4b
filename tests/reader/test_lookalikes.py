import pytest

from rolesync.reader.lookalikes import (
    describe_lookalikes,
    looks_latin,
    replace_lookalikes,
    strip_decoration,
    undo_mojibake,
)


def test_everything_around_an_address_is_removed_and_described() -> None:
    assert strip_decoration("Ann <mailto:a@x.edu>") == (
        "a@x.edu",
        ("a name and brackets around the address", "'mailto:'"),
    )
    assert strip_decoration("a@x.edu") == ("a@x.edu", ())
    assert strip_decoration("mailto:a%2Bb@x.edu") == ("mailto:a%2Bb@x.edu", ())


def test_letters_of_several_scripts_in_a_word_are_suspicious() -> None:
    assert "mixes Cyrillic and Latin letters" in describe_lookalikes("\u0430nn@x.edu", "\u0430nn@x.edu")
    assert describe_lookalikes("ann@x.edu", "ann@x.edu") == ""


def test_a_word_of_cyrillic_letters_may_look_latin() -> None:
    assert looks_latin("\u0441\u043e\u0441\u043e@x.edu")
    assert not looks_latin("\u0436@x.edu")
    assert replace_lookalikes("\u0410dmin".casefold()) == "admin"


@pytest.mark.parametrize("text", ["j\u00fcrgen", "\u65e5\u672c"])
def test_utf8_read_as_windows_1252_is_restored(text: str) -> None:
    mangled = "".join(chr(byte) if 0x80 <= byte <= 0x9F else bytes([byte]).decode("cp1252") for byte in text.encode())
    assert undo_mojibake(mangled) == text
    assert undo_mojibake(text) == undo_mojibake("ascii") == ""
