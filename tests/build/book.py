"""A book for tests, made through the use cases: people, a company, clients, requests, invoices and payments.

Ids follow from counters, dates are ISO text, amounts are reais as people write them.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import count
from uuid import UUID, uuid5

from sqlalchemy import text

from domain.calendar import Step
from domain.cycles import Cycle, is_due_on
from domain.guarantors import GuarantorTyped
from domain.history import Component
from domain.instalments import Plan
from domain.money import parse_brl
from domain.payments import PaymentMethod
from domain.permissions import SYSTEM, Actor, Role
from loanapp import clock
from loanapp.clock import Moment
from loanapp.models.auth import User
from loanapp.models.base import Session
from loanapp.services import (
    _runner,
    approvals,
    assignments,
    clients,
    company,
    cycles,
    due_dates,
    payments,
    requests,
    reversals,
    settlements,
    waivers,
)
from loanapp.services import credits as credits_
from loanapp.services._received import PaymentReceipt
from loanapp.services.credits import RefundReceipt
from loanapp.services.due_dates import DueDateChanged
from loanapp.services.requests import RequestReceipt
from loanapp.services.reversals import ReversalReceipt
from loanapp.services.waivers import WaiverReceipt

NAMESPACE = UUID("00000000-0000-0000-0000-00000000b00c")
_numbers = count(1)


def an_id() -> UUID:
    """Return an id that no other call of this run returned."""
    return uuid5(NAMESPACE, str(next(_numbers)))


def a_day(written: str) -> date:
    """Return the date of an ISO text."""
    return date.fromisoformat(written)


def at(day: str | date, hour: int = 12) -> Moment:
    """Return the moment of an hour in São Paulo on a business date."""
    return clock.on(a_day(day) if isinstance(day, str) else day, hour)


def a_person(role: Role, name: str = "Ana Souza") -> Actor:
    """Return an actor with a user row behind it."""
    user_id = an_id()
    with Session.begin() as session:
        session.add(
            User(
                id=user_id,
                email=f"{user_id}@teste.local",
                name=name,
                password_hash="!",
                role=role,
                is_active=True,
                created_at=at("2026-01-01").now,
            )
        )
    return Actor.of(role, name=name, user_id=user_id)


def a_company(late_fee_pct: str = "2", mora_pct_month: str = "1") -> None:
    """Write the lender's settings."""
    company.change_company(
        SYSTEM,
        at("2026-01-01"),
        company.ChangeCompany(
            name="Financeira Teste",
            tax_id="11.222.333/0001-81",
            address="Rua das Flores, 100, São Paulo",
            support_channel="(11) 4000-1000",
            support_hours="das 9h às 18h",
        ),
    )
    charges = company.ChangeCharges(
        late_fee_pct=Decimal(late_fee_pct), mora_pct_month=Decimal(mora_pct_month), reason="Taxas do teste"
    )
    company.change_charges(SYSTEM, at("2026-01-01"), charges)


def a_pix_key(key: str = "pix@financeira.com.br", city: str = "São Paulo") -> None:
    """Give the lender a key, on which it receives Pix."""
    company.change_pix(SYSTEM, at("2026-01-01"), company.ChangePix(pix_key=key, pix_city=city))


def a_cpf(number: int) -> str:
    """Return the valid CPF whose first nine digits are the number."""
    digits = [int(digit) for digit in f"{number:09d}"]
    for _ in range(2):
        rest = sum(weight * digit for weight, digit in zip(range(len(digits) + 1, 1, -1), digits, strict=True)) % 11
        digits.append(0 if rest < 2 else 11 - rest)
    return "".join(map(str, digits))


