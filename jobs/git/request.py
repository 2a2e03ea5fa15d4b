"""The steps of a job that ask the host of a request; each works in a folder that the job names.

    open FOLDER      for plan.sh: saves the list of the request, as data; refuses requests from forks
    comment FOLDER   for plan.sh: writes the Markdown of standard input as the comment, and seals FOLDER/plan.json
    merged FOLDER    for apply.sh: saves the list as merged, and its plan; prints who approved exactly this plan
    result FOLDER    for apply.sh: writes the Markdown of standard input as a second comment

Studio's token seals each plan for one request, one commit and the time of the plan's comment. So only people who have
that token could exchange a saved plan. An approval counts if it is later than the comment, is of the same commit, and
is not the author's. Exit code 4: the request is refused.
"""

# ruff: noqa: INP001  # the folder is copied, and may have any name

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from .host import Host, HostError, RefusedError, Request, host_of

REQUEST, PLAN, SEAL = "request.json", "plan.json", "plan.seal"
MOST_CHARACTERS = 65_400  # of a comment; GitHub takes 65,536
REFUSED = 4


def main(arguments: list[str]) -> int:
    """Do one step, and return the exit code."""
    steps = {"open": open_request, "comment": comment_plan, "result": comment_result, "merged": merged_request}
    if len(arguments) != 2 or arguments[0] not in steps:  # noqa: PLR2004  # a step and its folder
        sys.stderr.write(f"usage: python3 -m FOLDER.request {'|'.join(steps)} FOLDER\n")
        return 64
    try:
        steps[arguments[0]](host_of(os.environ), Path(arguments[1]))
    except RefusedError as error:
        sys.stderr.write(f"This request is refused: {error}.\n")
        return REFUSED
    except HostError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def open_request(host: Host, folder: Path) -> None:
    """Find the request of this job, and save its list."""
    request = host.opened()
    _save_request(request, folder)
    _save_list(host, request.head, folder)


def comment_plan(host: Host, folder: Path) -> None:
    """Write the plan as a comment, and seal it with the time of the comment."""
    request = _read_request(folder)
    time = _comment(host, request, "plan")
    if (folder / PLAN).exists():
        seal = _seal(host, request, time, (folder / PLAN).read_bytes())
        (folder / SEAL).write_text(json.dumps({"time": time, "seal": seal}), encoding="ascii")


def comment_result(host: Host, folder: Path) -> None:
    """Write what the apply did as a second comment."""
    _comment(host, _read_request(folder), "result")


def merged_request(host: Host, folder: Path) -> None:
    """Save the list and the plan of the merged request, and print its reviewer. Refuses a plan without approval."""
    request = host.merged()
    _save_request(request, folder)
    _save_list(host, os.environ.get("GITHUB_SHA") or os.environ["CI_COMMIT_SHA"], folder)
    artifact = host.artifact(request)
    if not {PLAN, SEAL} <= artifact.keys():
        raise RefusedError("no plan could be made for it: see the comment, and open another request")
    sealed = json.loads(artifact[SEAL])
    if not hmac.compare_digest(str(sealed["seal"]), _seal(host, request, str(sealed["time"]), artifact[PLAN])):
        raise RefusedError("its plan was made for another request, commit or token; open another request")
    shown = datetime.fromisoformat(sealed["time"])
    approvals = [each for each in host.approvals(request) if each.user != request.author]
    later = [each for each in approvals if each.time >= shown]
    if not later:
        earlier = ", ".join(f"{each.user} at {each.time:%Y-%m-%d %H:%M:%S}" for each in approvals)
        known = f"; {earlier} approved before" if earlier else ""
        raise RefusedError(f"nobody but its author approved the plan, shown at {shown:%Y-%m-%d %H:%M:%S} UTC{known}")
    (folder / PLAN).write_bytes(artifact[PLAN])
    roles = json.loads(artifact[PLAN])["roles"]
    removals, additions = (sum(role[name] for role in roles) for name in ("removals", "additions"))
    (folder / "effect").write_text(f"remove {removals}, add {additions}", encoding="ascii")
    reviewer = max(later, key=lambda each: each.time)
    sys.stdout.write(f"{' '.join(reviewer.name.split())} ({host.kind} {request.number})\n")


def _comment(host: Host, request: Request, kind: str) -> str:
    marker = f"<!-- rolesync {kind} -->\n"
    return host.comment(request.number, marker, (marker + sys.stdin.read())[:MOST_CHARACTERS])


def _seal(host: Host, request: Request, time: str, plan: bytes) -> str:
    token = os.environ.get("ROLESYNC_TOKEN")
    if not token:
        raise HostError("the variable ROLESYNC_TOKEN is not set; set it for this job as README.md describes")
    parts = [host.repository, request.number, request.head, time, hashlib.sha256(plan).hexdigest()]
    return hmac.new(token.encode(), json.dumps(parts).encode(), "sha256").hexdigest()


def _save_request(request: Request, folder: Path) -> None:
    (folder / REQUEST).write_text(json.dumps(asdict(request)), encoding="utf-8")


def _read_request(folder: Path) -> Request:
    return Request(**json.loads((folder / REQUEST).read_text(encoding="utf-8")))


def _save_list(host: Host, commit: str, folder: Path) -> None:
    path = os.environ["ROLES_LIST"]
    (folder / Path(path).name).write_bytes(host.file(path, commit))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
