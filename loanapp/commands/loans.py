"""Invented loans: what is asked for, what becomes of it, and how its borrower pays, planned as deeds of a `Past`.

The payments of a habit follow from the plan alone, so that a book is the same each time it is made.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from random import Random
from uuid import UUID, uuid5

from domain.calendar import BusinessCalendar, Step
from domain.charges import PERSON_LATE_FEE_LIMIT_PCT, PERSON_MORA_LIMIT_PCT_MONTH, late_fee, mora
from domain.instalments import Instalment, Plan, PlanTerms, build_plan
from domain.money import Money
from domain.payments import PaymentMethod
from domain.permissions import Actor
from loanapp.clock import Moment
from loanapp.commands.past import Past
from loanapp.services import payments, requests
from loanapp.services.payments import RegisterPayment
from loanapp.services.requests import ApproveRequest, DeclineRequest, DisburseRequest, OpenRequest

_MORNING = 9 * 60
_DECIDED = 11 * 60
_DISBURSED = 15 * 60
_METHODS = (PaymentMethod.PIX, PaymentMethod.CASH, PaymentMethod.TRANSFER, PaymentMethod.BOLETO)
_METHOD_WEIGHTS = (70, 15, 10, 5)
_NEXT_FIFTY_REAIS_CENTS = 5000
_LATE_DAYS_MAXIMUM = {Step.DAILY: 3, Step.WEEKLY: 6, Step.BIWEEKLY: 12, Step.MONTHLY: 25}


class Fate(StrEnum):
    """What becomes of a request."""

    WAITS = "WAITS"
    DECLINED = "DECLINED"
    APPROVED = "APPROVED"
    DISBURSED = "DISBURSED"


class Habit(StrEnum):
    """How a borrower pays: in time, late, in two parts, too much, some and no more, or in one go after a gap."""

    PUNCTUAL = "PUNCTUAL"
    LATE = "LATE"
    PARTIAL = "PARTIAL"
    OVER = "OVER"
    STOPS = "STOPS"
    RETURNS = "RETURNS"


@dataclass(frozen=True, kw_only=True)
class Staff:
    """Who does what in the book: `opens` asks, disburses and takes payments, `approves` decides."""

    opens: Actor
    approves: Actor


@dataclass(frozen=True, kw_only=True)
class Loan:
    """One invented request; `paid_before_stop` is how many instalments one who stops or pauses pays first."""

    request_id: UUID
    client_id: UUID
    terms: PlanTerms
    asked_on: date
    decided_on: date
    disbursed_on: date
    fate: Fate
    habit: Habit = Habit.PUNCTUAL
    paid_before_stop: int = 0


@dataclass(frozen=True)
class Receipt:
    """Money that comes in: on which day, how much."""

    received_on: date
    amount: Money


def plan_loan(past: Past, staff: Staff, loan: Loan, random: Random, *, until: date) -> int:
    """Plan everything that happens to a loan before `until`; return how many payments that is."""
    if loan.asked_on >= until:
        return 0
    past.plan(loan.asked_on, _MORNING, lambda moment: _open(staff, loan, moment))
    if loan.fate is Fate.WAITS or loan.decided_on >= until:
        return 0
    if loan.fate is Fate.DECLINED:
        past.plan(loan.decided_on, _DECIDED, lambda moment: _decline(staff, loan, moment))
        return 0
    past.plan(loan.decided_on, _DECIDED, lambda moment: _approve(staff, loan, moment))
    if loan.fate is Fate.APPROVED or loan.disbursed_on >= until:
        return 0
    past.plan(loan.disbursed_on, _DISBURSED, lambda moment: _disburse(staff, loan, moment))
    instalments = build_plan(loan.terms, BusinessCalendar())
    receipts = sorted(_receipts(loan, instalments, random), key=lambda receipt: receipt.received_on)
    planned = 0
    for index, receipt in enumerate(receipts):
        # One in ten is recorded a day or two after it came in, as it happens with money of a Friday.
        recorded_on = receipt.received_on + timedelta(days=random.choices((0, 1, 2), (90, 7, 3))[0])
        minute = random.randrange(8 * 60, 18 * 60)
        method = random.choices(_METHODS, _METHOD_WEIGHTS)[0]
        if recorded_on < until:
            plan_payment(past, staff, loan, index, receipt, recorded_on=recorded_on, minute=minute, method=method)
            planned += 1
    return planned


def plan_payment(
    past: Past,
    staff: Staff,
    loan: Loan,
    index: int,
    receipt: Receipt,
    *,
    recorded_on: date,
    minute: int,
    method: PaymentMethod = PaymentMethod.PIX,
) -> None:
    """Plan one payment of a loan; its id follows from the loan's and the index."""
    order = RegisterPayment(
        payment_id=uuid5(loan.request_id, f"payment:{index}"),
        request_id=loan.request_id,
        amount=receipt.amount,
        method=method,
        received_on=receipt.received_on,
        note="Comprovante chegou depois." if receipt.received_on < recorded_on else "",
    )
    past.plan(recorded_on, minute, lambda moment: _pay(staff, order, moment))


