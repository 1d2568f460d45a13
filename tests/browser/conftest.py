"""The product as people meet it, and a real browser."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser import product as products
from tests.browser.product import Product


@pytest.fixture(scope="module")
def start_product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Product]]:
    """Give what starts a product: `start_product("--demo", LOANAPP_CLOCK="2026-11-23T05:55 x60")`.

    Its module's end is its own: a product that nobody uses any more would still take its share of the machine.
    """
    started: list[Product] = []

    def start(*options: str, data_dir: Path | None = None, **variables: str) -> Product:
        started.append(products.start(data_dir or tmp_path_factory.mktemp("product"), *options, **variables))
        return started[-1]

    yield start
    for product in started:
        product.stop()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Give Playwright for one module: while it runs, its event loop keeps other tests of the worker from theirs."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Give a Chromium: that of the PATH, else Playwright's own, else Debian's, installed for it."""
    launched = playwright.chromium.launch(executable_path=_chromium(playwright), args=["--no-sandbox"])
    yield launched
    launched.close()


def _on_path() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    return next(filter(None, map(shutil.which, names)), None)


def _chromium(playwright: Playwright) -> str:
    found = _on_path()
    if found is None and Path(playwright.chromium.executable_path).exists():
        found = playwright.chromium.executable_path
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium"], check=True)
        found = _on_path()
    if found is None:
        pytest.fail("No Chromium or Chrome here: install one, or run `.venv/bin/playwright install chromium`.")
    return found
