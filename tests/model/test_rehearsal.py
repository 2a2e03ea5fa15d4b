from rolesync.model.rehearsal import Latency


def test_the_latency_is_the_median() -> None:
    assert Latency.of([0.3, 0.1, 9.0]) == Latency(0.3, 3)
    assert Latency.of([]) == Latency(0.0, 0)
