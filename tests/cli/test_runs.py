"""runs: the history of plans and runs."""

from tests.e2e.command import SAMPLE, Shell


def test_the_history_tells_of_dry_runs_and_applies(sh: Shell) -> None:
    sh.json("plan", SAMPLE)
    run = sh.json("sync", SAMPLE)["run"]["run"]
    listed = sh.json("runs")["runs"]
    assert [(listed_run["kind"], listed_run["status"]) for listed_run in listed] == [
        ("plan", "planned"),
        ("apply", "complete"),
    ]
    assert listed[1]["run"] == run
    assert listed[1]["counts"]["done"] == 6
    shown = sh.run("audit", "show", run)
    assert shown.returncode == 0
    assert "greg.stone@example.edu" in shown.stdout
    assert "No run begins with 'x'" in sh.json("audit", "show", "x", exit_code=64)["error"]["message"]
    several = sh.json("audit", "show", run[:8], exit_code=64)
    assert "2 runs begin with" in several["error"]["message"]
