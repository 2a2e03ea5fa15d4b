"""`rolesync init`: the first settings file, by questions or by options."""

import os
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rolesync.cli.options import Form, Format
from rolesync.cli.output import show_json
from rolesync.cli.progress import configure_log
from rolesync.cli.questions import TerminalQuestions, on_terminal
from rolesync.errors import DeclinedError, Exit, UsageError

if TYPE_CHECKING:
    from pydantic import SecretStr

    from rolesync.workflows.init_answers import Decided

MAX_SECRET = 16 * 1024  # bytes
SETTINGS_FILE = Path("rolesync.toml")


def init(
    account: Annotated[
        str, typer.Option(metavar="NAME|ADDRESS", help="The Studio account: its name, or any address of it.")
    ] = "",
    token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File with the access token; - is standard input.", show_default=False),
    ] = None,
    client_id: Annotated[str, typer.Option(metavar="ID", help="Id of a developer key, instead of a token.")] = "",
    client_secret_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="File with the secret of the developer key; - is standard input.", show_default=False
        ),
    ] = None,
    redirect_uri: Annotated[str, typer.Option(metavar="ADDRESS", help="Redirect address of the developer key.")] = "",
    owner: Annotated[
        str, typer.Option(metavar="USER", help="Address or user id of the person whose token it is.")
    ] = "",
    role: Annotated[
        list[str] | None,
        typer.Option(metavar="ROLE", help="A role to manage; repeatable. Admin by default.", show_default=False),
    ] = None,
    list_file: Annotated[
        str, typer.Option("--list", metavar="FILE", help="The list of desired roles, to be checked.")
    ] = "",
    config: Annotated[
        Path, typer.Option("--config", "-c", metavar="FILE", help="Settings file to write.")
    ] = SETTINGS_FILE,
    force: Annotated[bool, typer.Option("--force", help="Replace the settings; the old file is kept.")] = False,
    form: Format = Form.TEXT,
) -> Exit:
    """Write the first rolesync.toml, checked against Studio. Asks for each setting, and saves the secret apart."""
    from rolesync.workflows.init import decide
    from rolesync.workflows.init_answers import InitOptions
    from rolesync.workflows.init_files import check_target, settings_text, write_files

    configure_log()
    check_target(config, force=force)
    if token_file and client_id:
        raise UsageError("init: --token-file and --client-id exclude each other", hint="leave one of them out")
    options = InitOptions(
        account=account,
        token=_read_secret(token_file),
        client_id=client_id,
        client_secret=_read_secret(client_secret_file),
        redirect_uri=redirect_uri,
        owner=owner,
        roles=tuple(role or ()),
        list_file=list_file,
    )
    try:
        decided = decide(options, TerminalQuestions() if on_terminal() else None)
        text = settings_text(decided.settings, datetime.now(UTC).date())
        new_list = decided.list_file if decided.new_list else None
        files = write_files(config, text, decided.secrets, new_list, decided.new_list)
    except (typer.Abort, KeyboardInterrupt) as error:
        hint = "run `rolesync init` again"
        raise DeclinedError("init was interrupted; no settings were written", hint=hint) from error
    _report(decided, files, config, form)
    return Exit.DONE


def _read_secret(path: Path | None) -> "SecretStr":
    """Read a secret from a file or standard input; empty without a path."""
    from pydantic import SecretStr

    if path is None:
        return SecretStr("")
    try:
        content = sys.stdin.buffer.read(MAX_SECRET) if str(path) == "-" else path.read_bytes()[:MAX_SECRET]
        text = content.decode().strip()
    except OSError as error:
        raise UsageError(f"init: {path} can't be read: {error.strerror}", hint="name a file with the secret") from error
    except UnicodeDecodeError:
        raise UsageError(f"init: {path} is not text", hint="name a file with nothing but the secret") from None
    if not text:
        raise UsageError(f"init: {path} is empty", hint="name a file with nothing but the secret")
    return SecretStr(text)


def _report(decided: "Decided", files: list[str], config: Path, form: Form) -> None:
    """Show what was written, what hinders the next command, and that command."""
    from rolesync.report.content.text import escape_for_display

    notes = [*decided.notes, *_obstacles(decided, config)]
    config_option = "" if config == SETTINGS_FILE else f" --config {shlex.quote(str(config))}"
    desired = shlex.quote(str(decided.list_file or "roles.csv"))
    has_list = "list" in decided.settings
    commands = [
        *([] if decided.is_signed_in else [f"rolesync login{config_option}"]),
        f"rolesync doctor{config_option}",
        *([] if has_list else [f"rolesync export -o {desired}{config_option}"]),
        f"rolesync plan{'' if has_list and not decided.list_file else f' {desired}'} -o plan.json{config_option}",
    ]
    if form is Form.JSON:
        show_json({"status": "ok", "settings": decided.settings, "written": files, "notes": notes, "next": commands})
        return
    print("\nWritten:")
    for line in files:
        print(f"  {escape_for_display(line)}")
    for note in notes:
        print(f"\nMind: {escape_for_display(note)}")
    print("\nNext:")
    for command in commands:
        print(f"    {escape_for_display(command)}")


def _obstacles(decided: "Decided", config: Path) -> list[str]:
    """What makes the next command use other settings than those that were just written."""
    from rolesync.configuration.settings_sources import CONFIG_FILE, PREFIX, SECRETS_FOLDER
    from rolesync.workflows.init import next_problem

    names = {"account", "base_url", "token", "client_id", "client_secret", "refresh_token"}
    nearer = {f"{PREFIX}{name}".upper() for name in (names | decided.settings.keys())} | {SECRETS_FOLDER}
    if config == SETTINGS_FILE:
        nearer.add(CONFIG_FILE)
    if in_the_way := sorted(name for name in os.environ if name.upper() in nearer and os.environ[name]):
        variables = " ".join(in_the_way)
        return [f"variables of this shell win over the new files. To use the files: unset {variables}"]
    problem = next_problem(None if config == SETTINGS_FILE else config)
    return [f"the next command will refuse: {problem}"] if problem else []
