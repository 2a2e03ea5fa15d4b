"""The API of GitHub and GitLab: a request and its list, comments, approvals and plan.

A request is a pull request of GitHub, or a merge request of GitLab.
"""

# ruff: noqa: INP001  # the folder is copied, and may have any name

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

TIMEOUT = 60  # seconds for an answer
MOST_BYTES = 200_000_000  # of the unpacked plan
MISSING = {404, 410}  # 410: an artifact that has expired
NO_PLAN = "its plan has expired or was never made; open another request"
MAY_REVIEW = {"OWNER", "MEMBER", "COLLABORATOR"}  # GitHub's words for people of the repository


class HostError(Exception):
    """The host doesn't answer, or answers with an error."""


class RefusedError(Exception):
    """This request may not be planned or applied."""


@dataclass(frozen=True)
class Request:
    """A pull or merge request: its number, its newest commit, and the user name of its author."""

    number: int
    head: str
    author: str


@dataclass(frozen=True)
class Approval:
    """An approval that the host still counts: who approved a request, and when."""

    user: str
    name: str
    time: datetime


class Host(Protocol):
    """What the jobs ask of a host."""

    kind: str  # the host's name for a request
    repository: str

    def opened(self) -> Request:
        """Find the request of this job. RefusedError: it comes from a fork."""

    def merged(self) -> Request:
        """Find the request whose merge made the commit of this job. RefusedError: there is none."""

    def file(self, path: str, commit: str) -> bytes:
        """Read a file as it is in a commit. RefusedError: it isn't there."""

    def comment(self, number: int, marker: str, text: str) -> str:
        """Write the comment that begins with a marker, or replace its text; returns its time by the host's clock."""

    def approvals(self, request: Request) -> Iterator[Approval]:
        """Yield the approvals of a request."""

    def artifact(self, request: Request) -> Mapping[str, bytes]:
        """Download the files that the newest plan job of the request's commit saved. RefusedError: there are none."""


def host_of(variables: Mapping[str, str]) -> Host:
    """Make the client of the host that runs this job, from its variables. HostError: a variable is missing."""
    try:
        return GitHub(variables) if "GITHUB_REPOSITORY" in variables else GitLab(variables)
    except KeyError as error:
        raise HostError(
            f"the variable {error.args[0]} is not set; set it for this job as README.md describes"
        ) from error


class GitHub:
    """A repository on GitHub, with the token of the workflow."""

    kind = "pull request"

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.repository = variables["GITHUB_REPOSITORY"]
        self._number, self._commit = variables.get("REQUEST", ""), variables["GITHUB_SHA"]
        headers = {"Authorization": f"Bearer {variables['HOST_TOKEN']}", "X-GitHub-Api-Version": "2022-11-28"}
        self._root = Api(variables["GITHUB_API_URL"], headers)
        self._api = Api(f"{variables['GITHUB_API_URL']}/repos/{self.repository}", headers)

    def opened(self) -> Request:
        """See Host."""
        pull = self._api.get(f"/pulls/{int(self._number)}")
        if (pull["head"]["repo"] or {}).get("full_name") != self.repository:
            raise RefusedError("it comes from a fork, and only branches of this repository are planned")
        return _pull(pull)

    def merged(self) -> Request:
        """See Host."""
        pulls = self._api.pages(f"/commits/{self._commit}/pulls")
        merged = [pull for pull in pulls if pull["merged_at"] and pull["merge_commit_sha"] == self._commit]
        if len(merged) != 1:
            raise RefusedError(f"the commit {self._commit[:12]} is not the merge of one pull request")
        return _pull(merged[0])

    def file(self, path: str, commit: str) -> bytes:
        """See Host."""
        address = f"/contents/{quote(path)}?ref={commit}"
        return self._api.content(address, f"it has no {path}", Accept="application/vnd.github.raw+json")

    def comment(self, number: int, marker: str, text: str) -> str:
        """See Host."""
        comments = self._api.pages(f"/issues/{number}/comments")
        for earlier in comments:
            if earlier["user"]["type"] == "Bot" and earlier["body"].startswith(marker):
                return str(self._api.send("PATCH", f"/issues/comments/{earlier['id']}", body=text)["updated_at"])
        return str(self._api.send("POST", f"/issues/{number}/comments", body=text)["updated_at"])

    def approvals(self, request: Request) -> Iterator[Approval]:
        """See Host; the newest decision of each reviewer counts."""
        last: dict[str, dict[str, Any]] = {}
        for review in self._api.pages(f"/pulls/{request.number}/reviews"):
            if review["user"] and review["state"] not in {"COMMENTED", "PENDING"}:
                last[review["user"]["login"]] = review
        for user, review in last.items():
            if review["state"] == "CHANGES_REQUESTED":
                raise RefusedError(f"{user} asks for changes")
            is_person = review["user"]["type"] == "User" and review["author_association"] in MAY_REVIEW
            if review["state"] == "APPROVED" and review["commit_id"] == request.head and is_person:
                name = self._root.get(f"/users/{quote(user)}")["name"]
                yield Approval(user, name or user, _time(review["submitted_at"]))

    def artifact(self, request: Request) -> Mapping[str, bytes]:
        """See Host."""
        artifacts = self._api.get(f"/actions/artifacts?per_page=100&name=rolesync-plan-{request.head}")["artifacts"]
        available = [artifact for artifact in artifacts if not artifact["expired"]]
        if not available:
            raise RefusedError(NO_PLAN)
        newest = max(available, key=lambda artifact: int(artifact["id"]))
        return _unpacked(self._api.content(f"/actions/artifacts/{newest['id']}/zip", NO_PLAN))


