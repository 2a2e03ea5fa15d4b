"""Read the live holders of the managed roles: the way to start from what is there."""

from rolesync.live.read import look
from rolesync.model.lists import Listed
from rolesync.model.live import Live
from rolesync.studio.users import StudioReader
from rolesync.workflows.context import Job, connected


def read_holders(job: Job) -> Live:
    """Read who holds the managed roles now."""
    with connected(job) as client:
        return look(StudioReader(client), job.settings.managed_roles, Listed.of(), job.progress)
