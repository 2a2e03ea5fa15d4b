"""A rehearsal: a plan is applied, by the code of `apply`, to a private copy of the people whom it touches.

Studio itself is only read, as `apply` reads it. The copy is a sandbox on loopback without control endpoints, whose
tokens nobody else knows; its record lies in a folder of its own, which is removed with it. Nothing of a rehearsal comes
near Studio's roles, the account's record, or its lock.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from rolesync.audit.record import open_record
from rolesync.errors import RolesyncError
from rolesync.executor.run import carry_out
from rolesync.executor.run_context import RunContext
from rolesync.model.keys import parse_roles
from rolesync.model.live import Live
from rolesync.model.plans import Plan
from rolesync.model.rehearsal import Latency, Rehearsal, Stage
from rolesync.planner.order import waves
from rolesync.sandbox import ROLES, Options, Person, Sandbox
from rolesync.studio.auth.tokens import FixedToken
from rolesync.studio.client import Client
from rolesync.studio.users import StudioWriter
from rolesync.workflows.apply import recheck_saved_plan
from rolesync.workflows.connect import connection_of
from rolesync.workflows.context import Context
from rolesync.workflows.rehearsal_estimate import Pace, count_holders, estimate_stages, list_unknowns


def rehearse_plan(made: Plan, context: Context, override: str = "", *, exclusive_admin: bool = False) -> Rehearsal:
    """Apply a saved plan to a copy of the live people it touches and of all who hold a managed role.

    Args:
        made: the plan.
        context: where to read, and as for `apply`.
        override: as for `apply`.
        exclusive_admin: whether Admin and Subaccount admin drop each other in the copy.

    Raises:
        PlanRefusedError: `apply` would refuse the plan, too.
        StudioError: Studio can't be read.
        RolesyncError: there is no room for the copy.
    """
    own = context.settings
    measured: list[float] = []
    begun = context.seconds()
    now = recheck_saved_plan(made, replace(context, answered=measured.append), override)
    read = now.before.requests
    first = Stage("reading", read.total, own.concurrency, 0, context.seconds() - begun, measured=True)
    with _copy(now.before, context, exclusive_admin=exclusive_admin) as session:
        begun = context.seconds()
        run = carry_out(now.plan, now.remaining, now.before, session)
        # The copy answers at once, so that this is what reckoning, the record and its disk take.
        last = Stage("work on this machine", 0, 1, 0, context.seconds() - begun, measured=True)
    left, latency = now.remaining.to_send, Latency.of(measured)
    pace = Pace(own.concurrency, own.write_concurrency, own.requests_per_second)
    return Rehearsal(
        plan=now.plan,
        run=run,
        people=len(now.before.users),
        read=read,
        roles=count_holders(now.before, run),
        latency=latency,
        stages=(*estimate_stages(first, run, waves(left, made.policy.chunk_size), latency, pace), last),
        unknown=list_unknowns(left, made.policy.chunk_size, exclusive=exclusive_admin),
    )


@contextmanager
def _copy(live: Live, context: Context, *, exclusive_admin: bool) -> Iterator[RunContext]:
    """Make the copy, and what a run needs to work on it; both are gone when the `with` block ends."""
    options = _options(live, exclusive_admin=exclusive_admin)
    run = context.new_run()
    try:
        with (
            _folder() as folder,
            Sandbox(options, given=lambda: _people(live)) as copy,
            Client(
                replace(
                    connection_of(context.settings),
                    studio=copy.base_url,
                    proxy="",
                    ca_bundle="",
                    requests_per_second=None,
                ),
                FixedToken(SecretStr(copy.token)),
                sleep=context.sleep,
                clock=context.seconds,
            ) as client,
            open_record(folder, now=context.now) as record,
        ):
            yield RunContext(
                run,
                "rehearse",
                StudioWriter(client),
                record,
                folder,
                context.now,
                context.seconds,
                lambda stage, done, total: context.progress(f"rehearsing: {stage}", done, total),
                context.settings.write_concurrency,
                context.settings.user,
            )
    except OSError as error:
        raise RolesyncError(
            f"there is no place for a private copy: {error.strerror or error}",
            hint="free some space where temporary files lie, or name another place by TMPDIR",
        ) from error


@contextmanager
def _folder() -> Iterator[Path]:
    """Give a folder that only this user can read, and remove it."""
    with TemporaryDirectory(prefix="rolesync-rehearsal-") as name:
        yield Path(name)


def _options(live: Live, *, exclusive_admin: bool) -> Options:
    """Make a sandbox that knows all roles of these people, shows them to nobody else, and has no token that's known."""
    held = (name for spelled in live.users["roles"].cat.categories for name in parse_roles(spelled))
    own = ("token", "reader_token", "outsider_token", "client_id", "client_secret", "refresh_token")
    return Options(
        control=False,
        exclusive_admin=exclusive_admin,
        roles=tuple(dict.fromkeys([*ROLES, *live.roles, *held])),
        **{name: secrets.token_urlsafe(32) for name in own},  # type: ignore[arg-type]  # these six are texts
    )


def _people(live: Live) -> Iterator[Person]:
    """Spell people as the sandbox takes them, one after the other: 100,000 of them need no second table."""
    sets = {spelled: tuple(parse_roles(spelled)) for spelled in live.users["roles"].cat.categories}
    columns = (live.users[name].tolist() for name in ("user_id", "name", "email", "roles"))
    for user_id, name, email, roles in zip(*columns, strict=True):
        yield Person(user_id, name, name, email or None, sets[roles])
