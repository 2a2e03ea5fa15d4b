"""A running review, and a browser that has opened it."""

from collections.abc import Iterator

import pytest

from tests.report.samples import make_plan
from tests.review.page.running_review import RunningReview, Visitor, running_review


@pytest.fixture
def review() -> Iterator[RunningReview]:
    with running_review(make_plan()) as running:
        yield running


@pytest.fixture
def visitor(review: RunningReview) -> Visitor:
    return Visitor(review.address())
