"""The control endpoints: looking behind the API, and changing things behind its back."""

import socket
import threading
from collections.abc import Callable

import pytest
import requests

from rolesync.sandbox import Control, Fault, Faults, Options, Sandbox

Call = Callable[..., requests.Response]

MARIA, NULL, WITHOUT = 1003, 1090, 1097


def test_a_person_edited_by_hand_shows_in_the_api_and_in_the_log(studio: Sandbox, call: Call) -> None:
    edited = studio.edit_person(MARIA, roles=["Teacher", "Captioner"], email="m@example.edu")
    assert (edited["role_names"], edited["email"]) == (["Teacher", "Captioner"], "m@example.edu")
    assert call(studio, "GET", f"/users/{MARIA}").json()["user"] == edited == studio.person(MARIA)
    assert [(e["action"], e["role"], e["before"], e["after"], e["by"], e["request_id"]) for e in studio.log()] == [
        ("remove", "Admin", ["Admin"], [], "hand", ""),
        ("add", "Teacher", [], ["Teacher"], "hand", ""),
        ("add", "Captioner", ["Teacher"], ["Teacher", "Captioner"], "hand", ""),
    ]


def test_edits_that_are_no_roles_are_not_logged(studio: Sandbox) -> None:
    assert studio.edit_person(MARIA, email=None, full_name="M. F.", display_name="M")["email"] is None
    assert "email" not in studio.person(WITHOUT)
    assert studio.edit_person(WITHOUT, email="test@example.edu")["email"] == "test@example.edu"
    assert studio.person(MARIA)["full_name"] == "M. F."
    assert studio.log() == []


def test_a_new_person_launches_studio(studio: Sandbox, call: Call) -> None:
    added = studio.add_person("Lucía Moreno", email="lucia.moreno@example.edu", roles=["Teacher"])
    people = call(studio, "GET", "/users/search", params={"email": "Lucia.Moreno@example.edu"}).json()["users"]
    assert people == [added] == studio.people(email="lucia.moreno@example.edu")
    assert added["id"] > 2**40
    assert studio.log()[0]["by"] == "hand"


def test_people_are_listed_without_pages(studio: Sandbox) -> None:
    assert len(studio.people()) == 24
    assert len(studio.people(role="Admin")) == 10
    assert [user["id"] for user in studio.people(role="Teacher", email="sam.porter@example.edu")] == [1079]


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/people/999", {"roles": []}, "The user\\(s\\) was not found"),
        ("/people/1003", {"id": 4}, "Unknown field id: a person has full_name, display_name, email, roles"),
        ("/people/1003", {"roles": "Admin"}, "roles can't be 'Admin'"),
        ("/people/1003", {"roles": [""]}, "roles can't be \\[''\\]"),
        ("/people/1003", {"full_name": None}, "full_name can't be None"),
        ("/people/1003", [], "The body is not a JSON object"),
    ],
)
def test_a_wrong_edit_is_refused_with_a_message(studio: Sandbox, path: str, body: object, words: str) -> None:
    with pytest.raises(ValueError, match=f"the sandbox refused PATCH /_sandbox{path}: {words}"):
        studio._ask("PATCH", path, body)
    assert studio.log() == []


def test_a_new_person_needs_a_name(studio: Sandbox) -> None:
    with pytest.raises(ValueError, match="full_name is missing"):
        studio.add_person("")


def test_faults_are_set_as_text_or_value_and_read_back(studio: Sandbox) -> None:
    studio.set_faults(Faults(shares={Fault.LOST: 0.5}, seed=4))
    assert studio.faults() == "lost=0.5,on=reads+writes,seed=4"
    studio.set_faults("")
    assert Faults.parse(studio.faults()) == Faults()


def test_wrong_faults_are_refused_and_change_nothing(studio: Sandbox) -> None:
    studio.set_faults("lost=0.5")
    with pytest.raises(ValueError, match=r"lost=2\.0: a share is from 0 to 1"):
        studio.set_faults("lost=2")
    with pytest.raises(ValueError, match="faults is not a text"):
        studio._ask("PUT", "/faults", {})
    assert studio.faults().startswith("lost=0.5,")


def test_a_reset_restores_the_first_state(studio: Sandbox, call: Call) -> None:
    before = studio.people()
    studio.edit_person(MARIA, roles=[])
    studio.add_person("Somebody")
    call(studio, "GET", "/ping")
    studio.set_faults("500=1")
    studio.reset()
    assert studio.people() == before
    assert (studio.log(), set(studio.counts().values()), studio.faults()) == ([], {0}, "on=reads+writes,seed=1")
    studio.edit_person(MARIA, roles=[])
    assert [entry["seq"] for entry in studio.log()] == [1]


def test_it_works_by_address_alone_and_while_everything_fails(studio: Sandbox) -> None:
    studio.set_faults("reset=1")
    control = Control(studio.base_url)
    assert control.person(NULL)["email"] is None
    assert set(control.counts().values()) == {0}


def test_the_log_has_the_time_of_the_clock(start: Callable[..., Sandbox]) -> None:
    studio = start(Options(), clock=lambda: 1_700_000_000.25)
    studio.edit_person(MARIA, roles=[])
    assert studio.log()[0]["time"] == "2023-11-14T22:13:20.250000Z"


def test_a_sandbox_that_ends_before_it_answers_is_not_waited_for() -> None:
    def end(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(1_000)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=end, args=(server,))
        thread.start()
        with pytest.raises(OSError, match=r"closed|reset"):
            Control(f"http://127.0.0.1:{server.getsockname()[1]}").reset()
        thread.join()
