"""runs: the history of plans and runs."""

from tests.command import SAMPLE, Shell


def test_the_history_tells_of_dry_runs_and_applies(sh: Shell) -> None:
    sh.json("plan", SAMPLE)
    run = sh.json("sync", SAMPLE)["run"]["run"]
    listed = sh.json("runs")["runs"]
    assert [(listed_run["kind"], listed_run["status"]) for listed_run in listed] == [
        ("plan", "planned"),
        ("apply", "complete"),
    ]
    assert [listed_run["command"] for listed_run in listed] == ["plan", "sync"]
    assert listed[1]["run"] == run
    assert listed[1]["counts"]["done"] == 6
    completed = sh.run("audit", "show", run)
    assert completed.returncode == 0
    assert "greg.stone@example.edu" in completed.stdout
    assert "No run begins with 'x'" in sh.json("audit", "show", "x", exit_code=64)["error"]["message"]
    several = sh.json("audit", "show", run[:8], exit_code=64)
    assert "2 runs begin with" in several["error"]["message"]


def test_people_get_the_runs_with_list_operator_and_result(synced: Shell) -> None:
    completed = synced.run("runs", token=None)
    assert completed.returncode == 0
    assert all(word in completed.stdout for word in (synced.record()[0]["run"], SAMPLE.name, "complete", "+4 -2"))

    lines = completed.stdout.splitlines()
    assert len(lines) == 3
    assert lines[2].split()[3] == "sync"


def test_an_account_without_a_record_has_no_runs(sh: Shell) -> None:
    assert sh.json("runs") == {"runs": []}
    completed = sh.run("runs")
    assert (completed.returncode, completed.stderr) == (0, "")
    assert "The record has no run yet." in completed.stdout


def test_the_last_runs_are_listed_and_the_number_of_earlier_ones(sh: Shell) -> None:
    for _ in range(3):
        sh.json("plan", SAMPLE)
    everything = sh.json("runs")["runs"]
    assert sh.json("runs", "--last", 2)["runs"] == everything[-2:]
    shown = sh.run("runs", "--last", 1).stdout.splitlines()
    assert shown[2].split()[0] == everything[-1]["run"]
    assert [line.strip() for line in shown[3:]] == ["2 earlier; `rolesync runs` shows all."]
    assert sh.run("runs", "--last", 0).returncode == 64
