"""The image: what is copied into it, its user, and its commands with its variables and a read-only root."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.jobs.conftest import Machine, started
from tests.paths import ROOT

FOLDER = ROOT / "jobs" / "container"


def steps(text: str) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile, each with its arguments on one line."""
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in text.splitlines() if line)]


STEPS = steps((FOLDER / "Dockerfile").read_text("utf-8"))
IMAGE = STEPS[max(index for index, (name, _) in enumerate(STEPS) if name == "FROM") :]
LAST = dict(IMAGE)  # the last instruction of each name counts


def command(name: str) -> list[str]:
    words: list[str] = json.loads(LAST[name][LAST[name].index("[") :])
    return words


def test_the_build_sees_what_it_copies_and_nothing_else() -> None:
    copied = {
        word
        for name, rest in STEPS
        if name == "COPY" and "--from=" not in rest
        for word in [word for word in rest.split() if not word.startswith("--")][:-1]
    }
    lines = (FOLDER / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert lines.index("*") < min(lines.index(f"!{path}") for path in copied)
    assert {line[1:] for line in lines if line.startswith("!")} == copied
    assert all((ROOT / path).exists() for path in copied)
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert {needed["project"]["readme"], "rolesync"} <= copied
    (extras,) = [rest.removeprefix("EXTRAS=") for name, rest in STEPS if name == "ARG"]
    assert needed["project"]["optional-dependencies"].keys() >= set(extras.split(","))


def test_the_user_is_not_root_and_owns_the_state_folder() -> None:
    assert LAST["USER"] == "10001:10001"
    assert ("RUN", f"install -d -o 10001 -g 10001 -m 0700 {LAST['VOLUME']}") in IMAGE


@pytest.mark.parametrize("name", ["HEALTHCHECK", "ENTRYPOINT"])
def test_its_commands_run_with_its_variables(machine: Machine, name: str) -> None:
    shutil.copytree(machine.root / "etc/rolesync/secrets", machine.root / "run/secrets/rolesync")
    pairs = re.findall(r"(\w+)=(\S+)", LAST["ENV"])
    variables = {key: machine.moved(value) for key, value in pairs}
    assert variables["PATH"].startswith(f"{machine.root}/opt/rolesync/bin:")
    state = Path(variables["ROLESYNC_STATE_DIR"])
    state.mkdir(parents=True)
    words = command(name) + ([] if name == "HEALTHCHECK" else command("CMD"))
    program = shutil.which(words[0], path=variables["PATH"])
    assert program
    done = started([program, *words[1:]], variables, machine.root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("READY" if name == "HEALTHCHECK" else "Usage: rolesync") in done.stdout

    (machine.root / "run/secrets/rolesync/rolesync_token").write_text("expired", encoding="ascii")
    done = started([program, *words[1:]], variables, machine.root)
    assert done.returncode == (6 if name == "HEALTHCHECK" else 0)


def may_mount() -> bool:
    unshare = shutil.which("unshare")
    return unshare is not None and subprocess.run([unshare, "--mount", "true"], check=False).returncode == 0


READ_ONLY = """
mount --bind "$1" "$1" || exit 97
mount -o remount,ro,bind "$(findmnt --noheadings --output TARGET --target "$2")" || exit 98
touch "$2/probe" 2>/dev/null && exit 99
shift 2
exec "$@"
"""


@pytest.mark.skipif(not may_mount(), reason="only root may mount")
def test_a_run_writes_only_to_the_state_folder(machine: Machine) -> None:
    state = machine.root / "var/lib/rolesync"
    state.mkdir(parents=True)
    machine.sh.variables.update(HOME=str(machine.root), PYTHONDONTWRITEBYTECODE="1")
    words = ["unshare", "--mount", "sh", "-c", READ_ONLY, "sh", state, machine.root, "rolesync"]
    done = machine.sh.call(*words, "sync", machine.list)
    assert done.returncode == 0, done.stderr
    assert "COMPLETE" in done.stdout
    assert (machine.account_dir / "audit.jsonl").is_file()
