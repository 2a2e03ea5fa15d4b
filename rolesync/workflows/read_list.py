"""Read the list wherever it is: in a file, on standard input, or at an address."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import structlog

from rolesync.configuration.values import NOW
from rolesync.errors import InputRefusedError, RolesyncError
from rolesync.model.desired import Desired
from rolesync.model.findings import Code, Finding
from rolesync.model.hosts import is_loopback
from rolesync.model.lists import Fetched, Source
from rolesync.model.vocabulary import Level
from rolesync.reader.read import read_desired
from rolesync.settings import Settings
from rolesync.sources.address import is_address, parse_address, shown_address
from rolesync.sources.copies import Copies, Copy
from rolesync.sources.fetch import fetch_list
from rolesync.sources.fetch_context import Access, Clocks
from rolesync.workflows.context import Context


def read_list(file: Path | str, context: Context) -> Desired:
    """Read the list with its findings; its `status` shows whether it may be used.

    Args:
        file: a path, `-`, or an address.
        context: the settings decide how to fetch and to read it.

    Raises:
        InputRefusedError: the list can't be fetched, or the file can't be read at all.
        UsageError: settings don't fit the address.
    """
    settings, now = context.settings, context.now()
    path, fetched, copy = Path(file), None, None
    if is_address(str(file)):
        copy = _fetch(str(file), access_of(settings), context)
        path, fetched = copy.path, copy.fetched
        structlog.get_logger("rolesync.list").info(
            "list fetched", where=fetched.where, sha256=copy.sha256, failure=fetched.failure
        )
    desired = read_desired(
        path,
        managed_roles=settings.managed_roles,
        today=now.astimezone(UTC).date(),
        form=settings.list_form,
        fetched=fetched,
    )
    if copy and desired.status != "reject":
        Copies(settings.lists_dir, parse_address(str(file))).accept(copy)
    if settings.list_as_of:
        read_at = fetched.fetched_at if fetched else now  # a copy that stands in was made earlier
        as_of = read_at if settings.list_as_of == NOW else datetime.fromisoformat(settings.list_as_of)
        desired = replace(desired, source=replace(desired.source, modified_at=as_of))
    if fetched and fetched.failure:
        desired = replace(desired, findings=(_kept_copy(fetched), *desired.findings))
    return desired


def sha256_now(source: Source, context: Context) -> str:
    """Fetch the list of a plan again; returns its SHA-256, "" if the settings don't name the same address.

    Plans have no options of addresses, which may be secrets.

    Raises:
        InputRefusedError: the list can't be fetched.
    """
    name = context.settings.list
    if source.fetched is None or shown_address(name) != source.fetched.where:
        return ""
    try:
        return fetch_file(name, context).sha256
    except RolesyncError as error:
        raise InputRefusedError(
            f"the plan can't be compared with its list: {error.message}",
            hint=f"{error.hint}; or to apply it without comparing: --set list=",
        ) from error


def fetch_file(address: str, context: Context) -> Copy:
    """Fetch a file of now; an earlier copy never stands in.

    Raises:
        InputRefusedError: it can't be fetched.
        UsageError: settings don't fit the address.
    """
    return _fetch(address, replace(access_of(context.settings), list_fallback="refuse"), context)


def _fetch(address: str, access: Access, context: Context) -> Copy:
    clocks = Clocks(context.now, context.seconds, context.sleep or time.sleep)
    return fetch_list(parse_address(address), access, clocks, context.settings.lists_dir, context.shared)


def access_of(settings: Settings) -> Access:
    """Take from the settings how to fetch a list."""

    def proxy_for(url: str) -> str:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if is_loopback(host) or proxy_bypass(host):
            return ""
        return settings.proxy or getproxies().get(parts.scheme, "")

    return settings.part(
        Access,
        ca_bundle=str(settings.ca_bundle or ""),
        list_known_hosts=str(settings.list_known_hosts or ""),
        proxy_for=proxy_for,
    )


def _kept_copy(fetched: Fetched) -> Finding:
    text = f"{fetched.failure}; the copy of {fetched.fetched_at:%Y-%m-%d %H:%M} UTC stands in, so nobody is removed"
    return Finding(Level.HELD, Code.NOT_FETCHED.value, text)
