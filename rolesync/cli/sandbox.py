"""`rolesync sandbox`."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from rolesync.errors import Exit, UsageError


def sandbox(
    *,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where to listen on 127.0.0.1; 0 takes a free port.")
    ] = 8765,
    users: Annotated[int, typer.Option(min=1, help="How many people there are.")] = 24,
    seed: Annotated[int, typer.Option(help="The same seed makes the same people and faults.")] = 1,
    db: Annotated[Path | None, typer.Option(metavar="FILE", help="Keep the account in this SQLite file.")] = None,
    faults: Annotated[
        str, typer.Option(metavar="SPEC", help="What goes wrong, such as latency=0.05,429=0.1,lost=0.02.")
    ] = "",
    batches: Annotated[
        Literal["atomic", "partial"], typer.Option(help="What a bad action does to its batch.")
    ] = "atomic",
    max_actions: Annotated[int | None, typer.Option(min=1, help="The most actions in one PUT.")] = None,
    redundant: Annotated[Literal["accepted", "refused"], typer.Option(help="Adding a held role.")] = "accepted",
    email_match: Annotated[Literal["exact", "prefix", "contains"], typer.Option(help="How email= matches.")] = "exact",
    email_case: Annotated[
        Literal["insensitive", "sensitive"], typer.Option(help="And with which case.")
    ] = "insensitive",
    exclusive_admin: Annotated[bool, typer.Option(help="Admin and Subaccount admin drop each other.")] = False,
    token_lifetime: Annotated[int, typer.Option(min=1, help="Seconds that an OAuth access token lives.")] = 7200,
) -> Exit:
    """Run a local Studio with sample people, until Ctrl-C. Its token is sandbox-token."""
    try:
        from rolesync.sandbox import Faults, Options, serve
    except ImportError as error:
        raise UsageError(
            f"the sandbox needs {error.name}, which is not installed", hint="pip install 'rolesync[sandbox]'"
        ) from error

    given: dict[str, Any] = {
        "users": users,
        "seed": seed,
        "db": db,
        "batches": batches,
        "max_actions": max_actions,
        "redundant": redundant,
        "email_match": email_match,
        "email_case": email_case,
        "exclusive_admin": exclusive_admin,
        "token_lifetime": token_lifetime,
    }
    try:
        options = Options(**given, faults=Faults.parse(faults))
        serve(options, port=port, ready=lambda address: _tell(address, options.token))
    except ValueError as error:
        raise UsageError(f"sandbox: {error}", hint="see rolesync sandbox --help") from error
    except OSError as error:
        raise UsageError(
            f"sandbox: port {port} can't be had: {error.strerror}", hint="choose another --port"
        ) from error
    return Exit.DONE


def _tell(address: str, token: str) -> None:
    """Say where it is in the words of the settings, so that they can be pasted into a shell."""
    print(f"export ROLESYNC_BASE_URL={address} ROLESYNC_TOKEN={token}", flush=True)
