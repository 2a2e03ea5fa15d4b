"""`rolesync sandbox`: a local Studio to try things on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from rolesync.errors import Exit, UsageError
from rolesync.extras import install_command

if TYPE_CHECKING:
    from rolesync.sandbox import Options

OWNER = "admin@example.edu"  # the first of the sample people


def sandbox(
    *,
    port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free port.")
    ] = 8765,
    users: Annotated[int, typer.Option(metavar="N", min=1, help="Number of people in the account.")] = 24,
    seed: Annotated[
        int,
        typer.Option(metavar="N", help="Seed of people and faults: the same seed repeats both."),
    ] = 1,
    admins: Annotated[
        int, typer.Option(metavar="N", min=0, help="Number of people with the role Admin; 0 for the usual ten.")
    ] = 0,
    db: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep the account in this SQLite file; by default it is in memory."),
    ] = None,
    faults: Annotated[
        str, typer.Option(metavar="SPEC", help="Faults and their rates, such as 429=0.1,lost=0.02.")
    ] = "",
    batches: Annotated[
        Literal["atomic", "partial"],
        typer.Option(
            metavar="HOW",
            help="A bad action refuses its whole batch (`atomic`), or itself and all after it (`partial`).",
        ),
    ] = "atomic",
    max_actions: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Maximum number of actions in one PUT; no limit by default.")
    ] = None,
    redundant: Annotated[
        Literal["accepted", "refused"],
        typer.Option(metavar="HOW", help="Adding a role that the user holds is `accepted` or `refused`."),
    ] = "accepted",
    email_match: Annotated[
        Literal["exact", "prefix", "contains"],
        typer.Option(metavar="HOW", help="How email= must match an address: `exact`, `prefix` or `contains`."),
    ] = "exact",
    email_case: Annotated[
        Literal["insensitive", "sensitive"],
        typer.Option(metavar="HOW", help="Whether case matters in email=: `insensitive` or `sensitive`."),
    ] = "insensitive",
    exclusive_admin: Annotated[
        bool,
        typer.Option("--exclusive-admin", help="Adding Admin removes Subaccount admin, and the other way round."),
    ] = False,
    no_exclusive_admin: Annotated[bool, typer.Option("--no-exclusive-admin", hidden=True)] = False,  # the default
    token_lifetime: Annotated[
        int, typer.Option(metavar="N", min=1, help="Lifetime of an OAuth access token, in seconds.")
    ] = 7200,
) -> Exit:
    """Run a local Studio with sample people until Ctrl-C. It prints the address, the token and the owner to use."""
    try:
        from rolesync.sandbox import Faults, Options as SandboxOptions, serve
    except ImportError as error:
        raise UsageError(
            f"the sandbox needs {error.name}, which is not installed", hint=install_command("sandbox")
        ) from error

    account_options: dict[str, Any] = {
        "users": users,
        "seed": seed,
        "admins": admins,
        "db": db,
        "batches": batches,
        "max_actions": max_actions,
        "redundant": redundant,
        "email_match": email_match,
        "email_case": email_case,
        "exclusive_admin": exclusive_admin and not no_exclusive_admin,
        "token_lifetime": token_lifetime,
    }
    try:
        options = SandboxOptions(**account_options, faults=Faults.parse(faults))
        serve(options, port=port, ready=lambda address: _print_settings(address, options))
    except ValueError as error:
        raise UsageError(f"sandbox: {error}", hint="see rolesync sandbox --help") from error
    except OSError as error:
        raise UsageError(f"sandbox: {error.strerror}", hint="choose another --port, or 0 for a free port") from error
    return Exit.DONE


def _print_settings(address: str, options: "Options") -> None:
    """Print a shell command that sets the environment, and as comments the answers to `init`."""
    print(f"export ROLESYNC_BASE_URL={address} ROLESYNC_TOKEN={options.token} ROLESYNC_OWNER={OWNER}")
    print(f"# Or answer `rolesync init`: account {address}, token {options.token}, owner {OWNER}.")
    key = f"client id {options.client_id}, secret {options.client_secret}"
    print(f"# To try a developer key: {key}, redirect URI https://studio.example.edu.", flush=True)
