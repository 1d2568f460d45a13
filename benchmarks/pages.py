"""How long the data of each page takes on a large book: `python -m benchmarks.pages [--clients 5000] [--rounds 40]`.

It starts an embedded PostgreSQL of its own, fills it (benchmarks/book.py), reads each page in its usual and its worst
ways, and prints the median and the 95th percentile in milliseconds and the number of statements.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from benchmarks import book
from domain.permissions import Actor, Role
from domain.requests import RequestStatus
from loanapp import clock
from loanapp.commands import servers
from loanapp.commands.schema import migrate
from loanapp.models.base import bind, make_engine
from loanapp.queries.clients import ClientsFilter, ClientsOrder, ClientsView, clients_page
from loanapp.queries.dashboard import dashboard
from loanapp.queries.invoices import (
    Aging,
    InvoiceAsked,
    InvoicesFilter,
    InvoicesOrder,
    InvoicesView,
    due_list,
    invoice_record,
)
from loanapp.queries.messages import MessagesFilter, MessagesView, messages_page
from loanapp.queries.requests import RequestsOf, requests_page

BUDGET_MS = 100
BUDGET_STATEMENTS = 6
WARM_UP_ROUNDS = 3
ACTOR = Actor.of(Role.LOAN_MANAGEMENT, name="Benchmark")
MOMENT = clock.on(book.BUSINESS_DATE)

Read = tuple[str, Callable[..., Any], Any]
_VIEW, _ORDER = InvoicesView, InvoicesOrder
READS: tuple[Read, ...] = (
    ("Painel", dashboard, None),
    ("Clientes", clients_page, ClientsFilter()),
    ("Clientes, última página", clients_page, ClientsFilter(page=10_000)),
    ("Clientes, maior atraso", clients_page, ClientsFilter(
        view=ClientsView.OVERDUE, order=ClientsOrder.DAYS_OVERDUE, is_descending=True)),
    ("Clientes, busca", clients_page, ClientsFilter(text="maria silva")),
    ("Parcelas, vencem hoje", due_list, InvoicesFilter()),
    ("Parcelas, em atraso", due_list, InvoicesFilter(view=_VIEW.OVERDUE)),
    ("Parcelas, em atraso, última de 100 linhas", due_list, InvoicesFilter(
        view=_VIEW.OVERDUE, page=10_000, size=100)),
    ("Parcelas, em atraso, maior valor", due_list, InvoicesFilter(
        view=_VIEW.OVERDUE, order=_ORDER.OPEN, is_descending=True)),
    ("Parcelas, faixa 31-60", due_list, InvoicesFilter(view=_VIEW.ALL, aging=frozenset({Aging.DAYS_31_TO_60}))),
    ("Parcelas, próximos 7 dias", due_list, InvoicesFilter(view=_VIEW.NEXT_7_DAYS)),
    ("Parcelas, pagas em parte", due_list, InvoicesFilter(view=_VIEW.PART_PAID)),
    ("Parcelas, todas", due_list, InvoicesFilter(view=_VIEW.ALL)),
    ("Parcelas, todas, última página", due_list, InvoicesFilter(view=_VIEW.ALL, page=10_000)),
    ("Parcelas, todas, maior valor", due_list, InvoicesFilter(view=_VIEW.ALL, order=_ORDER.OPEN, is_descending=True)),
    ("Parcelas, busca", due_list, InvoicesFilter(view=_VIEW.ALL, text="maria silva")),
    ("Parcela", invoice_record, InvoiceAsked(invoice_id=1)),
    ("Empréstimos, em andamento", requests_page, RequestsOf(statuses=(RequestStatus.ACTIVE,))),
    ("Empréstimos, todos, última página", requests_page, RequestsOf(statuses=tuple(RequestStatus), page=10_000)),
    ("Mensagens, falhas", messages_page, MessagesFilter(view=MessagesView.FAILED)),
)  # fmt: skip


def main() -> int:
    """Measure every read and print the table; return 1 where one breaks its budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        server = servers.start_postgres(data_dir)
        try:
            url = servers.database_url(data_dir)
            migrate(url)
            started = time.perf_counter()
            book.fill(url, clients=options.clients)
            print(f"Filled {options.clients} clients in {time.perf_counter() - started:.1f} s.\n")
            engine = make_engine(url, pool_size=2)
            bind(engine)
            is_within = [_measure(engine, read, options.rounds) for read in READS]
            engine.dispose()
        finally:
            server.stop()
    return 0 if all(is_within) else 1


def _measure(engine: Engine, read: Read, rounds: int) -> bool:
    name, function, parameters = read
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    function(ACTOR, MOMENT, parameters)
    event.remove(engine, "before_cursor_execute", note)
    for _ in range(WARM_UP_ROUNDS):
        function(ACTOR, MOMENT, parameters)
    taken_ms = sorted(_timed_ms(function, parameters) for _ in range(rounds))
    p50, p95 = statistics.median(taken_ms), taken_ms[min(rounds - 1, round(rounds * 0.95))]
    is_within = p95 < BUDGET_MS and len(statements) <= BUDGET_STATEMENTS
    mark = "" if is_within else "  over budget"
    print(f"{name:<46} p50 {p50:7.1f} ms   p95 {p95:7.1f} ms   {len(statements)} statements{mark}", flush=True)
    return is_within


def _timed_ms(function: Callable[..., Any], parameters: object) -> float:
    started = time.perf_counter()
    function(ACTOR, MOMENT, parameters)
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    sys.exit(main())
