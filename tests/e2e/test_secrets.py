"""The token: where it may come from, and that it appears nowhere but in its header."""

import json
from typing import Any

import pytest

from rolesync.sandbox.control_client import Control
from tests.command import SAMPLE, TOKEN, Shell


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
    assert [result.returncode for result in done] == [0, 0, 0, 0, 64]
    assert '"event": "retry"' in done[0].stderr  # so the log was really on
    assert [result.args for result in done if TOKEN in result.stdout + result.stderr] == []
    files = [path for path in sh.folder.rglob("*") if path.is_file()]
    assert {"plan.json", "plan.html", "plan.md", "audit.jsonl"} <= {path.name for path in files}
    assert [path for path in files if TOKEN.encode() in path.read_bytes()] == []


def test_a_folder_of_secrets_gives_the_token(sh: Shell) -> None:
    secrets = sh.folder / "secrets"
    secrets.mkdir(0o700)
    (secrets / "rolesync_token").write_text(f"{TOKEN}\n", encoding="ascii")
    (secrets / "other_programs_password").write_text("swordfish", encoding="ascii")
    assert sh.json("doctor", token=None, secrets_dir=secrets)["status"] == "pass"
    assert sh.run("doctor", token="revoked-token", secrets_dir=secrets).returncode == 6  # the environment is nearer
    (secrets / "rolesync_token").rename(secrets / "ROLESYNC_TOKEN")
    assert sh.json("doctor", token=None, secrets_dir=secrets)["status"] == "pass"


AUDIT_KEY, CLIENT_SECRET = "a key that seals the record", "sandbox-secret"
DEVELOPER_KEY = {
    "token": None,
    "client_id": "sandbox-client",
    "client_secret": CLIENT_SECRET,
    "refresh_token": "sandbox-refresh-token",
}
LOUD = {"log_level": "debug", "log_format": "json", "audit_key": AUDIT_KEY, "attempts": 2, "retry_seconds": 5}


def secrets_in(sh: Shell) -> set[str]:
    """Return every secret that the commands of this shell were given or have received."""
    stored = [json.loads(path.read_text(encoding="ascii")) for path in sh.folder.glob("state/*/token.json")]
    issued = {str(token[name]) for token in stored for name in ("access_token", "refresh_token")}
    return {TOKEN, "revoked-token", AUDIT_KEY, CLIENT_SECRET, "sandbox-refresh-token", "stale-refresh-token"} | issued


def hold_no_secret(sh: Shell, *texts: str) -> None:
    """Check the texts and all files but the token store for secrets."""
    files = [path for path in sh.folder.rglob("*") if path.is_file() and path.name != "token.json"]
    contents = [*(text.encode() for text in texts), *(path.read_bytes() for path in files)]
    for secret in secrets_in(sh):
        assert not any(secret.encode() in content for content in contents)


@pytest.mark.parametrize(
    ("faults", "settings", "code"),
    [
        ("", {"token": "revoked-token"}, 6),
        ("403=1", {}, 6),
        ("503=1", {}, 6),
        ("reset=1", {}, 6),
        ("cut=1", {}, 6),
        ("html200=1", {}, 6),
        ("lost=1,on=writes", {}, 0),
        ("latency=1,on=reads", {"timeout": 0.2}, 6),
        ("", {"max_removals": 0}, 4),
        ("", {"chunk_size": "fifty"}, 64),
        ("", DEVELOPER_KEY, 0),
        ("500=1,on=tokens", DEVELOPER_KEY, 6),
        ("html=1,on=tokens", DEVELOPER_KEY, 6),
        ("reset=1,on=tokens", DEVELOPER_KEY, 6),
        ("", {**DEVELOPER_KEY, "refresh_token": "stale-refresh-token"}, 6),
        ("", {**DEVELOPER_KEY, "client_id": "another-client"}, 6),
    ],
    ids=str,
)
def test_no_failure_gives_a_secret_away(
    sh: Shell, studio: Control, faults: str, settings: dict[str, Any], code: int
) -> None:
    studio.set_faults(faults)
    done = sh.run("sync", SAMPLE, **{**LOUD, **settings})
    studio.set_faults("")
    assert done.returncode == code, done.stderr
    hold_no_secret(sh, done.stdout, done.stderr)


def test_neither_does_a_record_that_is_broken_or_sealed_with_another_key(sh: Shell) -> None:
    assert sh.run("sync", SAMPLE, **LOUD).returncode == 0
    other = sh.run("sync", SAMPLE, **{**LOUD, "audit_key": "another key, no secret here"})
    (path,) = sh.folder.glob("state/*/audit.jsonl")
    path.write_bytes(path.read_bytes().replace(b'"intent"', b'"intend"'))
    broken = [sh.run(*words, **LOUD) for words in (("audit", "verify"), ("runs",), ("sync", SAMPLE))]
    assert [result.returncode for result in (other, *broken)] == [5, 5, 5, 5]
    hold_no_secret(sh, *(text for result in (other, *broken) for text in (result.stdout, result.stderr)))


def test_a_rehearsal_gives_no_secret_away_and_leaves_no_file(sh: Shell) -> None:
    temporary = sh.folder / "temporary"
    temporary.mkdir()
    sh.variables["TMPDIR"] = str(temporary)
    assert sh.run("plan", SAMPLE, "-o", "plan.json", **LOUD).returncode == 0
    done = sh.run("rehearse", "plan.json", **LOUD)
    assert done.returncode == 0
    hold_no_secret(sh, done.stdout, done.stderr)
    assert list(temporary.iterdir()) == []
