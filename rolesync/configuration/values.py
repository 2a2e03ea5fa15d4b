"""Checks of the values of settings that need only the value itself.

Each check returns the value, perhaps normalised, or raises a ValueError. Its message follows the name of the setting:
"names a role twice".
"""

import json
import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, SecretStr

from rolesync.model.hosts import is_loopback
from rolesync.model.keys import role_key

Count = Annotated[int, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]

BASE_PATH = "/api/public"
DOMAIN = ".instructuremedia.com"
BESIDE = "beside"  # `list_sha256` in a file beside the list
NOW = "now"  # `list_as_of` of a list that is made when it is read
MIN_KEY_LENGTH = 16  # characters of `audit_key`


def parse_collection(value: object) -> object:
    """Parse a list or a table that a source holds as JSON; any other value stays as it is.

    Raises:
        ValueError: it begins like JSON and isn't JSON.
    """
    if not isinstance(value, str) or not value.lstrip().startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError(f"is not valid JSON: {error}") from None


def check_roles(names: tuple[str, ...]) -> tuple[str, ...]:
    """Check and normalise the names of the managed roles."""
    if not names or any(not name or name != name.strip() for name in names):
        raise ValueError("needs at least one role, each without blanks around it")
    if len(set(map(role_key, names))) != len(names):
        raise ValueError("names a role twice")
    return tuple(map(role_key, names))


def check_output_mode(mode: str) -> str:
    """Check the mode of new files, in octal digits."""
    if re.fullmatch(r"0?6[0246]{2}", mode) is None:
        raise ValueError("must be 0600, or add reading or writing for others, such as 0640 or 0664")
    return mode


def check_hosts(names: tuple[str, ...]) -> tuple[str, ...]:
    """Check and normalise names of hosts."""
    if any(not re.fullmatch(r"[a-z0-9.:_-]+", name.lower()) for name in names):
        raise ValueError("names hosts only, such as files.example.edu, without https:// and path")
    return tuple(name.lower() for name in names)


def check_sha256(text: str) -> str:
    """Check a SHA-256, or the word for one in a file."""
    if text and text != BESIDE and not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise ValueError(f"must be 64 hexadecimal digits, or {BESIDE}")
    return text


def check_as_of(text: str) -> str:
    """Check the time of a list, which needs a zone, because this machine's may be another."""
    if text in {"", NOW}:
        return text
    with suppress(ValueError):
        if datetime.fromisoformat(text).tzinfo:
            return text
    raise ValueError(f"must be a time with its zone, such as 2026-09-01T05:30+02:00, or {NOW}")


def check_key(key: SecretStr) -> SecretStr:
    """Check that the key of the record is long enough."""
    if 0 < len(key.get_secret_value()) < MIN_KEY_LENGTH:
        raise ValueError(f"needs at least {MIN_KEY_LENGTH} characters: a key that is easy to guess seals nothing")
    return key


def check_metrics_file(path: Path | None) -> Path | None:
    """Check the name of the file of metrics: the node exporter reads no other, and no other file may be replaced."""
    if path is not None and path.suffix != ".prom":
        raise ValueError("must have a name that ends in .prom")
    return path


def check_metrics_push(address: str) -> str:
    """Check the address of a Pushgateway; the metrics hold neither secrets nor people, so http:// is accepted."""
    parts = urlsplit(address)
    if address and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query):
        raise ValueError("must look like https://HOST:PORT, without user and password")
    return address.rstrip("/")


def check_base_url(address: str) -> str:
    """Check the address of Studio, and reduce it to scheme and host."""
    if not address:
        return address
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
        raise ValueError(f"must look like https://NAME{DOMAIN}")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("would send the token unencrypted: use https:// (http:// is for loopback only)")
    if parts.path.rstrip("/") not in {"", BASE_PATH, f"{BASE_PATH}/v1"}:
        raise ValueError(f"may have no path other than {BASE_PATH}/v1")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def check_redirect(address: str) -> str:
    """Check the redirect address of the developer key."""
    parts = urlsplit(address)
    if address and (parts.scheme != "https" or not parts.hostname or is_loopback(parts.hostname)):
        raise ValueError("must be the https:// address of the developer key, and not an address of this machine")
    if parts.fragment:
        raise ValueError("must have no # in it, which OAuth doesn't allow")
    if {"code", "error"} & parse_qs(parts.query, keep_blank_values=True).keys():
        raise ValueError("must be the one of the developer key; an address with code= or error= is where a login ended")
    return address


def check_account(account: str) -> str:
    """Check the name of the account, in small letters."""
    if account and not (account.isascii() and account.replace("-", "").isalnum()):
        raise ValueError(f"must be the single word before {DOMAIN}")
    return account.lower()


def parse_account(text: str) -> dict[str, str]:
    """Read an account as people have it: its name, or any address of a page of it.

    Args:
        text: such as `example`, `example.instructuremedia.com/page`, or `http://127.0.0.1:8765`.

    Returns:
        The setting that names the account: `account`, or `base_url` for an address elsewhere.

    Raises:
        ValueError: it is neither an account nor an address.
    """
    pasted = text.strip().strip("<>\"'").strip()
    if not pasted:
        raise ValueError("is empty")
    if pasted.replace("-", "").isalnum():
        return {"account": check_account(pasted)}
    address = pasted if "://" in pasted else f"https://{pasted}"
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise ValueError(f"is not an address: {text.strip()}") from None
    if not host or parts.username or not re.fullmatch(r"[a-z0-9.:-]+", host):
        raise ValueError(f"must be the name before {DOMAIN}, or the address of the account")
    if host.endswith(DOMAIN) and host != DOMAIN:
        return {"account": check_account(host.removesuffix(DOMAIN))}
    if ("." not in host or host.startswith(".")) and not is_loopback(host):
        raise ValueError(f"must be the name before {DOMAIN}, or the address of the account")
    name = f"[{host}]" if ":" in host else host
    scheme = "http" if "://" not in pasted and is_loopback(host) else parts.scheme
    return {"base_url": check_base_url(f"{scheme}://{name}{f':{port}' if port else ''}")}
