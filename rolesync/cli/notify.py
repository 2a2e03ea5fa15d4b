"""`rolesync notify --test`: does each channel deliver?"""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.options import Assignments, Config, Form, Format, load_settings
from rolesync.cli.output import show_json
from rolesync.cli.progress import configure_log_of
from rolesync.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rolesync.notify.deliver import Delivery

Test = Annotated[bool, typer.Option("--test", help="Send a test message by every channel; required.")]


def notify(
    test: Test = False, form: Format = Form.TEXT, config: Config = None, assignments: Assignments = None
) -> Exit:
    """Try each channel: send a test message.

    Show which channels of the settings delivered it; the exit code is 5 if one did not.
    """
    from rolesync.workflows.notify import reporting_of, send_test

    if not test:
        raise UsageError("notify sends messages by itself after a run", hint="to try it: rolesync notify --test")
    settings = load_settings(config, assignments)
    if not settings.notify:
        raise UsageError("the settings have no [[notify]] table", hint="add one: rolesync help notify")
    configure_log_of(settings)
    return _show(send_test(settings, reporting_of(settings)), form)


def _show(deliveries: "Sequence[Delivery]", form: Form) -> Exit:
    """Show the deliveries; the exit code is 5 if some failed."""
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
        sys.stderr.write(
            f"rolesync: {len(failed)} of {len(deliveries)} test messages were not delivered\n"
            "  → correct the [[notify]] tables; rolesync help notify\n"
        )
    return Exit.INCOMPLETE if failed else Exit.DONE
