"""What users read: every refusal has a text that can be written, every state a badge."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import domain
import loanapp.queries
import loanapp.services
from domain.clients import ClientStatus
from domain.cycles import RunStatus
from domain.errors import DomainError
from domain.invoices import InvoiceStatus
from domain.messages import MessageStatus
from domain.money import Money
from domain.renegotiations import RenegotiationStatus
from domain.requests import RequestStatus
from loanapp.bridge import Outcome, Problem
from loanapp.components.badges import LOOKS, invoice_look, word_of
from loanapp.components.feedback import field_errors
from loanapp.components.formats import brl_text, counted, date_text, percent_text, weekday_text
from loanapp.components.texts import TEXTS, text_of

PROJECT = Path(__file__).parents[2]


def _refusals(root: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for package in (domain, loanapp.services, loanapp.queries):
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")
    for refusal in root.__subclasses__():
        yield refusal
        yield from _refusals(refusal)


def test_every_refusal_has_a_text() -> None:
    assert {refusal.code for refusal in _refusals()} - set(TEXTS) == set()


def test_no_two_refusals_share_a_code() -> None:
    refusals = set(_refusals())

    assert len({refusal.code for refusal in refusals}) == len(refusals)


def test_every_icon_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (PROJECT / "assets/icons.svg").read_text()))
    code = "".join(path.read_text() for path in (PROJECT / "loanapp").rglob("*.py"))

    assert {look["icon"] for looks in LOOKS.values() for look in looks.values()} - sprite == set()
    assert set(re.findall(r'(?:glyph\(|icon=)"([\w-]+)"', code)) - sprite == set()


@pytest.mark.parametrize(
    ("kind", "states"),
    [
        ("request", RequestStatus),
        ("invoice", InvoiceStatus),
        ("message", MessageStatus),
        ("renegotiation", RenegotiationStatus),
        ("run", RunStatus),
    ],
)
def test_every_stored_state_has_a_badge(kind: str, states: type) -> None:
    assert {str(state) for state in states} - set(LOOKS[kind]) == set()


def test_a_client_has_a_badge_only_when_blocked() -> None:
    assert set(LOOKS["client"]) == {ClientStatus.BLOCKED.value}
    assert word_of("client", "BLOCKED") == "Bloqueado"


@pytest.mark.parametrize(
    ("status", "is_due_today", "is_part_paid", "days_overdue", "expected"),
    [
        ("OPEN", False, False, 0, ("OPEN", "")),
        ("OPEN", True, True, 0, ("DUE_TODAY", "")),
        ("OPEN", False, True, 0, ("PART_PAID", "")),
        ("OPEN", False, True, 3, ("UNPAID", "3 d")),
        ("UNPAID", False, True, 12, ("UNPAID", "12 d")),
        ("PAID", False, False, 0, ("PAID", "")),
    ],
)
def test_an_invoice_shows_its_most_urgent_fact(
    status: str, *, is_due_today: bool, is_part_paid: bool, days_overdue: int, expected: tuple[str, str]
) -> None:
    look = invoice_look(status, is_due_today=is_due_today, is_part_paid=is_part_paid, days_overdue=days_overdue)

    assert look == expected


def test_values_are_written_as_brazilians_write_them() -> None:
    assert (
        text_of("request.above_limit", {"limit_cents": 5_000_000})
        == "Acima de R$\xa050.000,00 só um administrador aprova."
    )
    assert text_of("payment.in_future", {"today": date(2025, 7, 22)}).endswith("(22/07/2025).")
    assert text_of("plan.principal_too_large", {"limit": Money(123_456)}) == "Informe um valor de até R$\xa01.234,56."
    assert text_of("rates.mora_above_person_limit", {"limit": Decimal(1)}).startswith("Mora acima de 1% ao mês")
    assert (brl_text(-5000), brl_text(None)) == ("\N{MINUS SIGN}R$\xa050,00", "—")
    assert (date_text(date(2025, 7, 2)), date_text(None)) == ("02/07/2025", "—")
    assert weekday_text(date(2025, 7, 22)) == "22/07/2025 (ter)"
    assert (counted(1, "parcela", "parcelas"), counted(1200, "parcela", "parcelas")) == ("1 parcela", "1.200 parcelas")
    assert (percent_text(Decimal("4.5")), percent_text(Decimal("0.123456"))) == ("4,50%", "0,123456%")


def test_problems_stand_at_their_fields_and_a_fault_names_its_code() -> None:
    outcome: Outcome[None] = Outcome(problems=(Problem("money.missing", "amount"), Problem("conflict")))

    assert field_errors(outcome) == {
        "amount": "Informe o valor.",
        "": "O registro mudou enquanto isso. Confira e tente de novo.",
    }
    assert "Código: 7F3A." in field_errors(Outcome(reference="7F3A"))[""]
