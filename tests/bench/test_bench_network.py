"""The benchmark of the network still measures the network."""

from tests.bench.bench_network import Line, limited, ours, page_by_page, yardstick
from tests.bench.paged import served


def test_each_side_fetches_all_pages() -> None:
    with served(30, 0.001) as address:
        assert [fetch(address, 30, 4).requests for fetch in (ours, page_by_page, yardstick)] == [30, 30, 30]


def test_the_limit_is_round_trips_over_connections() -> None:
    assert Line(16, 0.05, 960, 0.93).limit == 3.0


def test_a_limited_server_refuses() -> None:
    rate, share = limited(30, 0.001, "")
    assert rate > 0
    assert 0 < share < 1
