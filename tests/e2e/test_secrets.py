"""The token: where it may come from, and that it goes nowhere but into its header."""

from rolesync.sandbox.control import Control
from tests.e2e.command import SAMPLE, TOKEN, Shell


def test_the_token_reaches_no_output_log_plan_or_record(sh: Shell, studio: Control) -> None:
    studio.set_faults("429=1,429-retry-after=0,times=1")
    loud = {"log_level": "debug", "log_format": "json"}
    done = [
        sh.run("plan", SAMPLE, "-o", "plan.json", **loud),
        sh.run("apply", "plan.json", "--yes", **loud),
        sh.run("doctor", "--format", "json", **loud),
        sh.run("show", "plan.json", "--html", "plan.html", "--markdown", "plan.md", **loud),
        sh.run("plan", SAMPLE, "--set", f"tokens={TOKEN}", **loud),
    ]
    assert [one.returncode for one in done] == [0, 0, 0, 0, 64]
    assert '"event": "retry"' in done[0].stderr  # so the log was really on
    assert [one.args for one in done if TOKEN in one.stdout + one.stderr] == []
    files = [path for path in sh.folder.rglob("*") if path.is_file()]
    assert {"plan.json", "plan.html", "plan.md", "audit.jsonl"} <= {path.name for path in files}
    assert [path for path in files if TOKEN.encode() in path.read_bytes()] == []


def test_a_folder_of_secrets_gives_the_token(sh: Shell) -> None:
    secrets = sh.folder / "secrets"
    secrets.mkdir()
    (secrets / "rolesync_token").write_text(f"{TOKEN}\n", encoding="ascii")
    (secrets / "other_programs_password").write_text("swordfish", encoding="ascii")
    assert sh.json("doctor", token=None, secrets_dir=secrets)["status"] == "pass"
    assert sh.run("doctor", token="revoked-token", secrets_dir=secrets).returncode == 6  # the environment is nearer
    (secrets / "rolesync_token").rename(secrets / "ROLESYNC_TOKEN")
    assert sh.json("doctor", token=None, secrets_dir=secrets)["status"] == "pass"
