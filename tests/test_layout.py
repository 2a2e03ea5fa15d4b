"""The layout is the architecture: every module has its tests, every room its place, and no module is too long."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

PACKAGE = ROOT / "rolesync"
MODULES = [path.relative_to(PACKAGE) for path in sorted(PACKAGE.rglob("*.py")) if not path.name.startswith("__")]
APART = {"bench", "e2e", "jobs"}  # folders of tests that drive the whole, not a module
WHOLE = {"test_docs.py", "test_layout.py", "test_soak.py"}
GIT = shutil.which("git") or ""
TOP_LEVEL = {"pyproject.toml", "README.md", "Makefile", "rolesync", "jobs", "sample_data", "tests"}
MODULE_LINES = 300
FUNCTION_LINES = 60


def counterpart(module: Path) -> Path:
    return module.with_name(f"test_{module.name}")


def without_tests(modules: list[Path], tests: set[Path]) -> list[str]:
    return [
        f"rolesync/{module} has no tests/{counterpart(module)}"
        for module in modules
        if counterpart(module) not in tests
    ]


def without_module(modules: list[Path], tests: set[Path]) -> list[str]:
    known = {counterpart(module) for module in modules}
    return [f"tests/{test} tests no module of its name" for test in sorted(tests - known)]


@pytest.mark.skipif(not GIT or not (ROOT / ".git").exists(), reason="only a checkout has a list of its files")
def test_the_top_level_has_what_is_agreed_and_nothing_else() -> None:
    completed = subprocess.run([GIT, "ls-files"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    entries = {name.partition("/")[0] for name in completed.stdout.splitlines()}
    assert {name for name in entries if not name.startswith(".")} == TOP_LEVEL


def test_every_module_has_its_tests_and_every_test_its_module() -> None:
    folder = ROOT / "tests"
    tests = {path.relative_to(folder) for path in folder.rglob("test_*.py")}
    tests = {test for test in tests if test.parts[0] not in APART | WHOLE}
    assert [*without_tests(MODULES, tests), *without_module(MODULES, tests)] == []


def test_what_has_no_counterpart_is_named() -> None:
    module, test = Path("differ/diff.py"), Path("differ/test_dif.py")
    assert without_tests([module], {test}) == ["rolesync/differ/diff.py has no tests/differ/test_diff.py"]
    assert without_module([module], {test}) == ["tests/differ/test_dif.py tests no module of its name"]


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_no_module_and_no_function_is_too_long(module: Path) -> None:
    source = (PACKAGE / module).read_text(encoding="utf-8")
    assert source.count("\n") <= MODULE_LINES
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            # The parameters of a command are its options, each with its help: only what it does is counted.
            length = (node.end_lineno or 0) - node.body[0].lineno + 1
            assert length <= FUNCTION_LINES, f"{node.name} has {length} lines"


def test_a_room_that_is_placed_nowhere_is_refused(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "rolesync"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    (tmp_path / "rolesync" / "attic").mkdir()
    (tmp_path / "rolesync" / "attic" / "__init__.py").write_text(
        '"""A room that no layer names."""\n', encoding="utf-8"
    )
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    completed = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode != 0
    assert "rolesync.attic" in completed.stdout
