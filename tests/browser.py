"""Chromium as a reviewer uses it; it records the requests and complaints that no page of rolesync may cause."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

# The headless shell has no windows of its own to draw, and takes half as long as the whole browser.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
MISSING = "Chromium is not installed: apt-get install --no-install-recommends chromium-headless-shell"

_MILLISECONDS = 20_000  # after which a page hangs, however slow the machine
expect.set_options(timeout=_MILLISECONDS)

_ARGUMENTS = (
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@dataclass
class Watched:
    """A page, the requests that it made, and its complaints."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Debian's Chromium, without a window, until the `with` block ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*_ARGUMENTS])
        yield browser
        browser.close()


@contextmanager
def watched(browser: Browser, **context: Any) -> Iterator[Watched]:
    """Open an empty page in a context of its own, such as `viewport=...` or `color_scheme="dark"`."""
    browser_context = browser.new_context(**context)
    browser_context.set_default_timeout(_MILLISECONDS)
    visit = Watched(browser_context.new_page())
    visit.page.on("request", lambda request: visit.requests.append(request.url))
    visit.page.on("console", lambda message: visit.complaints.append(message.text))
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    visit.page.on("dialog", lambda dialog: visit.complaints.append(f"dialog: {dialog.message}"))
    yield visit
    browser_context.close()
