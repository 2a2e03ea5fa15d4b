"""The README of the jobs names existing files and every exit code."""

import re

from rolesync.errors import Exit
from tests.paths import ROOT

TEXT = (ROOT / "jobs" / "README.md").read_text(encoding="utf-8")


def test_every_file_is_listed_and_every_listed_file_is_there() -> None:
    (table,) = re.findall(r"\| file .*?\n\n", TEXT, re.DOTALL)
    named = {name.rpartition("/")[2] for name in re.findall(r"`([\w./@-]+\.\w+|[\w/]+/(?:crontab|Dockerfile))`", table)}
    there = {path.name for path in (ROOT / "jobs").rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert named == there - {"README.md"}


def test_every_exit_code_is_told() -> None:
    explained = {int(code) for row in re.findall(r"^\| ([\d, ]+) \|", TEXT, re.MULTILINE) for code in row.split(",")}
    assert explained >= set(Exit)
