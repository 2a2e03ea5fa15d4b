import pytest

from rolesync.errors import IncompleteReadError
from rolesync.sandbox import Sandbox
from rolesync.workflows.context import Context
from rolesync.workflows.export import read_holders
from rolesync.workflows.plan import read_list
from rolesync.workflows.sync import sync_list
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
