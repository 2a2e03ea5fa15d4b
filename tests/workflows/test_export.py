from rolesync.workflows.context import Context
from rolesync.workflows.export import read_holders


def test_the_holders_of_the_managed_roles_are_read(context: Context) -> None:
    assert len(read_holders(context).users) == 10
