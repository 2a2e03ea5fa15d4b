"""What the tests of several commands share: settings, lists, and what plans and records say."""

import json
from pathlib import Path
from typing import Any

from rolesync.audit.files import Position, head_text
from rolesync.audit.seal import PLAIN
from rolesync.history.read import read_records
from rolesync.model.plans import Plan, Verdict
from rolesync.model.runs import Run
from rolesync.sandbox import Sandbox
from rolesync.settings import Settings, load
from rolesync.workflows.context import Context
from rolesync.workflows.plan import plan_list
from rolesync.workflows.read_list import read_list
from rolesync.workflows.sync import sync_list
from tests.paths import SAMPLE


def settings_for(studio: Sandbox, folder: Path, **more: Any) -> Settings:
    return load(**{"base_url": studio.base_url, "token": studio.token, "state_dir": folder, "attempts": 2, **more})


def planned(context: Context, path: Path = SAMPLE) -> Plan:
    return plan_list(read_list(path, context), context)


def synced(context: Context) -> str:
    """Sync the sample list; returns the id of the run."""
    done = sync_list(read_list(SAMPLE, context), context)
    assert done.run
    return done.run.run_id


def files(folder: Path) -> dict[str, bytes]:
    """Everything below a folder, byte for byte."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def events(context: Context) -> list[str]:
    return [record["event"] for record in read_records(context.settings.account_dir)]


def list_of(folder: Path, *emails: str) -> Path:
    path = folder / "list.csv"
    path.write_text("email,role\n" + "".join(f"{email},Admin\n" for email in emails), encoding="utf-8")
    return path


def rewound(context: Context, *events: str) -> None:
    """Cut off the last records, as if the process had been killed before it wrote them."""
    folder = context.settings.account_dir
    lines = (folder / "audit.jsonl").read_bytes().splitlines(keepends=True)
    for event in events:
        assert json.loads(lines.pop())["event"] == event
    last = json.loads(lines[-1])
    (folder / "audit.jsonl").write_bytes(b"".join(lines))
    end = sum(map(len, lines))
    (folder / "audit.head").write_bytes(head_text(Position(last["seq"], last["hash"], end, 1), PLAIN))


def verdict(plan: Plan, rule: str) -> Verdict:
    (match,) = [verdict for verdict in plan.verdicts if verdict.rule == rule]
    return match


def emails_of(studio: Sandbox) -> list[str]:
    emails = [person.get("email") or "" for person in studio.people(role="Admin")]
    return [email for email in emails if "@" in email]


def drift_of(planned_or_run: Plan | Run) -> list[tuple[int, str]]:
    table = planned_or_run.drift.changes
    return list(zip(table["user_id"].tolist(), table["action"].tolist(), strict=True))
