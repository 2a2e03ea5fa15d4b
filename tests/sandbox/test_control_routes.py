"""The control endpoints: what they answer and refuse."""

from collections.abc import Callable

import pytest

from rolesync.sandbox import Options, Sandbox

MARIA = 1003


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


def test_wrong_faults_are_refused_and_change_nothing(studio: Sandbox) -> None:
    studio.set_faults("lost=0.5")
    with pytest.raises(ValueError, match=r"lost=2\.0: a share is from 0 to 1"):
        studio.set_faults("lost=2")
    with pytest.raises(ValueError, match="faults is not a text"):
        studio._ask("PUT", "/faults", {})
    assert studio.faults().startswith("lost=0.5,")


def test_people_are_listed_without_pages(studio: Sandbox) -> None:
    assert len(studio.people()) == 24
    assert len(studio.people(role="Admin")) == 10
    assert [user["id"] for user in studio.people(role="Teacher", email="sam.porter@example.edu")] == [1079]


def test_the_log_has_the_time_of_the_clock(start: Callable[..., Sandbox]) -> None:
    studio = start(Options(), clock=lambda: 1_700_000_000.25)
    studio.edit_person(MARIA, roles=[])
    assert studio.log()[0]["time"] == "2023-11-14T22:13:20.250000Z"
