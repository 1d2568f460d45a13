"""The office whose money the browser tests move: one product with one book, shared by all, and who works there."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import LiteralString

import psycopg
from playwright.sync_api import Browser, StorageState

from domain.cycles import CLOSED, Cycle
from loanapp.commands import servers
from tests.browser.desk import Desk
from tests.browser.product import PROJECT, Product
from tests.build.money_book import PASSWORD

WAIT_SECONDS = 60


def _closed_runs(product: Product) -> int:
    with psycopg.connect(servers.database_url(product.data_dir), autocommit=True) as connection:
        found = connection.execute("SELECT count(*) FROM cycle_runs WHERE status = ANY(%s)", ([*CLOSED],)).fetchone()
    return int(found[0]) if found else 0


@dataclass
class Office:
    """A product with the book of `tests.build.money_book`; `loans` are the numbers of its loans by name."""

    product: Product
    loans: Mapping[str, int]
    _sessions: dict[str, StorageState] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, product: Product) -> "Office":
        """Make the book in a product that has none, once the cycles of its day have found none."""
        deadline = time.monotonic() + WAIT_SECONDS
        while _closed_runs(product) < len(Cycle):
            assert time.monotonic() < deadline, "the cycles of the product's day were not closed"
            time.sleep(0.2)
        command = [sys.executable, "-m", "tests.build.money_book"]
        done = subprocess.run(
            command, cwd=PROJECT, env=product.variables, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return cls(product, json.loads(done.stdout))

    def desk(self, browser: Browser, name: str, *, width: int = 1366) -> Desk:
        """Give somebody a browser; who signed in once keeps the session."""
        session = self._sessions.get(name)
        desk = Desk(browser, self.product, f"{name}@teste.com", PASSWORD, width=width, session=session)
        self._sessions.setdefault(name, desk.context.storage_state())
        return desk

    def path(self, loan: str) -> str:
        """Return the address of a loan of the book."""
        return f"/emprestimos/{self.loans[loan]}"

    def rows(self, statement: LiteralString, *values: object) -> list[tuple[object, ...]]:
        """Return what a statement selects from the product's database."""
        with psycopg.connect(servers.database_url(self.product.data_dir), autocommit=True) as connection:
            return connection.execute(statement, values).fetchall()

    def payments(self, loan: str) -> list[tuple[object, ...]]:
        """Return (centavos, day, method) of the payments of a loan, in order."""
        return self.rows(
            "SELECT amount_cents, received_on::text, method FROM payments JOIN requests ON requests.id = request_id"
            " WHERE requests.number = %s ORDER BY payments.number",
            self.loans[loan],
        )

    def status(self, loan: str) -> str:
        """Return where a loan stands."""
        ((status,),) = self.rows("SELECT status FROM requests WHERE number = %s", self.loans[loan])
        return str(status)

    def newest_payment(self, loan: str) -> int:
        """Return the receipt number of a loan's newest payment."""
        ((number,),) = self.rows(
            "SELECT max(payments.number) FROM payments JOIN requests ON requests.id = request_id"
            " WHERE requests.number = %s",
            self.loans[loan],
        )
        assert isinstance(number, int)
        return number