@dataclass
class Book:
    """Two managers, the company, and what the test makes with them."""

    manager: Actor
    approver: Actor

    @classmethod
    def opened(cls, **rates: str) -> "Book":
        """Open an empty book in the test's database."""
        a_company(**rates)
        return cls(
            manager=a_person(Role.LOAN_MANAGEMENT, "Ana Souza"),
            approver=a_person(Role.LOAN_MANAGEMENT, "João Reis"),
        )

    @cached_property
    def admin(self) -> Actor:
        """Give an administrator, who has no limits, made when first asked for."""
        return a_person(Role.SUPER_ADMIN, "Ada Lopes")

    def a_client(self, name: str = "Maria das Dores Silva", *, on: str = "2026-01-02", **contact: object) -> UUID:
        """Register a client with a CPF of its own and a mobile in São Paulo."""
        number = next(_numbers)
        command = clients.RegisterClient(
            client_id=an_id(),
            tax_id=a_cpf(100_000_000 + number),
            name=name,
            contact=clients.Contact(**{"phone": f"(11) 9{80000000 + number}", "state": "SP", **contact}),
        )
        return clients.register(self.manager, at(on), command).client_id

    def client_of(self, loan: RequestReceipt) -> UUID:
        """Return whose loan it is."""
        ((client_id,),) = rows("SELECT client_id FROM requests WHERE id = :id", id=loan.request_id)
        return UUID(str(client_id))

    def a_request(
        self,
        client_id: UUID | None = None,
        *,
        principal: str = "1.000,00",
        rate_pct: str = "0",
        count: int = 1,
        plan: Plan = Plan.FLAT,
        step: Step = Step.MONTHLY,
        first_due: str = "2026-02-10",
        on: str = "2026-01-10",
        guarantor: GuarantorTyped | None = None,
    ) -> RequestReceipt:
        """Ask for a loan."""
        command = requests.OpenRequest(
            request_id=an_id(),
            client_id=client_id or self.a_client(on=on),
            principal=parse_brl(principal),
            plan=plan,
            step=step,
            instalment_count=count,
            rate_pct=Decimal(rate_pct),
            first_due_date=a_day(first_due),
            guarantor=guarantor,
        )
        return requests.open_request(self.manager, at(on), command)

    def a_loan(self, client_id: UUID | None = None, *, on: str = "2026-01-10", **terms: object) -> RequestReceipt:
        """Ask for, approve and disburse a loan on one day."""
        asked = self.a_request(client_id, on=on, **terms)
        requests.approve(self.approver, at(on), requests.ApproveRequest(request_id=asked.request_id))
        command = requests.DisburseRequest(
            request_id=asked.request_id, method=PaymentMethod.PIX, disbursed_on=a_day(on)
        )
        return requests.disburse(self.manager, at(on), command)

    def pay(
        self, loan: RequestReceipt, amount: str, *, on: str, received: str | None = None, payment_id: UUID | None = None
    ) -> PaymentReceipt:
        """Register a payment on a day, received that day unless told."""
        command = payments.RegisterPayment(
            payment_id=payment_id or an_id(),
            request_id=loan.request_id,
            amount=parse_brl(amount),
            method=PaymentMethod.PIX,
            received_on=a_day(received or on),
            note="Comprovante chegou depois" if received else "",
        )
        return payments.register_payment(self.manager, at(on), command)

    def reverse(self, payment: PaymentReceipt, *, on: str, actor: Actor | None = None) -> ReversalReceipt:
        """Reverse a payment on a day."""
        order = reversals.ReversePayment(
            reversal_id=an_id(), payment_id=payment.payment_id, reason="Transferência devolvida"
        )
        return reversals.reverse_payment(actor or self.manager, at(on), order)

    def waive(
        self, loan: RequestReceipt, *lines: tuple[int, Component, str], on: str, actor: Actor | None = None
    ) -> WaiverReceipt:
        """Waive charges on a day, as an administrator unless told: without a limit."""
        order = waivers.Waive(
            waiver_id=an_id(),
            request_id=loan.request_id,
            lines=tuple((number, component, parse_brl(amount)) for number, component, amount in lines),
            reason="Acordo com o cliente",
        )
        return waivers.waive(actor or self.admin, at(on), order)

    def use_credit(self, loan: RequestReceipt, amount: str, *, on: str) -> PaymentReceipt:
        """Pay with the client's credit on a day."""
        order = credits_.UseCredit(payment_id=an_id(), request_id=loan.request_id, amount=parse_brl(amount))
        return credits_.use_credit(self.manager, at(on), order)

    def refund(self, client_id: UUID, amount: str, *, on: str) -> RefundReceipt:
        """Pay credit back on a day."""
        order = credits_.RefundCredit(
            refund_id=an_id(),
            client_id=client_id,
            amount=parse_brl(amount),
            method=PaymentMethod.PIX,
            reason="A pedido",
        )
        return credits_.refund_credit(self.manager, at(on), order)

    def move_due_date(
        self, loan: RequestReceipt, number: int, due: str, *, on: str, actor: Actor | None = None
    ) -> DueDateChanged:
        """Move an invoice's due date on a day, as an administrator unless told: without a limit."""
        ((invoice_id,),) = rows(
            "SELECT id FROM invoices WHERE request_id = :id AND number = :number", id=loan.request_id, number=number
        )
        order = due_dates.ChangeDueDate(
            change_id=an_id(), invoice_id=invoice_id, due_date=a_day(due), reason="Recebe no dia 5"
        )
        return due_dates.change_due_date(actor or self.admin, at(on), order)

    def settle_early(
        self, loan: RequestReceipt, amount: str, *, on: str, chosen: tuple[int, ...] | None = None
    ) -> PaymentReceipt:
        """Settle invoices early on a day, all unless told, for the total that was shown."""
        order = settlements.SettleEarly(
            payment_id=an_id(),
            request_id=loan.request_id,
            received_on=a_day(on),
            method=PaymentMethod.PIX,
            expected_total=parse_brl(amount),
            chosen=chosen,
        )
        return settlements.settle_early(self.manager, at(on), order)

    def write_off(self, loan: RequestReceipt, *, on: str) -> None:
        """Write a loan off on a day, as an administrator: without a limit."""
        order = approvals.MarkLost(request_id=loan.request_id, approval_id=an_id(), reason="Mudou de cidade")
        approvals.mark_lost(self.admin, at(on), order)


def assign(client_id: UUID, supervisor: Actor, *, on: str = "2026-01-10") -> None:
    """Give a client to a street supervisor."""
    admin = a_person(Role.SUPER_ADMIN, "Caio Lima")
    order = assignments.AssignSupervisor(client_ids=(client_id,), supervisor_id=supervisor.user_id)
    assignments.assign_supervisor(admin, at(on), order)


def assign_all(supervisor: Actor) -> None:
    """Give all clients to a street supervisor."""
    for (client_id,) in rows("SELECT id FROM clients"):
        assert isinstance(client_id, UUID)
        assign(client_id, supervisor)


def run_cycles(day: str, *names: Cycle) -> None:
    """Run the cycles of one business date at 07:00, those due that day unless told."""
    for name in names or tuple(cycle for cycle in Cycle if is_due_on(cycle, a_day(day))):
        order = cycles.OpenRun(cycle=name, business_date=a_day(day), origin="terminal")
        _runner.run_or_replay(SYSTEM, lambda: at(day, 7), order)


def rows(statement: str, **parameters: object) -> list[tuple[object, ...]]:
    """Return what a statement selects, as plain tuples."""
    with Session() as session:
        return [tuple(row) for row in session.execute(text(statement), parameters)]


def everything() -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table, to show that a refusal changed nothing."""
    names = rows("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
    return {str(name): sorted(map(repr, rows(f"SELECT * FROM {name}"))) for (name,) in names}  # noqa: S608
