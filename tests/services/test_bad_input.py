"""Each order that must not be carried out, by operation: it is refused with its reason, and nothing changed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.errors import DomainError, SeveralProblems
from domain.history import Component
from domain.money import Money, parse_brl
from domain.payments import PaymentMethod
from domain.renegotiations import Offer
from loanapp.services import credits as credits_
from loanapp.services import due_dates, payments, renegotiations, reversals, settlements, waivers
from loanapp.services._received import PaymentReceipt
from loanapp.services.requests import RequestReceipt
from tests.build.book import Book, a_day, an_id, at, everything, rows
from tests.services.test_renegotiations import accepted, an_offer, drafted

pytestmark = pytest.mark.usefixtures("database")

TODAY = "2026-03-12"
NOBODY = an_id()


@dataclass
class Scene:
    """A book on 12 March: `loan` owes 1.030,00 (30 days late), `other` is another client's, `paid` is settled.

    `credit` is a payment that left 50,00, `reversed_` one that was reversed.
    """

    book: Book
    loan: RequestReceipt
    other: RequestReceipt
    paid: RequestReceipt
    credit: PaymentReceipt
    reversed_: PaymentReceipt


@pytest.fixture
def scene() -> Scene:
    book = Book.opened()
    client_id = book.a_client()
    loan = book.a_loan(client_id, principal="1.000,00", first_due="2026-02-10")
    other = book.a_loan(principal="500,00", first_due="2026-02-10")
    paid = book.a_loan(client_id, principal="100,00", first_due="2026-04-10")
    reversed_ = book.pay(loan, "10,00", on="2026-02-02")
    book.reverse(reversed_, on="2026-02-03")
    return Scene(book, loan, other, paid, book.pay(paid, "150,00", on="2026-02-02"), reversed_)


def payment(scene: Scene, **changes: object) -> object:
    order = payments.RegisterPayment(
        payment_id=an_id(), request_id=scene.loan.request_id, amount=Money(1000), method=PaymentMethod.PIX,
        received_on=a_day(TODAY), note="Chegou antes",
    )  # fmt: skip
    return payments.register_payment(scene.book.manager, at(TODAY), replace(order, **changes))


def settlement(scene: Scene, **changes: object) -> object:
    order = settlements.SettleEarly(
        payment_id=an_id(), request_id=scene.loan.request_id, received_on=a_day(TODAY), method=PaymentMethod.PIX,
        expected_total=Money(103_000), note="Chegou antes",
    )  # fmt: skip
    return settlements.settle_early(scene.book.manager, at(TODAY), replace(order, **changes))


def waiver(scene: Scene, number: int = 1, component: Component = Component.MORA, cents: int = 100) -> object:
    order = waivers.Waive(
        waiver_id=an_id(), request_id=scene.loan.request_id, lines=((number, component, Money(cents)),), reason="x"
    )
    return waivers.waive(scene.book.admin, at(TODAY), order)


def move(scene: Scene, due: str, loan: RequestReceipt | None = None) -> object:
    return scene.book.move_due_date(loan or scene.loan, 1, due, on=TODAY)


def credit(scene: Scene, **changes: object) -> object:
    order = credits_.UseCredit(payment_id=an_id(), request_id=scene.loan.request_id, amount=Money(1000))
    return credits_.use_credit(scene.book.manager, at(TODAY), replace(order, **changes))


def refund(scene: Scene, **changes: object) -> object:
    order = credits_.RefundCredit(
        refund_id=an_id(), client_id=scene.book.client_of(scene.loan), amount=Money(1000), method=PaymentMethod.PIX,
        reason="A pedido",
    )  # fmt: skip
    return credits_.refund_credit(scene.book.manager, at(TODAY), replace(order, **changes))


def reversal(scene: Scene, **changes: object) -> object:
    order = reversals.ReversePayment(reversal_id=an_id(), payment_id=scene.reversed_.payment_id, reason="Engano")
    return reversals.reverse_payment(scene.book.manager, at(TODAY), replace(order, **changes))


def offer(scene: Scene, loan: RequestReceipt | None = None, **changes: object) -> object:
    return drafted(scene.book.manager, loan or scene.loan, replace(an_offer(on=TODAY), **changes), on=TODAY)


def with_terms(**changes: object) -> Offer:
    offered = an_offer(on=TODAY)
    return replace(offered, terms=replace(offered.terms, **changes))


Wrong = Callable[[Scene], object]
WRONG: dict[str, tuple[str, Wrong]] = {
    "a payment of nothing": ("payment.not_positive", lambda s: payment(s, amount=Money(0))),
    "a payment below zero": ("payment.not_positive", lambda s: payment(s, amount=Money(-1))),
    "a payment of more than ten times the debt": ("payment.above_debt", lambda s: payment(s, amount=Money(1_030_001))),
    "a payment of more than ten times a settled loan": (
        "payment.above_debt", lambda s: payment(s, request_id=s.paid.request_id, amount=Money(100_001)),
    ),
    "a payment of tomorrow": ("payment.in_future", lambda s: payment(s, received_on=a_day("2026-03-13"))),
    "a payment before the loan": (
        "payment.before_disbursement", lambda s: payment(s, received_on=a_day("2026-01-09")),
    ),
    "a payment by credit": (
        "payment.method_brings_no_money", lambda s: payment(s, method=PaymentMethod.CREDIT),
    ),
    "a payment of an earlier day without a reason": (
        "payment.backdate_needs_reason", lambda s: payment(s, received_on=a_day("2026-03-11"), note=" "),
    ),
    "a payment of no loan": ("request.not_found", lambda s: payment(s, request_id=NOBODY)),
    "a payment with the id of another": (
        "payment.id_taken", lambda s: payment(s, payment_id=s.credit.payment_id),
    ),
    "a settlement of tomorrow": ("payment.in_future", lambda s: settlement(s, received_on=a_day("2026-03-13"))),
    "a settlement before the loan": (
        "payment.before_disbursement", lambda s: settlement(s, received_on=a_day("2026-01-09")),
    ),
    "a settlement for another total": ("settlement.changed", lambda s: settlement(s, expected_total=Money(102_999))),
    "a settlement of an invoice that is not the loan's": (
        "settlement.invoice_not_open", lambda s: settlement(s, chosen=(2,)),
    ),
    "a settlement of a settled loan": (
        "request.takes_no_payment", lambda s: settlement(s, request_id=s.paid.request_id),
    ),
    "a waiver of nothing": ("waiver.of_nothing", lambda s: waiver(s, cents=0)),
    "a waiver below zero": ("waiver.of_nothing", lambda s: waiver(s, cents=-1)),
    "a waiver of more than is open": ("waiver.above_open", lambda s: waiver(s, cents=1001)),
    "a waiver of principal": ("waiver.not_of_charge", lambda s: waiver(s, component=Component.PRINCIPAL)),
    "a waiver on an invoice that is not the loan's": ("waiver.of_nothing", lambda s: waiver(s, number=7)),
    "a due date before the loan": ("invoice.due_date_impossible", lambda s: move(s, "2026-01-10")),
    "a due date more than a year ahead": ("invoice.due_date_impossible", lambda s: move(s, "2027-03-14")),
    "the due date that it has": ("invoice.due_date_impossible", lambda s: move(s, "2026-02-10")),
    "a due date of a settled loan": ("request.takes_no_payment", lambda s: move(s, "2026-05-10", s.paid)),
    "no credit": ("payment.not_positive", lambda s: credit(s, amount=Money(0))),
    "credit below zero": ("payment.not_positive", lambda s: credit(s, amount=Money(-1))),
    "more credit than there is": ("credit.not_enough", lambda s: credit(s, amount=Money(5001))),
    "more credit than is owed": ("credit.above_open", lambda s: credit(s, amount=Money(103_001))),
    "credit for a settled loan": ("request.takes_no_payment", lambda s: credit(s, request_id=s.paid.request_id)),
    "another client's credit": ("credit.not_enough", lambda s: credit(s, request_id=s.other.request_id)),
    "a refund of nothing": ("payment.not_positive", lambda s: refund(s, amount=Money(0))),
    "a refund of more than there is": ("credit.not_enough", lambda s: refund(s, amount=Money(5001))),
    "a refund by boleto": ("refund.method_pays_nothing", lambda s: refund(s, method=PaymentMethod.BOLETO)),
    "a reversed payment reversed again": ("reversal.already", reversal),
    "a reversal without a reason": (
        "text.missing", lambda s: reversal(s, payment_id=s.credit.payment_id, reason=" "),
    ),
    "a reversal of no payment": ("payment.not_found", lambda s: reversal(s, payment_id=NOBODY)),
    "an offer of yesterday's debt": (
        "renegotiation.not_of_today", lambda s: drafted(s.book.manager, s.loan, an_offer(on="2026-03-11"), on=TODAY),
    ),
    "an offer over a settled loan": ("request.moved", lambda s: offer(s, s.paid)),
    "a discount above the whole": (
        "renegotiation.discount_out_of_range", lambda s: offer(s, mora_discount_pct=Decimal("100.01")),
    ),
    "a discount below zero": (
        "renegotiation.discount_out_of_range", lambda s: offer(s, original_discount_pct=Decimal(-1)),
    ),
    "an offer of nothing": (
        "renegotiation.nothing_owed",
        lambda s: offer(
            s, mora_discount_pct=Decimal(100), late_fee_discount_pct=Decimal(100), original_discount_pct=Decimal(100)
        ),
    ),
    "a down payment of everything": (
        "renegotiation.down_payment_out_of_range", lambda s: offer(s, down_payment=Money(103_000)),
    ),
    "a down payment below zero": (
        "renegotiation.down_payment_out_of_range", lambda s: offer(s, down_payment=Money(-1)),
    ),
    "an offer that ends tomorrow": (
        "renegotiation.validity_too_short", lambda s: offer(s, valid_through=a_day(TODAY) + timedelta(days=1)),
    ),
    "a first instalment before the offer": (
        "renegotiation.first_due_date_too_early",
        lambda s: drafted(s.book.manager, s.loan, with_terms(first_due_date=a_day("2026-03-11")), on=TODAY),
    ),
    "no instalments": (
        "plan.count_out_of_range", lambda s: drafted(s.book.manager, s.loan, with_terms(count=0), on=TODAY),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("code", "wrong"), WRONG.values(), ids=WRONG)
def test_it_is_refused_with_its_reason_and_nothing_changed(scene: Scene, code: str, wrong: Wrong) -> None:
    assert scene.book.admin.user_id
    before = everything()

    with pytest.raises(DomainError) as refusal:
        wrong(scene)

    told = refusal.value
    codes = [each.code for each in told.problems] if isinstance(told, SeveralProblems) else [told.code]
    assert codes == [code]
    assert everything() == before


def test_an_offers_id_is_not_taken_to_another_clients_loan(scene: Scene) -> None:
    mine = drafted(scene.book.manager, scene.loan, on=TODAY)
    before = everything()
    order = renegotiations.DraftOffer(
        renegotiation_id=mine.renegotiation_id, request_id=scene.other.request_id, offer=an_offer(on=TODAY)
    )

    with pytest.raises(renegotiations.RenegotiationIdTaken):
        renegotiations.draft_offer(scene.book.manager, at(TODAY), order)

    assert everything() == before


def test_a_stale_offer_is_refused(scene: Scene) -> None:
    mine = drafted(scene.book.manager, scene.loan, on=TODAY)
    scene.book.pay(scene.loan, "1,00", on=TODAY)
    before = everything()

    with pytest.raises(DomainError) as refusal:
        accepted(scene.book.manager, mine, on=TODAY)

    assert refusal.value.code == "renegotiation.debt_changed"
    assert everything() == before


def test_an_invoice_id_of_nobody_moves_nothing(scene: Scene) -> None:
    before = everything()
    order = due_dates.ChangeDueDate(change_id=an_id(), invoice_id=0, due_date=a_day("2026-05-10"), reason="x")

    with pytest.raises(DomainError):
        due_dates.change_due_date(scene.book.manager, at(TODAY), order)

    assert everything() == before


def test_money_for_a_settled_loan_that_did_arrive_becomes_credit(scene: Scene) -> None:
    payment(scene, request_id=scene.paid.request_id, amount=Money(2000))

    paid = rows("SELECT status, credit_cents FROM requests WHERE id = :id", id=scene.paid.request_id)
    assert paid == [("PAID", 7000)]


@pytest.mark.parametrize("text", ["10,001", "0,005", "R$ 10,001", "10.0001", "1e3", "10,0a", "-5,00"])
def test_an_amount_with_three_decimals_or_a_sign_is_no_amount(text: str) -> None:
    with pytest.raises(DomainError):
        parse_brl(text)
