"""The server under attack: the web process as it runs in production, with a book full of other people's data.

Its database and Valkey are its own; its front end is a stand-in, since attackers do not need pages.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import Engine, NullPool, create_engine, make_url

from domain.permissions import PERSON_ROLES, Role
from loanapp import settings as settings_module
from loanapp.commands import servers
from loanapp.models.base import Session, bind
from tests.attacks.victims import PASSWORD, Victims, a_book_of_victims, email_of
from tests.build.serving import a_free_port, eventually
from tests.conftest import ENVIRONMENT

PROJECT = Path(__file__).parents[2]
START_SECONDS = 120.0
_addresses = count()


@dataclass(frozen=True)
class Target:
    """The server under attack, who may sign in to it, and the ids that an attacker has got hold of."""

    url: str
    engine: Engine
    victims: Victims
    cookies: dict[Role, str] = field(repr=False)

    def request(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        """Ask as a page of ours would, from an address that has not asked for anything yet."""
        number = next(_addresses)
        sent = {"origin": self.url, "x-forwarded-for": f"10.1.{number // 250}.{number % 250}"}
        return httpx.request(method, f"{self.url}{path}", headers={**sent, **(headers or {})}, **options)

    def sign_in(self, role: Role, **options: Any) -> httpx.Response:
        """Sign in over HTTP as the person of a role; `next` is where to go then."""
        form = {"email": email_of(role), "senha": PASSWORD, **options.pop("form", {})}
        return self.request("POST", "/auth/entrar", data=form, **options)

    def own_cookie(self, role: Role) -> str:
        """Return the cookie of a session that no other attack knows of."""
        answer = self.sign_in(role)
        assert answer.status_code == HTTPStatus.SEE_OTHER, answer.text
        return answer.headers["set-cookie"].split(";")[0]


@pytest.fixture(scope="session")
def own_database(database_address: str) -> Iterator[str]:
    """Give the address of a database that no other test cleans."""
    name = f"attacks_{os.getpid()}"
    with closing(psycopg.connect(database_address, autocommit=True)) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE loanapp")
        yield make_url(database_address).set(database=name).render_as_string(hide_password=False)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def target(own_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Give the running server."""
    folder = tmp_path_factory.mktemp("attacked")
    variables = {
        **ENVIRONMENT,
        "DATABASE_URL": own_database,
        "REDIS_URL": servers.redis_url(folder),
        "LOANAPP_DATA_DIR": str(folder),
        "PORT": str(a_free_port()),
        # So that each request may come from an address of its own, as far as paces are concerned.
        "PROXY_HOPS": "1",
    }
    engine = create_engine(make_url(own_database).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    victims = _a_book(engine, variables)
    with ExitStack() as stack:
        stack.callback(servers.start_valkey(folder).stop)
        url = stack.enter_context(_a_server(folder, variables))
        started = Target(url=url, engine=engine, victims=victims, cookies={})
        for role in PERSON_ROLES:
            started.cookies[role] = started.own_cookie(role)
        yield started


def _a_book(engine: Engine, variables: Mapping[str, str]) -> Victims:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        settings_module.current.cache_clear()
        bind(engine)
        victims = a_book_of_victims()
        Session.configure(bind=None)
    settings_module.current.cache_clear()
    return victims


@contextmanager
def _a_server(folder: Path, variables: Mapping[str, str]) -> Iterator[str]:
    """Run the web process while the block runs; give its address."""
    log = folder / "web.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "loanapp.cli", "web"], cwd=PROJECT, stdout=output, stderr=output,
            env={**os.environ, **variables, "REFLEX_WEB_WORKDIR": str(_a_build(folder / "web"))},
        )  # fmt: skip
    url = f"http://127.0.0.1:{variables['PORT']}"
    try:
        eventually(lambda: _answers(url, process, log), seconds=START_SECONDS)
        yield url
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _answers(url: str, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    try:
        return httpx.get(f"{url}/api/health").status_code == 200
    except httpx.TransportError:
        return False


def _a_build(folder: Path) -> Path:
    """Make what stands in for the front end: a page with an inline script, and a file named after its content."""
    client = folder / "build" / "client"
    (client / "assets").mkdir(parents=True)
    (client / "index.html").write_text("<html><script>let ours</script></html>")
    (client / "404.html").write_text("<html>404</html>")
    (client / "app.js").write_text("'ours'")
    (client / "assets" / "page-0123abcd.js").write_text("'page'")
    return folder
