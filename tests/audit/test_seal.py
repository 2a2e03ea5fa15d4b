import hmac

from hypothesis import given, strategies as st

from rolesync.audit.seal import PLAIN, seal_of


@given(st.text(min_size=1, max_size=200), st.binary(max_size=300))
def test_a_key_makes_hmac_sha256(key: str, data: bytes) -> None:
    assert seal_of(key).hex(data) == hmac.digest(key.encode("utf-8", "surrogatepass"), data, "sha256").hex()


def test_a_fingerprint_distinguishes_keys_without_revealing_them() -> None:
    first, second = seal_of("first key"), seal_of("second key")
    assert first.fingerprint == hmac.digest(b"first key", b"rolesync audit key", "sha256").hex()[:16]
    assert first.fingerprint != second.fingerprint
    assert "first key" not in repr(first)


def test_no_key_is_the_plain_seal() -> None:
    assert seal_of("") is PLAIN
    assert PLAIN.fingerprint == ""
