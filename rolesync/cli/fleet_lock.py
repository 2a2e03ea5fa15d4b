"""`rolesync fleet check --lock-peer`: does the lock on the shared storage exclude another machine?"""

import sys
from typing import TYPE_CHECKING

import typer

from rolesync.cli.options import Form
from rolesync.cli.output import show_json
from rolesync.errors import Exit

if TYPE_CHECKING:
    from rolesync.fleet.fleet_file import Fleet


def check_lock(fleet: "Fleet", form: Form) -> Exit:
    """Prove with another machine that the lock excludes; the exit code is 5 if that isn't proven."""
    from dataclasses import asdict
    from datetime import UTC, datetime
    from time import monotonic, sleep

    from rolesync.fleet.lock_peer import PeerClock, prove_lock, this_machine

    clock = PeerClock(lambda: datetime.now(UTC), monotonic, sleep)
    proof = prove_lock(
        fleet.folder / "lock-peer", this_machine(), clock, lambda text: print(text, file=sys.stderr, flush=True)
    )
    if form is Form.JSON:
        show_json({"fleet": fleet.table.name, "lock_peer": asdict(proof)})
    else:
        typer.echo(f"{'PROVEN' if proof.proven else 'NOT PROVEN'} {proof.message}")
        if proof.hint:
            typer.echo(f"> {proof.hint}")
    return Exit.DONE if proof.proven else Exit.INCOMPLETE
