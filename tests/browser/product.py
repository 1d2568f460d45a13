"""The product as people meet it: `loanapp up` on a port and a data folder of its own."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

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


def start(data_dir: Path, *options: str, **variables: str) -> Product:
    """Start it and wait until its pages answer; `options` are those of `up`."""
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
