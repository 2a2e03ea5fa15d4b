"""The client of the control endpoints: looking behind the API, and changing things behind its back."""

import socket
import threading
from collections.abc import Callable

import pytest
import requests

from rolesync.sandbox import Control, Fault, Faults, Sandbox

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


def test_faults_are_set_as_text_or_value_and_read_back(studio: Sandbox) -> None:
    studio.set_faults(Faults(shares={Fault.LOST: 0.5}, seed=4))
    assert studio.faults() == "lost=0.5,on=reads+writes,seed=4"
    studio.set_faults("")
    assert Faults.parse(studio.faults()) == Faults()


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
