"""A list in an object store: against moto's S3 over HTTP, and servers that answer as Google's and Azure's do."""

from collections.abc import Iterator
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from moto.server import ThreadedMotoServer

from rolesync.errors import UsageError
from rolesync.model.lists import Fetched
from rolesync.sources.address import parse_address
from rolesync.sources.fetch import fetch_list
from rolesync.sources.fetch_context import Download, FetchError, Unchanged
from rolesync.sources.object_store import fetch_object
from tests.servers import ScriptedAnswer, ScriptedStudio, in_turn
from tests.sources.tools import CHANGED, LAST_MODIFIED, LIST, NOW, SECRET, access_of, clocks_of, csv, deadline_of

KEYS: dict[str, Any] = {"list_user": "user", "list_secret": SECRET}


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """S3 with a bucket `lists`; gives its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    client.create_bucket(Bucket="lists")
    client.put_object(Bucket="lists", Key="a b/roles.csv", Body=LIST)
    client.put_object(Bucket="lists", Key="a b/roles.csv.sha256", Body=b"0" * 64)
    client.close()
    yield endpoint
    server.stop()


def fetch(url: str, kept: Fetched | None = None, **values: Any) -> Download | Unchanged:
    access, clocks = access_of(**values), clocks_of()
    return fetch_object(parse_address(url), access, clocks, deadline_of(access, clocks), kept)


def refused(url: str, **values: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(url, **values)
    assert SECRET not in f"{caught.value.message} {caught.value.hint}"
    return caught.value


def test_an_object_comes_with_its_age_and_not_again(store: str) -> None:
    url = f"s3://lists/a%20b/roles.csv?endpoint={store}&region=eu-central-1"
    answer = fetch(url, **KEYS)
    assert isinstance(answer, Download)
    assert (answer.data, bool(answer.etag)) == (LIST, True)
    assert answer.last_modified
    assert fetch(url, Fetched("s3://lists", NOW, answer.etag), **KEYS) == Unchanged()


@pytest.mark.parametrize(
    ("url", "values", "words"),
    [
        ("s3://lists/none.csv", {}, "the store has nothing there"),
        ("s3://other/roles.csv", {}, "the store has nothing there"),
        ("s3://lists/a b/roles.csv", {"list_max_mb": 0.00001}, "more than 1e-05 MB"),
    ],
)
def test_what_is_not_there_or_too_large_is_refused(store: str, url: str, values: dict[str, Any], words: str) -> None:
    assert words in refused(f"{url}?endpoint={store}", **KEYS, **values).message


def certificates(folder: Path) -> tuple[Path, Path]:
    """Make a private authority, and a certificate of it for this machine; the library takes none that is both."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rolesync test authority")])
    paths = folder / "authority.pem", folder / "server.pem"
    for key, path in zip(keys, paths, strict=True):
        is_authority = path is paths[0]
        name = issuer if is_authority else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rolesync test server")])
        builder = x509.CertificateBuilder().issuer_name(issuer).subject_name(name).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(NOW - timedelta(days=365 * 9))
        builder = builder.not_valid_after(NOW + timedelta(days=365 * 90))
        address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
        builder = builder.add_extension(x509.BasicConstraints(is_authority, None), True).add_extension(address, False)
        pem = builder.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        secret = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path.write_bytes(pem if is_authority else key.private_bytes(*secret) + pem)
    return paths


def test_a_store_with_a_certificate_of_a_private_authority_is_read_only_if_that_is_trusted(tmp_path: Path) -> None:
    authority, server_pem = certificates(tmp_path)
    answer = csv(Last_Modified=LAST_MODIFIED, ETag='"1"')
    with ScriptedStudio(in_turn(answer), tls=str(server_pem)) as server:
        url = f"s3://lists/roles.csv?endpoint={server.base_url}&region=eu-central-1"
        trusted = fetch(url, ca_bundle=str(authority), **KEYS)
        assert isinstance(trusted, Download)
        assert trusted.data == LIST
        assert "the store could not be read" in refused(url, **KEYS).message


