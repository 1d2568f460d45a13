"""The search of the top bar: clients, loans and payments by name, CPF/CNPJ, phone, number or value.

Digits may be any of these, so each kind is asked; a text with letters is a client.  Three statements at most.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Row, case, func, or_, select, true
from sqlalchemy.sql.selectable import LateralFromClause

from domain import masking
from domain.clients import ClientStatus
from domain.errors import DomainError
from domain.invoices import InvoiceStatus
from domain.money import format_brl, parse_brl
from domain.permissions import Permission
from domain.requests import RequestStatus
from loanapp.models.clients import Client
from loanapp.models.invoices import Invoice
from loanapp.models.payments import Payment
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query
from loanapp.queries.clients import days_since, matches, owed, search_words

HITS_MAXIMUM = 5
LARGEST_NUMBER_DIGITS = 15
_METHODS = {"PIX": "Pix", "CASH": "dinheiro", "TRANSFER": "transferência", "BOLETO": "boleto", "CREDIT": "crédito"}


@dataclass(frozen=True, kw_only=True)
class SearchHit:
    """One result: what it is, where it opens, and its default action (empty when it has none).

    `kind` is `client`, `request`, `payment` or `more` (the list of all that match), and says which badges `status` is
    looked up in; `group` is the heading that users read; `detail` is one fact.
    """

    kind: str
    group: str
    title: str
    detail: str
    status: str
    to: str
    action: str = ""
    action_to: str = ""


@dataclass(frozen=True)
class _Digits:
    """What a text without letters may stand for: a number that users see, and an amount in centavos."""

    number: int | None
    cents: int | None


@query(Permission.CLIENTS_VIEW)
def search(tx: Tx, text: str) -> tuple[SearchHit, ...]:
    """Return at most five hits of each kind, the best first; nothing for a blank text."""
    words = search_words(text)
    if not words:
        return ()
    digits = _digits(text)
    may = tx.actor.permissions
    requests = _requests(tx, digits) if digits and Permission.REQUESTS_VIEW in may else ()
    payments = _payments(tx, digits) if digits and Permission.PAYMENTS_VIEW in may else ()
    clients = _clients(tx, text, words[0])
    # What digits name exactly is meant before a client whose phone happens to hold them.
    return (*requests, *clients, *payments) if digits and requests else (*clients, *requests, *payments)


def _digits(text: str) -> _Digits | None:
    bare = text.strip().lstrip("#").strip()
    number = int(bare) if bare.isascii() and bare.isdigit() and len(bare) <= LARGEST_NUMBER_DIGITS else None
    try:
        cents = parse_brl(bare).cents
    except DomainError:
        cents = None
    return None if number is None and cents is None else _Digits(number, cents)


def _clients(tx: Tx, text: str, first_word: str) -> tuple[SearchHit, ...]:
    begins = Client.search_text.startswith(first_word, autoescape=True)
    found = (
        select(Client.id, func.count().over().label("total"))
        .where(*matches(text))
        .order_by(case((begins, 0), else_=1), Client.search_text, Client.id)
        .limit(HITS_MAXIMUM)
        .cte("found")
    )
    owes, due = owed(), _next_invoice(Client.id)
    rows = tx.session.execute(
        select(
            Client.id, Client.name, Client.tax_id, Client.status, owes.c.open_cents, owes.c.overdue_cents,
            owes.c.overdue_since, found.c.total,
            due.c.request_number, due.c.number, due.c.instalment_count, due.c.due_cents,
        )
        .join(found, found.c.id == Client.id)
        .outerjoin(owes, owes.c.client_id == Client.id)
        .outerjoin(due, true())
        .order_by(case((begins, 0), else_=1), Client.search_text, Client.id)
    ).all()  # fmt: skip
    hits = tuple(_client(tx, row) for row in rows)
    if rows and rows[0].total > HITS_MAXIMUM:
        title = f"Ver todos os {rows[0].total} clientes"
        to = f"/clientes?{urlencode({'busca': text.strip()})}"
        return (*hits, SearchHit(kind="more", group="Clientes", title=title, detail="", status="", to=to))
    return hits


def _next_invoice(client_id: Any) -> LateralFromClause:  # noqa: ANN401 - a column, or an attribute that stands for one.
    """Return the oldest unsettled invoice of a client's running loans, beside each row of a statement."""
    return (
        select(
            Request.number.label("request_number"), Invoice.number, Request.instalment_count,
            Invoice.open_cents.label("due_cents"),
        )
        .join(Request, Request.id == Invoice.request_id)
        .where(
            Request.client_id == client_id,
            Request.status == RequestStatus.ACTIVE,
            Invoice.status.in_((InvoiceStatus.OPEN, InvoiceStatus.UNPAID)),
        )
        .order_by(Invoice.effective_due_date, Invoice.id)
        .limit(1)
        .lateral("due")
    )  # fmt: skip


