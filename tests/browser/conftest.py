"""The product as people meet it: `loanapp up` on a port and a data folder of its own, and a real browser."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from loanapp.commands import environment

PROJECT = Path(__file__).parents[2]
START_SECONDS = 240
STOP_SECONDS = 15


@dataclass
class Product:
    """One running `loanapp up`: its address, its data folder, and commands run beside it."""

    url: str
    data_dir: Path
    output: Path
    process: subprocess.Popen[bytes]
    variables: dict[str, str] = field(repr=False)

    def run(self, *arguments: str) -> str:
        """Run `loanapp …` beside the product and return what it printed; a refusal fails the test with its line."""
        command = [sys.executable, "-m", "loanapp.cli", *arguments]
        done = subprocess.run(
            command,
            cwd=PROJECT,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=STOP_SECONDS * 8,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send it a signal and return its exit status, which must come soon."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)


def _start(data_dir: Path, *options: str, **variables: str) -> Product:
    port = environment.free_port()
    unset = dict.fromkeys((*environment.SHARED, "REFLEX_WEB_WORKDIR"), "")
    environ = {**os.environ, **unset, "LOANAPP_DATA_DIR": str(data_dir), "PORT": str(port), **variables}
    data_dir.mkdir(parents=True, exist_ok=True)
    output = data_dir / "output.txt"
    with output.open("wb") as printed:
        process = subprocess.Popen(
            [sys.executable, "-m", "loanapp.cli", "up", *options],
            cwd=PROJECT, env=environ, stdin=subprocess.DEVNULL, stdout=printed, stderr=printed,
        )  # fmt: skip
    product = Product(f"http://127.0.0.1:{port}", data_dir, output, process, environ)
    deadline = time.monotonic() + START_SECONDS
    while "Ready:" not in output.read_text():
        assert process.poll() is None, output.read_text()
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.2)
    return product


@pytest.fixture(scope="session")
def start_product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Product]]:
    """Give what starts a product: `start_product("--demo", LOANAPP_CLOCK="2026-11-23T05:55 x60")`."""
    started: list[Product] = []

    def start(*options: str, data_dir: Path | None = None, **variables: str) -> Product:
        started.append(_start(data_dir or tmp_path_factory.mktemp("product"), *options, **variables))
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
