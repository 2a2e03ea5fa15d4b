from rolesync.model.frames import OUTCOMES, frame
from rolesync.model.runs import counts
from rolesync.model.vocabulary import OutcomeStatus


def test_counts_name_every_status() -> None:
    assert counts(frame(OUTCOMES)) == dict.fromkeys((status.value for status in OutcomeStatus), 0)
