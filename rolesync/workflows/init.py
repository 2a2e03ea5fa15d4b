"""The first settings: ask for each, or take it from an option, and check it in Studio before anything is written."""

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import SecretStr

from rolesync.configuration.values import DOMAIN, parse_account
from rolesync.errors import RolesyncError, UsageError
from rolesync.model.findings import CellError
from rolesync.model.hosts import is_loopback
from rolesync.model.keys import role_key
from rolesync.reader.identity import read_user
from rolesync.reader.write import desired_csv, list_assignments
from rolesync.report.content.text import escape_for_display, plural
from rolesync.settings import load
from rolesync.sources.address import is_address
from rolesync.studio.auth.login import authorise_address, code_in
from rolesync.studio.auth.token_endpoint import LoginNeededError
from rolesync.tables.write_csv import mark_as_utf8
from rolesync.workflows.connect import log_in, oauth_of
from rolesync.workflows.context import Context
from rolesync.workflows.export import read_holders
from rolesync.workflows.init_answers import Decided, InitOptions, Questions
from rolesync.workflows.init_checks import (
    PLACEHOLDER,
    accepted_scheme,
    check_roles_exist,
    check_studio_answers,
    count_roles,
    describe_list,
    describe_owner,
    is_first,
    parse_client_id,
    parse_redirect,
    parse_secret,
    why_no_new_list,
)

NO_LIST = "none"

Value = TypeVar("Value")
Result = TypeVar("Result")


def decide(options: InitOptions, questions: Questions | None) -> Decided:
    """Collect and check all answers. Writes no file but the token of a login.

    Args:
        options: the answers that are given.
        questions: the person to ask for the others; None if there is no terminal.

    Raises:
        UsageError: an answer is missing, or a given one is wrong.
        StudioError: Studio refuses a given answer, or can't be reached.
        InputRefusedError: the list can't be used.
    """
    if questions is None and (missing := options.missing()):
        raise UsageError(
            f"init: without a terminal nobody can be asked; missing: {', '.join(missing)}",
            hint="add these options, or run `rolesync init` in a terminal",
        )
    interview = _Interview(options, questions)
    for step in (interview.account, interview.sign_in, interview.owner, interview.roles, interview.list):
        step()
    return interview.decided


