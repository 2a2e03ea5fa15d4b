"""The templates of the pages, and the hashes by which a page's security policy names its scripts and styles."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from rolesync.errors import UsageError
from rolesync.extras import install_command
from rolesync.report.content.roles_before_after import PROBABLY_LOST
from rolesync.report.content.table import NO_ROLE, TAGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment, Template
    from markupsafe import Markup

_COMMAND = re.compile(r"`(rolesync [^`]{1,200})`")  # as in plan.js
_FOR_DEVELOPERS = re.compile(r"^[ \t]*(?:/\*(?:(?!\*/).)*\*/[ \t]*\n|//[^\n]*\n)|^[ \t]+", re.MULTILINE | re.DOTALL)
"""The comments of a style or script that have lines of their own, and the indentation."""


def load_template(name: str) -> Template:
    """Load a template; it escapes every value that is not marked as safe.

    Raises:
        UsageError: the extra `html` is not installed.
    """
    try:
        import jinja2  # noqa: F401, PLC0415  # an extra
    except ModuleNotFoundError as error:
        message = "An HTML page can't be written, because Jinja2 is not installed."
        raise UsageError(message, hint=install_command("html")) from error
    return _environment().get_template(name)


@cache  # it compiles each template once: a served page is rendered at each decision
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  # an extra

    environment = Environment(
        loader=PackageLoader("rolesync.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["commands"] = mark_commands
    environment.globals |= {"tags": TAGS, "no_role": NO_ROLE, "probably_lost": PROBABLY_LOST}
    return environment


def mark_commands(text: str) -> Markup:
    """Escape a text, and mark the commands in it as code, as in ``see `rolesync explain` ``."""
    from markupsafe import Markup, escape  # noqa: PLC0415  # comes with Jinja2

    parts = (
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part)
        for at, part in enumerate(_COMMAND.split(text))
    )
    return Markup().join(parts)


@cache
def read_template(name: str) -> str:
    """Read a style or a script, without its comments and indentation: every page would carry them."""
    return _FOR_DEVELOPERS.sub("", (files("rolesync.report.html") / "templates" / name).read_text(encoding="utf-8"))


def security_policy(style: str, scripts: Sequence[str] = (), *, connects: bool = False) -> str:
    """Make a page's Content-Security-Policy: it loads nothing, and only these inline texts act.

    Args:
        style: its style.
        scripts: its scripts.
        connects: whether they send requests to the page's own server.
    """
    script_source = f"script-src {' '.join(map(_hash, scripts))}; " if scripts else ""
    connect_source = "connect-src 'self'; " if connects else ""
    return (
        f"default-src 'none'; {script_source}style-src {_hash(style)}; {connect_source}"
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    """Return the source expression of an inline script or style for a Content-Security-Policy."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode('ascii')}'"
