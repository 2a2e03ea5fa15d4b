"""The nightly sync under the Windows Task Scheduler, as far as it can be checked without Windows.

The order of the elements is that of the tasks that Windows exports.
"""

import re
from xml.etree import ElementTree as ET

from rolesync.configuration.settings_sources import CONFIG_FILE, PREFIX, SECRETS_FOLDER
from rolesync.settings import Settings
from tests.jobs.conftest import Machine, started
from tests.paths import ROOT

FOLDER = ROOT / "jobs" / "windows"
SCRIPT = (FOLDER / "nightly.ps1").read_text("ascii")
SPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
ORDER = {
    "Task": ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"],
    "CalendarTrigger": ["StartBoundary", "Enabled", "RandomDelay", "ScheduleByDay"],
    "Principal": ["UserId", "RunLevel"],
    "Exec": ["Command", "Arguments"],
}


def test_the_task_has_the_elements_of_its_schema() -> None:
    task = ET.parse(FOLDER / "rolesync.xml").getroot()  # noqa: S314  # a file of this repository
    elements = {element.tag.removeprefix(SPACE): element for element in task.iter()}
    assert all(element.tag.startswith(SPACE) for element in task.iter())
    for name, children in ORDER.items():
        assert [child.tag.removeprefix(SPACE) for child in elements[name]] == children
    assert elements["Actions"].get("Context") == elements["Principal"].get("id")
    assert elements["UserId"].text == "S-1-5-19"
    for name in ("RandomDelay", "ExecutionTimeLimit"):
        assert re.fullmatch(r"PT\d+[HM]", elements[name].text or "")
    (script,) = re.findall(r'-File "(.+)"$', elements["Arguments"].text or "")
    assert script == r"C:\Program Files\rolesync\jobs\windows\nightly.ps1"


def test_the_script_sets_what_the_programs_read(machine: Machine) -> None:
    known = {f"{PREFIX}{setting}".upper() for setting in Settings.model_fields} | {CONFIG_FILE, SECRETS_FOLDER}
    values = dict(re.findall(r'^\$(?:env:)?(\w+) = ["\'](.+)["\']$', SCRIPT, re.MULTILINE))
    nightly = machine.job("nightly/nightly.py").read_text("utf-8")
    for name in (name for name in values if name.isupper() and name != "PATH"):
        assert name in known or f'"{name}"' in nightly, name
    assert [SCRIPT.count(mark) for mark in "({["] == [SCRIPT.count(mark) for mark in ")}]"]
    assert SCRIPT.rstrip().endswith("exit $code")


def test_the_script_finds_the_report(machine: Machine) -> None:
    places = {r"C:\Program Files\rolesync": "opt/rolesync", r"C:\ProgramData\rolesync": "etc/rolesync"}
    text = SCRIPT
    for name, windows in re.findall(r"^\$(program|data) = '(.+)'$", SCRIPT, re.MULTILINE):
        text = text.replace(f"${name}\\", f"{machine.root}/{places[windows]}/")
    text = text.replace("\\", "/")
    (report,) = re.findall(r'^\$report = "(.+)"$', text, re.MULTILINE)
    variables = dict(re.findall(r'^\$env:(\w+) = "?(.+?)"?$', text.replace("$report", report), re.MULTILINE))
    (line,) = re.findall(r"^& (.+) @args$", text, re.MULTILINE)
    _, *words = re.findall(r'"([^"]+)"', line)
    variables["PATH"] = f"{machine.root}/opt/rolesync/bin:/usr/bin:/bin"
    machine.list.write_text("email,role\nnobody,Admin\n", encoding="ascii")
    done = started(words, variables, machine.root)
    assert done.returncode == 3
    written = (machine.root / "etc/rolesync/logs/report.txt").read_text("utf-8")
    assert "can't be used: 1 error in row 2, column email" in written.splitlines()[0]
    assert written == done.stderr
