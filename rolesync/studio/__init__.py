"""The Studio API; nothing else in rolesync speaks HTTP to Studio."""

from rolesync.studio.client import Client
from rolesync.studio.tokens import FixedToken, TokenSource
from rolesync.studio.users import Media, MediaPage, StudioReader, StudioWriter, User, UserPage
from rolesync.studio.wire import Connection

__all__ = [
    "Client",
    "Connection",
    "FixedToken",
    "Media",
    "MediaPage",
    "StudioReader",
    "StudioWriter",
    "TokenSource",
    "User",
    "UserPage",
]
