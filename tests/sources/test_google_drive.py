"""Google Sheets and Drive, from a server that answers as Google's documentation says, and checks the signed request."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt

from rolesync.errors import UsageError
from rolesync.model.lists import Fetched
from rolesync.sources.address import parse_address
from rolesync.sources.fetch_context import Download, FetchError, Unchanged
from rolesync.sources.google_drive import fetch_drive
from tests.servers import FakeSleep, ReceivedRequest, ScriptedAnswer, ScriptedStudio
from tests.sources.tools import CHANGED, LIST, NOW, access_of, clocks_of, deadline_of

KEY = rsa.generate_private_key(65537, 2048)
PRIVATE = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
PUBLIC = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
ID, TOKEN = "1aB_c-D", "ya29.never-shown"
SHEET = {"mimeType": "application/vnd.google-apps.spreadsheet", "modifiedTime": "2026-11-29T18:30:00.000Z"}
FILE = {"mimeType": "text/csv", "modifiedTime": "2026-11-29T18:30:00.000Z", "size": str(len(LIST))}
Files = Callable[[ReceivedRequest], ScriptedAnswer]


def google(file: Files) -> Files:
    """Give tokens for requests that the service account has signed, and pass others on."""

    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        if request.path == "/token":
            assertion = parse_qs(request.body.decode())["assertion"][0]
            claims = jwt.decode(assertion, certs=PUBLIC, verify=True)  # type: ignore[no-untyped-call]
            assert claims["scope"] == "https://www.googleapis.com/auth/drive.readonly"
            return ScriptedAnswer(200, {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        assert request.path.startswith(f"/drive/v3/files/{ID}")
        return file(request)

    return answer


def of(about: dict[str, Any], data: bytes = LIST) -> Files:
    """Answer with what is known about a file, and with its content."""

    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        is_content = request.path.endswith("/export") or request.query.get("alt") == "media"
        return ScriptedAnswer(200, data if is_content else about)

    return answer


def fetch(file: Files, kept: Fetched | None = None, secret: str = "", **values: Any) -> Download | Unchanged:
    with ScriptedStudio(google(file)) as server:
        key = {"type": "service_account", "client_email": "sync@x.iam", "private_key": PRIVATE, "private_key_id": "1"}
        key["token_uri"] = f"{server.base_url}/token"
        access = access_of(list_secret=secret or json.dumps(key), **values)
        clocks = clocks_of(FakeSleep())
        address = parse_address(f"gdrive://{ID}?endpoint={server.base_url}")
        return fetch_drive(address, access, clocks, deadline_of(access, clocks), kept)


def test_a_sheet_is_exported_as_a_workbook_and_a_file_comes_as_it_is() -> None:
    requests: list[ReceivedRequest] = []

    def sheet(request: ReceivedRequest) -> ScriptedAnswer:
        requests.append(request)
        return of(SHEET, b"PK")(request)

    assert fetch(sheet) == Download(b"PK", SHEET["modifiedTime"], CHANGED)
    assert requests[1].query == {"mimeType": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
    assert fetch(of(FILE)) == Download(LIST, FILE["modifiedTime"], CHANGED)


def test_an_unchanged_sheet_is_not_exported_again() -> None:
    assert fetch(of(SHEET), Fetched("gdrive://x", NOW, SHEET["modifiedTime"])) == Unchanged(CHANGED)


@pytest.mark.parametrize(
    ("file", "values", "words"),
    [
        (of({**FILE, "trashed": True}), {}, "the file is in the bin"),
        (of({**FILE, "mimeType": "application/vnd.google-apps.document"}), {}, "this is neither a sheet nor a file"),
        (of({**FILE, "size": "999999999"}), {}, "more than 100 MB"),
        (of(FILE, b"x" * 2_000), {"list_max_mb": 0.001}, "more than 0.001 MB"),
        (of({}), {}, "not as documented"),
        (of({**FILE, "modifiedTime": "today"}), {}, "not as documented"),
        (lambda _: ScriptedAnswer(404, {}), {}, "the server has nothing there (404)"),
        (lambda _: ScriptedAnswer(403, {}), {}, "the server refused the request (403)"),
    ],
    ids=["bin", "document", "size", "larger", "nothing", "time", "404", "403"],
)
def test_what_is_no_list_is_refused(file: Files, values: dict[str, Any], words: str) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(file, **values)
    assert words in caught.value.message
    assert TOKEN not in caught.value.message


def test_a_file_of_unknown_length_is_refused() -> None:
    cut = ScriptedAnswer(200, LIST * 2, {"Content-Length": "none"}, end="cut")

    def answer(request: ReceivedRequest) -> ScriptedAnswer:
        return cut if request.query.get("alt") == "media" else ScriptedAnswer(200, FILE)

    with pytest.raises(FetchError, match="does not say where its answer ends"):
        fetch(answer)


def test_a_sheet_that_changes_meanwhile_is_read_again() -> None:
    times = iter(["1", "2", "3", "3"])

    def file(request: ReceivedRequest) -> ScriptedAnswer:
        if request.path.endswith("/export"):
            return ScriptedAnswer(200, LIST)
        return ScriptedAnswer(200, {**SHEET, "modifiedTime": f"2026-11-29T18:30:0{next(times)}Z"})

    answer = fetch(file)
    assert isinstance(answer, Download)
    assert answer.etag.endswith("03Z")


def test_a_key_must_be_one_and_google_must_take_it() -> None:
    for secret in ("no JSON", "7", "{}", json.dumps({"client_email": "x", "token_uri": "y", "private_key": "z"})):
        with pytest.raises(UsageError, match="list_secret is not a key of a Google service account"):
            fetch(of(FILE), secret=secret)
    key = {"client_email": "x", "token_uri": "http://127.0.0.1:9/token", "private_key": PRIVATE}
    with pytest.raises(FetchError, match="Google gave no token for the service account"):
        fetch(of(FILE), secret=json.dumps(key))
