"""Wrong usage and wrong settings: found before anything is asked or written, and explained."""

import signal
import sys

import pytest

from rolesync.sandbox.control import Control
from tests.e2e.command import SAMPLE, Shell, some

REFUSED = [
    (["plan", SAMPLE, "--set", "chunksize=5"], {}, "chunksize is no setting"),
    (["plan", SAMPLE], {"max_removal": 5}, "ROLESYNC_MAX_REMOVAL in the environment is no setting"),
    (["plan", SAMPLE], {"base_url": "http://studio.example.edu"}, "would send the token unencrypted"),
    (["plan", SAMPLE], {"token": None}, "no token is set"),
    (["sync", SAMPLE, "--dry-run", "--override", "00"], {}, "contradict each other"),
    (["apply", "none.json", "--yes"], {}, "none.json"),
]


@pytest.mark.parametrize(("arguments", "settings", "said"), REFUSED)
def test_a_wrong_setting_is_refused_as_json_and_in_words(
    sh: Shell, studio: Control, arguments: list[object], settings: dict[str, object], said: str
) -> None:
    refused = sh.json(*arguments, exit_code=64, **settings)
    assert refused["status"] == "refused"
    assert refused["error"]["exit_code"] == 64
    assert said in refused["error"]["message"]
    assert refused["error"]["hint"]
    assert some(studio.counts()) == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["frobnicate"], "frobnicate"),
        (["plan"], "FILE"),
        (["plan", SAMPLE, "--format", "xml"], "xml"),
        (["sandbox", "--port", "0", "--faults", "500=2"], "500"),
    ],
)
def test_wrong_usage_is_explained_without_a_traceback(sh: Shell, arguments: list[object], said: str) -> None:
    refused = sh.run(*arguments)
    assert (refused.returncode, refused.stdout) == (64, "")
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


def test_apply_needs_a_terminal_or_a_yes(sh: Shell, studio: Control) -> None:
    sh.json("plan", SAMPLE, "-o", "plan.json")
    refused = sh.json("apply", "plan.json", exit_code=64)
    assert "--yes" in refused["error"]["hint"]
    assert studio.log() == []


def test_an_unknown_key_of_the_settings_file_is_refused(sh: Shell, studio: Control) -> None:
    (sh.folder / "rolesync.toml").write_text("min_holder = 3\n", encoding="utf-8")
    assert "min_holder is no setting" in sh.json("sync", SAMPLE, exit_code=64)["error"]["message"]
    assert some(studio.counts()) == {}


def test_every_exit_code_is_in_the_help_also_without_the_script(sh: Shell) -> None:
    helped = sh.call(sys.executable, "-m", "rolesync", "--help")
    assert helped.returncode == 0
    words = helped.stdout.replace(",", " ").split()
    assert {"0", "1", "2", "3", "4", "5", "6", "7", "64", "130"} <= set(words)


def test_the_sandbox_wants_a_free_port_and_ends_with_ctrl_c(sh: Shell, studio: Control) -> None:
    port = studio.base_url.rpartition(":")[2]
    taken = sh.run("sandbox", "--port", port)
    assert taken.returncode == 64
    assert f"port {port} can't be opened" in taken.stderr
    with sh.started("sandbox", "--port", "0") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("export ROLESYNC_BASE_URL=http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
