"""Reads a file in SharePoint or OneDrive by Microsoft Graph, as an app that may read its site."""

from dataclasses import replace
from urllib.parse import quote, unquote, urlsplit

from rolesync.errors import UsageError
from rolesync.log_secrets import hide
from rolesync.model.lists import Fetched
from rolesync.sources.address import Address
from rolesync.sources.directory_rows import incomplete_error
from rolesync.sources.fetch_context import (
    Access,
    Clocks,
    Deadline,
    Download,
    FetchError,
    Unchanged,
    missing_package_error,
    with_retries,
)
from rolesync.sources.http_reader import HttpReader
from rolesync.sources.json_api import JsonReader

_GRAPH = "https://graph.microsoft.com"
_LOGIN = "https://login.microsoftonline.com"
_MIN_PARTS = 4  # sites, the name of the site, the library, the file
_SITES = frozenset({"sites", "teams", "personal"})
_MAX_PAGES = 20


def fetch_sharepoint(
    address: Address, access: Access, clocks: Clocks, deadline: Deadline, last_fetch: Fetched | None
) -> Download | Unchanged:
    """Read a file.

    Args:
        address: `sharepoint://HOST/sites/SITE/LIBRARY/FILE`, from the address of the file in the browser.
        access: `list_user` is the id of the app, `list_secret` its secret.
        clocks: the time.
        deadline: the end of the whole fetch.
        last_fetch: the copy that makes a second transfer needless; None for none.

    Raises:
        FetchError: no complete list came.
        UsageError: the extra `microsoft` is not installed, or the address names no file.
    """
    address.check_options(("tenant", "login", "graph"))
    parts = address.path.split("/")
    if len(parts) < _MIN_PARTS or parts[0] not in _SITES or not all(parts):
        raise UsageError(f"{address.where} names no file of a site", hint=f"write it like {address.form}")
    graph = f"{address.endpoint(_GRAPH, 'graph')}/v1.0"
    downloads_from = replace(access, list_hosts=(*access.list_hosts, address.host))
    with HttpReader(address.where, graph, downloads_from, clocks, deadline) as http:
        api = JsonReader(http, _token(http, address, access))

        def read() -> Download | Unchanged:
            item = f"{_drive(api, graph, address, parts)}/root:/{quote('/'.join(parts[3:]))}"
            return _read(http, api, item, access, last_fetch)

        return with_retries(read, deadline, clocks)


def _read(
    http: HttpReader, api: JsonReader, item: str, access: Access, last_fetch: Fetched | None
) -> Download | Unchanged:
    metadata = api.get_object(item)
    etag, modified_at = metadata.get("eTag"), metadata.get("lastModifiedDateTime")
    if not isinstance(etag, str) or not isinstance(modified_at, str) or not isinstance(metadata.get("size"), int):
        raise api.unexpected_error()
    if "file" not in metadata:
        raise FetchError(f"{http.where}: this is a folder, not a file", hint="name a file in it")
    if last_fetch and last_fetch.etag == etag:
        return Unchanged(api.time(modified_at))
    if metadata["size"] > access.max_bytes:
        raise access.oversize_error(http.where)
    data = api.get_bytes(f"{item}:/content")
    if len(data) != metadata["size"] or api.get_object(item).get("eTag") != etag:
        raise incomplete_error(http.where, "the file changed while it was read")
    return Download(data, etag, api.time(modified_at))


def _drive(api: JsonReader, graph: str, address: Address, parts: list[str]) -> str:
    """Find the library by its address; returns its place in the API."""
    site = api.get_object(f"{graph}/sites/{address.netloc}:/{quote('/'.join(parts[:2]))}")
    if not isinstance(site.get("id"), str):
        raise api.unexpected_error()
    wanted_path = f"/{'/'.join(parts[:3])}".casefold()
    url = f"{graph}/sites/{quote(site['id'])}/drives"
    for _ in range(_MAX_PAGES):
        page = api.get_object(url)
        if not isinstance(page.get("value"), list) or not isinstance(page.get("@odata.nextLink") or "", str):
            raise api.unexpected_error()
        for drive in page["value"]:
            if isinstance(drive, dict) and _path_of(str(drive.get("webUrl"))).casefold() == wanted_path:
                return f"{graph}/drives/{quote(str(drive.get('id')))}"
        url = page.get("@odata.nextLink") or ""
        if not url:
            break
    raise FetchError(
        f"{address.where}: the site has no such library", hint="take the address of the file from its details"
    )


def _path_of(url: str) -> str:
    """Return the path of an address, decoded; "" for what is not an address."""
    try:
        return unquote(urlsplit(url).path)
    except ValueError:
        return ""


def _token(http: HttpReader, address: Address, access: Access) -> str:
    """Get a token of the app."""
    try:
        import msal  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise missing_package_error("microsoft", address, error) from error
    if not (access.list_user and access.secret):
        raise UsageError("list_user or list_secret is not set", hint="set the id of the app and its secret")
    tenant = address.options.get("tenant") or f"{address.host.partition('.')[0].removesuffix('-my')}.onmicrosoft.com"
    try:
        app = msal.ConfidentialClientApplication(
            access.list_user,
            client_credential=access.secret,
            authority=f"{address.endpoint(_LOGIN, 'login')}/{tenant}",
            instance_discovery=False,
            http_client=http.client(),
        )
        answer = app.acquire_token_for_client([f"{_GRAPH}/.default"]) or {}
    except (OSError, ValueError) as error:  # an error of `requests` is an OSError
        raise FetchError(
            f"{address.where}: Microsoft's log-in could not be reached, or does not know the tenant",
            hint="name the tenant: ?tenant=ID; and check the network",
        ) from error
    token = answer.get("access_token")
    if not isinstance(token, str):
        raise FetchError(
            f"{address.where}: Microsoft gave no token for the app",
            hint="check list_user, list_secret, which expires, and the tenant",
        )
    hide(token)
    return token
