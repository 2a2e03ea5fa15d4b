"""extras: the command that adds an extra fits how this copy was installed."""

import json
import os
import shlex
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from rolesync import __version__, extras
from rolesync.extras import DISTRIBUTION, Installation, command_for, install_command, this_installation
from tests.paths import ROOT

PYTHON = "/srv/tools/bin/python"
PINNED = f"studio-rolesync[excel]=={__version__}"


def installation(
    folder: Path, origin: dict[str, Any] | None = None, installer: str = "pip", *, pip: bool = True
) -> Any:
    return Installation(origin or {}, installer, folder, PYTHON, pip)


def test_a_folder_or_a_wheel_is_named_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    wheel = tmp_path / "studio_rolesync-0.1.0-py3-none-any.whl"
    wheel.touch()
    url = (tmp_path / "a b").as_uri()
    editable = command_for("excel", installation(tmp_path, {"url": url, "dir_info": {"editable": True}}))
    assert editable == f"{PYTHON} -m pip install --editable '{tmp_path}/a b[excel]'"
    copied = command_for("excel", installation(tmp_path, {"url": url, "dir_info": {}}))
    assert copied == f"{PYTHON} -m pip install '{tmp_path}/a b[excel]'"
    from_wheel = command_for("excel", installation(tmp_path, {"url": wheel.as_uri(), "archive_info": {}}))
    assert from_wheel == f"{PYTHON} -m pip install '{wheel}[excel]'"


def test_a_copy_from_an_index_or_of_a_lost_file_keeps_its_version(tmp_path: Path) -> None:
    assert command_for("excel", installation(tmp_path)) == f"{PYTHON} -m pip install '{PINNED}'"
    lost = {"url": (tmp_path / "gone.whl").as_uri(), "archive_info": {}}
    assert command_for("excel", installation(tmp_path, lost)) == f"{PYTHON} -m pip install '{PINNED}'"


def test_a_copy_from_a_repository_or_an_address_is_named_by_it(tmp_path: Path) -> None:
    git = {"url": "https://git.example.edu/rolesync", "vcs_info": {"vcs": "git", "commit_id": "abc123"}}
    words = shlex.split(command_for("excel", installation(tmp_path, git)))
    assert words[-1] == "studio-rolesync[excel] @ git+https://git.example.edu/rolesync@abc123"
    wheel = {"url": "https://files.example.edu/studio_rolesync-0.1.0-py3-none-any.whl", "archive_info": {}}
    assert shlex.split(command_for("excel", installation(tmp_path, wheel)))[-1].endswith("@ " + wheel["url"])  # type: ignore[operator]


def test_uv_installs_where_it_did_before_or_pip_is_missing(tmp_path: Path) -> None:
    for known in (installation(tmp_path, None, "uv"), installation(tmp_path, None, "pip", pip=False)):
        assert command_for("excel", known) == f"uv pip install --python {PYTHON} '{PINNED}'"


def test_pipx_and_uv_tool_are_used_again_for_their_copies(tmp_path: Path) -> None:
    url = tmp_path.as_uri()
    folder = {"url": url, "dir_info": {}}
    pipx, uv = tmp_path / DISTRIBUTION, tmp_path / "uv"
    for path, mark in ((pipx, "pipx_metadata.json"), (uv, "uv-receipt.toml")):
        path.mkdir()
        (path / mark).touch()
    assert command_for("all", installation(pipx, folder)) == f"pipx install --force '{tmp_path}[all]'"
    assert command_for("excel", installation(pipx)) == f"pipx runpip studio-rolesync install '{PINNED}'"
    assert command_for("all", installation(uv, folder, "uv")) == f"uv tool install --force '{tmp_path}[all]'"
    assert command_for("excel", installation(uv, None, "uv")) == f"uv pip install --python {PYTHON} '{PINNED}'"


def test_windows_quotes_what_its_shells_would_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = installation(tmp_path)
    monkeypatch.setattr(os, "name", "nt")
    assert command_for("excel", command) == f'{PYTHON} -m pip install "{PINNED}"'


def test_the_copy_that_runs_is_found_by_its_metadata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "studio_rolesync-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {DISTRIBUTION}\nVersion: 0.1.0\n", encoding="ascii")
    (info / "INSTALLER").write_text("uv\n", encoding="ascii")
    (info / "direct_url.json").write_text(json.dumps({"url": tmp_path.as_uri(), "dir_info": {}}), encoding="ascii")
    monkeypatch.syspath_prepend(tmp_path)
    assert this_installation().installer == "uv"
    assert install_command("excel") == f"uv pip install --python {shlex.quote(sys.executable)} '{tmp_path}[excel]'"


def test_a_copy_that_was_never_installed_is_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    assert install_command("html").endswith(f"install --editable '{ROOT}[html]'")
    assert Path(extras.__file__).parent.parent == ROOT
