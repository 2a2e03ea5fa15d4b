"""GitHub and GitLab on loopback, as their APIs document what the jobs of a list in git ask them.

Both keep what they know in a `Forge`, in which a test plays the people. Lists come in pages of two, as long ones do.
"""

import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.servers import ReceivedRequest, ScriptedAnswer

SECRET = "host-token"
REPOSITORY, PROJECT, BOT = "school/roles", 7, 99
PAGE = 2

Answer = Callable[[ReceivedRequest], ScriptedAnswer]
Routes = Mapping[str, Callable[..., ScriptedAnswer]]
"""By method and pattern of a path: called with the request and the parts of the path in brackets."""


@dataclass
class Change:
    """A pull or merge request: its author, its newest commit, and the commit of its merge."""

    author: str
    head: str
    from_fork: bool = False
    merge: str = ""


@dataclass
class Review:
    """What a reviewer clicked."""

    user: str
    head: str
    time: str
    state: str = "APPROVED"
    kind: str = "User"
    association: str = "MEMBER"


@dataclass
class Forge:
    """What a host, by its name, knows: files by commit, requests and reviews by number, and comments.

    `kept` is what the plan job of a commit kept.
    """

    host: str
    files: dict[str, bytes] = field(default_factory=dict)
    changes: dict[int, Change] = field(default_factory=dict)
    reviews: dict[int, list[Review]] = field(default_factory=dict)
    comments: list[dict[str, Any]] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)
    seconds: int = 0

    def now(self) -> str:
        """The time of the host's clock, which goes on by a second."""
        self.seconds += 1
        return f"2026-03-02T10:{self.seconds // 60:02}:{self.seconds % 60:02}Z"

    def review(self, number: int, user: str, **more: str) -> None:
        """Let somebody review the newest commit of a request."""
        review = Review(user, **{"head": self.changes[number].head, "time": self.now(), **more})
        self.reviews.setdefault(number, []).append(review)

    def keep(self, head: str, files: Mapping[str, bytes]) -> None:
        """Keep what the plan job of a commit leaves, as an archive."""
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        self.kept[head] = stream.getvalue()

    def say(self, number: int, body: str, *, bot: bool) -> dict[str, Any]:
        """Add a comment."""
        comment = {"id": len(self.comments) + 1, "number": number, "body": body, "bot": bot, "time": self.now()}
        self.comments.append(comment)
        return comment

    def edit(self, number: int, body: str) -> dict[str, Any]:
        """Change the text of a comment."""
        comment = self.comments[number - 1]
        comment.update(body=body, time=self.now())
        return comment

    def of(self, number: int) -> list[dict[str, Any]]:
        """The comments of a request."""
        return [comment for comment in self.comments if comment["number"] == number]

    def file(self, commit: str) -> ScriptedAnswer:
        """The list as it is in a commit."""
        return ok(self.files.get(commit))

    def with_commit(self, commit: str) -> list[int]:
        """The requests that a commit belongs to."""
        return [number for number, change in self.changes.items() if commit in {change.merge, change.head}]


class GitHub:
    """Answers as api.github.com does."""

    def __init__(self, forge: Forge) -> None:
        self._forge = forge
        root = f"/repos/{REPOSITORY}"
        self.answer = answer_by(
            {
                "GET /users/(.+)": lambda _, user: ok({"login": user, "name": {"rita": "Rita Levi"}.get(user)}),
                rf"GET {root}/pulls/(\d+)": lambda _, number: ok(self._pull(number)),
                rf"GET {root}/pulls/(\d+)/reviews": lambda asked, number: page(
                    asked, [self._review(known) for known in forge.reviews.get(int(number), ())]
                ),
                rf"GET {root}/commits/(\w+)/pulls": lambda asked, commit: page(
                    asked, [self._pull(number) for number in forge.with_commit(commit)]
                ),
                rf"GET {root}/contents/roles.csv": lambda asked: forge.file(asked.query["ref"]),
                rf"GET {root}/issues/(\d+)/comments": lambda asked, number: page(
                    asked, [self._comment(known) for known in forge.of(int(number))]
                ),
                rf"POST {root}/issues/(\d+)/comments": lambda asked, number: ok(
                    self._comment(forge.say(int(number), asked.json["body"], bot=True)), 201
                ),
                rf"PATCH {root}/issues/comments/(\d+)": lambda asked, number: ok(
                    self._comment(forge.edit(int(number), asked.json["body"]))
                ),
                rf"GET {root}/actions/artifacts": lambda asked: ok(self._artifacts(asked.query["name"])),
                rf"GET {root}/actions/artifacts/5/zip": lambda _: ok(next(iter(forge.kept.values()))),
            },
            ("Authorization", f"Bearer {SECRET}"),
        )

    def _pull(self, number: str | int) -> dict[str, Any]:
        change = self._forge.changes[int(number)]
        return {
            "number": int(number),
            "head": {"sha": change.head, "repo": {"full_name": "stranger/roles" if change.from_fork else REPOSITORY}},
            "user": {"login": change.author},
            "merged_at": self._forge.now() if change.merge else None,
            "merge_commit_sha": change.merge or None,
        }

    def _comment(self, known: Mapping[str, Any]) -> dict[str, Any]:
        user = {"login": "github-actions[bot]", "type": "Bot"} if known["bot"] else {"login": "ann", "type": "User"}
        return {"id": known["id"], "body": known["body"], "user": user, "updated_at": known["time"]}

    def _review(self, known: Review) -> dict[str, Any]:
        return {
            "user": {"login": known.user, "type": known.kind},
            "state": known.state,
            "commit_id": known.head,
            "submitted_at": known.time,
            "author_association": known.association,
        }

    def _artifacts(self, name: str) -> dict[str, Any]:
        heads = [head for head in self._forge.kept if name == f"rolesync-plan-{head}"]
        listed = [{"id": 5, "name": name, "expired": False} for _ in heads]
        return {"total_count": len(listed), "artifacts": [*listed, {"id": 9, "name": name, "expired": True}]}