class _Interview:
    """The steps of `decide`, each of which adds to `decided`."""

    def __init__(self, options: InitOptions, questions: Questions | None) -> None:
        self.decided = Decided()
        self._options = options
        self._questions = questions
        self._key: dict[str, str] = {}  # the developer key as it was answered last, without its secret

    def account(self) -> None:
        """Which Studio, and whether it answers."""
        self._say("\nWhich Studio? Paste any address of it, or the name before .instructuremedia.com.")
        self._answer(self._options.account, lambda: self._ask("Account"), self._check_account)

    def sign_in(self) -> None:
        """With which token or developer key, and whether Studio accepts it."""
        by_key = bool(self._options.client_id)
        if not by_key and not self._options.token.get_secret_value():
            self._say(
                "\nHow does rolesync sign in? A developer key renews its tokens by itself: in Studio, Settings, "
                "Developer Keys.\n  1  developer key (client id and secret)\n  2  access token or API key"
            )
            by_key = self._answer("", lambda: self._ask("1 or 2", "1"), is_first)
        if by_key:
            self._sign_in_by_key()
        else:
            self._answer(self._options.token, lambda: self._secret("Token (not shown)"), self._check_token)

    def _sign_in_by_key(self) -> None:
        options = self._options
        if options.redirect_uri:
            parse_redirect(options.redirect_uri)
        if options.client_id and options.redirect_uri and options.client_secret.get_secret_value():
            self._check_key(self._ask_key())  # all answers are options, so none can be asked for again
        else:
            self._answer(dict[str, str](), self._ask_key, self._check_key)

    def owner(self) -> None:
        """Whose token it is, and whether Studio knows this user."""
        self._say("\nWhose token is it? This person never loses a managed role, so rolesync can't lock itself out.")
        self._answer(self._options.owner, lambda: self._ask("Owner (address or user id)"), self._check_owner)

    def roles(self) -> None:
        """Which roles are managed, and whether Studio knows them."""
        role_counts = count_roles(self._context()) if self.decided.is_signed_in else {}
        if self._options.roles or self._questions is None:
            self._check_roles(self._options.roles or ("Admin",), role_counts)
            return
        self._say("\nWhich roles does rolesync manage? It never reads or changes another role.")
        if role_counts:
            held = ", ".join(f"{name} ({plural(number, 'user')})" for name, number in role_counts.items())
            self._say(f"Studio's roles: {held}.")

        def check(text: str) -> None:
            names = [text] if role_key(text.strip()) in role_counts else text.split(",")
            self._check_roles(tuple(map(str.strip, names)), role_counts)

        self._answer("", lambda: self._ask("Roles, separated by commas", "Admin"), check)

    def list(self) -> None:
        """Which list, and what it asks for."""
        if not self._options.list_file and self._questions is None:
            return
        self._say(f"\nWhich list says who is to have the roles? A missing file is made; {NO_LIST} for later.")
        self._answer(self._options.list_file, lambda: self._ask("List", "roles.csv"), self._check_list)

    def _answer(self, option: Value | None, ask: Callable[[], Value], check: Callable[[Value], Result]) -> Result:
        """Check the answer of an option; or ask until an answer passes the check."""
        if option and (not isinstance(option, SecretStr) or option.get_secret_value()):
            return check(option)
        if self._questions is None:
            return check(ask())
        while True:
            try:
                return check(ask())
            except RolesyncError as error:
                self._say(f"  {error.message}" + (f"\n  → {error.hint}" if error.hint else ""))

    def _say(self, text: str) -> None:
        if self._questions is not None:
            self._questions.say("\n".join(map(escape_for_display, text.split("\n"))))

    def _ask(self, question: str, default: str = "") -> str:
        if self._questions is None:
            raise UsageError(f"init: nobody can be asked: {question}")
        return self._questions.ask(question, default)

    def _secret(self, question: str) -> SecretStr:
        if self._questions is None:
            raise UsageError(f"init: nobody can be asked: {question}")
        return self._questions.ask_secret(question)

    def _context(self, **settings: Any) -> Context:  # noqa: ANN401  # each setting has its own type
        """A context with what is decided so far; these settings win over all files and variables."""
        empty = dict.fromkeys(("account", "base_url", "client_id", "client_secret", "refresh_token", "token"), "")
        assigned: dict[str, Any] = {**empty, **self.decided.settings, **self.decided.secrets, **settings}
        return Context(load(from_file=False, attempts=2, retry_seconds=10.0, **assigned))

    def _check_account(self, text: str) -> None:
        try:
            setting = parse_account(text)
        except ValueError as error:
            raise UsageError(
                f"the account {error}", hint="such as example, or https://example.instructuremedia.com"
            ) from None
        context = self._context(**setting, token=PLACEHOLDER)
        check_studio_answers(context)
        self.decided.settings |= setting
        self._say(f"  {context.settings.studio} answers.")

    def _check_token(self, token: SecretStr) -> None:
        plain = parse_secret(token)
        scheme, holders = accepted_scheme(lambda scheme: self._context(token=plain, auth_scheme=scheme))
        self.decided.secrets["token"] = SecretStr(plain)
        self.decided.settings |= {} if scheme else {"auth_scheme": scheme}
        self._say(f"  Studio accepts the token; {plural(holders, 'user holds', 'users hold')} Admin.")

    def _ask_key(self) -> dict[str, str]:
        """Ask for the parts of the developer key that no option gives; defaults are the answers given before."""
        options, earlier_answers = self._options, self._key
        host = urlsplit(str(self.decided.settings.get("base_url", ""))).hostname or ""
        domain = "studio.example.edu" if is_loopback(host) else host or f"{self.decided.settings['account']}{DOMAIN}"
        client_id = self._answer(
            options.client_id, lambda: self._ask("Client id", earlier_answers.get("client_id", "")), parse_client_id
        )
        redirect = earlier_answers.get("redirect_uri", f"https://{domain}")
        redirect_uri = self._answer(
            options.redirect_uri, lambda: self._ask("Redirect URI, exactly as in the key", redirect), parse_redirect
        )
        self._key = {"client_id": client_id, "redirect_uri": redirect_uri}
        secret = self._answer(options.client_secret, lambda: self._secret("Client secret (not shown)"), parse_secret)
        return {**self._key, "client_secret": secret}

    def _check_key(self, key: dict[str, str]) -> None:
        context = self._context(**key)
        if oauth_of(context.settings, context.now).current() is not None:
            self._say("  This key is logged in already. Studio checks its secret when the token is renewed.")
        elif self._questions is None:
            self.decided.is_signed_in = False
            self.decided.notes.append("owner, roles and list were not compared with Studio: `rolesync login` is needed")
        else:
            self._log_in(context)
        self.decided.secrets["client_secret"] = SecretStr(key.pop("client_secret"))
        self.decided.settings |= key

    def _log_in(self, context: Context) -> None:
        settings, state = context.settings, secrets.token_urlsafe(24)
        self._say(
            "Open this address in a browser that is signed in to Studio as the owner of the token, and allow access:\n"
            f"\n  {authorise_address(settings.studio, settings.client_id, settings.redirect_uri, state)}\n\n"
            f"The browser then opens {settings.redirect_uri}; an error page there is fine."
        )

        def read_code(pasted: str) -> SecretStr | None:
            return code_in(pasted, state, "open the address again, and") if pasted.strip() else None

        code = self._answer("", lambda: self._ask("Address of that page (empty: correct the key)"), read_code)
        if code is None:
            raise UsageError("nothing was pasted", hint="compare each part of the key with Studio's Developer Keys")
        try:
            log_in(settings, code, context.now)
        except LoginNeededError as error:
            hint = "compare each part with Studio's Developer Keys, and open the new address"
            raise LoginNeededError(error.message, hint=hint, status=error.status) from error
        self._say("  Logged in. rolesync renews the token by itself.")

    def _check_owner(self, text: str) -> None:
        try:
            key = read_user(text)
        except CellError as problem:
            raise UsageError(f"the owner: {problem.message}") from None
        if not key:
            raise UsageError("the owner has to be named, by address or user id")
        if self.decided.is_signed_in:
            self._say(f"  {describe_owner(key, self._context())}")
        self.decided.settings["owner"] = key

    def _check_roles(self, names: tuple[str, ...], role_counts: Mapping[str, int]) -> None:
        roles = tuple(dict.fromkeys(role_key(name) for name in names if name))
        if self.decided.is_signed_in:
            check_roles_exist(roles, role_counts, self._context())
        self.decided.settings["managed_roles"] = list(roles)

    def _check_list(self, text: str) -> None:
        name = text.strip()
        if name.casefold() == NO_LIST:
            return
        if is_address(name):
            for line in describe_list(name, self._context()):
                self._say(f"  {line}")
            self.decided.settings["list"] = name
            return
        path = Path(name).expanduser()
        try:
            is_there = path.exists()
        except OSError as error:  # such as a name that is too long
            raise UsageError(
                f"{name} can't be read: {error.strerror}", hint=f"name another file, or {NO_LIST}"
            ) from error
        if is_there:
            for line in describe_list(path, self._context()):
                self._say(f"  {line}")
        elif self._questions is None or not self.decided.is_signed_in:
            raise UsageError(
                f"there is no list {name}",
                hint=f"leave out --list; after that, `rolesync export -o {name}` writes today's holders to it",
            )
        elif problem := why_no_new_list(path):
            raise UsageError(problem, hint=f"name another file, or {NO_LIST}")
        elif self._questions.confirm(f"{name} doesn't exist. Write today's holders to it"):
            rows = list_assignments(read_holders(self._context()))
            self.decided.new_list = mark_as_utf8(desired_csv(rows))
            self._say(f"  {plural(len(rows), 'row')}, one for each user and role.")
        else:
            raise UsageError(f"then name the file of the list, or {NO_LIST}")
        self.decided.list_file = path
        self.decided.settings["list"] = str(path.absolute())


def next_problem(config: Path | None) -> str:
    """Read the new settings as the next command will; returns why they are refused, or ""."""
    try:
        load(config)
    except UsageError as error:
        return error.message
    return ""