class GitLab:
    """A project on GitLab, with a project access token."""

    kind = "merge request"

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.repository = variables["CI_PROJECT_ID"]
        self._number, self._commit = variables.get("CI_MERGE_REQUEST_IID", ""), variables["CI_COMMIT_SHA"]
        headers = {"PRIVATE-TOKEN": variables["HOST_TOKEN"]}
        self._root = Api(variables["CI_API_V4_URL"], headers)
        self._api = Api(f"{variables['CI_API_V4_URL']}/projects/{self.repository}", headers)

    def opened(self) -> Request:
        """See Host."""
        merge = self._api.get(f"/merge_requests/{int(self._number)}")
        if merge["source_project_id"] != merge["target_project_id"]:
            raise RefusedError("it comes from a fork, and only branches of this project are planned")
        return _merge(merge)

    def merged(self) -> Request:
        """See Host."""
        names = ("merge_commit_sha", "squash_commit_sha", "sha")  # without a merge commit, the branch itself is merged
        merges = self._api.pages(f"/repository/commits/{self._commit}/merge_requests")
        merged = [each for each in merges if each["state"] == "merged" and self._commit in map(each.get, names)]
        if len(merged) != 1:
            raise RefusedError(f"the commit {self._commit[:12]} is not the merge of one merge request")
        return _merge(merged[0])

    def file(self, path: str, commit: str) -> bytes:
        """See Host."""
        address = f"/repository/files/{quote(path, safe='')}/raw?ref={commit}"
        return self._api.content(address, f"it has no {path}")

    def comment(self, number: int, marker: str, text: str) -> str:
        """See Host."""
        user, notes = self._root.get("/user")["id"], f"/merge_requests/{number}/notes"
        for earlier in self._api.pages(notes):
            if earlier["author"]["id"] == user and earlier["body"].startswith(marker):
                return str(self._api.send("PUT", f"{notes}/{earlier['id']}", body=text)["updated_at"])
        return str(self._api.send("POST", notes, body=text)["updated_at"])

    def approvals(self, request: Request) -> Iterator[Approval]:
        """See Host."""
        for approval in self._api.get(f"/merge_requests/{request.number}/approvals")["approved_by"]:
            if not approval.get("approved_at"):
                raise RefusedError("this GitLab doesn't report the time of an approval (approved_at); update GitLab")
            user = approval["user"]
            yield Approval(user["username"], user["name"] or user["username"], _time(approval["approved_at"]))

    def artifact(self, request: Request) -> Mapping[str, bytes]:
        """See Host."""
        pipelines = self._api.pages(f"/merge_requests/{request.number}/pipelines")
        of_head = sorted((each["id"] for each in pipelines if each["sha"] == request.head), reverse=True)
        for pipeline in of_head[:1]:
            jobs = [job["id"] for job in self._api.pages(f"/pipelines/{pipeline}/jobs") if job["name"] == "plan"]
            if jobs:
                return _unpacked(self._api.content(f"/jobs/{max(jobs)}/artifacts", NO_PLAN))
        raise RefusedError(NO_PLAN)


class Api:
    """The part of an API below an address, with the token in its headers."""

    def __init__(self, address: str, headers: Mapping[str, str]) -> None:
        self._address, self._session = address, requests.Session()
        self._session.headers.update(headers)
        retries = Retry(total=4, backoff_factor=1, status_forcelist=[429, 502, 503, 504], raise_on_status=False)
        self._session.mount(address, HTTPAdapter(max_retries=retries))

    def get(self, path: str) -> Any:  # noqa: ANN401  # JSON
        """Read one JSON value."""
        return self._ask("GET", self._address + path).json()

    def pages(self, path: str) -> Iterator[Any]:
        """Read all elements of a list, from all of its pages."""
        address = f"{self._address}{path}?per_page=100"
        while address:
            answer = self._ask("GET", address)
            yield from answer.json()
            address = answer.links.get("next", {}).get("url", "")

    def send(self, method: str, path: str, **content: str) -> Any:  # noqa: ANN401  # JSON
        """Send JSON, and read the JSON of the answer."""
        return self._ask(method, self._address + path, json=content).json()

    def content(self, path: str, missing: str, **headers: str) -> bytes:
        """Read a file. RefusedError with the text `missing`: it isn't there."""
        answer = self._ask("GET", self._address + path, expected=MISSING, headers=headers)
        if answer.status_code in MISSING:
            raise RefusedError(missing)
        return answer.content

    def _ask(self, method: str, address: str, expected: Collection[int] = (), **more: Any) -> requests.Response:  # noqa: ANN401
        try:
            answer = self._session.request(method, address, timeout=TIMEOUT, **more)
        except requests.RequestException as error:
            raise HostError(f"{method} {address}: {error}") from error
        if not answer.ok and answer.status_code not in expected:
            raise HostError(f"{method} {address}: {answer.status_code} {answer.text[:300]}")
        return answer


def _pull(pull: Mapping[str, Any]) -> Request:
    return Request(pull["number"], pull["head"]["sha"], pull["user"]["login"])


def _merge(merge: Mapping[str, Any]) -> Request:
    return Request(merge["iid"], merge["sha"], merge["author"]["username"])


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _unpacked(content: bytes) -> dict[str, bytes]:
    """Unpack the files of an archive, in memory, by their names without folders."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(info.file_size for info in archive.infolist()) > MOST_BYTES:
            raise RefusedError(f"its plan has more than {MOST_BYTES:,} bytes")
        return {info.filename.rpartition("/")[2]: archive.read(info) for info in archive.infolist()}
