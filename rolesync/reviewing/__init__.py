"""A review on a page: the decisions as they are made, and the server of the page, for one reviewer on this machine."""

from rolesync.reviewing.desk import Desk, End
from rolesync.reviewing.server import serve

__all__ = ["Desk", "End", "serve"]
