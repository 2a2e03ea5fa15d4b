from rolesync.model import OUTCOMES, OutcomeStatus, counts, frame


def test_counts_name_every_status() -> None:
    assert counts(frame(OUTCOMES)) == dict.fromkeys((status.value for status in OutcomeStatus), 0)
