"""`rolesync notify --test`: does each channel deliver?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.options import Assignments, Config, Form, Format, load_settings
from rolesync.cli.output import show_json
from rolesync.cli.progress import configure_log, configure_log_of
from rolesync.cli.refusal import write_failure
from rolesync.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rolesync.notify.deliver import Delivery

Test = Annotated[bool, typer.Option("--test", help="Send a test message by every channel; required.")]


Fleet = Annotated[
    Path | None,
    typer.Option("--fleet", "-f", metavar="FILE", help="Take the channels of this fleet file.", show_default=False),
]


def notify(
    test: Test = False,
    fleet_file: Fleet = None,
    form: Format = Form.TEXT,
    config: Config = None,
    assignments: Assignments = None,
) -> Exit:
    """Try each channel: send a test message.

    Show which channels of the settings delivered it; the exit code is 5 if one did not.
    """
    if not test:
        raise UsageError("notify sends messages by itself after a run", hint="to try it: rolesync notify --test")
    if fleet_file:
        if config or assignments:
            raise UsageError("--fleet and settings contradict each other", hint="leave --config and --set out")
        return _show(_send_of_fleet(fleet_file), form)
    from rolesync.workflows.notify import send_test_of

    settings = load_settings(config, assignments)
    configure_log_of(settings)
    return _show(send_test_of(settings), form)


def _send_of_fleet(file: Path) -> "Sequence[Delivery]":
    from rolesync.cli.fleet_context import open_fleet
    from rolesync.fleet.environment import log_settings
    from rolesync.fleet.notify import fleet_reporting
    from rolesync.workflows.notify import send_test

    fleet = open_fleet(file)
    configure_log(*log_settings())
    return send_test(fleet_reporting(fleet), fleet=fleet.table.name)


def _show(deliveries: "Sequence[Delivery]", form: Form) -> Exit:
    """Show the deliveries; the exit code is 5 if some failed.

    Raises:
        UsageError: there is no channel.
    """
    if not deliveries:
        raise UsageError("there is no [[notify]] table", hint="add one: rolesync help notify")
    failed = [delivery for delivery in deliveries if delivery.error]
    if form is Form.JSON:
        rows = [
            {
                "table": each.number,
                "channel": each.channel.value,
                "delivered": not each.error,
                "error": each.error or None,
            }
            for each in deliveries
        ]
        show_json({"status": "incomplete" if failed else "ok", "deliveries": rows})
    else:
        for each in deliveries:
            typer.echo(
                f"table {each.number}, {each.channel}: {f'not delivered: {each.error}' if each.error else 'delivered'}"
            )
    if failed:
        message = f"{len(failed)} of {len(deliveries)} test messages were not delivered"
        return write_failure(message, "correct the [[notify]] tables: rolesync help notify", Exit.INCOMPLETE)
    return Exit.DONE
