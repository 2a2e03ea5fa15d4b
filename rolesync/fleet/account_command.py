"""A command of a single account, with the settings that the account has in the fleet."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from shlex import quote

from rolesync.configuration.settings_sources import PREFIX, SECRETS_FOLDER
from rolesync.configuration.trust import SECRETS
from rolesync.fleet.environment import operator
from rolesync.fleet.fleet_file import Fleet, FleetAccount
from rolesync.fleet.worker_protocol import Job, JobKind

_COMMAND = re.compile(
    r"\brolesync (?=(?:validate|export|plan|show|rehearse|review|apply|sync|undo|runs|explain|audit|login|doctor)\b)"
)
_VARIABLE = re.compile(rf"\b{PREFIX}([A-Z_]+)\b")
_SECRET = frozenset({*SECRETS, "audit_key"})


def account_values(fleet: Fleet, account: FleetAccount, operator_name: str) -> dict[str, object]:
    """Return all settings of an account but its secrets: its own, and those of the fleet."""
    values: dict[str, object] = {**account.values, "state_dir": str(fleet.state_dir)}
    if operator_name:
        values["operator"] = operator_name
    if column := account.account_column:  # a row that names no account is misspelt, and must remove nobody
        values["leave_out"] = {**account.values.get("leave_out", {}), column: list(fleet.accounts)}
    return values


def run_account_command(fleet: Fleet, account: FleetAccount, words: Sequence[str]) -> int:
    """Run a command of rolesync for one account, in a process with its settings; returns its exit code."""
    environment = {name: value for name, value in os.environ.items() if not name.upper().startswith(PREFIX)}
    for name, value in account_values(fleet, account, operator()).items():
        environment[PREFIX + name.upper()] = value if isinstance(value, str) else json.dumps(value)
    if account.secrets:
        environment[SECRETS_FOLDER] = str(account.secrets)
    command = [sys.executable, "-m", "rolesync", *words]
    code = subprocess.run(command, env=environment, check=False).returncode  # noqa: S603  # this program's own command
    return code if code >= 0 else 128 - code  # ended by a signal, as a shell shows it


def account_command(account: str, fleet_path: str, *words: str) -> str:
    """Return the line that runs a command of a single account with the settings that it has in the fleet."""
    return " ".join(map(quote, ["rolesync", "fleet", "run", account, "-f", fleet_path, "--", *words]))


def plan_command(fleet_path: str, account: str = "") -> str:
    """Return the command that plans a fleet again, or one account of it; the folder of a night is used only once."""
    only = f" --only {quote(account)}" if account else ""
    return f"rolesync fleet plan {quote(fleet_path)}{only} -o NEWFOLDER"


def with_plan_command(text: str, command: str) -> str:
    """Turn the advice to run the same command, which would name a folder that is not new, into the command to run."""
    return text.replace("the same command", f"`{command}`")


def advice_for_fleet(text: str, job: Job) -> str:
    """Turn advice for a single account into advice that works for an account of a fleet."""

    def place(match: re.Match[str]) -> str:
        name = match[1].lower()
        if name in _SECRET:
            return f"the file {job.secrets or 'SECRETS'}/{PREFIX.lower()}{name}"
        return f"`{name}` in {job.fleet_path}"

    if not job.fleet_path:
        return text
    if job.kind is JobKind.PLAN and not job.is_sync:
        text = with_plan_command(text, plan_command(job.fleet_path, job.account))
    prefix = f"{account_command(job.account, job.fleet_path)} "
    return _VARIABLE.sub(place, _COMMAND.sub(prefix, text))
