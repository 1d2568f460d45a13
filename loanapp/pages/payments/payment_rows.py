"""What the list of payments shows, as texts: pure functions from the reads to what the state sends."""

from typing import TypedDict

from domain.calendar import format_date
from domain.payments import PaymentMethod
from loanapp.components.formats import brl_text, counted, date_text, instant_text
from loanapp.components.method_names import METHOD_NAMES
from loanapp.components.navigation import ROLE_NAMES
from loanapp.queries.received import MethodSum, PaymentStanding, PersonSum, ReceivedLine, ReceivedPage

TERMINAL_NAME = "Terminal"


class PaymentRow(TypedDict):
    """One payment of the list, as text ready to show; `undone` is the line of what undid it."""

    number: str
    to: str
    received: str
    registered: str
    client: str
    client_to: str
    loan: str
    loan_to: str
    invoices: str
    amount: str
    method: str
    author: str
    standing: str
    is_undone: bool
    is_open: bool
    undone: str


class SumRow(TypedDict):
    """What came in one way or by one person."""

    name: str
    note: str
    to: str
    count: str
    pix: str
    cash: str
    others: str
    total: str
    undone: str


def summary_of(found: ReceivedPage) -> str:
    """Return count and sums of the whole filtered set."""
    undone = counted(found.undone_count, "estornado ou devolvido", "estornados ou devolvidos")
    parts = [
        counted(found.total, "recebimento", "recebimentos"),
        f"{brl_text(found.received_cents)} recebidos",
        f"{undone}, {brl_text(found.undone_cents)}" if found.undone_count else "",
    ]
    return " · ".join(part for part in parts if part)


def payment_row(line: ReceivedLine) -> PaymentRow:
    """Return one payment of the list."""
    is_undone = line.standing is not PaymentStanding.CONFIRMED
    verb = "Estorno" if line.standing is PaymentStanding.REVERSED else "Devolução"
    by = f" por {line.undone_by}" if line.undone_by else ""
    why = f": {line.undone_reason}" if line.undone_reason else ""
    return PaymentRow(
        number=str(line.number),
        to=f"/recebimentos/{line.number}",
        received=format_date(line.received_on),
        registered=_registered(line),
        client=line.client_name,
        client_to=f"/clientes/{line.client_id}",
        loan=f"nº {line.request_number}",
        loan_to=f"/emprestimos/{line.request_number}",
        invoices=_invoices(line),
        amount=brl_text(line.amount_cents),
        method=METHOD_NAMES[line.method.value],
        author=line.author or TERMINAL_NAME,
        standing=line.standing.value,
        is_undone=is_undone,
        is_open=is_undone,
        undone=f"{verb} de {brl_text(line.amount_cents)} em {instant_text(line.undone_at)}{by}{why}",
    )


def _registered(line: ReceivedLine) -> str:
    """Say when it was registered: the hour, or the day too where that is another one."""
    at = instant_text(line.registered_at)
    return at[-5:] if at.startswith(date_text(line.received_on)) else f"registrado em {at}"


def _invoices(line: ReceivedLine) -> str:
    """Return the invoices a payment settled: a run of them as its ends."""
    numbers = line.invoices
    if not numbers:
        return "crédito"
    is_run = len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1  # noqa: PLR2004 - two are shorter.
    shown = f"{numbers[0]} a {numbers[-1]}" if is_run else ", ".join(map(str, numbers))
    return f"{shown} de {line.instalment_count}"


def method_row(each: MethodSum, to: str) -> SumRow:
    """Return what came in one way; credit used is told to be no money."""
    return SumRow(
        name=METHOD_NAMES[each.method.value],
        note="não é dinheiro que entrou" if each.method is PaymentMethod.CREDIT else "",
        to=to,
        count=str(each.count),
        pix="",
        cash="",
        others="",
        total=brl_text(each.cents),
        undone=f"{brl_text(each.undone_cents)} ({each.undone_count})" if each.undone_count else "—",
    )


def person_row(each: PersonSum, to: str) -> SumRow:
    """Return what one person registered."""
    pix, cash = each.methods.get(PaymentMethod.PIX, 0), each.methods.get(PaymentMethod.CASH, 0)
    return SumRow(
        name=each.name or TERMINAL_NAME,
        note=ROLE_NAMES.get(each.role, ""),
        to=to,
        count=str(each.count),
        pix=brl_text(pix),
        cash=brl_text(cash),
        others=brl_text(each.received_cents - pix - cash),
        total=brl_text(each.received_cents),
        undone="",
    )