def _client(tx: Tx, row: Row[*tuple[Any, ...]]) -> SearchHit:
    to = f"/clientes/{row.id}"
    action, action_to = "", ""
    if row.number is not None and Permission.PAYMENTS_REGISTER in tx.actor.permissions:
        action, action_to = _receive(row), f"{to}?receber={row.request_number}-{row.number}"
    elif row.status == ClientStatus.ACTIVE and Permission.REQUESTS_OPEN in tx.actor.permissions:
        action, action_to = "Nova solicitação", f"/emprestimos/novo?cliente={row.id}"
    return SearchHit(
        kind="client", group="Clientes", title=row.name,
        detail=f"{masking.tax_id(row.tax_id)} · {_debt(tx, row)}",
        status=row.status, to=to, action=action, action_to=action_to,
    )  # fmt: skip


def _debt(tx: Tx, row: Row[*tuple[Any, ...]]) -> str:
    days = days_since(tx, row.overdue_since)
    if days:
        return f"{format_brl(int(row.overdue_cents))} em atraso há {days} {'dia' if days == 1 else 'dias'}"
    return f"{format_brl(int(row.open_cents))} em aberto" if row.open_cents else "nada em aberto"


def _receive(row: Row[*tuple[Any, ...]]) -> str:
    return f"Receber {row.number}/{row.instalment_count} — {format_brl(row.due_cents)}"


def _requests(tx: Tx, digits: _Digits) -> tuple[SearchHit, ...]:
    is_number = Request.number == digits.number
    rows = tx.session.execute(
        select(Request, Client.name)
        .join(Client, Client.id == Request.client_id)
        .where(or_(is_number, Request.principal_cents == digits.cents))
        .order_by(case((is_number, 0), else_=1), Request.number.desc())
        .limit(HITS_MAXIMUM)
    )
    return tuple(_request(tx, request, name) for request, name in rows)


def _request(tx: Tx, request: Request, client_name: str) -> SearchHit:
    to = f"/emprestimos/{request.number}"
    paid = f"{request.invoices_paid}/{request.invoices_count} pagas"
    receives = request.status == RequestStatus.ACTIVE and Permission.PAYMENTS_REGISTER in tx.actor.permissions
    return SearchHit(
        kind="request", group="Empréstimos", title=f"Empréstimo nº {request.number} · {client_name}",
        detail=f"{format_brl(request.principal_cents)} · {paid}", status=request.status, to=to,
        action="Receber" if receives else "", action_to=f"{to}?receber={request.number}" if receives else "",
    )  # fmt: skip


def _payments(tx: Tx, digits: _Digits) -> tuple[SearchHit, ...]:
    is_number = Payment.number == digits.number
    rows = tx.session.execute(
        select(Payment, Request.number, Client.name)
        .join(Request, Request.id == Payment.request_id)
        .join(Client, Client.id == Request.client_id)
        .where(or_(is_number, Payment.amount_cents == digits.cents))
        .order_by(case((is_number, 0), else_=1), Payment.number.desc())
        .limit(HITS_MAXIMUM)
    )
    return tuple(
        SearchHit(
            kind="payment", group="Recebimentos", title=f"Recebimento nº {payment.number} · {name}",
            detail=f"{format_brl(payment.amount_cents)} em {payment.received_on:%d/%m/%Y}, {_METHODS[payment.method]}",
            status="CONFIRMED", to=f"/emprestimos/{number}?aba=recebimentos",
        )
        for payment, number, name in rows
    )  # fmt: skip
