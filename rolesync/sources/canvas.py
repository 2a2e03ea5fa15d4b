"""Reads the admins of a Canvas account. Read-only, complete or refused."""

from urllib.parse import urljoin, urlsplit

from requests.utils import parse_header_links

from rolesync.model.lists import Fetched
from rolesync.sources.address import Address
from rolesync.sources.directory_rows import DirectoryRow, incomplete_error, list_of_rows
from rolesync.sources.fetch_context import Access, Clocks, Deadline, Download, FetchError, Unchanged, with_retries
from rolesync.sources.http_reader import HttpReader
from rolesync.sources.json_api import JsonReader

MAX_PAGES = 200
PER_PAGE = 100
_STATES = {"active": True, "deleted": False}


def fetch_canvas(
    address: Address, access: Access, clocks: Clocks, deadline: Deadline, last_fetch: Fetched | None
) -> Download | Unchanged:
    """Read the admins of an account.

    Canvas says neither how many there are nor whether a page has changed, so they are read twice, and must be the same.

    Args:
        address: `canvas://HOST/ACCOUNT`, with the number of the account, or `self`.
        access: `list_secret` is the access token.
        clocks: the time.
        deadline: the end of the whole fetch.
        last_fetch: not used.

    Returns:
        The list, with the roles of Canvas. It is as old as the fetch.

    Raises:
        FetchError: Canvas refused, or its answers are incomplete or contradict each other.
    """
    del last_fetch
    address.check_options(())
    if not (address.path.isdecimal() or address.path == "self"):
        raise FetchError(f"{address.where} names no account", hint=f"write it like {address.form}")
    url = f"https://{address.netloc}/api/v1/accounts/{address.path}/admins?per_page={PER_PAGE}"
    with HttpReader(address.where, url, access, clocks, deadline) as http:
        reader = JsonReader(http, access.token)

        def read() -> bytes:
            first, second = (list_of_rows(_read(reader, url, address)) for _ in range(2))
            if first != second:
                raise incomplete_error(address.where, "the admins changed while they were read")
            return first

        return Download(with_retries(read, deadline, clocks), "", clocks.now())


def _read(reader: JsonReader, first: str, address: Address) -> list[DirectoryRow]:
    rows, seen, url = [], set[int](), first
    for _ in range(MAX_PAGES):
        admins, headers = reader.get(url)
        if not isinstance(admins, list):
            raise reader.unexpected_error()
        for admin in admins:
            number, user = (admin.get("id"), admin.get("user")) if isinstance(admin, dict) else (None, None)
            if not isinstance(number, int) or not isinstance(user, dict) or not isinstance(admin.get("role"), str):
                raise reader.unexpected_error()
            if number in seen:
                raise incomplete_error(address.where, "an admin came twice")
            seen.add(number)
            email = str(user.get("email") or user.get("login_id") or "")
            if (state := admin.get("workflow_state", "active")) not in _STATES:
                raise reader.unexpected_error()
            rows.append(DirectoryRow(email, str(user.get("name") or ""), admin["role"], _STATES[state]))
        url = _next_page(reader, url, headers.get("Link", ""))
        if not url:
            if len(admins) >= PER_PAGE and "Link" not in headers:
                raise incomplete_error(address.where, "the answer names no next and no last page")
            return rows
        if urlsplit(url)[:2] != urlsplit(first)[:2]:
            raise incomplete_error(address.where, "the next page is on another host")
    raise FetchError(f"{address.where}: more than {MAX_PAGES} pages", hint="check the account")


def _next_page(reader: JsonReader, url: str, links: str) -> str:
    """Return the address of the page after that of `url`; "" for none."""
    try:
        for link in parse_header_links(links or "<>;"):
            if "next" in link.get("rel", "").lower().split():
                return urljoin(url, link["url"])
    except ValueError:
        raise reader.unexpected_error() from None
    return ""
