"""The folder of a night: the plans of all accounts, and what planning them resulted in."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import Any

from rolesync.errors import PlanRefusedError, UsageError, writing_error
from rolesync.fleet.account_command import plan_command
from rolesync.fleet.fleet_file import Fleet
from rolesync.fleet.worker_protocol import decode_result, result_json
from rolesync.model.fleet import SUCCESSES, AccountResult
from rolesync.private_files import make_private_folder, replace_file
from rolesync.report.content.plan_summary import format_time

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class PlannedNight:
    """What `fleet plan` saved: the fleet file, the id of the run, and the result of planning each account."""

    fleet_path: Path
    fleet_sha256: str
    run: str
    results: tuple[AccountResult, ...]

    @property
    def to_apply(self) -> list[AccountResult]:
        """The results as applying begins with them: planning was another run, whose requests and failures are past."""
        return [replace(self._as_past(result), requests=None, retries=None) for result in self.results]

    def _as_past(self, result: AccountResult) -> AccountResult:
        """Describe an account that has no plan by when and why it has none, and how to get one."""
        if result.plan is not None or result.status in SUCCESSES:
            return result
        began = _began(self.run)
        at = f" at {format_time(began)}" if began else ""
        again = plan_command(str(self.fleet_path), result.account)
        return replace(
            result,
            message=f"has no plan, because planning failed{at}: {result.message}",
            hint=f"plan it again: {again}; then apply that: rolesync fleet apply NEWFOLDER",
        )


def _began(run: str) -> datetime | None:
    """Return when a run of the fleet began, by its id; None if the id has no time."""
    try:
        return datetime.strptime(run[: len("20261130T021500")], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def plan_path(folder: Path, account: str) -> Path:
    """Return where an account's plan is."""
    return folder / "plans" / f"{account}.json"


def approved_path(folder: Path, account: str) -> Path:
    """Return where an account's approved plan is, once it was reviewed."""
    return folder / "plans" / f"{account}.approved.json"


def summary_path(folder: Path, shard: str = "", *, applied: bool = False) -> Path:
    """Return where the summary of planning a night is, or of applying it; each shard has its own."""
    words = ("fleet", *(["applied"] if applied else []), *([shard] if shard else []), "json")
    return folder / ".".join(words)


def save_night(
    folder: Path, fleet: Fleet, run: str, results: Sequence[AccountResult], *, applied: bool = False
) -> None:
    """Save what planning or applying resulted in.

    Raises:
        UsageError: the folder can't be written.
        RolesyncError: the disk is full.
    """
    content: dict[str, Any] = {
        "rolesync_fleet": _FORMAT,
        "fleet_file": str(fleet.path),
        "fleet_sha256": fleet.sha256,
        "run": run,
        "accounts": [result_json(result) for result in results],
    }
    try:
        make_private_folder(folder)
        replace_file(
            summary_path(folder, fleet.shard, applied=applied), (json.dumps(content, indent=1) + "\n").encode()
        )
    except OSError as error:
        raise writing_error(f"{folder} can't be written", error, hint="name another folder") from error


def check_new_folder(folder: Path) -> None:
    """Refuse a folder for a new night that can't be used, before anything is read.

    Raises:
        UsageError: it has something in it, or can't be made.
    """
    try:
        make_private_folder(folder)
        if any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty", hint="name a new folder for each night")
    except OSError as error:
        raise writing_error(f"{folder} can't be used", error, hint="name another folder") from error


def load_night(folder: Path, shard: str = "", *, applied: bool = False) -> PlannedNight:
    """Read what planning or applying resulted in.

    Raises:
        UsageError: the folder can't be read.
        PlanRefusedError: it is not a folder of `fleet plan`.
    """
    path, hint = (
        summary_path(folder, shard, applied=applied),
        "name a folder that `rolesync fleet plan FILE -o NIGHT` wrote",
    )
    try:
        content = json.loads(path.read_bytes())
        if content["rolesync_fleet"] != _FORMAT:
            raise PlanRefusedError(f"{path} is of another version of rolesync", hint="plan the fleet again")
        return PlannedNight(
            Path(content["fleet_file"]),
            content["fleet_sha256"],
            content["run"],
            tuple(map(decode_result, content["accounts"])),
        )
    except OSError as error:
        if any(folder.glob("fleet.[0-9]*-of-*.json")) and path == summary_path(folder):
            raise UsageError(
                f"the shards of {folder} are not merged yet",
                hint=f"merge them: rolesync fleet merge {quote(str(folder))} -f FLEETFILE",
            ) from error
        raise UsageError(f"{path} can't be read: {error.strerror}", hint=hint) from error
    except (ValueError, KeyError, TypeError) as error:
        raise PlanRefusedError(f"{path} is not the summary of a night", hint=hint) from error


def check_same_file(night: PlannedNight, fleet: Fleet) -> None:
    """Refuse a night of another fleet file, or whose fleet file has changed since.

    Raises:
        PlanRefusedError: it is another file, or it has changed.
    """
    if night.fleet_sha256 != fleet.sha256 and night.fleet_path != fleet.path:
        raise PlanRefusedError(
            f"the night was planned from the fleet file {night.fleet_path}, not from {fleet.path}; nothing was written",
            hint=f"name that file: -f {quote(str(night.fleet_path))}",
        )
    if night.fleet_sha256 != fleet.sha256:
        raise PlanRefusedError(
            f"the fleet file {fleet.path} has changed since the night was planned; nothing was written",
            hint="plan the fleet again",
        )
