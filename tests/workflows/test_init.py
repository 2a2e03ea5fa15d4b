"""The interview of init with a person who makes mistakes, against a sandbox."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from pydantic import SecretStr

from rolesync.errors import UsageError
from rolesync.sandbox import Options, Sandbox
from rolesync.studio.auth.token_endpoint import LoginNeededError
from rolesync.workflows.init import decide, next_problem
from rolesync.workflows.init_answers import InitOptions
from tests.servers import ScriptedStudio
from tests.sources.tools import csv

Sandboxes = Callable[[Options], Sandbox]
PATIENCE = 40  # questions
OWNER = "admin@example.edu"


class Person:
    """Answers by the first word of the question: the next answer, or the default when there is none left."""

    def __init__(self, **answers: list[str]) -> None:
        self._answers = answers
        self._asked = 0
        self.heard = ""

    def say(self, text: str) -> None:
        self.heard += f"{text}\n"

    def ask(self, question: str, default: str = "") -> str:
        self._asked += 1
        assert self._asked < PATIENCE, self.heard
        answers = self._answers.get(question.replace(",", " ").split(maxsplit=1)[0].casefold(), [])
        answer = answers.pop(0) if answers else default
        if answer == "allow":
            address = [line.strip() for line in self.heard.splitlines() if "/oauth/authorize?" in line][-1]
            return requests.get(address, timeout=10, allow_redirects=False).headers["location"]
        return answer

    def ask_secret(self, question: str) -> SecretStr:
        return SecretStr(self.ask(question))

    def confirm(self, question: str) -> bool:
        return self.ask(question, "y") == "y"


@pytest.fixture(autouse=True)
def _state(alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001  # a fixture
    monkeypatch.setenv("ROLESYNC_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def studio(sandboxes: Sandboxes) -> Sandbox:
    return sandboxes(Options())


def test_each_mistake_is_explained_and_asked_again(studio: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("email,role\nnobody,Admin\n", encoding="utf-8")
    person = Person(
        account=["", "two words", f"{studio.base_url}/x?y"],
        **{"1": ["3", "2"]},
        token=["", "wrong", studio.token],
        owner=["", "x y", "nobody@example.edu", OWNER.upper()],
        roles=["", "Admn", "Admin, Teacher, Admin"],
        list=["bad.csv", "gone/roles.csv", "/proc/roles.csv", "roles.xlsx", "roles.csv", "roles.csv"],
        **{"roles.csv": ["n", "y"]},
    )
    decided = decide(InitOptions(), person)
    assert decided.settings == {
        "base_url": studio.base_url,
        "owner": OWNER,
        "managed_roles": ["Admin", "Teacher"],
        "list": str(tmp_path / "roles.csv"),
    }
    assert decided.secrets["token"].get_secret_value() == studio.token
    assert decided.list_file == Path("roles.csv")
    assert decided.new_list.startswith("\ufeffemail,user_id,role,name\n")
    for words in (
        "the account is empty",
        "answers.",
        "answer 1 or 2",
        "doesn't accept this token",
        "no user of Studio is nobody@example.edu",
        "Studio's roles: Admin (10 users)",
        "did you mean Admin?",
        "bad.csv can't be used",
        "there is no folder gone",
        "/proc/roles.csv can't be written: No such file",
        "a new list is a CSV file, and roles.xlsx names a workbook",
        "then name the file",
    ):
        assert words in person.heard, words
    assert studio.token not in person.heard
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.csv"]


def test_a_list_at_an_address_is_read_and_named(studio: Sandbox) -> None:
    options = InitOptions(account=studio.base_url, token=SecretStr(studio.token), owner=OWNER, roles=("Admin",))
    with ScriptedStudio(lambda _request: csv(b"email,role\nann@example.edu,Admin\n")) as server:
        decided = decide(replace(options, list_file=server.base_url), None)
    assert (decided.settings["list"], decided.list_file) == (server.base_url, None)
    with pytest.raises(UsageError, match=r"there is no list gone\.csv") as refused:
        decide(replace(options, list_file="gone.csv"), None)
    assert (
        refused.value.hint == "leave out --list; after that, `rolesync export -o gone.csv` writes today's holders to it"
    )


def test_a_developer_key_is_asked_for_and_logged_in(studio: Sandbox) -> None:
    key = ["sandbox-client", "sandbox-secret"]
    person = Person(
        account=[studio.base_url],
        client=["", "sandbox-client", "", "wrong", *key, *key],
        redirect=["https://studio.example.edu", "http://127.0.0.1", "https://studio.example.edu"],
        address=["no address", "https://studio.example.edu/?error=access_denied", "allow", "", "allow"],
        owner=[OWNER],
        list=["none"],
    )
    decided = decide(InitOptions(), person)
    assert "not an address with a code in it" in person.heard
    assert "invalid_client" in person.heard
    assert "the client id is empty" in person.heard
    assert "nothing was typed or pasted" in person.heard
    assert "the redirect URI must be the https:// address" in person.heard
    assert person.heard.count("Open this address in a browser") == 3  # the address is empty: the key is asked for again
    assert "rolesync login" not in person.heard  # nothing is saved yet
    assert "config show" not in person.heard
    assert "Logged in" in person.heard
    assert decided.settings["client_id"] == "sandbox-client"
    assert decided.secrets["client_secret"].get_secret_value() == "sandbox-secret"
    assert (decided.list_file, decided.is_signed_in) == (None, True)
    again = InitOptions(
        account=studio.base_url,
        owner=OWNER,
        client_id=key[0],
        client_secret=SecretStr(key[1]),
        redirect_uri="https://studio.example.edu",
    )
    assert decide(again, None).is_signed_in  # the token of the login is still there


def test_a_given_answer_that_is_wrong_ends_it(studio: Sandbox) -> None:
    with pytest.raises(UsageError, match="no user of Studio"):
        decide(InitOptions(account=studio.base_url, token=SecretStr(studio.token), owner="9999999"), Person())
    with pytest.raises(UsageError, match="missing: --account"):
        decide(InitOptions(), None)
    key = InitOptions(account=studio.base_url, client_id="sandbox-client", client_secret=SecretStr("x"), owner=OWNER)
    with pytest.raises(UsageError, match="the redirect URI must be the https:// address"):
        decide(replace(key, redirect_uri="http://studio.example.edu"), Person())
    with pytest.raises(UsageError, match="the redirect URI must be the one of the developer key") as refused:
        decide(replace(key, redirect_uri="https://studio.example.edu/?code=4e1f&state=a"), Person())
    assert "4e1f" not in str(refused.value)  # a code is a secret
    with pytest.raises(LoginNeededError, match="invalid_client"):  # nothing is left to ask
        decide(replace(key, redirect_uri="https://studio.example.edu"), Person(address=["allow"]))


def test_a_key_without_bearer_is_noted_as_a_setting(sandboxes: Sandboxes) -> None:
    studio = sandboxes(Options(bare_key=True))
    decided = decide(InitOptions(account=studio.base_url, token=SecretStr(studio.token), owner=OWNER), None)
    assert "auth_scheme" not in decided.settings  # Bearer is accepted, too


def test_the_next_problem_is_what_the_next_command_says() -> None:
    assert next_problem(None) == ""
    Path("rolesync.toml").write_text("nonsense = 1\n", encoding="utf-8")
    assert "unknown setting 'nonsense'" in next_problem(None)
