"""What the record of a client shows, as text ready to show: from the reads' dataclasses to the vars of the page."""

from typing import TypedDict

from domain.privacy import ClientAnonymised
from domain.requests import RequestStatus
from loanapp.components.badges import LOOKS, invoice_look, word_of
from loanapp.components.formats import brl_text, counted, date_text, days_text, instant_text, weekday_text
from loanapp.components.message_words import reason_word
from loanapp.components.texts import text_of
from loanapp.papers.words import MESSAGE_KIND
from loanapp.queries.client_loans import ClientInvoice, ClientLoan, InvoiceMark
from loanapp.queries.clients import ClientRecord
from loanapp.queries.messages import ThreadText

MARKS_SHOWN = 12
MARKS_BEFORE = 3
RUNNING = (RequestStatus.OPEN, RequestStatus.APPROVED, RequestStatus.ACTIVE)


class Record(TypedDict):
    """The head of the record, the facts of the tab Dados, and what the form of the contact holds at first."""

    id: str
    name: str
    preferred_name: str
    tax_id: str
    phone: str
    other_phone: str
    place: str
    supervisor: str
    status: str
    blocked_reason: str
    anonymised: str
    open: str
    overdue: str
    is_overdue: bool
    days: str
    next_due: str
    credit: str
    promise: str
    promise_until: str
    last_contact: str
    owes: bool
    accepts_messages: bool
    contact: dict[str, str]
    facts: list[list[str]]


class Mark(TypedDict):
    """One invoice in the strip of its loan."""

    number: str
    word: str
    hue: str
    icon: str


class LoanRow(TypedDict):
    """One loan."""

    to: str
    title: str
    status: str
    is_running: bool
    requested_on: str
    principal: str
    paid: str
    open: str
    explain: str
    overdue: str
    is_overdue: bool
    next_due: str
    marks: list[Mark]
    marks_note: str


class InvoiceRow(TypedDict):
    """One invoice."""

    loan: str
    loan_to: str
    title: str
    due: str
    status: str
    note: str
    original: str
    charges: str
    paid: str
    open: str
    explain: str
    receive_to: str


class TextRow(TypedDict):
    """One WhatsApp text."""

    title: str
    at: str
    status: str
    reason: str
    body: str
    moves: str


NOBODY_YET = Record(
    id="", name="", preferred_name="", tax_id="", phone="", other_phone="", place="", supervisor="", status="",
    blocked_reason="", anonymised="", open="", overdue="", is_overdue=False, days="", next_due="", credit="",
    promise="", promise_until="", last_contact="", owes=False, accepts_messages=False, contact={}, facts=[],
)  # fmt: skip


def record_of(client: ClientRecord) -> Record:
    """Return the head and the facts of a record."""
    city = "/".join(part for part in (client.city, client.state) if part)
    return Record(
        id=str(client.client_id),
        name=client.name,
        preferred_name=client.preferred_name,
        tax_id=client.tax_id,
        phone=client.phone,
        other_phone=client.other_phone,
        place=" · ".join(part for part in (client.district, city) if part),
        supervisor=client.supervisor,
        status=client.status.value,
        blocked_reason=client.blocked_reason,
        anonymised=text_of(ClientAnonymised.code, {"on": client.anonymised_on}) if client.anonymised_on else "",
        open=brl_text(client.open_cents),
        overdue=brl_text(client.overdue_cents),
        is_overdue=client.overdue_cents > 0,
        days=days_text(client.days_overdue) if client.days_overdue else "",
        next_due=date_text(client.next_due_date),
        credit=brl_text(client.credit_cents) if client.credit_cents else "",
        promise=brl_text(client.promised_cents) if client.promised_on else "",
        promise_until=f"até {date_text(client.promised_on)}" if client.promised_on else "",
        last_contact=instant_text(client.last_contact_at),
        owes=client.open_cents > 0,
        accepts_messages=client.accepts_messages,
        contact=_contact(client),
        facts=_facts(client),
    )


def _contact(client: ClientRecord) -> dict[str, str]:
    income = brl_text(client.income_cents).partition("\N{NO-BREAK SPACE}")[2] if client.income_cents else ""
    return {
        "zip_code": _zip_code(client.zip_code),
        "street": client.street,
        "street_number": client.street_number,
        "complement": client.complement,
        "district": client.district,
        "city": client.city,
        "state": client.state,
        "occupation": client.occupation,
        "income": income,
    }


def _zip_code(digits: str) -> str:
    return f"{digits[:5]}-{digits[5:]}" if digits else ""


