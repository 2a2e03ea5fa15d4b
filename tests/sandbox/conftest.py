"""Sandboxes to speak HTTP to, and the one way in which these tests speak it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from rolesync.sandbox import Options, Sandbox

API = "/api/public/v1"


@pytest.fixture
def studio(sandboxes: Callable[[Options], Sandbox]) -> Sandbox:
    """The sandbox with all defaults, reset."""
    return sandboxes(Options())


@pytest.fixture
def start(sandboxes: Callable[[Options], Sandbox]) -> Iterator[Callable[..., Sandbox]]:
    """Gives a sandbox with these options, reset; with a file, clock or sleep of its own it ends with the test."""
    with ExitStack() as stack:

        def enter(options: Options | None = None, **others: Any) -> Sandbox:  # passed through
            options = options or Options()
            if not others and options.db is None:
                return sandboxes(options)
            return stack.enter_context(Sandbox(options, **others))

        yield enter


@pytest.fixture
def call() -> Iterator[Callable[..., requests.Response]]:
    """`call(studio, "GET", "/users/1", …)`: one request with the token of all rights, or with `token` or `headers`."""
    with requests.Session() as session:

        def send_request(
            studio: Sandbox,
            method: str,
            path: str,
            *,
            token: str | None = None,
            headers: dict[str, str] | None = None,
            **others: Any,  # passed through
        ) -> requests.Response:
            address = studio.base_url + (path if path.startswith("/api") else API + path)
            if headers is None:
                headers = {"Authorization": f"Bearer {token or studio.token}"}
            return session.request(method, address, headers=headers, timeout=10, allow_redirects=False, **others)

        yield send_request
