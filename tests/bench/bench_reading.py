"""Measure reading: rows of a list per second, beside a bare pandas read of the same file.

Run as `python -m tests.bench.bench_reading [ROWS]`. Both sides read each file three times in turn; the median counts.
pandas reads workbooks with calamine, its fastest library, which rolesync uses for XLSX and ODS too.
"""

import argparse
import csv
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

import openpyxl
import pandas as pd
from rich.console import Console
from rich.table import Table

from rolesync.reader.read import read_desired

ROWS = 200_000
TIMES = 3
DAY = datetime(2026, 3, 1, tzinfo=UTC).date()
HEADER = ("email", "user_id", "role", "note")


def row(number: int) -> tuple[str, int, str, str]:
    """Make one row of the list: an address in mixed case, an id, a role, and a column that is not read."""
    return f"Person{number}@Example.edu", number + 1, "Admin", "Media services"


def make_csv(path: Path, rows: int) -> None:
    """Write the list as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([HEADER, *map(row, range(rows))])


def make_xlsx(path: Path, rows: int) -> None:
    """Write the list as a workbook."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("List")
    for cells in [HEADER, *map(row, range(rows))]:
        sheet.append(cells)
    book.save(path)


def ours(path: Path, rows: int) -> None:
    """Read the list as every command does."""
    desired = read_desired(path, managed_roles=("Admin",), today=DAY)
    if desired.status != "ok" or len(desired.assignments) != rows:
        raise RuntimeError(f"{path.name} was not read: {desired.findings[:3]}")


def yardstick(path: Path, rows: int) -> None:
    """Read the file with pandas."""
    table = pd.read_csv(path) if path.suffix == ".csv" else pd.read_excel(path, engine="calamine")
    if len(table) != rows:
        raise RuntimeError(f"{path.name} has {len(table)} rows")


MAKERS: Mapping[str, Callable[[Path, int], None]] = {"list.csv": make_csv, "list.xlsx": make_xlsx}


def measure(path: Path, rows: int) -> tuple[float, float]:
    """The median seconds of both sides, ours first."""
    seconds: dict[str, list[float]] = {"ours": [], "yardstick": []}
    for _ in range(TIMES):
        for name, read in (("ours", ours), ("yardstick", yardstick)):
            started = perf_counter()
            read(path, rows)
            seconds[name].append(perf_counter() - started)
    return median(seconds["ours"]), median(seconds["yardstick"])


def main() -> None:
    """Measure each kind of file and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=ROWS)
    rows = parser.parse_args().rows
    table = Table(title=f"Reading a list of {rows:,} rows, median of {TIMES}", title_justify="left")
    for title in ("file", "ours, rows/s", "pandas, rows/s", "ours, s", "pandas, s", "ratio of times"):
        table.add_column(title, justify="left" if title == "file" else "right")
    with tempfile.TemporaryDirectory() as folder:
        for name, make in MAKERS.items():
            path = Path(folder) / name
            make(path, rows)
            mine, other = measure(path, rows)
            rates = (f"{rows / mine:,.0f}", f"{rows / other:,.0f}")
            table.add_row(name, *rates, f"{mine:.2f}", f"{other:.2f}", f"{mine / other:.2f}")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
