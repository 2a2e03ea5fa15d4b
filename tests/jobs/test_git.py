"""A list in git: the jobs of GitHub and GitLab as their files say, beside a host and a Studio on loopback."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.git import request as steps
from rolesync.sandbox import Options, Sandbox
from tests.command import OWNER, ROLESYNC, SAMPLE, TOKEN, clean
from tests.jobs.code_hosts import PROJECT, REPOSITORY, SECRET, Change, Forge, GitHub, GitLab
from tests.paths import ROOT
from tests.servers import ScriptedStudio

JOBS = ROOT / "jobs" / "git"
HEAD, MERGE, NUMBER = "a" * 40, "b" * 40, 3
HOSTS: dict[str, type[GitHub | GitLab]] = {"github": GitHub, "gitlab": GitLab}
WORD = {"github": "pull request", "gitlab": "merge request"}

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the scripts are for a POSIX shell")


@pytest.fixture(params=HOSTS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def forge(name: str) -> Forge:
    forge = Forge(name, changes={NUMBER: Change("ann", HEAD)}, files={HEAD: SAMPLE.read_bytes()})
    for text in ("Looks good", "<!-- rolesync plan -->\nnot of the job", "Who is Omar?"):
        forge.say(NUMBER, text, bot=False)
    return forge


@pytest.fixture
def host(forge: Forge, name: str) -> Iterator[ScriptedStudio]:
    with ScriptedStudio(HOSTS[name](forge).answer) as server:
        yield server


def variables_of(name: str, host: ScriptedStudio, commit: str = HEAD) -> dict[str, str]:
    """The variables that the host sets for a job."""
    if name == "github":
        return {
            "GITHUB_API_URL": host.base_url,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_SHA": commit,
            "REQUEST": str(NUMBER),
            "HOST_TOKEN": SECRET,
        }
    return {
        "CI_API_V4_URL": host.base_url,
        "CI_PROJECT_ID": str(PROJECT),
        "CI_COMMIT_SHA": commit,
        "CI_MERGE_REQUEST_IID": str(NUMBER),
        "HOST_TOKEN": SECRET,
    }


# One step at a time


@dataclass(frozen=True)
class Job:
    """The steps of request.py in this process."""

    folder: Path
    forge: Forge
    start: Callable[[str, str], int]
    errors: Callable[[], tuple[str, str]]

    def step(self, step: str, commit: str = HEAD) -> tuple[int, str]:
        """Take a step; returns its exit code and its output."""
        code = self.start(step, commit)
        output, errors = self.errors()
        return code, output + errors

    def plan(self, text: str = "## The plan") -> None:
        """Comment and keep a plan, as plan.sh does."""
        assert self.step("open") == (0, "")
        (self.folder / "plan.json").write_text(json.dumps({"roles": [{"removals": 2, "additions": 4}]}), "ascii")
        (self.folder / "comment").write_text(text, encoding="utf-8")
        assert self.step("comment") == (0, "")
        names = ("plan.json", "plan.seal")
        self.forge.keep(self.forge.changes[NUMBER].head, {name: (self.folder / name).read_bytes() for name in names})

    def merge(self) -> tuple[int, str]:
        """Merge the request, and take the first step of apply.sh."""
        self.forge.changes[NUMBER].merge = MERGE
        self.forge.files[MERGE] = self.forge.files[self.forge.changes[NUMBER].head]
        return self.step("merged", MERGE)


@pytest.fixture
def job(host: ScriptedStudio, forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Job:
    def start(step: str, commit: str) -> int:
        for key in ("GITHUB_REPOSITORY", "GITHUB_SHA"):
            monkeypatch.delenv(key, raising=False)
        for key, value in variables_of(forge.host, host, commit).items():
            monkeypatch.setenv(key, value)
        monkeypatch.setenv("ROLES_LIST", "roles.csv")
        monkeypatch.setenv("ROLESYNC_TOKEN", TOKEN)
        comment = tmp_path / "comment"
        comment.touch()
        with comment.open(encoding="utf-8") as text, monkeypatch.context() as patch:
            patch.setattr("sys.stdin", text)
            return steps.main([step, str(tmp_path)])

    return Job(tmp_path, forge, start, capsys.readouterr)


def test_the_approval_of_the_plan_counts_and_names_its_reviewer(job: Job, name: str) -> None:
    job.plan()
    job.forge.review(NUMBER, "rita")
    assert job.merge() == (0, f"Rita Levi ({WORD[name]} {NUMBER})\n")
    assert (job.folder / "effect").read_text() == "remove 2, add 4"
    assert (job.folder / "roles.csv").read_bytes() == SAMPLE.read_bytes()


def test_a_comment_is_updated_and_never_another_persons(job: Job) -> None:
    job.plan()
    job.plan("## Another plan")
    job.forge.review(NUMBER, "rita")
    assert job.merge()[0] == 0
    assert job.step("result", MERGE) == (0, "")
    bodies = [comment["body"] for comment in job.forge.of(NUMBER) if comment["bot"]]
    assert bodies == [f"<!-- rolesync {kind} -->\n## Another plan" for kind in ("plan", "result")]
    assert "not of the job" in job.forge.comments[1]["body"]


def test_what_nobody_else_approved_is_refused(job: Job) -> None:
    job.forge.review(NUMBER, "rita")  # before there was a plan to look at
    job.plan()
    job.forge.review(NUMBER, "ann")
    code, output = job.merge()
    assert code == 4
    assert "nobody but its author approved the plan" in output
    assert "rita at 2026-03-02 10:00:0" in output
    assert not (job.folder / "effect").exists()


def test_an_exchanged_plan_is_refused(job: Job) -> None:
    job.plan()
    job.forge.review(NUMBER, "rita")
    seal = (job.folder / "plan.seal").read_bytes()
    job.forge.keep(HEAD, {"plan.json": b'{"roles": []}', "plan.seal": seal})
    assert job.merge() == (
        4,
        "This request is refused: its plan was made for another request, commit or token; open another request.\n",
    )
    job.forge.keep(HEAD, {"plan.html": b""})
    assert "no plan could be made for it" in job.merge()[1]
    job.forge.kept.clear()
    assert "has expired or was never made" in job.merge()[1]


def test_a_fork_another_commit_and_a_missing_list_are_refused(job: Job, name: str) -> None:
    assert job.step("merged", "c" * 40) == (
        4, f"This request is refused: the commit {'c' * 12} is not the merge of one {WORD[name]}.\n",
    )  # fmt: skip
    job.forge.files.clear()
    assert "it has no roles.csv" in job.step("open")[1]
    job.forge.changes[NUMBER].from_fork = True
    code, output = job.step("open")
    assert (code, "it comes from a fork" in output) == (4, True)
    assert not (job.folder / "roles.csv").exists()


def test_a_host_that_refuses_is_named(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.jobs.test_git.SECRET", "expired")
    code, output = job.step("open")
    assert (code, "401" in output, "expired" in output) == (1, True, False)


@pytest.mark.parametrize("name", ["github"], indirect=True)
@pytest.mark.parametrize(
    ("review", "says"),
    [
        ({"state": "DISMISSED"}, "nobody but its author"),
        ({"state": "CHANGES_REQUESTED"}, "rita asks for changes"),
        ({"head": "0" * 40}, "nobody but its author"),
        ({"kind": "Bot"}, "nobody but its author"),
        ({"association": "NONE"}, "nobody but its author"),
    ],
)
def test_what_github_no_longer_counts_is_no_approval(job: Job, review: Mapping[str, str], says: str) -> None:
    job.plan()
    job.forge.review(NUMBER, "rita")
    job.forge.review(NUMBER, "rita", state="COMMENTED")
    job.forge.review(NUMBER, "rita", **review)
    code, output = job.merge()
    assert (code, says in output) == (4, True)


@pytest.mark.parametrize("name", ["gitlab"], indirect=True)
def test_a_gitlab_without_times_of_approvals_is_refused(job: Job) -> None:
    job.plan()
    job.forge.review(NUMBER, "rita", time="")
    assert "approved_at" in job.merge()[1]


def git(*words: object) -> str:
    """Run git, and return its output."""
    command = [str(shutil.which("git")), *map(str, words)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout


# Whole jobs, as the files of the hosts start them


@dataclass(frozen=True)
class Runner:
    """A machine of the host, with the folder of the jobs as ci/ in a checkout."""

    root: Path
    name: str
    host: ScriptedStudio
    forge: Forge

    def run(self, job: str, commit: str) -> tuple[int, str]:
        """Run the script of a job in a new folder, keep what its file says, and return code and output."""
        file = yaml.safe_load((JOBS / f"{self.name}.yml").read_text("utf-8"))
        shutil.rmtree(self.root / "temp", ignore_errors=True)
        (self.root / "temp").mkdir()
        if self.name == "github":
            steps = file["jobs"][job]["steps"]
            step, upload = next(step for step in steps if step.get("name") == job), steps[-1]["with"]
            script, variables = step["run"], {**file["env"], **step["env"]}
            kept = re.sub(r"\$\{\{ runner.temp \}\}", str(self.root / "temp"), upload["path"])
            assert job != "plan" or self.filled(upload["name"]) == f"rolesync-plan-{HEAD}"
            paths = [kept]
        else:
            script, variables = "\n".join(file[job]["script"][1:]), file["variables"]
            paths = [str(self.root / "temp" / path) for path in file[job]["artifacts"]["paths"]]
        environment = {
            **clean(),
            **variables_of(self.name, self.host, commit),
            **{key: self.filled(str(value)) for key, value in variables.items()},
            "PATH": f"{ROLESYNC.parent}{os.pathsep}{os.environ['PATH']}",
            "RUNNER_TEMP": str(self.root / "temp"),
            "CI_PROJECT_DIR": str(self.root / "temp"),
            "ROLESYNC_TOKEN": TOKEN,
        }
        done = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", script],
            cwd=self.root / "checkout",
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=100,
            check=False,
        )
        if job == "plan":
            files = [
                file
                for path in paths
                for file in sorted((self.root / "temp").parent.glob(path.removeprefix(f"{self.root}/")))
            ]
            self.forge.keep(HEAD, {file.name: file.read_bytes() for file in files})
        return done.returncode, done.stdout + done.stderr

    def filled(self, text: str) -> str:
        """Put the host's values into its expressions."""
        values = {
            "${{ github.server_url }}/${{ github.repository }}.git": (self.root / "record.git").as_uri(),
            "$CI_PROJECT_URL.git": (self.root / "record.git").as_uri(),
            "${{ github.token }}": SECRET,
            "${{ github.event.pull_request.number }}": str(NUMBER),
            "${{ github.event.pull_request.head.sha }}": HEAD,
            "${{ github.run_id }}": "17",
            "$CI_JOB_ID": "17",
            "${{ secrets.ROLESYNC_TOKEN }}": TOKEN,
            "${{ secrets.ROLESYNC_AUDIT_KEY }}": "",
        }
        for expression, value in values.items():
            text = text.replace(expression, value)
        assert "${{" not in text, text
        return text

    def comment(self, kind: str) -> str:
        """The text of the job's comment of a kind."""
        (body,) = [
            each["body"] for each in self.forge.of(NUMBER) if each["bot"] and f"rolesync {kind} -->" in each["body"]
        ]
        return str(body)


