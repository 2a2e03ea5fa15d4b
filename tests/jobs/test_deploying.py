"""The page about deploying names files that are there, and makes the folders that the jobs use."""

import re

from rolesync.manual.pages import page
from tests.jobs.conftest import Machine
from tests.paths import ROOT

PAGE = page("deploying")
BLOCKS = re.findall(r"^```bash\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
FOLDER = re.compile(r"(?<![\w/])/(?:opt|etc|var/lib|var/log)/rolesync(?:/secrets)?(?![\w-])")


def test_every_file_of_a_command_is_there() -> None:
    commands = "\n".join([*BLOCKS, *re.findall(r"^```powershell\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)])
    paths = {path.replace("\\", "/") for path in re.findall(r"\bjobs[/\\][\w/\\.*@-]+", commands)}
    paths = {path for path in paths if not path.startswith("jobs/kubernetes/school")}  # the reader's copy
    assert len(paths) >= 8
    for path in paths:
        assert list(ROOT.glob(path)), path


def test_the_page_makes_every_folder_that_the_jobs_use() -> None:
    folders = {word for line in "".join(BLOCKS).splitlines() if line.startswith("install -d") for word in line.split()}
    folders |= set(re.findall(r"-m venv (\S+)", PAGE))
    names = ("rolesync.service", "rolesync-failure@.service", "crontab", "nightly.sh", "rolesync.toml")
    used = {folder for name in names for folder in FOLDER.findall((ROOT / "jobs/nightly" / name).read_text("utf-8"))}
    assert used
    assert used <= folders


def test_the_shell_understands_the_commands(machine: Machine) -> None:
    script = machine.root / "page.sh"
    script.write_text("".join(BLOCKS), encoding="utf-8")
    done = machine.sh.call("bash", "-n", script)
    assert (done.returncode, done.stderr) == (0, "")
