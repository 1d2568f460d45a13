"""Proposals and calculations by WhatsApp: queued once, within the limits, looked at again before they leave."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import pytest

from domain.calendar import Step
from domain.delivery import Refused
from domain.errors import DomainError
from domain.explanations import CalculationBeforeDisbursement
from domain.instalments import Plan, PlanTerms
from domain.messages import (
    CalculationNothingOpen,
    MessageNotResendable,
    MessageNumberFlagged,
    MessageOptedOut,
    MessageOutsideHours,
    MessageSentToday,
    MessageTooFrequent,
)
from domain.money import Money, parse_brl
from domain.permissions import Actor, PermissionMissing, Role
from domain.pix import PixReceiver, copy_and_paste
from domain.renegotiations import (
    Offer,
    OfferDebtChanged,
    OfferExpired,
    OfferNotApproved,
    RenegotiationMoveRefused,
    RenegotiationNotFound,
)
from domain.requests import RequestNotFound
from domain.templates import TemplateIncomplete
from loanapp.clock import Moment
from loanapp.services import messages, one_off_texts, renegotiations
from loanapp.services._texts import QueuedText
from loanapp.services.one_off_texts import SendCalculation, SendProposal
from loanapp.services.renegotiations import AcceptOffer, DecideOffer, DraftOffer
from loanapp.services.requests import RequestReceipt
from tests.build.book import Book, a_day, a_person, a_pix_key, an_id, at, everything, rows, run_cycles
from tests.build.texts import change_rows, claim, claimed, settle

pytestmark = pytest.mark.usefixtures("database")

# A Thursday on which the invoice of 1.000,00, due on 10 February, is 30 days late: fee 20,00, mora 10,00.
OFFERED = "2026-03-12"
MORNING = at(OFFERED, 10)
STATES = "SELECT kind, status, reason FROM messages ORDER BY created_at"


@dataclass
class Debt:
    """A book with one overdue loan of a client who may be reached."""

    book: Book
    loan: RequestReceipt

    def offer(self, *, actor: Actor | None = None, **discounts: Decimal) -> UUID:
        """Draft an offer of two instalments, good until 20 March."""
        terms = PlanTerms(
            principal=Money.ZERO, plan=Plan.FLAT, step=Step.MONTHLY, count=2, rate_pct=Decimal(0),
            first_due_date=a_day("2026-04-13"),
        )  # fmt: skip
        offer = Offer(offered_on=a_day(OFFERED), valid_through=a_day("2026-03-20"), terms=terms, **discounts)
        order = DraftOffer(renegotiation_id=an_id(), request_id=self.loan.request_id, offer=offer)
        return renegotiations.draft_offer(actor or self.book.manager, MORNING, order).renegotiation_id

    def propose(self, offer_id: UUID, *, moment: Moment = MORNING, message_id: UUID | None = None) -> QueuedText:
        order = SendProposal(offer_id=offer_id, message_id=message_id or an_id())
        return one_off_texts.send_proposal(self.book.manager, moment, order)

    def explain(
        self, *, as_of: str = OFFERED, invoice_number: int | None = None, moment: Moment = MORNING
    ) -> QueuedText:
        order = SendCalculation(
            request_id=self.loan.request_id, invoice_number=invoice_number, as_of=a_day(as_of), message_id=an_id()
        )
        return one_off_texts.send_calculation(self.book.manager, moment, order)


@pytest.fixture
def debt() -> Debt:
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00")
    run_cycles(OFFERED)
    change_rows("UPDATE messages SET status = 'CANCELLED' WHERE status = 'QUEUED'")
    change_rows("UPDATE messages SET business_date = business_date - 30")
    return Debt(book, loan)


def refused(attempt: Callable[[], object], error: type[DomainError]) -> None:
    """Assert that the attempt is refused and changed nothing."""
    before = everything()
    with pytest.raises(error):
        attempt()
    assert everything() == before


def one_off_rows(columns: str) -> list[tuple[object, ...]]:
    return rows(f"SELECT {columns} FROM messages WHERE kind <> 'CHARGE' ORDER BY created_at")  # noqa: S608 - own words.


def test_sending_a_draft_proposes_it_and_queues_its_text(debt: Debt) -> None:
    offer_id = debt.offer()

    queued = debt.propose(offer_id)

    assert queued.available_at == MORNING.now
    assert rows("SELECT status FROM renegotiations") == [("PROPOSED",)]
    assert one_off_rows("id, kind, status, template, template_version, snapshot->>'total_cents'") == [
        (queued.message_id, "PROPOSAL", "QUEUED", "PROPOSAL", 1, "103000")
    ]
    ((body,),) = one_off_rows("body")
    assert "original R$ 1.000,00 + multa R$ 20,00 + juros de mora R$ 10,00 = R$ 1.030,00." in str(body)
    assert "• 2 x R$ 515,00, primeiro vencimento em 13/04/2026\nTotal a pagar: R$ 1.030,00." in str(body)
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'renegotiation.proposed'") == [(1,)]


def test_the_same_order_twice_is_one_text(debt: Debt) -> None:
    offer_id, message_id = debt.offer(), an_id()
    first = debt.propose(offer_id, message_id=message_id)
    before = everything()

    assert debt.propose(offer_id, message_id=message_id) == first
    assert everything() == before


def test_the_same_offer_goes_once_a_day_and_another_one_goes_too(debt: Debt) -> None:
    offer_id = debt.offer()
    debt.propose(offer_id)

    refused(lambda: debt.propose(offer_id), MessageSentToday)
    debt.propose(debt.offer())

    assert len(one_off_rows("id")) == 2


def test_a_fourth_answer_in_seven_days_is_refused_and_goes_a_week_later(debt: Debt) -> None:
    debt.explain()
    debt.explain(as_of="2026-03-13")
    debt.propose(debt.offer())

    refused(lambda: debt.explain(as_of="2026-03-14"), MessageTooFrequent)
    refused(lambda: debt.explain(as_of="2026-03-18", moment=at("2026-03-18", 10)), MessageTooFrequent)
    debt.explain(as_of="2026-03-19", moment=at("2026-03-19", 10))


def test_what_a_person_answered_counts_for_the_reminders_of_the_week() -> None:
    book = Book.opened()
    debt = Debt(book, book.a_loan(principal="1.000,00", first_due="2026-03-11"))
    for day in ("2026-03-12", "2026-03-13", "2026-03-14"):
        debt.explain(as_of=day)
    change_rows("UPDATE messages SET status = 'SENT', sent_at = now()")

    run_cycles("2026-03-13")

    assert rows("SELECT status, reason FROM messages WHERE kind = 'CHARGE'") == [("WITHHELD", "FREQUENCY")]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ("UPDATE clients SET accepts_messages = false", MessageOptedOut),
        ("UPDATE clients SET phone_flag = 'WRONG_NUMBER'", MessageNumberFlagged),
        ("UPDATE company_settings SET support_channel = ' '", TemplateIncomplete),
    ],
)
def test_who_may_not_be_reached_and_what_can_not_be_written_is_refused(
    debt: Debt, change: str, error: type[DomainError]
) -> None:
    offer_id = debt.offer()
    change_rows(change)

    refused(lambda: debt.propose(offer_id), error)
    refused(debt.explain, error)


def test_nothing_is_queued_after_the_lawful_hours(debt: Debt) -> None:
    offer_id = debt.offer()

    refused(lambda: debt.propose(offer_id, moment=at(OFFERED, 21)), MessageOutsideHours)
    refused(lambda: debt.explain(moment=at(OFFERED, 21)), MessageOutsideHours)


def test_before_the_window_opens_the_text_waits_for_it(debt: Debt) -> None:
    assert debt.explain(moment=at(OFFERED, 7)).available_at == at(OFFERED, 8).now


def test_an_offer_that_does_not_stand_is_not_proposed(debt: Debt) -> None:
    stale, rejected = debt.offer(), debt.offer()
    analyst = a_person(Role.RENEGOTIATION_ANALYST)
    large = debt.offer(actor=analyst, mora_discount_pct=Decimal(80))
    renegotiations.reject(debt.book.manager, MORNING, DecideOffer(renegotiation_id=rejected, reason="Não quis"))

    refused(lambda: debt.propose(large), OfferNotApproved)
    refused(lambda: debt.propose(rejected), RenegotiationMoveRefused)
    refused(lambda: debt.propose(an_id()), RenegotiationNotFound)
    refused(lambda: debt.propose(stale, moment=at("2026-03-23", 10)), OfferExpired)
    debt.book.pay(debt.loan, "100,00", on="2026-03-13")
    refused(lambda: debt.propose(stale, moment=at("2026-03-13", 11)), OfferDebtChanged)


def test_a_supervisor_sends_neither(debt: Debt) -> None:
    offer_id, supervisor = debt.offer(), a_person(Role.STREET_SUPERVISOR)
    proposal = SendProposal(offer_id=offer_id, message_id=an_id())
    calculation = SendCalculation(
        request_id=debt.loan.request_id, invoice_number=1, as_of=a_day(OFFERED), message_id=an_id()
    )

    refused(lambda: one_off_texts.send_proposal(supervisor, MORNING, proposal), PermissionMissing)
    refused(lambda: one_off_texts.send_calculation(supervisor, MORNING, calculation), PermissionMissing)


def test_a_proposal_whose_offer_was_accepted_meanwhile_does_not_leave(debt: Debt) -> None:
    offer_id = debt.offer()
    debt.propose(offer_id)
    order = AcceptOffer(renegotiation_id=offer_id, new_request_id=an_id())
    renegotiations.accept(debt.book.manager, MORNING, order)

    claim(MORNING)

    assert one_off_rows("status, reason") == [("WITHHELD", "OFFER_CLOSED")]


def test_a_proposal_whose_debt_changed_meanwhile_does_not_leave(debt: Debt) -> None:
    debt.propose(debt.offer())
    debt.book.pay(debt.loan, "100,00", on=OFFERED)

    claim(at(OFFERED, 14))

    assert ("WITHHELD", "OFFER_CLOSED") in one_off_rows("status, reason")


def test_a_proposal_waits_for_the_next_lawful_day(debt: Debt) -> None:
    debt.propose(debt.offer())

    # Sunday: no text may reach anybody.
    claim(at("2026-03-15", 10))

    assert one_off_rows("status, available_at") == [("QUEUED", at("2026-03-16", 8).now)]


def test_a_calculation_carries_todays_total_and_its_pix(debt: Debt) -> None:
    a_pix_key()

    debt.explain(invoice_number=1)

    ((body,),) = one_off_rows("body")
    receiver = PixReceiver(key="pix@financeira.com.br", name="Financeira Teste", city="São Paulo")
    assert "Mora 1,00% ao mês ÷ 30 × 30 dias sobre R$ 1.000,00: R$ 10,00\nTotal em 12/03/2026: R$ 1.030,00" in str(body)  # noqa: RUF001
    assert str(body).endswith(copy_and_paste(receiver, parse_brl("1.030,00"), reference=f"E{debt.loan.number}P1"))


def test_a_calculation_of_another_day_counts_as_of_it_and_carries_no_pix(debt: Debt) -> None:
    a_pix_key()

    debt.explain(as_of="2026-03-17")

    ((body,),) = one_off_rows("body")
    assert "Total em 17/03/2026: R$ 1.031,67" in str(body)
    assert "Pix" not in str(body)


def test_a_calculation_is_refused_where_there_is_nothing_to_explain(debt: Debt) -> None:
    asked = debt.book.a_request()
    nothing_lent = Debt(debt.book, asked)

    refused(nothing_lent.explain, RequestNotFound)
    refused(lambda: debt.explain(as_of="2026-01-09"), CalculationBeforeDisbursement)
    refused(lambda: debt.explain(invoice_number=9), CalculationNothingOpen)
    debt.book.pay(debt.loan, "1.030,00", on=OFFERED)
    refused(lambda: debt.explain(moment=at(OFFERED, 13)), CalculationNothingOpen)


def test_a_calculation_is_written_anew_when_money_came_meanwhile(debt: Debt) -> None:
    debt.explain()
    debt.book.pay(debt.loan, "100,00", on=OFFERED)
    change_rows("UPDATE messages SET status = 'CANCELLED' WHERE kind = 'RECEIPT'")

    text = claimed(at(OFFERED, 14))

    assert "Pago: -R$ 100,00\nTotal em 12/03/2026: R$ 930,00" in text.body
    assert rows("SELECT snapshot->>'total_cents' FROM messages WHERE kind = 'CALCULATION'") == [("93000",)]


@pytest.mark.parametrize(
    ("paid", "moment", "reason"), [("1.030,00", at(OFFERED, 14), "PAID"), ("", at("2026-03-13", 10), "STALE")]
)
def test_a_calculation_that_is_paid_or_of_yesterday_does_not_leave(
    debt: Debt, paid: str, moment: Moment, reason: str
) -> None:
    debt.explain()
    if paid:
        debt.book.pay(debt.loan, paid, on=OFFERED)
    change_rows("UPDATE messages SET status = 'CANCELLED' WHERE kind = 'RECEIPT'")

    claim(moment)

    assert rows("SELECT status, reason FROM messages WHERE kind = 'CALCULATION'") == [("WITHHELD", reason)]


@pytest.mark.parametrize("send", [lambda debt: debt.propose(debt.offer()), Debt.explain])
def test_what_failed_is_written_anew_and_sent_again(debt: Debt, send: Callable[[Debt], QueuedText]) -> None:
    queued = send(debt)
    refused(lambda: send_again(debt, queued.message_id), MessageNotResendable)
    settle(claimed(MORNING), Refused(detail="400"), MORNING)

    again = send_again(debt, queued.message_id)

    assert one_off_rows("id, status") == [(queued.message_id, "FAILED"), (again.message_id, "QUEUED")]


def test_a_proposal_that_failed_is_not_sent_again_when_its_offer_is_closed(debt: Debt) -> None:
    offer_id = debt.offer()
    queued = debt.propose(offer_id)
    settle(claimed(MORNING), Refused(detail="400"), MORNING)
    renegotiations.reject(debt.book.manager, MORNING, DecideOffer(renegotiation_id=offer_id, reason="Não quis"))

    refused(lambda: send_again(debt, queued.message_id), RenegotiationMoveRefused)


def send_again(debt: Debt, message_id: UUID) -> QueuedText:
    return messages.resend(debt.book.manager, at(OFFERED, 11), messages.Resend(message_id=message_id))
