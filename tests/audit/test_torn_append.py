from rolesync.audit.torn_append import TornAppend, may_be_torn
from tests.audit.test_own_events import TORN


def test_remains_are_described_without_the_newline_that_closes_them() -> None:
    assert TornAppend.of(b'{"seq":9,"ti') == TORN
    assert TORN.torn_bytes == 12


def test_remains_begin_as_the_next_record_does() -> None:
    assert may_be_torn(b'{"seq":9,"ti', 8)
    assert may_be_torn(b'{"seq"\0\0\0\n{"seq":9,"time":"2026', 8)
    assert not may_be_torn(b'{"seq":9,"ti', 9)
    assert not may_be_torn(b'{"seq":9,"ti\n\n', 8)
