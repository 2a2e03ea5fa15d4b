"""The account behind the endpoints: edits by hand, counters, faults, and its first state."""

from collections.abc import Iterator
from typing import Any

import pytest

from rolesync.sandbox import Fault, Faults, Options
from rolesync.sandbox.account import REQUEST_KINDS, SandboxAccount
from rolesync.sandbox.responses import ApiError

MARIA = 1003
MIDNIGHT = 1_767_225_600.0  # 2026-01-01T00:00:00Z


@pytest.fixture
def account() -> Iterator[SandboxAccount]:
    account = SandboxAccount(Options(), lambda: MIDNIGHT)
    yield account
    account.store.close()


def logged(account: SandboxAccount) -> list[tuple[str, str, list[str]]]:
    return [(change["action"], change["role"], change["after"]) for change in account.store.log()]


def test_an_edit_removes_roles_before_it_adds_others_and_keeps_the_rest(account: SandboxAccount) -> None:
    account.edit(MARIA, {"roles": ["Teacher", "Admin", "Teacher"]})
    account.edit(MARIA, {"roles": ["Captioner", "Teacher"]})
    assert account.store.roles_of(MARIA) == ["Captioner", "Teacher"]
    assert [(action, role) for action, role, _ in logged(account)] == [
        ("add", "Teacher"),
        ("remove", "Admin"),
        ("add", "Captioner"),
    ]
    account.edit(MARIA, {"roles": ["Teacher", "Captioner"]})  # only their order
    assert len(logged(account)) == 3


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"email": "new@example.edu", "id": 4}, "Unknown field id"),
        ({"email": "new@example.edu", "roles": "Admin"}, "roles can't be 'Admin'"),
        ({"email": "new@example.edu", "full_name": None}, "full_name can't be None"),
    ],
)
def test_an_edit_with_a_wrong_field_changes_no_other_field(
    account: SandboxAccount, fields: dict[str, Any], text: str
) -> None:
    before = account.store.encoded([MARIA])
    with pytest.raises(ApiError, match=text) as refused:
        account.edit(MARIA, fields)
    assert refused.value.status == 422
    assert (account.store.encoded([MARIA]), logged(account)) == (before, [])


def test_a_person_who_is_not_there_is_not_edited(account: SandboxAccount) -> None:
    with pytest.raises(ApiError, match="was not found") as refused:
        account.edit(999, {"roles": []})
    assert refused.value.status == 404


def test_a_new_person_has_what_was_named(account: SandboxAccount) -> None:
    user_id = account.add({"full_name": "Lucía Moreno", "display_name": "Lu", "email": None, "roles": ["Teacher"]})
    (person,) = account.store.encoded([user_id])
    assert '"full_name":"Lucía Moreno"'.encode() in person
    assert b'"display_name":"Lu"' in person
    assert logged(account) == [("add", "Teacher", ["Teacher"])]
    other_id = account.add({"full_name": "Nobody"})
    assert (account.store.roles_of(other_id), other_id != user_id) == ([], True)


def test_a_new_person_without_a_name_is_refused(account: SandboxAccount) -> None:
    number = len(account.store.all_ids())
    for fields in ({"email": "a@example.edu"}, {"full_name": ""}, {"full_name": "Ann", "roles": [1]}):
        with pytest.raises(ApiError) as refused:
            account.add(fields)
        assert refused.value.status == 422
    assert len(account.store.all_ids()) == number


def test_time_and_request_ids_can_be_foretold(account: SandboxAccount) -> None:
    assert account.now() == "2026-01-01T00:00:00.000000Z"
    assert [account.request_id() for _ in range(2)] == ["sandbox-00000001", "sandbox-00000002"]


def test_every_kind_of_request_and_fault_is_counted(account: SandboxAccount) -> None:
    assert account.counts() == {
        "requests": dict.fromkeys(REQUEST_KINDS, 0),
        "faults": dict.fromkeys([*(fault.value for fault in Fault), "rate", "lag"], 0),
    }
    account.requests["search"] += 2
    account.fault_hits["rate"] += 1
    counts = account.counts()
    assert (counts["requests"]["search"], counts["faults"]["rate"]) == (2, 1)
    account.reset_counts()
    assert not any(number for numbers in account.counts().values() for number in numbers.values())


def test_faults_that_are_set_again_start_their_random_numbers_anew(account: SandboxAccount) -> None:
    faults = Faults(shares={Fault.LIMITED: 0.5}, seed=4)

    def draws() -> list[Fault | None]:
        account.set_faults(faults)
        return [account.dice.draw("search").fault for _ in range(40)]

    first = draws()
    assert set(first) == {Fault.LIMITED, None}
    assert draws() == first


def test_a_reset_restores_people_log_faults_and_counts(account: SandboxAccount) -> None:
    before = account.store.encoded(account.store.all_ids())
    account.edit(MARIA, {"roles": [], "email": None})
    account.add({"full_name": "Nobody"})
    account.set_faults(Faults.parse("500=1"))
    account.requests["search"] += 1
    account.reset()
    assert account.store.encoded(account.store.all_ids()) == before
    assert (logged(account), account.dice.faults) == ([], account.options.faults)
    assert account.counts()["requests"]["search"] == 0
