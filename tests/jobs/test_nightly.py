"""The nightly sync, started by each of its schedulers with only what its file says."""

import os
import shlex
import shutil
import sys
import time

import pytest
from filelock import FileLock

from tests.command import ADMINS, TOKEN
from tests.jobs.conftest import Machine, started


def write_list(machine: Machine, *addresses: str) -> None:
    machine.list.write_text(
        "".join(["email,role\n", *(f"{address},Admin\n" for address in addresses)]), encoding="utf-8"
    )


def test_two_nights_change_something_and_then_nothing(machine: Machine) -> None:
    logs = machine.root / "logs"
    logs.mkdir()
    old, foreign = logs / "sync-2020-01-01.log", logs / "other.log"
    for path in (old, foreign):
        path.touch()
        os.utime(path, (time.time() - 200 * 86400,) * 2)
    machine.sh.variables["NIGHTLY_LOG_DIR"] = str(logs)

    for night in (1, 2):
        done = machine.sh.call(machine.job("nightly/nightly.sh"), machine.list)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert len(machine.studio.log()) == 6
        assert (machine.account_dir / "audit.jsonl").is_file()
        texts = [path.read_text(encoding="utf-8") for path in logs.glob("sync-*.log")]
        assert len(texts) == night
        assert sum("NOTHING TO DO" in text for text in texts) == night - 1
    assert not old.exists()
    assert foreign.exists()
    assert {path.stat().st_mode & 0o777 for path in logs.glob("sync-*.log")} == {0o600}


def test_a_night_that_fails_says_so_with_rolesyncs_own_code(machine: Machine) -> None:
    machine.sh.variables["NIGHTLY_LOG_DIR"] = str(machine.root / "logs")
    nightly = machine.job("nightly/nightly.sh")

    machine.account_dir.mkdir(parents=True)
    with FileLock(machine.account_dir / "run.lock"):
        held = machine.sh.call(nightly, machine.list)
    write_list(machine, *ADMINS[:7], "not an address")
    refused = machine.sh.call(nightly, machine.list)
    write_list(machine, *ADMINS[:7])
    blocked = machine.sh.call(nightly, machine.list, "--format", "json")  # options are passed on

    assert [done.returncode for done in (held, refused, blocked)] == [7, 3, 4]
    assert "holds the lock" in held.stderr.splitlines()[0]
    message, hint, verdict = refused.stderr.splitlines()[:3]
    assert "can't be used: 1 error in row 9, column email: 'not an address'" in message
    assert "rolesync validate" in hint
    assert verdict.startswith("REJECTED The list can't be used.")
    for code, done in ((7, held), (3, refused), (4, blocked)):
        assert f"ended with exit code {code}.\n\n## {code}: " in done.stderr
        assert "```" not in done.stderr
    # One log a run: the report of a night has nothing of another.
    assert len(list((machine.root / "logs").glob("sync-*.log"))) == 3
    assert "holds the lock" not in refused.stderr + blocked.stderr.partition("The output of this run")[2]
    assert '"refusal": {' in blocked.stderr
    assert machine.studio.log() == []


def test_a_night_whose_log_is_json_begins_its_report_with_the_error_in_words(machine: Machine) -> None:
    write_list(machine, *ADMINS[:7], "not an address")
    done = machine.sh.call(machine.job("nightly/nightly.py"), machine.list, "--set", "log_format=json")
    message, hint = done.stderr.splitlines()[:2]
    assert (done.returncode, "row 9, column email" in message, "  → correct the list" in hint) == (3, True, True)


def test_a_night_without_a_program_says_so(machine: Machine) -> None:
    (machine.root / "opt/rolesync/bin/rolesync").unlink()
    machine.sh.variables["PATH"] = "/usr/bin:/bin"
    machine.sh.variables["NIGHTLY_REPORT"] = str(machine.root / "report.txt")
    done = machine.sh.call(machine.job("nightly/nightly.py"), machine.list)
    assert done.returncode == 1
    assert done.stderr.startswith("rolesync: the program is not on the PATH, /usr/bin:/bin\n")
    assert (machine.root / "report.txt").read_text("utf-8") == done.stderr


def test_a_night_is_stopped_in_good_order(machine: Machine) -> None:
    program = machine.root / "opt/rolesync/bin/rolesync"
    program.unlink()
    message = "rolesync: interrupted, everything is recorded"
    program.write_text(
        f"#!{sys.executable}\n"
        "import os, signal, sys\n"
        "if sys.argv[1] == 'help': sys.exit('No such page')\n"
        f"signal.signal(signal.SIGTERM, lambda *_: (print({message!r}), sys.exit(143)))\n"
        "print('started', flush=True)\n"
        "os.kill(os.getppid(), signal.SIGTERM)\n"
        "signal.pause()\n",
        encoding="ascii",
    )
    program.chmod(0o755)
    done = machine.sh.call(machine.job("nightly/nightly.py"), machine.list)
    assert done.returncode == 143
    assert done.stdout == f"started\n{message}\n"
    assert done.stderr.startswith(f"{message}\n")