@pytest.fixture
def studio(sandboxes: Callable[[Options], Sandbox]) -> Sandbox:
    return sandboxes(Options())


@pytest.fixture
def runner(tmp_path: Path, name: str, host: ScriptedStudio, forge: Forge, studio: Sandbox) -> Runner:
    checkout = tmp_path / "checkout"
    shutil.copytree(JOBS, checkout / "ci")
    (checkout / "rolesync.toml").write_text(
        f'base_url = "{studio.base_url}"\nowner = "{OWNER}"\nrequire_approval = true\n', encoding="utf-8"
    )
    git("init", "--quiet", "--bare", tmp_path / "record.git")
    return Runner(tmp_path, name, host, forge)


@pytest.mark.parametrize("name", ["github"], indirect=True)
def test_a_pull_request_is_planned_approved_merged_and_applied(runner: Runner, forge: Forge, studio: Sandbox) -> None:
    forge.files[HEAD] = b"email,role\n```<script> @all,Admin\n"
    code, output = runner.run("plan", HEAD)
    assert code == 3, output
    assert runner.comment("plan").partition("\n")[2].startswith("## No plan could be made: exit code 3\n\n    ")
    assert all(line.startswith("    ") for line in runner.comment("plan").splitlines() if "<script>" in line)

    forge.files[HEAD] = SAMPLE.read_bytes()
    code, output = runner.run("plan", HEAD)
    assert code == 0, output
    assert "Approve this request to approve exactly this plan." in runner.comment("plan")
    assert "greg.stone@example.edu" in runner.comment("plan")

    forge.review(NUMBER, "rita")
    forge.changes[NUMBER].merge, forge.files[MERGE] = MERGE, SAMPLE.read_bytes()
    code, output = runner.run("apply", MERGE)
    assert code == 0, output
    assert "COMPLETE  6 of 6 changes done" in runner.comment("result")
    assert "reading Admin" not in runner.comment("result")
    assert len(studio.log()) == 6

    saved = git("-C", runner.root / "record.git", "ls-tree", "-r", "--name-only", "rolesync-record").split()
    assert [Path(path).name for path in saved] == ["audit.head", "audit.jsonl", "holders.json"]
    record = git("-C", runner.root / "record.git", "show", f"rolesync-record:{saved[1]}")
    assert "Rita Levi (pull request 3)" in record


