"""Codes that plan files, records and scripts of earlier versions contain: a published code stays."""

from enum import StrEnum

import pytest

from rolesync.model import vocabulary


@pytest.mark.parametrize(
    ("codes", "published"),
    [
        (vocabulary.Mode, "sync additive"),
        (vocabulary.Action, "add remove"),
        (vocabulary.Completeness, "all at_least nothing"),
        (vocabulary.Level, "error held warning info"),
        (vocabulary.ReadMethod, "holders scan one_by_one media"),
        (vocabulary.VerdictStatus, "pass warn block"),
        (vocabulary.OutcomeStatus, "done failed drifted unknown not_sent"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_a_published_code_stays(codes: type[StrEnum], published: str) -> None:
    assert set(published.split()) <= {code.value for code in codes}


def test_holding_removals_passes_no_guard_that_stops_additions() -> None:
    assert not vocabulary.ON_REMOVALS & {"input_refused", "max_age_hours", "repeat_runs"}
