"""Cash in hand, for tests: a supervisor with clients, cash taken from them, handed in and counted."""

from uuid import UUID

from domain.money import Money
from domain.payments import PaymentMethod
from domain.permissions import Actor, Role
from loanapp.services import cash, payments
from loanapp.services._received import PaymentReceipt
from loanapp.services.cash import CashChecked, CheckCash, HandInCash, HandInReceipt
from loanapp.services.payments import RegisterPayment
from loanapp.services.requests import RequestReceipt
from tests.build.book import Book, a_day, a_person, an_id, assign_all, at

DAY = "2026-02-05"


def a_street(book: Book, loans: int = 2) -> tuple[Actor, list[RequestReceipt]]:
    """Return a supervisor, and loans of R$ 9.000,00 of as many assigned clients."""
    supervisor = a_person(Role.STREET_SUPERVISOR, "Rita Rua")
    made = [book.a_loan(principal="9.000,00") for _ in range(loans)]
    assign_all(supervisor)
    return supervisor, made


def take(
    actor: Actor, loan: RequestReceipt, cents: int, *, on: str = DAY, hour: int = 12, method: str = "CASH",
    payment_id: UUID | None = None,
) -> PaymentReceipt:  # fmt: skip
    """Register a payment, in cash unless told."""
    order = RegisterPayment(
        payment_id=payment_id or an_id(), request_id=loan.request_id, amount=Money(cents),
        method=PaymentMethod(method), received_on=a_day(on),
    )  # fmt: skip
    return payments.register_payment(actor, at(on, hour), order)


def hand_in(
    actor: Actor, cents: int, *, holder: Actor | None = None, on: str = DAY, hand_in_id: UUID | None = None
) -> HandInReceipt:
    """Hand in the actor's own cash unless told whose."""
    holder_id = (holder or actor).user_id
    assert holder_id is not None
    order = HandInCash(hand_in_id=hand_in_id or an_id(), holder_id=holder_id, expected=Money(cents))
    return cash.hand_in_cash(actor, at(on, 17), order)


def count(
    actor: Actor, handed_in: HandInReceipt, cents: int, *, expected: int | None = None, reason: str = "", on: str = DAY
) -> CashChecked:
    """Count a hand-in; it should hold what was handed in unless told."""
    order = CheckCash(
        hand_in_id=handed_in.hand_in_id,
        expected=handed_in.amount if expected is None else Money(expected),
        counted=Money(cents),
        reason=reason,
    )
    return cash.check_cash(actor, at(on, 18), order)