@pytest.mark.parametrize("name", ["gitlab"], indirect=True)
def test_a_merge_that_changed_the_list_applies_nothing_and_plans_again(
    runner: Runner, forge: Forge, studio: Sandbox
) -> None:
    code, output = runner.run("plan", HEAD)
    assert code == 0, output
    forge.review(NUMBER, "rita")
    forge.changes[NUMBER].merge = MERGE
    forge.files[MERGE] = SAMPLE.read_bytes() + b"lukasz.zak@example.edu,Admin,\n"
    code, output = runner.run("apply", MERGE)
    assert (code, studio.log()) == (4, []), output
    assert "has changed since the plan was made; nothing was written" in runner.comment("result")
    assert "## rolesync plan: READY" in runner.comment("result")
    assert "To apply the remaining changes, open another request" in runner.comment("result")


def test_the_token_is_only_where_nothing_of_a_request_runs() -> None:
    text = (JOBS / "github.yml").read_text("utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    assert re.search(r"^permissions: \{\}$", text, re.MULTILINE)
    assert jobs["plan"]["permissions"] == {"contents": "read", "pull-requests": "write"}
    for job in jobs.values():
        assert job["environment"] == "rolesync"
        for step in job["steps"]:
            assert "ref" not in step.get("with", {})
            assert "${{" not in step.get("run", "")  # such an expression could put a text of the request into a script
            assert "secrets." not in repr(step) or step["name"] in {"plan", "apply"}
    assert jobs["apply"]["concurrency"] == {"group": "rolesync-apply", "cancel-in-progress": False, "queue": "max"}
    file = yaml.safe_load((JOBS / "gitlab.yml").read_text("utf-8"))
    assert file["variables"]["GIT_STRATEGY"] == "empty"
    assert {file[job]["environment"]["name"] for job in ("plan", "apply")} == {"rolesync"}
    assert file["apply"]["resource_group"] == "rolesync"
