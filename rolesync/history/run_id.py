"""The id of a run, which the record, the plans and the commands name it by."""

import secrets
from datetime import datetime


def new_run_id(now: datetime) -> str:
    """Make the id of a run that begins now: ids sort by time, and no two runs have the same."""
    return f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
