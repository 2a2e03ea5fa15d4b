"""The benchmark of requests still measures requests, and detects a plan that reports others."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.bench_requests import CAPTIONS, SHAPES, Shape, check, measure
from tests.report.samples import make_plan


def test_there_are_ten_accounts() -> None:
    assert len({shape.name for shape in SHAPES}) == 10


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (SHAPES[0], (2, 3, 3, (1, 0, 2))),
        (Shape(name="teachers", users=1_000, teachers=100, whole=True), (100, 5, 5, (1, 4, 0))),
        (Shape(name="ids", users=1_000, students=5, strangers=9, by_id=True), (14, 15, 15, (1, 0, 14))),
        (Shape(name="captions", users=1_000, managed=(CAPTIONS,), students=60, newest=True), (60, 24, 18, (1, 19, 4))),
    ],
    ids=lambda value: value.name if isinstance(value, Shape) else "",
)
def test_what_a_dry_run_takes_is_measured(
    shape: Shape, expected: tuple[int, int, int, tuple[int, int, int]], tmp_path: Path
) -> None:
    result = measure(shape, tmp_path)
    assert (result.unknown, result.requests, result.theoretical_minimum, result.ways) == expected


def test_a_plan_that_states_something_else_is_noticed() -> None:
    plan = make_plan(held=())
    check(plan, served=5, strangers=0)
    for served, strangers in ((6, 0), (5, 1)):
        with pytest.raises(RuntimeError, match="the plan states"):
            check(plan, served, strangers)
    with pytest.raises(RuntimeError, match="the plan states"):
        check(replace(plan, requests=replace(plan.requests, steps=())), served=5, strangers=0)
