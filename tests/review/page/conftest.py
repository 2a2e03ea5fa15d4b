"""A running review, and a browser that has opened it."""

from collections.abc import Iterator

import pytest

from tests.report.samples import make_plan
from tests.review.page.begun import Begun, Visitor, begun


@pytest.fixture
def review() -> Iterator[Begun]:
    with begun(make_plan()) as running:
        yield running


@pytest.fixture
def visitor(review: Begun) -> Visitor:
    return Visitor(review.address())
