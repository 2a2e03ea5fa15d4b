"""SharePoint and OneDrive, from a server that answers as the documentation of Graph and of the log-in says."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote

import pytest

from rolesync.errors import UsageError
from rolesync.model.lists import Fetched
from rolesync.sources.address import parse_address
from rolesync.sources.fetch_context import Download, FetchError, Unchanged
from rolesync.sources.sharepoint import fetch_sharepoint
from tests.paths import PEM
from tests.servers import FakeSleep, ReceivedRequest, ScriptedAnswer, ScriptedStudio
from tests.sources.tools import CHANGED, LIST, NOW, SECRET, access_of, clocks_of, deadline_of

TOKEN = "eyJ.never-shown"
ITEM = {"eTag": '"{7},1"', "lastModifiedDateTime": "2026-11-29T18:30:00Z", "size": len(LIST), "file": {}}
LIBRARY = {"id": "b!d", "webUrl": "https://127.0.0.1/sites/Media/Shared%20Documents"}
Change = Callable[[str, Any], Any]


def graph(change: Change) -> Callable[[ReceivedRequest], ScriptedAnswer]:
    """A tenant with a site, a library and a file; `change` may change an answer, given its path."""

    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        host = f"https://{request.headers['Host']}"
        if request.path.startswith("/acme.onmicrosoft.com/"):
            return log_in(request, f"{host}/acme.onmicrosoft.com")
        if request.path == "/download":
            assert request.query == {"tempauth": "x"}
            return ScriptedAnswer(200, LIST)
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        path = unquote(request.path)
        other = [{"id": "b!x", "webUrl": "https://127.0.0.1/sites/Media/Other"}]
        item = "/v1.0/drives/b!d/root:/lists/my roles.csv"
        body = {
            f"/v1.0/sites/{request.headers['Host']}:/sites/Media": {"id": "acme,1,2"},
            "/v1.0/sites/acme,1,2/drives": (
                {"value": [LIBRARY]} if request.query else {"value": other, "@odata.nextLink": f"{host}{path}?page=2"}
            ),
            item: ITEM,
            f"{item}:/content": "",
        }.get(path)
        changed = change(path, body)
        if isinstance(changed, ScriptedAnswer):
            return changed
        if changed is None:
            return ScriptedAnswer(404, {"error": {"message": SECRET}})
        if path.endswith("/content"):
            return ScriptedAnswer(302, b"", {"Location": f"{host}/download?tempauth=x"})
        return ScriptedAnswer(200, changed)

    return answer


def log_in(request: ReceivedRequest, authority: str) -> ScriptedAnswer:
    """Describe the authority, and give a token for the right secret."""
    if request.path.endswith("/.well-known/openid-configuration"):
        endpoints = {name: f"{authority}/oauth2/v2.0/{name}" for name in ("token", "authorize")}
        return ScriptedAnswer(
            200,
            {
                "issuer": f"{authority}/v2.0",
                "token_endpoint": endpoints["token"],
                "authorization_endpoint": endpoints["authorize"],
            },
        )
    form = parse_qs(request.body.decode())
    if (form["client_id"], form["client_secret"]) != (["app"], [SECRET]):
        return ScriptedAnswer(401, {"error": "invalid_client", "error_description": "server text"})
    assert form["scope"] == ["https://graph.microsoft.com/.default"]
    return ScriptedAnswer(200, {"token_type": "Bearer", "expires_in": 3599, "access_token": TOKEN})


def fetch(
    change: Change = lambda _path, body: body,
    kept: Fetched | None = None,
    path: str = "sites/Media/Shared%20Documents/lists/my%20roles.csv",
    **values: Any,
) -> Download | Unchanged:
    access = access_of(**{"list_user": "app", "list_secret": SECRET, "ca_bundle": str(PEM), **values})
    clocks = clocks_of(FakeSleep())
    with ScriptedStudio(graph(change), tls=str(PEM)) as server:
        options = f"tenant=acme.onmicrosoft.com&login={server.base_url}&graph={server.base_url}"
        port = server.base_url.rpartition(":")[2]
        address = parse_address(f"sharepoint://127.0.0.1:{port}/{path}?{options}")
        return fetch_sharepoint(address, access, clocks, deadline_of(access, clocks), kept)


def test_a_file_comes_with_its_age_and_not_again() -> None:
    assert fetch() == Download(LIST, '"{7},1"', CHANGED)
    assert fetch(kept=Fetched("sharepoint://x", NOW, '"{7},1"')) == Unchanged(CHANGED)


def at(end: str, value: Any) -> Change:
    return lambda path, body: value if path.endswith(end) else body


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (at(":/sites/Media", {}), "not as documented"),
        (at(":/sites/Media", None), "the server has nothing there (404)"),
        (at("/drives", {"value": []}), "the site has no such library"),
        (at("/drives", {}), "not as documented"),
        (at("/drives", {"value": [], "@odata.nextLink": 7}), "not as documented"),
        (at("/drives", {"value": [{"webUrl": "https://["}]}), "the site has no such library"),
        (at("roles.csv", None), "the server has nothing there (404)"),
        (at("roles.csv", {**ITEM, "size": 999_999_999}), "more than 100 MB"),
        (at("roles.csv", {**ITEM, "size": 7}), "the file changed while it was read"),
        (at("roles.csv", {name: value for name, value in ITEM.items() if name != "file"}), "this is a folder"),
        (at("roles.csv", {}), "not as documented"),
        (at("roles.csv", {**ITEM, "lastModifiedDateTime": "now"}), "not as documented"),
        (at("/content", ScriptedAnswer(302, b"", {"Location": "https://evil.example/x"})), "leads to evil.example"),
    ],
)
def test_what_is_no_list_is_refused(change: Change, words: str) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(change)
    assert words in caught.value.message
    assert SECRET not in caught.value.message


def test_the_app_must_be_known() -> None:
    with pytest.raises(FetchError, match="Microsoft gave no token for the app") as caught:
        fetch(list_secret="wrong-secret")
    assert "server text" not in caught.value.message
    address = parse_address("sharepoint://127.0.0.1/sites/a/b/c?tenant=x&login=https://127.0.0.1:9")
    access = access_of(list_user="app", list_secret=SECRET)
    with pytest.raises(FetchError, match="Microsoft's log-in could not be reached"):
        fetch_sharepoint(address, access, clocks_of(), deadline_of(access, clocks_of()), None)
    with pytest.raises(UsageError, match="list_user or list_secret is not set"):
        fetch(list_user="")


def test_an_address_names_a_file() -> None:
    for path in ("sites/Media/Shared%20Documents", "x/y/z/roles.csv", "sites/Media//roles.csv"):
        with pytest.raises(UsageError, match="names no file of a site"):
            fetch(path=path)
