from dataclasses import replace

import pytest

from rolesync.errors import IncompleteReadError, InputRefusedError
from rolesync.reader.write import list_assignments
from rolesync.sandbox import Sandbox
from rolesync.workflows.context import Context
from rolesync.workflows.export import check_leaving, read_holders, review_holders
from rolesync.workflows.read_list import read_list
from rolesync.workflows.sync import sync_list
from tests.command import OWNER
from tests.paths import SAMPLE


def test_the_holders_of_the_managed_roles_are_read(context: Context) -> None:
    assert len(read_holders(context).users) == 10


def test_a_studio_that_shows_nobody_is_not_exported(context: Context, studio: Sandbox) -> None:
    studio.set_faults("nobody=1")
    with pytest.raises(IncompleteReadError, match="shows no holder of a managed role"):
        read_holders(context)


def test_a_studio_that_shows_few_of_the_expected_holders_is_not_exported(context: Context, studio: Sandbox) -> None:
    sync_list(read_list(SAMPLE, context), context)
    assert not read_holders(context).users.empty
    for person in studio.people(role="Admin")[1:]:
        studio.edit_person(person["id"], roles=[])
    with pytest.raises(IncompleteReadError, match="holders of Admin are gone since the last run"):
        read_holders(context)


@pytest.fixture
def owned(context: Context) -> Context:
    return replace(context, settings=context.settings.model_copy(update={"owner": OWNER}))


def test_a_review_knows_the_media_the_last_changes_and_who_is_protected(owned: Context) -> None:
    run = sync_list(read_list(SAMPLE, owned), owned).run
    assert run
    holders = review_holders(owned)
    ids = holders.live.users["user_id"].tolist()
    assert sorted(holders.impact["user_id"]) == sorted(ids)
    assert {change.run for changes in holders.last_changes.values() for change in changes} == {run.run_id}
    assert holders.live.users.set_index("user_id")["email"].loc[list(holders.protected)].tolist() == [OWNER]


def test_a_clean_up_without_a_record_has_no_last_changes(context: Context) -> None:
    assert review_holders(context).last_changes == {}


def test_protected_users_and_the_last_holders_cannot_leave(owned: Context) -> None:
    everybody = list_assignments(read_holders(owned))
    owner, others = ([row for row in everybody if (row["email"] == OWNER) is chosen] for chosen in (True, False))
    check_leaving([], everybody, owned.settings)
    check_leaving(others, owner, owned.settings)
    with pytest.raises(InputRefusedError, match=f"marked no, but protected: {OWNER}"):
        check_leaving(owner, others, owned.settings)
    with pytest.raises(InputRefusedError, match=r"0 holders of Admin would stay, at least 1 required"):
        check_leaving(others, [], owned.settings)
