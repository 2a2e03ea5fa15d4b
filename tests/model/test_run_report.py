"""The report of a run."""

from dataclasses import replace

import pytest

from tests.report.run_samples import COMPLETE


@pytest.mark.parametrize("status", ["incomplete", "interrupted", "open"])
def test_only_a_complete_run_counts_as_complete(status: str) -> None:
    assert COMPLETE.complete
    assert not replace(COMPLETE, summary=replace(COMPLETE.summary, status=status)).complete