def test_the_checksum_beside_an_object_is_checked(store: str, tmp_path: Path) -> None:
    address = parse_address(f"s3://lists/a%20b/roles.csv?endpoint={store}")
    with pytest.raises(FetchError, match="but 000000000000… is expected"):
        fetch_list(address, access_of(list_sha256="beside", **KEYS), clocks_of(), tmp_path)
    assert fetch_list(address, access_of(**KEYS), clocks_of(), tmp_path).path.read_bytes() == LIST


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (csv(status=401), "the store refused the request"),
        (csv(status=403), "the store refused the request"),
        (csv(status=400), "the store could not be read (GenericError)"),
        (ScriptedAnswer(end="gone"), "the store could not be read (GenericError)"),
        (ScriptedAnswer(200, LIST * 40, {"Last-Modified": LAST_MODIFIED}, drip="body"), "within 0.5 s"),
    ],
    ids=["401", "403", "400", "gone", "drip"],
)
def test_a_store_that_fails_is_described_without_its_text(answer: ScriptedAnswer, words: str) -> None:
    with ScriptedStudio(in_turn(answer)) as server:
        error = refused(f"s3://lists/roles.csv?endpoint={server.base_url}", **KEYS, list_timeout=0.5)
    assert words in error.message
    assert error.hint


@pytest.mark.parametrize("scheme", ["gs", "az"])
def test_other_stores_answer_alike(scheme: str) -> None:
    with ScriptedStudio(in_turn(csv(ETag='"7"', Last_Modified=LAST_MODIFIED))) as server:
        url = f"{scheme}://lists/x/roles.csv?public=yes&endpoint={server.base_url}"
        answer = fetch(url, list_user="account" if scheme == "az" else "")
    assert answer == Download(LIST, '"7"', CHANGED)
    assert server.requests[0].path.endswith("/lists/x/roles.csv" if scheme == "az" else "/lists/x%2Froles%2Ecsv")


SAS = f"?sv=2024-01-01&sp=r&sig={SECRET}%3D"


def test_a_sas_token_signs_the_address() -> None:
    with ScriptedStudio(in_turn(csv(ETag='"7"', Last_Modified=LAST_MODIFIED))) as server:
        answer = fetch(f"az://lists/a b/roles.csv?endpoint={server.base_url}", list_user="account", list_secret=SAS)
    assert answer == Download(LIST, '"7"', CHANGED)
    (request,) = server.requests
    assert (request.target, request.headers["Authorization"]) == (f"/lists/a%20b/roles.csv{SAS}", None)
    with pytest.raises(UsageError, match="list_user is not set"):
        fetch("az://lists/roles.csv", list_secret=SAS)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_takes_no_sas_token_along(status: int) -> None:
    with ScriptedStudio(in_turn(csv())) as other:
        away = ScriptedAnswer(status, b"", {"Location": other.base_url.replace("127.0.0.1", "localhost")})
        with ScriptedStudio(in_turn(away)) as server:
            error = refused(f"az://lists/roles.csv?endpoint={server.base_url}", list_user="account", list_secret=SAS)
    assert "localhost" in error.message
    assert other.requests == []


@pytest.mark.parametrize("scheme", ["s3", "az"])
def test_a_redirect_takes_no_key_along(scheme: str) -> None:
    """The library follows redirects, which the manual says: the key must not go there."""
    with ScriptedStudio(in_turn(csv(ETag='"7"', Last_Modified=LAST_MODIFIED))) as other:
        away = ScriptedAnswer(302, b"", {"Location": other.base_url.replace("127.0.0.1", "localhost")})
        with ScriptedStudio(in_turn(away)) as server:
            fetch(f"{scheme}://lists/roles.csv?endpoint={server.base_url}", list_user="name", list_secret="c2VjcmV0")
    (request,) = other.requests
    assert request.headers["Authorization"] is None
    assert "c2VjcmV0" not in f"{request.target} {request.headers}"


def test_options_are_known_and_endpoints_encrypted() -> None:
    with pytest.raises(UsageError, match="unknown option regoin"):
        fetch("s3://lists/roles.csv?regoin=x")
    with pytest.raises(UsageError, match=r"endpoint of s3://lists/roles\.csv is not an https:// address"):
        fetch("s3://lists/roles.csv?endpoint=http://minio.example.edu")
    with pytest.raises(UsageError, match=r"is not an https:// address"):
        fetch("s3://lists/roles.csv?endpoint=https://[")


def test_a_proxy_is_used() -> None:
    with ScriptedStudio(in_turn(csv(status=403))) as proxy:
        url = "s3://lists/roles.csv?endpoint=http://127.0.0.1:9"
        error = refused(url, **KEYS, proxy_for=lambda _url: proxy.base_url)
    assert "the store refused the request" in error.message
    assert proxy.requests