class GitLab:
    """Answers as the API of a GitLab does."""

    def __init__(self, forge: Forge) -> None:
        self._forge = forge
        root = f"/projects/{PROJECT}"
        requests = rf"{root}/merge_requests/(\d+)"
        self.answer = answer_by(
            {
                "GET /user": lambda _: ok({"id": BOT}),
                f"GET {requests}": lambda _, number: ok(self._request(number)),
                f"GET {requests}/approvals": lambda _, number: ok(self._approvals(number)),
                f"GET {requests}/notes": lambda asked, number: page(
                    asked, [self._note(known) for known in forge.of(int(number))]
                ),
                f"POST {requests}/notes": lambda asked, number: ok(
                    self._note(forge.say(int(number), asked.json["body"], bot=True)), 201
                ),
                rf"PUT {requests}/notes/(\d+)": lambda asked, _, note: ok(
                    self._note(forge.edit(int(note), asked.json["body"]))
                ),
                f"GET {requests}/pipelines": lambda asked, number: page(asked, self._pipelines(number)),
                f"GET {root}/pipelines/13/jobs": lambda asked: page(
                    asked, [{"id": 20, "name": "plan"}, {"id": 22, "name": "other"}, {"id": 21, "name": "plan"}]
                ),
                f"GET {root}/jobs/21/artifacts": lambda _: ok(next(iter(forge.kept.values()), None)),
                rf"GET {root}/repository/commits/(\w+)/merge_requests": lambda asked, commit: page(
                    asked, [self._request(number) for number in forge.with_commit(commit)]
                ),
                f"GET {root}/repository/files/roles.csv/raw": lambda asked: forge.file(asked.query["ref"]),
            },
            ("PRIVATE-TOKEN", SECRET),
        )

    def _request(self, number: str | int) -> dict[str, Any]:
        change = self._forge.changes[int(number)]
        return {
            "iid": int(number),
            "sha": change.head,
            "author": {"username": change.author},
            "source_project_id": 8 if change.from_fork else PROJECT,
            "target_project_id": PROJECT,
            "state": "merged" if change.merge else "opened",
            "merge_commit_sha": change.merge or None,
            "squash_commit_sha": None,
        }

    def _note(self, known: Mapping[str, Any]) -> dict[str, Any]:
        author = {"id": BOT if known["bot"] else 1}
        return {"id": known["id"], "body": known["body"], "author": author, "updated_at": known["time"]}

    def _approvals(self, number: str) -> dict[str, Any]:
        approvals = [each for each in self._forge.reviews.get(int(number), ()) if each.state == "APPROVED"]
        people = [
            {"user": {"username": each.user, "name": "Rita  Levi"}, "approved_at": each.time} for each in approvals
        ]
        return {"approved": True, "approved_by": people}

    def _pipelines(self, number: str) -> list[dict[str, Any]]:
        head = self._forge.changes[int(number)].head
        return [{"id": 11, "sha": "0" * 40}, {"id": 13, "sha": head}, {"id": 12, "sha": head}]


def answer_by(routes: Routes, token: tuple[str, str]) -> Answer:
    """Answer by routes, with 401 without the header of the token, and 404 where no route leads."""

    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        if request.headers[token[0]] != token[1]:
            return ok({"message": "401 Unauthorized"}, 401)
        for pattern, route in routes.items():
            if parts := re.fullmatch(pattern, f"{request.method} {request.path}"):
                return route(request, *parts.groups())
        return ok(None)

    return answer


def ok(body: object, status: int = 200) -> ScriptedAnswer:
    """An answer with a body; without one, what is asked for isn't there."""
    return ScriptedAnswer(404, {"message": "404 Not Found"}) if body is None else ScriptedAnswer(status, body)


def page(request: ReceivedRequest, elements: Sequence[object]) -> ScriptedAnswer:
    """One page of a list, with a link to the next one."""
    number = int(request.query.get("page", 1))
    link = f'<http://{request.headers["Host"]}{request.path}?page={number + 1}>; rel="next"'
    headers = {"Link": link} if len(elements) > number * PAGE else {}
    return ScriptedAnswer(body=[*elements[(number - 1) * PAGE : number * PAGE]], headers=headers)
