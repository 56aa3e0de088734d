"""Chromium for tests, and pages that keep everything that went wrong on them.

The fixtures live as long as a module: while Playwright runs, its event loop counts as running in
this thread, so no async test can stand in a module that uses them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Page,
    Request,
    Response,
    ViewportSize,
    expect,
    sync_playwright,
)

from scripts.machine.browser import executable

# As root there is no sandbox; the rest keeps Chromium from talking to anybody but the page's hosts.
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WAIT_MS = 15_000  # how long an action or an expectation waits before it fails
ABORTED = "net::ERR_ABORTED"  # the page itself gave the request up: a reload, a link, its own limit


@dataclass
class Watched:
    """A page, and all that went wrong on it since before its first request.

    `errors` are console errors and warnings and uncaught exceptions; `failed` are requests without
    an answer or with one of 400 and above, as `GET URL: reason`; `aborted` are those that the page
    itself gave up, as it does when it is reloaded.
    """

    page: Page
    errors: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    aborted: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", self._raised)
        self.page.on("requestfailed", self._lost)
        self.page.on("response", self._answered)

    @property
    def faults(self) -> list[str]:
        """`errors` and `failed` together: empty for a page without fault."""
        return self.errors + self.failed

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"{message.type}: {message.text}")

    def _raised(self, error: Error) -> None:
        self.errors.append(f"uncaught: {error}")

    def _lost(self, request: Request) -> None:
        lost = self.aborted if request.failure == ABORTED else self.failed
        lost.append(f"{request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            request = response.request
            self.failed.append(f"{request.method} {request.url}: {response.status}")


OpenPage = Callable[..., Watched]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A running Chromium. Its processes end with the module."""
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=executable(), chromium_sandbox=False, args=FLAGS
        )
        try:
            yield started
        finally:
            started.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens a page in a profile of its own: open_page(url, width=360, scheme="dark").

    `url` may be left out: then nothing is loaded yet. Timeouts are WAIT_MS.
    """
    contexts = []

    def open_(url: str = "", *, width: int = 1280, height: int = 800, **options: str) -> Watched:
        context = browser.new_context(
            viewport=ViewportSize(width=width, height=height),
            color_scheme="dark" if options.get("scheme") == "dark" else "light",
        )
        contexts.append(context)
        context.set_default_timeout(WAIT_MS)
        watched = Watched(context.new_page())
        if url:
            watched.page.goto(url)
        return watched

    yield open_
    for context in contexts:
        context.close()
