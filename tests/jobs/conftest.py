"""A sandbox in a separate process, and a folder in which the jobs are installed as their files describe it."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rolesync.sandbox.control_client import Control
from tests.command import OWNER, ROLESYNC, SAMPLE, TOKEN, Shell, clean
from tests.paths import ROOT

_SECONDS = 60
_PLACES = re.compile(r"/(opt|etc|var/lib|var/log|run/secrets)/rolesync\b")


@dataclass(frozen=True)
class Machine:
    """A machine whose root is the folder of a test. Only the texts of the job files lead to the sandbox."""

    root: Path
    studio: Control
    sh: Shell

    def moved(self, text: str) -> str:
        """Return the text of a job, with all folders of an installation under this machine's root."""
        return _PLACES.sub(lambda place: f"{self.root}{place[0]}", text)

    def job(self, name: str) -> Path:
        """An installed job."""
        return self.root / "opt/rolesync/jobs" / name

    @property
    def list(self) -> Path:
        """The installed list."""
        return self.root / "etc/rolesync/desired_roles.csv"

    @property
    def account_dir(self) -> Path:
        """Where the installed settings put the account's record and lock."""
        return self.root / "var/lib/rolesync" / urlsplit(self.studio.base_url).netloc.replace(":", "_")


@pytest.fixture
def machine(tmp_path: Path, studio: Control) -> Machine:
    """A machine with program, jobs, settings, list and token where the job files expect them."""
    sh = Shell(tmp_path, clean())
    installed = Machine(tmp_path, studio, sh)
    programs, settings = tmp_path / "opt/rolesync/bin", tmp_path / "etc/rolesync"
    programs.mkdir(parents=True)
    (programs / "rolesync").symlink_to(ROLESYNC)
    shutil.copytree(ROOT / "jobs", tmp_path / "opt/rolesync/jobs")
    (settings / "secrets").mkdir(parents=True)
    for token in (settings / "rolesync_token", settings / "secrets/rolesync_token"):
        token.write_text(f"{TOKEN}\n", encoding="ascii")
    shutil.copy(SAMPLE, installed.list)
    replacements = {'account = "example"': f'base_url = "{studio.base_url}"', "studio-automation@example.edu": OWNER}
    text = installed.moved((ROOT / "jobs/nightly/rolesync.toml").read_text(encoding="utf-8"))
    for example, real in replacements.items():
        assert example in text
        text = text.replace(example, real)
    (settings / "rolesync.toml").write_text(text, encoding="utf-8")
    sh.variables["PATH"] = f"{programs}:{sh.variables['PATH']}"
    sh.variables["ROLESYNC_CONFIG"] = str(settings / "rolesync.toml")
    sh.variables["ROLESYNC_SECRETS_DIR"] = str(settings / "secrets")
    return installed


def started(command: list[str], variables: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as its scheduler does: with only these variables, in this folder."""
    return subprocess.run(
        command, env=variables, cwd=folder, capture_output=True, encoding="utf-8", timeout=_SECONDS, check=False
    )
