"""Fills an empty database with a large book by COPY: clients, loans, invoices, payments and texts.

Plans come from `domain.instalments`, every charge and allocation from `domain.history.replay`, the stored columns from
the product's own mapping, so that `loanapp verify` finds nothing.  The same seed gives the same book.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from domain.calendar import BusinessCalendar, Step
from domain.clients import TaxId, search_text
from domain.history import Contract, ContractInvoice, PaymentFact, Position, replay
from domain.instalments import Instalment, Plan, PlanTerms, build_plan
from domain.money import Money
from domain.requests import RequestStatus
from loanapp.models.contracts import LoadedContract, aggregate_columns, invoice_columns

BUSINESS_DATE = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
INVOICES_PER_CLIENT = 20
LATE_FEE_PCT, MORA_PCT_MONTH = Decimal(2), Decimal(1)
# How many days ago a plan of each step began, at most: as long as it lasts and a little, so that all ages are there.
PLANS = ((Step.MONTHLY, 10, 400), (Step.WEEKLY, 10, 200), (Step.BIWEEKLY, 10, 300), (Step.MONTHLY, 20, 700))
# Who pays: on the due date, some days later, a part of it, or nothing any more after some invoices.
PAYERS = ("punctual", "late", "part", "stops", "stops", "stops", "never", "never")
FIRST_NAMES = ("Maria", "José", "Ana", "João", "Antônia", "Francisco", "Luíza", "Carlos", "Beatriz", "Márcio")
LAST_NAMES = ("Silva", "Souza", "Pereira", "Conceição", "Lima", "Araújo", "Gonçalves", "Ribeiro", "Nascimento", "Sá")

CLIENT_COLUMNS = (
    "id", "number", "kind", "tax_id", "name", "preferred_name", "phone", "other_phone", "zip_code", "street",
    "street_number", "complement", "district", "city", "state", "occupation", "income_cents", "status",
    "blocked_reason", "accepts_messages", "consent_on", "consent_origin", "phone_flag", "credit_cents", "search_text",
    "audit_count", "audit_head", "registered_on", "registered_at",
)  # fmt: skip
REQUEST_COLUMNS = (
    "id", "number", "client_id", "status", "principal_cents", "plan", "step", "instalment_count", "rate_pct",
    "first_due_date", "skip_sundays", "skip_holidays", "late_fee_pct", "mora_pct_month", "note",
    "requested_on", "requested_at", "approved_on", "decision_reason", "disbursed_on", "disbursed_at",
    "disbursement_method", "paid_on", "root_id", "overdue_through", "mora_through", "total_value_paid",
    "total_value_to_breakeven", "total_value_open", "total_value_overdue", "credit_cents", "invoices_paid",
    "invoices_open", "next_due_date", "overdue_since", "metrics_updated_at",
)  # fmt: skip
INVOICE_COLUMNS = (
    "id", "request_id", "number", "due_date", "effective_due_date", "status", "principal_cents", "interest_cents",
    "original_cents", "late_fee_base_cents", "late_fee_cents", "mora_base_cents", "mora_remaining_base_cents",
    "mora_frozen_cents", "mora_since", "mora_cents", "waived_cents", "waived_late_fee_cents", "waived_mora_cents",
    "paid_cents", "paid_on",
)  # fmt: skip
PAYMENT_COLUMNS = (
    "id", "number", "request_id", "amount_cents", "method", "received_on", "note", "business_date", "registered_at",
)  # fmt: skip
ALLOCATION_COLUMNS = (
    "id", "payment_id", "invoice_id", "mora_cents", "late_fee_cents", "interest_cents", "principal_cents",
    "cause_payment_id", "business_date", "recorded_at",
)  # fmt: skip
MESSAGE_COLUMNS = (
    "id", "kind", "client_id", "dedupe_key", "status", "reason", "template", "template_version", "body", "body_hash",
    "reference", "snapshot", "phone", "business_date", "available_at", "attempts", "provider_status", "created_at",
    "sent_at",
)  # fmt: skip

SNAPSHOT = json.dumps({"total_cents": 12345, "invoices": []})

Row = tuple[Any, ...]


@dataclass
class _Tables:
    """The rows of each table, in the order in which foreign keys want them."""

    clients: list[Row] = field(default_factory=list)
    requests: list[Row] = field(default_factory=list)
    invoices: list[Row] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)
    allocations: list[Row] = field(default_factory=list)
    messages: list[Row] = field(default_factory=list)


def fill(database_url: str, *, clients: int, seed: int = 1) -> None:
    """Write a book of so many clients with about 20 invoices each into an empty, migrated database."""
    chance, tables, calendar = random.Random(seed), _Tables(), BusinessCalendar()  # noqa: S311 - reproducible.
    for number in range(1, clients + 1):
        client_id = _add_client(tables, chance, number)
        invoices = 0
        while invoices < INVOICES_PER_CLIENT:
            invoices += _add_loan(tables, chance, client_id, calendar)
    with psycopg.connect(database_url) as connection, connection.cursor() as cursor:
        for name, columns in (
            ("clients", CLIENT_COLUMNS), ("requests", REQUEST_COLUMNS), ("invoices", INVOICE_COLUMNS),
            ("payments", PAYMENT_COLUMNS), ("allocations", ALLOCATION_COLUMNS), ("messages", MESSAGE_COLUMNS),
        ):  # fmt: skip
            with cursor.copy(f"COPY {name} ({', '.join(columns)}) FROM STDIN") as copy:
                for row in getattr(tables, name):
                    copy.write_row(row)
        for name, column in (
            ("clients", "number"), ("requests", "number"), ("payments", "number"), ("invoices", "id"),
            ("allocations", "id"),
        ):  # fmt: skip
            cursor.execute(
                sql.SQL("SELECT setval(pg_get_serial_sequence({}, {}), max({})) FROM {}").format(
                    name, column, sql.Identifier(column), sql.Identifier(name)
                )
            )
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _add_client(tables: _Tables, chance: random.Random, number: int) -> UUID:
    client_id = UUID(int=chance.getrandbits(128))
    name = f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)} {chance.choice(LAST_NAMES)} {number}"
    tax_id, phone = f"{number:011d}", f"+55119{80000000 + number}"
    registered_on = BUSINESS_DATE - timedelta(days=600)
    tables.clients.append((
        client_id, number, "PERSON", tax_id, name, "", phone, "", "", "", "", "", "Centro", "São Paulo", "SP", "", 0,
        "ACTIVE", "", True, registered_on, "form", "", 0, search_text(name, "", TaxId(tax_id), phone), 0, "",
        registered_on, NOW - timedelta(days=600),
    ))  # fmt: skip
    for days_ago in (1, 8, 15, 22):
        status = chance.choices(("READ", "DELIVERED", "FAILED", "UNKNOWN"), (60, 36, 3, 1))[0]
        at, message_id = NOW - timedelta(days=days_ago), UUID(int=chance.getrandbits(128))
        day = BUSINESS_DATE - timedelta(days=days_ago)
        tables.messages.append((
            message_id, "CHARGE", client_id, f"charge:{client_id}:{day}", status, "", "charge", 1, "Olá!", "0", "AAAA",
            SNAPSHOT, phone, day, at, 1, "", at, at if status in ("READ", "DELIVERED") else None,
        ))  # fmt: skip
    return client_id


def _add_loan(tables: _Tables, chance: random.Random, client_id: UUID, calendar: BusinessCalendar) -> int:
    step, count, oldest_days = chance.choice(PLANS)
    disbursed_on = BUSINESS_DATE - timedelta(days=chance.randrange(1, oldest_days))
    principal = Money(chance.randrange(50, 800) * 1000)
    terms = PlanTerms(
        principal=principal, plan=chance.choice(list(Plan)), step=step, count=count, rate_pct=Decimal("3.5"),
        first_due_date=disbursed_on + timedelta(days=30),
    )  # fmt: skip
    plan = build_plan(terms, calendar)
    contract = Contract(
        invoices=tuple(
            ContractInvoice(
                number=each.number, due_date=each.due_date, effective_due_date=each.effective_due_date,
                principal=each.principal, interest=each.interest, mora_base=each.original,
            )
            for each in plan
        ),
        late_fee_pct=LATE_FEE_PCT, mora_pct_month=MORA_PCT_MONTH,
    )  # fmt: skip
    payments = tuple(_payments(chance, plan, len(tables.payments)))
    position = replay(contract, payments, as_of=BUSINESS_DATE)
    request_id = UUID(int=chance.getrandbits(128))
    _write_request(tables, client_id, request_id, terms, disbursed_on, contract, plan, position)
    _write_money(tables, request_id, plan, payments, position)
    return count


def _payments(chance: random.Random, plan: Sequence[Instalment], registered: int) -> Iterator[PaymentFact]:
    """Yield what a borrower of some kind has paid by the business date; a late one pays the bare instalment."""
    payer = chance.choice(PAYERS)
    paid_count = {"never": 0, "stops": chance.randrange(len(plan) // 2)}.get(payer, len(plan))
    for instalment in plan[:paid_count]:
        delay = timedelta(days=chance.randrange(1, 25) if payer == "late" else 0)
        received_on = instalment.due_date + delay
        if received_on > BUSINESS_DATE:
            return
        cents = instalment.original.cents
        registered += 1
        yield PaymentFact(
            payment_id=UUID(int=chance.getrandbits(128)),
            received_on=received_on,
            sequence=registered,
            amount=Money(cents * 2 // 3 if payer == "part" else cents),
        )


def _write_request(
    tables: _Tables, client_id: UUID, request_id: UUID, terms: PlanTerms, disbursed_on: date, contract: Contract,
    plan: Sequence[Instalment], position: Position,
) -> None:  # fmt: skip
    rows = {each.number: SimpleNamespace(effective_due_date=each.effective_due_date) for each in plan}
    loaded = LoadedContract(request=None, invoice_rows=rows, contract=contract, payments=())
    aggregates = aggregate_columns(loaded, position, to_recover_cents=terms.principal.cents)
    status = RequestStatus.PAID if position.is_paid else RequestStatus.ACTIVE
    paid_on = max(each.paid_on for each in position.invoices if each.paid_on) if position.is_paid else None
    lent_at = datetime(disbursed_on.year, disbursed_on.month, disbursed_on.day, 15, tzinfo=UTC)
    tables.requests.append((
        request_id, len(tables.requests) + 1, client_id, status, terms.principal.cents, terms.plan, terms.step,
        terms.count, terms.rate_pct, terms.first_due_date, False, False, LATE_FEE_PCT, MORA_PCT_MONTH, "",
        disbursed_on, lent_at, disbursed_on, "", disbursed_on, lent_at, "PIX", paid_on, request_id,
        BUSINESS_DATE, BUSINESS_DATE, *(aggregates[name] for name in REQUEST_COLUMNS[26:35]), NOW,
    ))  # fmt: skip


def _write_money(
    tables: _Tables, request_id: UUID, plan: Sequence[Instalment], payments: Sequence[PaymentFact], position: Position
) -> None:
    first_id = len(tables.invoices) + 1
    for place, (instalment, invoice) in enumerate(zip(plan, position.invoices, strict=True)):
        columns = invoice_columns(invoice) | {
            "id": first_id + place, "request_id": request_id, "number": instalment.number,
            "due_date": instalment.due_date, "effective_due_date": instalment.effective_due_date,
            "principal_cents": instalment.principal.cents, "interest_cents": instalment.interest.cents,
            "original_cents": instalment.original.cents, "mora_base_cents": instalment.original.cents,
        }  # fmt: skip
        tables.invoices.append(tuple(columns[name] for name in INVOICE_COLUMNS))
    received = {payment.payment_id: payment for payment in payments}
    for payment in payments:
        day = payment.received_on
        tables.payments.append((
            payment.payment_id, payment.sequence, request_id, payment.amount.cents, "PIX", day, "", day,
            datetime(day.year, day.month, day.day, 9, tzinfo=UTC),
        ))  # fmt: skip
    for line in position.allocations:
        day, parts = received[line.payment_id].received_on, line.parts
        tables.allocations.append((
            len(tables.allocations) + 1, line.payment_id, first_id + line.invoice_number - 1, parts.mora.cents,
            parts.late_fee.cents, parts.interest.cents, parts.principal.cents, line.payment_id, day,
            datetime(day.year, day.month, day.day, 9, tzinfo=UTC),
        ))  # fmt: skip