def _open(staff: Staff, loan: Loan, moment: Moment) -> None:
    terms = loan.terms
    order = OpenRequest(
        request_id=loan.request_id,
        client_id=loan.client_id,
        principal=terms.principal,
        plan=terms.plan,
        step=terms.step,
        instalment_count=terms.count,
        rate_pct=terms.rate_pct,
        first_due_date=terms.first_due_date,
        skip_sundays=terms.skip_sundays,
        skip_holidays=terms.skip_holidays,
    )
    requests.open_request(staff.opens, moment, order)


def _approve(staff: Staff, loan: Loan, moment: Moment) -> None:
    requests.approve(staff.approves, moment, ApproveRequest(request_id=loan.request_id))


def _decline(staff: Staff, loan: Loan, moment: Moment) -> None:
    order = DeclineRequest(request_id=loan.request_id, reason="Renda não comprovada")
    requests.decline(staff.approves, moment, order)


def _disburse(staff: Staff, loan: Loan, moment: Moment) -> None:
    order = DisburseRequest(request_id=loan.request_id, method=PaymentMethod.PIX, disbursed_on=moment.business_date)
    requests.disburse(staff.opens, moment, order)


def _pay(staff: Staff, order: RegisterPayment, moment: Moment) -> None:
    payments.register_payment(staff.opens, moment, order)


def _receipts(loan: Loan, plan: Sequence[Instalment], random: Random) -> Iterator[Receipt]:
    match loan.habit:
        case Habit.PUNCTUAL:
            yield from (_in_time(loan, instalment, random) for instalment in plan)
        case Habit.LATE:
            yield from (_late(loan, instalment, random) for instalment in plan)
        case Habit.PARTIAL:
            for instalment in plan:
                yield from _in_two_parts(loan, instalment, random)
        case Habit.OVER:
            for instalment in plan:
                exact = _in_time(loan, instalment, random)
                rounded_cents = -(-exact.amount.cents // _NEXT_FIFTY_REAIS_CENTS) * _NEXT_FIFTY_REAIS_CENTS
                yield Receipt(exact.received_on, Money(rounded_cents))
        case Habit.STOPS:
            yield from (_in_time(loan, instalment, random) for instalment in plan[: loan.paid_before_stop])
        case Habit.RETURNS:
            yield from _after_a_gap(loan, plan, random)


def _in_time(loan: Loan, instalment: Instalment, random: Random) -> Receipt:
    received_on = instalment.effective_due_date - timedelta(days=random.randrange(4))
    return Receipt(max(received_on, loan.disbursed_on + timedelta(days=1)), instalment.original)


def _late(loan: Loan, instalment: Instalment, random: Random) -> Receipt:
    days = random.randint(1, _LATE_DAYS_MAXIMUM[loan.terms.step])
    return Receipt(instalment.effective_due_date + timedelta(days=days), _with_charges(instalment.original, days))


def _in_two_parts(loan: Loan, instalment: Instalment, random: Random) -> Iterator[Receipt]:
    first = Money(instalment.original.cents * random.randint(3, 7) // 10) or instalment.original
    yield Receipt(instalment.effective_due_date, first)
    rest = instalment.original - first
    if rest:
        days = random.randint(1, _LATE_DAYS_MAXIMUM[loan.terms.step])
        yield Receipt(instalment.effective_due_date + timedelta(days=days), _with_charges(rest, days))


def _after_a_gap(loan: Loan, plan: Sequence[Instalment], random: Random) -> Iterator[Receipt]:
    """Pay some in time, miss two, bring their value in one payment with the third, and go on."""
    missed = plan[loan.paid_before_stop : loan.paid_before_stop + 3]
    for instalment in plan:
        if instalment not in missed:
            yield _in_time(loan, instalment, random)
    if missed:
        brought = sum((instalment.original for instalment in missed), Money.ZERO)
        yield Receipt(missed[-1].effective_due_date, brought)


def _with_charges(value: Money, days: int) -> Money:
    # The company of an invented book charges what is usual.
    charged: Money = value + late_fee(value, PERSON_LATE_FEE_LIMIT_PCT) + mora(value, PERSON_MORA_LIMIT_PCT_MONTH, days)
    return charged


def some_terms(random: Random, asked_on: date, disbursed_on: date) -> PlanTerms:
    """Return terms as borrowers ask for them: most monthly, some daily; the first instalment a step after the money."""
    step = random.choices(tuple(Step), (3, 12, 15, 70))[0]
    plan = random.choice(tuple(Plan))
    low, high, days, rates = {
        Step.DAILY: (15, 30, 1, ("0.4", "0.6", "0.8")),
        Step.WEEKLY: (8, 24, 7, ("1.5", "2", "2.5")),
        Step.BIWEEKLY: (6, 14, 14, ("2.5", "3", "4")),
        Step.MONTHLY: (6, 24, random.randint(20, 35), ("3.5", "4.5", "5.5", "6.9")),
    }[step]
    return PlanTerms(
        principal=Money(random.randrange(500, 20_000, 50) * 100),
        plan=plan,
        step=step,
        count=random.randint(low, high),
        rate_pct=Decimal(random.choice(rates)),
        first_due_date=max(disbursed_on, asked_on) + timedelta(days=days),
        skip_sundays=step is Step.DAILY,
        skip_holidays=step is Step.DAILY and plan is Plan.FLAT,
    )
