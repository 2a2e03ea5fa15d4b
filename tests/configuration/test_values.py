"""What values must look like, and accounts as people paste them."""

from pathlib import Path

import pytest

from rolesync.configuration.values import check_metrics_file, check_metrics_push, parse_account


@pytest.mark.parametrize(
    ("pasted", "setting"),
    [
        ("Acme", {"account": "acme"}),
        (" acme-edu\n", {"account": "acme-edu"}),
        ("https://acme.instructuremedia.com/", {"account": "acme"}),
        ("https://ACME.instructuremedia.com/lti/settings?tab=keys#x", {"account": "acme"}),
        ("acme.instructuremedia.com/path?x", {"account": "acme"}),
        ("http://acme.instructuremedia.com", {"account": "acme"}),
        ("<https://acme.instructuremedia.com>", {"account": "acme"}),
        ("http://127.0.0.1:8765", {"base_url": "http://127.0.0.1:8765"}),
        ("http://127.0.0.1:8765/login", {"base_url": "http://127.0.0.1:8765"}),
        ("127.0.0.1:8765", {"base_url": "http://127.0.0.1:8765"}),
        ("http://[::1]:8765", {"base_url": "http://[::1]:8765"}),
        ("https://studio.example.edu/x", {"base_url": "https://studio.example.edu"}),
    ],
)
def test_an_account_is_understood_as_people_paste_it(pasted: str, setting: dict[str, str]) -> None:
    assert parse_account(pasted) == setting


@pytest.mark.parametrize(
    ("pasted", "message"),
    [
        ("", "empty"),
        ("two words", "the name before"),
        ("http://studio.example.edu", "unencrypted"),
        ("https://me:secret@acme.instructuremedia.com", "the name before"),
        ("https://a.b.instructuremedia.com", "single word"),
        ("https://.instructuremedia.com", "the name before|not an address|single word"),
        ("ftp://127.0.0.1", "must look like"),
        ("http://[::1", "not an address"),
        ("https://acme", "the name before"),
        ("m\u00fcller", "single word"),
    ],
)
def test_what_is_no_account_is_refused(pasted: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_account(pasted)


@pytest.mark.parametrize("name", ["rolesync.txt", ".bashrc", "prom"])
def test_metrics_replace_no_other_file(name: str) -> None:
    with pytest.raises(ValueError, match=r"ends in \.prom"):
        check_metrics_file(Path(name))
    assert check_metrics_file(Path("a/rolesync.prom")) == Path("a/rolesync.prom")
    assert check_metrics_file(None) is None


@pytest.mark.parametrize(
    "address", ["push.example:9091", "ftp://push.example", "http://user:pw@push.example", "http://"]
)
def test_the_address_of_a_pushgateway_holds_no_secret(address: str) -> None:
    with pytest.raises(ValueError, match="must look like https://HOST:PORT"):
        check_metrics_push(address)
    assert check_metrics_push("http://push.example:9091/") == "http://push.example:9091"
