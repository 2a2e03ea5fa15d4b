"""The peak memory of this process."""

import re
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


def peak_mb() -> float:
    """Return the peak resident memory of this process so far, in MB, as the operating system counts it.

    `getrusage` would also count the memory of the parent process on Linux.
    """
    if _STATUS.exists():
        match = re.search(r"^VmHWM:\s+(\d+) kB$", _STATUS.read_text(encoding="ascii"), re.MULTILINE)
        if match:
            return int(match[1]) / 2**10
    import resource  # noqa: PLC0415  # not on every system; the rest of the benchmarks can be imported there

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
