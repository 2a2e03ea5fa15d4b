"""A review without a page: what it asks for, and what it refuses."""

from tests.cli.reviewing import planned, review
from tests.command import Shell


def test_a_table_that_is_missing_or_foreign_is_refused(sh: Shell) -> None:
    planned(sh)
    missing = sh.run(*review("remove 2, add 1", "--decisions", "none.csv"))
    assert (missing.returncode, "none.csv do not exist" in missing.stderr) == (3, True)
    (sh.folder / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert sh.run(*review("remove 2, add 1", "--decisions", "other.csv")).returncode != 0
    assert not (sh.folder / "plan.approved.json").exists()


def test_without_a_terminal_nothing_is_asked(sh: Shell) -> None:
    planned(sh)
    completed = sh.run("review", "plan.json", "--reviewer", "Rita")
    assert (completed.returncode, "standard input is not a terminal" in completed.stderr) == (64, True)
