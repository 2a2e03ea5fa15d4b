"""All benchmarks, one after the other; `make bench` runs this."""

from tests.bench import (
    bench_applying,
    bench_fleet,
    bench_growth,
    bench_network,
    bench_page,
    bench_planning,
    bench_reading,
    bench_requests,
    bench_sandbox,
    bench_startup,
)

if __name__ == "__main__":
    bench_sandbox.main()
    bench_requests.main()
    bench_network.main()
    bench_reading.main()
    bench_planning.main()
    bench_applying.main()
    bench_page.main()
    bench_startup.main()
    bench_growth.main()
    bench_fleet.main()
