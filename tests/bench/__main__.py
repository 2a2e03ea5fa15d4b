"""All benchmarks, one after the other; `make bench` runs this."""

from tests.bench import bench_planning, bench_requests

if __name__ == "__main__":
    bench_requests.main()
    bench_planning.main()
