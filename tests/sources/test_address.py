"""Addresses are told from paths, taken apart, and shown without secrets."""

import pytest

from rolesync.errors import UsageError
from rolesync.sources.address import is_address, parse_address, shown_address


@pytest.mark.parametrize(
    "name",
    ["-", "roles.csv", "./s3:roles.csv", "C:\\roles.csv", "C:/roles.csv", "C://roles.csv", "a b://x", "", "httpsd/x"],
)
def test_other_names_are_paths(name: str) -> None:
    assert not is_address(name)
    assert shown_address(name) == name


def test_an_address_is_taken_apart() -> None:
    address = parse_address("HTTPS://Files.example.edu:8443/a%20b/roles.csv?sig=s3cret&x=1&x=2#top")
    assert (address.scheme, address.host, address.port, address.path) == (
        "https",
        "files.example.edu",
        8443,
        "a b/roles.csv",
    )
    assert address.options == {"sig": "s3cret", "x": "2"}
    assert address.where == "https://Files.example.edu:8443/a%20b/roles.csv"
    assert "s3cret" not in repr(address)
    assert address.checksum.url == "https://Files.example.edu:8443/a%20b/roles.csv.sha256?sig=s3cret&x=1&x=2"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ftp://example.edu/s3cret", "ftp:// is not a known kind of address of a list; known are https://"),
        ("https:///s3cret", "the https:// address of the list is not valid"),
        ("https://exam ple.edu/s3cret", "is not valid"),
        ("https://[::1/s3cret", "is not valid"),
        ("https://example.edu:99999/s3cret", "is not valid"),
        ("https://example.edu/s3cret\n", "is not valid"),
        ("sftp://example.edu/s3cret%00", "is not valid"),
        ("git+ssh://a%0Ab@example.edu/s3cret", "is not valid"),
        ("https://ann:s3cret@example.edu/x", "contains a user or a password"),
        ("https://s3cret@example.edu/x", "contains a user or a password"),
        ("http://example.edu/s3cret", "would send the list unencrypted"),
    ],
)
def test_what_is_no_address_is_refused_without_its_text(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_address(text)
    assert words in caught.value.message
    assert caught.value.hint
    assert "s3cret" not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    "text",
    [
        *("https:/host/x?sig=s3cret", "https:host?sig=s3cret", "HTTPS:/host?sig=s3cret", "https:?sig=s3cret"),
        *("https//host?sig=s3cret", "https:\\\\host?sig=s3cret", " https://host?sig=s3cret", "'https://h?sig=s3cret'"),
        *("https ://host?sig=s3cret", "<https://host?sig=s3cret>", "http:host?s3cret", "s3:/lists/x?s3cret"),
        *("S3:lists/x?s3cret", "sftp:/ann:s3cret@host/x", "git+ssh:/s3cret@host/x", "az:lists/x?sig=s3cret"),
        *("ftp:/host?sig=s3cret", "file:/x?sig=s3cret"),
    ],
)
def test_a_mistyped_address_is_no_path_and_refused_without_its_text(text: str) -> None:
    assert is_address(text)
    assert "s3cret" not in shown_address(text)
    with pytest.raises(UsageError) as caught:
        parse_address(text)
    assert caught.value.hint
    assert "s3cret" not in f"{caught.value.message} {caught.value.hint}"


def test_an_address_that_is_not_valid_is_shown_without_its_text() -> None:
    assert shown_address("https://[::1/s3cret") == "https://…"
    assert shown_address("https://ann:s3cret@example.edu/x?s3cret#s3cret") == "https://example.edu/x"