def _facts(client: ClientRecord) -> list[list[str]]:
    facts = {
        "Cliente nº": str(client.number),
        "Como prefere ser chamado": client.preferred_name,
        "Nascimento": date_text(client.birth_date),
        "Telefone": client.phone,
        "Outro telefone": client.other_phone,
        "Rua": ", ".join(part for part in (client.street, client.street_number) if part),
        "Complemento ou referência": client.complement,
        "Bairro": client.district,
        "Cidade": "/".join(part for part in (client.city, client.state) if part),
        "CEP": _zip_code(client.zip_code),
        "Ocupação": client.occupation,
        "Renda por mês": brl_text(client.income_cents) if client.income_cents else "",
        "Cadastro": f"{date_text(client.registered_on)}, por {client.registered_by or 'Sistema'}",
    }
    return [[label, value or "—"] for label, value in facts.items()]


def loan_row(loan: ClientLoan) -> LoanRow:
    """Return a loan with the strip of its invoices around the next one to be paid."""
    first = max(0, min(_next_place(loan.invoices) - MARKS_BEFORE, len(loan.invoices) - MARKS_SHOWN))
    shown = loan.invoices[first : first + MARKS_SHOWN]
    days = counted(loan.days_overdue, "dia", "dias")
    is_cut = len(shown) < len(loan.invoices)
    return LoanRow(
        to=f"/emprestimos/{loan.number}",
        title=f"Empréstimo nº {loan.number}",
        status=loan.status.value,
        is_running=loan.status in RUNNING,
        requested_on=date_text(loan.requested_on),
        principal=brl_text(loan.principal_cents),
        paid=f"{loan.invoices_paid}/{loan.instalment_count}",
        open=brl_text(loan.open_cents),
        explain=str(loan.number) if loan.open_cents else "",
        overdue=f"{brl_text(loan.overdue_cents)} · {days}" if loan.overdue_cents else "—",
        is_overdue=loan.overdue_cents > 0,
        next_due=date_text(loan.next_due_date),
        marks=[_mark(mark) for mark in shown],
        marks_note=f"Parcelas {shown[0].number} a {shown[-1].number} de {len(loan.invoices)}" if is_cut else "",
    )


def _next_place(invoices: tuple[InvoiceMark, ...]) -> int:
    unsettled = (place for place, mark in enumerate(invoices) if mark.status in ("OPEN", "UNPAID"))
    return next(unsettled, len(invoices))


def _mark(mark: InvoiceMark) -> Mark:
    value, note = _look(mark)
    look = LOOKS["invoice"][value]
    word = f"{look['word']} · {note}" if note else look["word"]
    return Mark(number=str(mark.number), word=word, hue=look["hue"], icon=look["icon"])


def _look(invoice: InvoiceMark | ClientInvoice) -> tuple[str, str]:
    return invoice_look(
        invoice.status.value,
        is_due_today=invoice.is_due_today,
        is_part_paid=invoice.is_part_paid,
        days_overdue=invoice.days_overdue,
    )


def invoice_row(invoice: ClientInvoice, receive_to: str) -> InvoiceRow:
    """Return one invoice; due on a non-business day it says until when nothing is charged."""
    value, note = _look(invoice)
    due = date_text(invoice.due_date)
    if invoice.effective_due_date != invoice.due_date:
        due = f"{weekday_text(invoice.due_date)} · sem encargos até {invoice.effective_due_date:%d/%m}"
    return InvoiceRow(
        loan=f"nº {invoice.request_number}",
        loan_to=f"/emprestimos/{invoice.request_number}",
        title=f"{invoice.number}/{invoice.instalment_count}",
        due=due,
        status=value,
        note=note,
        original=brl_text(invoice.original_cents),
        charges=brl_text(invoice.charges_cents),
        paid=brl_text(invoice.paid_cents),
        open=brl_text(invoice.open_cents),
        explain=f"{invoice.request_number}-{invoice.number}" if invoice.open_cents else "",
        receive_to=receive_to if invoice.open_cents else "",
    )


def text_row(text: ThreadText) -> TextRow:
    """Return one text with its moves in words."""
    line = text.line
    author = line.created_by_name or "Sistema"
    return TextRow(
        title=f"{MESSAGE_KIND[line.kind]} · {author}",
        at=instant_text(line.created_at),
        status=line.status.value,
        reason=reason_word(line.reason),
        body=line.body,
        moves=" → ".join(f"{word_of('message', move.to_status)} {instant_text(move.at)}" for move in text.moves),
    )


def loans_summary(shown: int, total: int) -> str:
    """Return the caption of the loans: how many, and how many of them are shown where not all are."""
    return counted(total, "empréstimo", "empréstimos") + (f" · os {shown} mais novos" if shown < total else "")
