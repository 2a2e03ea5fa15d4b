"""Tells the address of a list from a path, and takes it apart."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

from rolesync.errors import UsageError
from rolesync.model.hosts import is_loopback

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")  # two letters at least: C: is a drive
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")  # in no name of a file or user; may have been written as %00
_HINT = "`rolesync help sources` shows the addresses of lists"
_FORMS: Mapping[str, str] = MappingProxyType(
    {
        "https": "https://HOST/PATH",
        "http": "http://127.0.0.1:PORT/PATH",
        "s3": "s3://BUCKET/KEY?region=eu-central-1",
        "gs": "gs://BUCKET/KEY",
        "az": "az://CONTAINER/KEY",
        "sftp": "sftp://USER@HOST/PATH",
        "scim": "scim://HOST/scim/v2?group=NAME&role=ROLE",
        "ldaps": "ldaps://HOST/CN=NAME,OU=Groups,DC=example,DC=edu?role=ROLE",
        "ldap": "ldap://HOST/CN=NAME,OU=Groups,DC=example,DC=edu?role=ROLE",
        "canvas": "canvas://HOST/ACCOUNT",
        "gdrive": "gdrive://ID-OF-THE-SHEET",
        "sharepoint": "sharepoint://SCHOOL.sharepoint.com/sites/SITE/Shared Documents/FILE.xlsx",
        "git+https": "git+https://HOST/REPOSITORY.git//PATH?ref=main",
        "git+http": "git+http://127.0.0.1:PORT/REPOSITORY.git//PATH?ref=main",
        "git+ssh": "git+ssh://USER@HOST/REPOSITORY.git//PATH?ref=main",
        "git+file": "git+file:///FOLDER/REPOSITORY.git//PATH?ref=main",
    }
)
"""The schemes of addresses, each with an example of its form."""

_KNOWN = "|".join(map(re.escape, sorted(_FORMS, key=len, reverse=True)))
_MISTYPED = re.compile(
    rf"""[\s"'<(]*(?P<known>{_KNOWN})\s*(?::|//)|(?P<other>[a-z][a-z0-9+.-]+):[/\\]""", re.IGNORECASE
)
"""Texts that are meant as addresses, and may contain secrets, such as `https:/HOST?sig=…`."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a list is, other than in a file of this machine.

    Attributes:
        scheme: such as `https`, in small letters.
        user: the user before the host; "" without one.
        host: the host, bucket or other name after `://`.
        port: the port; None for the usual one.
        path: the path, decoded, without its first `/`.
        options: what follows `?`, as names and values.
        url: the address as written. What follows `?` may contain secrets, so that it gets into no message.
    """

    scheme: str
    user: str
    host: str
    port: int | None
    path: str
    options: Mapping[str, str] = field(repr=False)
    url: str = field(repr=False)

    @property
    def where(self) -> str:
        """The address for messages, plans and records: without user, options and fragment."""
        return shown_address(self.url)

    @property
    def form(self) -> str:
        """An example of such an address."""
        return _FORMS[self.scheme]

    @property
    def netloc(self) -> str:
        """Host and port, as in an address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port else host

    @property
    def name(self) -> str:
        """The part after `://` as written: unlike a host, an id may have capital letters."""
        return urlsplit(self.url).netloc

    def endpoint(self, usual: str, option: str = "endpoint") -> str:
        """Return the address of a service: the usual one, unless an option names another.

        Raises:
            UsageError: the other one is not encrypted.
        """
        endpoint = self.options.get(option, "") or usual
        try:
            parts = urlsplit(endpoint)
        except ValueError:
            parts = urlsplit("")
        if not parts.hostname or not (
            parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
        ):
            raise UsageError(f"the {option} of {self.where} is not an https:// address", hint=f"correct {option}=")
        return endpoint.rstrip("/")

    def all_values(self, option: str) -> list[str]:
        """Return all values of an option."""
        return parse_qs(urlsplit(self.url).query, keep_blank_values=True).get(option, [])

    def check_options(self, known_options: Collection[str]) -> None:
        """Refuse options that the kind of address doesn't know.

        Raises:
            UsageError: there are some.
        """
        if unknown := sorted(self.options.keys() - set(known_options)):
            names = ", ".join(known_options) or "none"
            raise UsageError(f"{self.where} has the unknown option {unknown[0]}", hint=f"known options: {names}")

    @property
    def checksum(self) -> "Address":
        """The address of the file `.sha256` beside the list."""
        parts = urlsplit(self.url)
        return parse_address(urlunsplit(parts._replace(path=f"{parts.path}.sha256", fragment="")))


def is_address(text: str) -> bool:
    """Whether the name of a list is an address, perhaps a mistyped one, and not a path."""
    return _scheme_of(text) != ""


def _scheme_of(text: str) -> str:
    """Return the scheme of an address in small letters; "" for a path."""
    if match := _SCHEME.match(text):
        return match[1].lower()
    match = _MISTYPED.match(text)
    return str(match["known"] or match["other"]).lower() if match else ""


def shown_address(text: str) -> str:
    """Return the name of a list for messages: a path as it is, and an address without user, options and fragment."""
    if not is_address(text):
        return text
    try:
        parts = urlsplit(text if _SCHEME.match(text) else "//[")
    except ValueError:
        return f"{_scheme_of(text)}://…"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def parse_address(text: str) -> Address:
    """Take the address of a list apart.

    Raises:
        UsageError: it is not an address of a known form; the message shows no secret.
    """
    scheme = _scheme_of(text)
    if scheme not in _FORMS:
        schemes = ", ".join(f"{name}://" for name in _FORMS)
        raise UsageError(f"{scheme}:// is not a known kind of address of a list; known are {schemes}", hint=_HINT)
    form = f"write it like {_FORMS[scheme]}; {_HINT}"
    if not _SCHEME.match(text):
        hint = f"write it like {_FORMS[scheme]}; or for a file of that name, begin with ./"
        raise UsageError(f"the {scheme}: address of the list is mistyped", hint=hint)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UsageError(f"the {scheme}:// address of the list is not valid", hint=form) from None
    user, path = unquote(parts.username or ""), unquote(parts.path)
    if (
        not text.isprintable()
        or _CONTROL.search(user + path)
        or " " in text.partition("?")[0].partition("//")[2].partition("/")[0]
        or not (host or scheme == "git+file")
    ):
        raise UsageError(f"the {scheme}:// address of the list is not valid", hint=form)
    if parts.password is not None or (parts.username and scheme not in {"sftp", "git+ssh"}):
        raise UsageError(
            f"the {scheme}:// address of the list contains a user or a password",
            hint="leave them out; set list_user, and put the password into the secret list_secret",
        )
    if scheme in {"http", "git+http"} and not is_loopback(host):
        raise UsageError(f"{scheme}://{host} would send the list unencrypted", hint="use https://")
    options = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    return Address(scheme, user, host, port, path.lstrip("/"), options, text)
