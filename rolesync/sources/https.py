"""Downloads a list over HTTPS; one that has not changed since an earlier fetch is not sent again."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from rolesync.model.lists import Fetched
from rolesync.sources.address import Address
from rolesync.sources.fetch_context import Access, Clocks, Deadline, Download, Unchanged, parse_headers, web_page_error
from rolesync.sources.http_reader import Answer, HttpReader


def fetch_https(
    address: Address, access: Access, clocks: Clocks, deadline: Deadline, last_fetch: Fetched | None
) -> Download | Unchanged:
    """Download a list.

    Args:
        address: an `https://` address; `http://` on loopback.
        access: secrets, bounds and named hosts.
        clocks: the time.
        deadline: the end of the whole fetch.
        last_fetch: the copy that makes a second transfer needless; None for none.

    Raises:
        FetchError: no complete list came.
    """
    with HttpReader(address.where, address.url, access, clocks, deadline) as reader:
        conditions = _conditions(last_fetch)
        answer = reader.get(address.url, conditions, secret_headers(access))
        if answer.status == HTTPStatus.NOT_MODIFIED and conditions:
            return Unchanged(_last_modified(answer))
        data = reader.whole_file(answer)
        if answer.headers.get("Content-Type", "").partition(";")[0].strip().lower() == "text/html":
            raise web_page_error(address.where)
        return Download(data, answer.headers.get("ETag", ""), _last_modified(answer))


def secret_headers(access: Access) -> Mapping[str, str]:
    """Make the headers that only the server of the list may get: `list_headers`, and an authorisation.

    `list_secret` is a password where `list_user` is set, else a token.

    Raises:
        FetchError: `list_headers` holds something else.
    """
    headers = dict(parse_headers(access.list_headers))
    if access.secret and access.list_user:
        pair = b64encode(f"{access.list_user}:{access.secret}".encode()).decode("ascii")
        headers["Authorization"] = f"Basic {pair}"
    elif access.secret:
        headers["Authorization"] = f"Bearer {access.token}"
    return headers


def _conditions(last_fetch: Fetched | None) -> Mapping[str, str]:
    """Ask for a list with another ETag. A list that was restored is older than the kept one, and yet another."""
    return {"If-None-Match": last_fetch.etag} if last_fetch and last_fetch.etag else {}


def _last_modified(answer: Answer) -> datetime | None:
    """Parse the time of the list's last change; None if the server names none."""
    try:
        time = parsedate_to_datetime(answer.headers.get("Last-Modified", ""))
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
