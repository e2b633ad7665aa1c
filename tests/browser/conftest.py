"""A real browser on the real shop."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page, expect, sync_playwright
from temporalio.client import Client

from tests import live

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WIDE, HEIGHT = 1280, 900  # pixels
PATIENCE = 30_000  # milliseconds: no verdict depends on how busy a machine is
expect.set_options(timeout=PATIENCE)
QUIETLY = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def site(worker: Client) -> Iterator[str]:
    """The address of the shop, served over HTTP, with its workers running."""
    with live.serve() as address:
        yield address


@pytest.fixture(scope="session")
def started_chromium() -> Iterator[tuple[Browser, asyncio.AbstractEventLoop]]:
    """The browser, and the event loop of playwright: one for all tests of a process, for its start costs more than
    most tests do."""
    if CHROMIUM is None and "CI" not in os.environ:
        pytest.skip("no chromium is installed here; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM or "chromium", args=QUIETLY)
        loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        yield browser, loop
        asyncio._set_running_loop(loop)
        browser.close()


@pytest.fixture
def chromium(site: str, started_chromium: tuple[Browser, asyncio.AbstractEventLoop]) -> Iterator[Browser]:
    """The browser. Playwright's loop counts as running while it is used: other tests run loops of their own."""
    browser, loop = started_chromium
    asyncio._set_running_loop(loop)
    yield browser
    try:
        for context in browser.contexts:  # before the shop and the database go
            context.close()
    finally:
        asyncio._set_running_loop(None)


@pytest.fixture
def open_page(chromium: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """Makes pages of a visitor of their own; fails the test if a page breaks its policy or a script fails."""
    complaints: list[str] = []

    def open_page(width: int = WIDE, **options: Any) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": HEIGHT}, base_url=site, locale="en-GB", **options
        )
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        page.set_default_timeout(PATIENCE)
        return page

    yield open_page
    assert not complaints


@pytest.fixture
def aside() -> Iterator[Callable[..., Any]]:
    """Runs something that asks the database or a client function in a thread of its own: playwright's keeps an event
    loop."""
    with ThreadPoolExecutor(1) as pool:

        def run(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            return pool.submit(work, *args, **kwargs).result()

        yield run
        run(connections.close_all)