def test_the_crontab(machine: Machine) -> None:
    text = machine.moved(machine.job("nightly/crontab").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    *assignments, entry = lines
    variables = dict(line.split("=", 1) for line in assignments)
    *when, command = entry.split(maxsplit=5)
    assert len(when) == 5
    assert all(field == "*" or field.isdecimal() for field in when)
    done = started(["/bin/sh", "-c", command], variables, machine.root)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(machine.studio.log()) == 6
    assert len(list((machine.root / "var/log/rolesync").glob("sync-*.log"))) == 1


def unit(text: str) -> list[tuple[str, str]]:
    """The assignments of a systemd unit, in order; a name may come several times."""
    lines = [line for line in text.splitlines() if line and line[0] not in "#["]
    return [(name, value) for name, _, value in (line.partition("=") for line in lines)]


def test_the_systemd_service(machine: Machine) -> None:
    settings = unit(machine.moved(machine.job("nightly/rolesync.service").read_text(encoding="utf-8")))
    credentials = machine.root / "run/credentials"
    credentials.mkdir(parents=True)
    for name, value in settings:
        if name == "LoadCredential":
            credential, _, source = value.partition(":")
            shutil.copy(source, credentials / credential)
    specifiers = {"%d": str(credentials), "%S": str(machine.root / "var/lib")}
    variables = {}
    for name, value in settings:
        if name == "Environment":
            key, _, content = value.partition("=")
            for specifier, meaning in specifiers.items():
                content = content.replace(specifier, meaning)
            variables[key] = content
    (command,) = [value for name, value in settings if name == "ExecStart"]
    done = started(shlex.split(command), variables, machine.root)
    assert done.returncode == 0, done.stderr
    assert "COMPLETE" in done.stdout
    assert len(machine.studio.log()) == 6
    assert (machine.account_dir / "audit.jsonl").is_file()
    assert TOKEN not in done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_understands_the_units(machine: Machine) -> None:
    names = ("rolesync.service", "rolesync.timer", "rolesync-failure@.service")
    for name in names:
        text = machine.moved(machine.job(f"nightly/{name}").read_text(encoding="utf-8"))
        (machine.root / name).write_text(text, encoding="utf-8")
    done = machine.sh.call("systemd-analyze", "verify", "--man=no", *names)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    security = ("systemd-analyze", "security", "--offline=yes", "--threshold=15", "rolesync.service")
    assert machine.sh.call(*security).returncode == 0


def test_the_mail_of_systemd_is_about_this_run(machine: Machine) -> None:
    """The journal is a folder with a file a run; `journalctl` and `sendmail` are programs of the test."""
    write_list(machine, *ADMINS[:7])
    failed = machine.sh.run("sync", machine.list)
    assert failed.returncode == 4
    programs = machine.root / "opt/rolesync/bin"
    (machine.root / "_SYSTEMD_INVOCATION_ID=a1").write_text("another night\n", encoding="ascii")
    (machine.root / "_SYSTEMD_INVOCATION_ID=b2").write_text(failed.stdout + failed.stderr, encoding="utf-8")
    for name, text in {"journalctl": 'cat "$4"; test "$6" = INVOCATION_ID=b2', "sendmail": "cat >mail"}.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n", encoding="ascii")
        (programs / name).chmod(0o755)

    settings = unit(machine.moved(machine.job("nightly/rolesync-failure@.service").read_text(encoding="utf-8")))
    variables = dict(value.split("=", 1) for name, value in settings if name == "Environment")
    monitor = {"INVOCATION_ID": "b2", "EXIT_STATUS": "4", "SERVICE_RESULT": "exit-code"}
    variables |= {f"MONITOR_{name}": value for name, value in monitor.items()}
    (command,) = [value for name, value in settings if name == "ExecStart"]
    done = started(shlex.split(command.replace("%i", "rolesync.service")), variables, machine.root)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    headers, _, body = (machine.root / "mail").read_text("utf-8").partition("\n\n")
    assert headers.startswith("To: root\nSubject: rolesync.service on ")
    assert "failed: rolesync: BLOCKED by " in headers
    assert body.startswith("rolesync: BLOCKED by ")
    assert "ended with 4 (exit-code).\n\n## 4: blocked by a guard or a digest\n" in body
    assert body.endswith(failed.stdout + failed.stderr)
    assert "another night" not in body
