"""The command channel: any program, with the message as JSON on its standard input."""

import json
import os
import subprocess

from rolesync import bounded_program
from rolesync.notify.http_delivery import DeliveryError, Network
from rolesync.notify.message import Message
from rolesync.notify.table import NotifyTable

_PREFIX = "ROLESYNC_"


def run_program(message: Message, table: NotifyTable, network: Network) -> None:
    """Run the command of a table once, without settings and secrets of rolesync in its environment.

    Raises:
        DeliveryError: it can't be started, takes too long, or ends with another exit code than 0.
    """
    environment = {name: value for name, value in os.environ.items() if not name.upper().startswith(_PREFIX)}
    text = {"title": message.title, "text": message.text}
    try:
        process = bounded_program.run_program(
            table.command,
            seconds=network.seconds,
            folder=network.folder,
            environment=environment,
            data=json.dumps({**message.data, **text}).encode("ascii"),
            keeps_output=False,
        )
    except subprocess.TimeoutExpired:
        raise DeliveryError(f"the command took more than {network.seconds:g} s, and was ended") from None
    except OSError as error:
        raise DeliveryError(f"the command can't be started: {error.strerror}") from None
    if process.returncode:
        raise DeliveryError(f"the command ended with exit code {process.returncode}")
