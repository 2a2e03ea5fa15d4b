"""Rehearse a plan: apply it, with the code of `apply`, to a private copy of the users whom it touches.

Studio is only read, as `apply` reads it. The copy is a sandbox on loopback, without control endpoints and with secret
tokens. Its record is in a temporary folder, which is removed with it. A rehearsal never touches the roles in Studio,
the account's record or its lock.
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
from rolesync.history.earlier_runs import load_earlier_runs
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


def rehearse_plan(
    plan: Plan, context: Context, override: str = "", *, exclusive_admin: bool = False, folder: Path | None = None
) -> Rehearsal:
    """Apply a saved plan to a copy of its live users and of all holders of managed roles.

    Args:
        plan: the saved plan.
        context: as for `apply_plan`.
        override: as for `apply_plan`.
        exclusive_admin: whether, in the copy, adding Admin removes Subaccount admin and the other way round.
        folder: as for `apply_plan`.

    Raises:
        PlanRefusedError: `apply` would refuse the plan too.
        StudioError: Studio can't be read.
        RolesyncError: the disk has no space for the copy.
    """
    settings = context.settings
    latencies: list[float] = []
    started = context.seconds()
    rechecked = recheck_saved_plan(plan, replace(context, answered=latencies.append), override, folder)
    requests = rechecked.before.requests
    reading = Stage("reading", requests.total, settings.concurrency, 0, context.seconds() - started, measured=True)
    with _copy(rechecked.before, context, exclusive_admin=exclusive_admin) as run_context:
        started = context.seconds()
        no_runs = load_earlier_runs(run_context.folder)
        run = carry_out(rechecked.plan, rechecked.remaining, rechecked.before, run_context, no_runs)
        # The copy answers without delay, so this is the time for computing and for writing the record.
        local_work = Stage("work on this machine", 0, 1, 0, context.seconds() - started, measured=True)
    sent_changes, latency = rechecked.remaining.to_send, Latency.of(latencies)
    pace = Pace(settings.concurrency, settings.write_concurrency, settings.requests_per_second)
    return Rehearsal(
        plan=rechecked.plan,
        run=run,
        people=len(rechecked.before.users),
        read=requests,
        roles=count_holders(rechecked.before, run),
        latency=latency,
        stages=(*estimate_stages(reading, run, waves(sent_changes, plan.policy.chunk_size), latency, pace), local_work),
        unknown=list_unknowns(sent_changes, plan.policy.chunk_size, exclusive=exclusive_admin),
    )


@contextmanager
def _copy(live: Live, context: Context, *, exclusive_admin: bool) -> Iterator[RunContext]:
    """Make the copy and the context of a run on it; both are removed when the `with` block ends."""
    options = _options(live, exclusive_admin=exclusive_admin)
    run = context.new_run()
    try:
        with (
            _folder() as folder,
            Sandbox(options, people=lambda: _people(live)) as copy,
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
                run=run,
                command="rehearse",
                studio=StudioWriter(client),
                record=record,
                folder=folder,
                now=context.now,
                seconds=context.seconds,
                progress=lambda stage, done, total: context.progress(f"rehearsing: {stage}", done, total),
                parallel=context.settings.write_concurrency,
                operator=context.settings.user,
            )
    except OSError as error:
        raise RolesyncError(
            f"the private copy can't be written: {error.strerror or error}",
            hint="free space in the folder of temporary files, or set TMPDIR to another folder",
        ) from error


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a temporary folder that only this user can read; remove it when the `with` block ends."""
    with TemporaryDirectory(prefix="rolesync-rehearsal-") as name:
        yield Path(name)


def _options(live: Live, *, exclusive_admin: bool) -> Options:
    """Make the options of the copy: all roles of these users, no control endpoints, and fresh secrets."""
    held = (role for roles in live.users["roles"].cat.categories for role in parse_roles(roles))
    secret_names = ("token", "reader_token", "outsider_token", "client_id", "client_secret", "refresh_token")
    return Options(
        control=False,
        exclusive_admin=exclusive_admin,
        roles=tuple(dict.fromkeys([*ROLES, *live.roles, *held])),
        **{name: secrets.token_urlsafe(32) for name in secret_names},  # type: ignore[arg-type]  # these six are texts
    )


def _people(live: Live) -> Iterator[Person]:
    """Yield the users as the sandbox takes them, one by one, so that 100,000 users need no second table."""
    roles_of_text = {text: tuple(parse_roles(text)) for text in live.users["roles"].cat.categories}
    columns = (live.users[name].tolist() for name in ("user_id", "name", "email", "roles"))
    for user_id, name, email, roles_text in zip(*columns, strict=True):
        yield Person(user_id, name, name, email or None, roles_of_text[roles_text])
