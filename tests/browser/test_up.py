"""`loanapp up` starts all of it, keeps it alive, and ends it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from loanapp.commands import environment, servers
from tests.browser.product import PROJECT, Product


def _family(product: Product) -> list[psutil.Process]:
    return psutil.Process(product.process.pid).children(recursive=True)


def _wait_until(is_true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def product(start_product: Callable[..., Product]) -> Product:
    return start_product("--no-demo")


def test_the_address_that_it_prints_answers_with_the_page(product: Product) -> None:
    assert f"Ready: {product.url}\n" in product.output.read_text()
    page = httpx.get(f"{product.url}/entrar", follow_redirects=True)

    assert page.status_code == 200
    assert "text/html" in page.headers["content-type"]


def test_localhost_is_sent_to_the_address(product: Product) -> None:
    other = product.url.replace("127.0.0.1", "localhost")

    answer = httpx.get(f"{other}/entrar?next=%2Fclientes")

    assert (answer.status_code, answer.headers["location"]) == (307, f"{product.url}/entrar?next=%2Fclientes")


def test_the_build_that_other_ports_share_names_the_address_in_use(product: Product) -> None:
    page = httpx.get(f"{product.url}/entrar", follow_redirects=True).text
    name = "reflex-env-" + page.split("reflex-env-")[1].split(".js")[0] + ".js"

    script = httpx.get(f"{product.url}/assets/{name}").text

    assert f"{product.url.replace('http', 'ws')}/_event" in script
    assert f"{product.url}/ping" in script


def test_a_command_beside_it_finds_all_well(product: Product) -> None:
    # The page comes first: on a busy machine the sandbox answers some seconds after it.
    sandbox = re.findall(r"WhatsApp sandbox .*: (\S+)", product.output.read_text())[0]
    _wait_until(lambda: _answers(sandbox))

    assert "BAD" not in product.run("doctor")


def _answers(address: str) -> bool:
    try:
        return httpx.get(address).is_success
    except httpx.TransportError:
        return False


def test_a_process_that_dies_is_started_again(product: Product) -> None:
    beat = next(child for child in _family(product) if "beat" in child.cmdline())
    beat.kill()

    _wait_until(lambda: "The beat process ended (-9) and is started again." in product.output.read_text())
    _wait_until(lambda: any("beat" in child.cmdline() and child.pid != beat.pid for child in _family(product)))


def test_a_second_one_on_the_same_folder_is_refused_in_one_line(product: Product) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "loanapp.cli", "up", "--port", str(environment.free_port())],
        cwd=PROJECT, env=product.variables, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"in use by `loanapp up` (process {product.process.pid})" in done.stderr


def test_a_port_that_is_taken_is_named(product: Product, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "loanapp.cli", "up", "--port", str(port), "--data-dir", str(tmp_path)],
            cwd=PROJECT, env=product.variables, capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr == f"loanapp: Port {port} is taken by another program: choose another with --port.\n"
    assert not (tmp_path / "postgres").exists()


def test_it_ends_all_of_it_in_a_few_seconds_and_starts_again_after_a_kill(
    start_product: Callable[..., Product], tmp_path: Path
) -> None:
    first = start_product("--no-demo", data_dir=tmp_path / "data")
    family = _family(first)
    began = time.monotonic()
    assert first.stop(signal.SIGINT) == 0
    assert time.monotonic() - began < 10
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in family)

    second = start_product("--no-demo", data_dir=tmp_path / "data")
    family = _family(second)
    os.kill(second.process.pid, signal.SIGKILL)
    _wait_until(lambda: not psutil.wait_procs(family, timeout=0)[1])
    assert not servers.answers(tmp_path / "data")

    third = start_product("--no-demo", data_dir=tmp_path / "data")
    assert third.stop() == 0
