"""Refuse a state folder that can't be written, before anything is read or sent."""

import errno
import os

from rolesync.errors import OF_THE_PLACE, UsageError
from rolesync.private_files import make_private_folder
from rolesync.settings import Settings


def make_account_folder(settings: Settings) -> None:
    """Make the folder of the account's record and lock, unless it is there.

    Raises:
        UsageError: it can't be made or written, and another folder could.
    """
    folder = settings.account_dir
    try:
        make_private_folder(folder)
        reason = "" if os.access(folder, os.W_OK | os.X_OK) else os.strerror(errno.EACCES)
    except OSError as error:
        if error.errno not in OF_THE_PLACE:  # lock and record report a full disk
            return
        reason = error.strerror or str(error)
    if reason:
        raise UsageError(
            f"the folder of the record can't be written: {folder}: {reason}; nothing was sent",
            hint="give this user access to it, or set state_dir to another folder; `rolesync doctor` checks it",
        )
