import json

import pytest

from rolesync.audit.own_events import RecordKey, RecordRecovered, read_own_event
from rolesync.audit.torn_append import TornAppend

TORN = TornAppend.of(b'{"seq":9,"ti\n')


@pytest.mark.parametrize(
    "event", [RecordRecovered(TORN), RecordKey("b193bd5e064d379f", "ab" * 32), RecordKey("", "ab" * 32, TORN)]
)
def test_an_event_is_read_as_it_was_written(event: RecordRecovered | RecordKey) -> None:
    line = json.dumps({"seq": 1, "event": event.NAME, **event.fields()}).encode()
    assert read_own_event(line) == event


def test_a_key_says_whether_there_is_one() -> None:
    assert RecordKey("b193", "ab").fields() == {"mode": "keyed", "fingerprint": "b193", "past": "ab"}
    assert RecordKey("", "ab", TORN).fields() == {
        "mode": "unkeyed",
        "fingerprint": "",
        "past": "ab",
        "torn_bytes": 12,
        "torn_sha256": TORN.torn_sha256,
    }


@pytest.mark.parametrize("line", [b"no JSON", b"[1]", b'{"event":"plan"}', b'{"event":["record.key"]}', b"[" * 100_000])
def test_any_other_line_is_no_event_of_the_record(line: bytes) -> None:
    assert read_own_event(line) is None
