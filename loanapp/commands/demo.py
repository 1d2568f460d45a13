"""The demo book: 40 borrowers in every state a screen can show, over six months until today, made by the use cases.

The same day gives the same book.  The daily cycles run for the last five weeks, as in a company that came to this
system then; the texts of the last two weeks are sent to nobody and answered as a provider answers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from random import Random
from uuid import UUID, uuid5

from domain.calendar import BusinessCalendar, Step
from domain.delivery import LEASE_SECONDS, Accepted, AckReceived, Answer, InvalidNumber, Unknown
from domain.instalments import Plan, PlanTerms, build_plan
from domain.messages import Ack
from domain.money import Money
from domain.permissions import SYSTEM, Role
from loanapp import clock
from loanapp.clock import Moment, on
from loanapp.commands.agreements import plan_agreements
from loanapp.commands.book import deferring_commits
from loanapp.commands.contacts import plan_contacts
from loanapp.commands.loans import Fate, Habit, Loan, Receipt, Staff, plan_loan, plan_payment
from loanapp.commands.past import Login, Past, add_staff, set_company
from loanapp.commands.people import invent
from loanapp.commands.street import plan_street
from loanapp.commands.street_cash import plan_street_cash
from loanapp.queries import book, users
from loanapp.services import clients, delivery, inbound
from loanapp.services.clients import BlockClient, RegisterClient
from loanapp.services.delivery import ClaimedText, ClaimNext, Pause, ReleaseLease, Settle, TakeLease
from loanapp.services.inbound import ApplyEvent, StoreEvent
from loanapp.settings import current

PASSWORD = "demonstracao-2026"  # noqa: S105 - printed at every start of a demo.
LOGINS = (
    Login("gestao@demo.loanapp", "Marta Gestão", Role.LOAN_MANAGEMENT),
    Login("gestao2@demo.loanapp", "Rui Gestão", Role.LOAN_MANAGEMENT),
    Login("analista@demo.loanapp", "Bia Analista", Role.RENEGOTIATION_ANALYST),
    Login("admin@demo.loanapp", "Caio Administrador", Role.SUPER_ADMIN),
    Login("rua@demo.loanapp", "Rita Rua", Role.STREET_SUPERVISOR),
)
_NAMESPACE = UUID("b7c64e0a-54f5-4c0f-8f0e-2f6b1f2f9a11")
_PAST_DAYS = 182
_CYCLE_DAYS = 35
_SENT_WEEKDAYS = 10
_STEP_DAYS = {Step.DAILY: 1, Step.WEEKLY: 7, Step.BIWEEKLY: 14, Step.MONTHLY: 30}
_RATES = {Step.DAILY: "0.5", Step.WEEKLY: "2", Step.BIWEEKLY: "3", Step.MONTHLY: "4.5"}


@dataclass(frozen=True)
class _Case:
    """One borrower's loan: `due_days_ago` is how long ago the instalment number `paid` + 1 fell due."""

    step: Step
    instalments: int
    due_days_ago: int
    habit: Habit = Habit.PUNCTUAL
    paid: int = 0
    fate: Fate = Fate.DISBURSED
    principal_reais: int = 3_000
    plan: Plan = Plan.PRICE
    is_company: bool = False
    accepts_messages: bool = True
    is_blocked: bool = False
    pays_before_the_text: bool = False


_D, _W, _B, _M = Step.DAILY, Step.WEEKLY, Step.BIWEEKLY, Step.MONTHLY
_CASES = (
    # Asked for and not decided; approved and not disbursed; declined.
    _Case(_M, 12, -29, fate=Fate.WAITS, principal_reais=8_000),
    _Case(_W, 12, -5, fate=Fate.WAITS, plan=Plan.FLAT),
    _Case(_M, 24, -27, fate=Fate.WAITS, principal_reais=60_000, is_company=True),
    _Case(_M, 6, -26, fate=Fate.APPROVED),
    _Case(_B, 8, -10, fate=Fate.APPROVED, principal_reais=4_500),
    _Case(_M, 10, 10, fate=Fate.DECLINED, principal_reais=15_000),
    _Case(_D, 20, 60, fate=Fate.DECLINED, plan=Plan.FLAT, principal_reais=800),
    # Paid: on time, late, in two parts, too much.
    _Case(_W, 8, 140, principal_reais=1_200, plan=Plan.FLAT),
    _Case(_M, 4, 145, Habit.LATE),
    _Case(_B, 6, 120, Habit.OVER, principal_reais=2_350),
    _Case(_D, 20, 60, Habit.PARTIAL, principal_reais=900, plan=Plan.FLAT),
    _Case(_M, 3, 110, principal_reais=20_000, is_company=True),
    # Running and in good order.
    _Case(_M, 12, 140, principal_reais=10_000),
    _Case(_M, 18, 100, principal_reais=12_500),
    _Case(_M, 10, 64),
    _Case(_M, 6, 33, plan=Plan.FLAT),
    _Case(_M, 12, 4, principal_reais=7_000),
    _Case(_M, 12, -12, principal_reais=5_200),
    _Case(_B, 12, 70),
    _Case(_W, 30, 90, principal_reais=2_000, plan=Plan.FLAT),
    _Case(_D, 60, 30, principal_reais=1_500, plan=Plan.FLAT),
    _Case(_M, 24, 120, principal_reais=45_000, is_company=True),
    _Case(_M, 12, 95, Habit.OVER, principal_reais=3_330),
    _Case(_M, 12, 80, Habit.LATE),
    _Case(_B, 14, 75, Habit.PARTIAL),
    _Case(_M, 12, 125, Habit.RETURNS, paid=1),
    # Due today.
    _Case(_M, 6, 0),
    _Case(_W, 10, 0, Habit.STOPS, paid=3),
    # Overdue, in each bucket of the aging.
    _Case(_M, 6, 2, Habit.STOPS, paid=1),
    _Case(_W, 12, 5, Habit.STOPS, paid=4, plan=Plan.FLAT, pays_before_the_text=True),
    _Case(_M, 10, 9, Habit.STOPS, paid=2, accepts_messages=False),
    _Case(_M, 12, 13, Habit.STOPS, principal_reais=16_000, is_company=True),
    _Case(_M, 8, 18, Habit.STOPS, paid=2),
    _Case(_B, 10, 26, Habit.STOPS, paid=1),
    _Case(_M, 9, 36, Habit.STOPS, paid=1, principal_reais=6_400),
    _Case(_M, 12, 70, Habit.STOPS, paid=1, is_blocked=True),
    _Case(_M, 12, 68, Habit.STOPS, paid=1),
    _Case(_W, 16, 84, Habit.STOPS, paid=2, plan=Plan.FLAT),
    _Case(_M, 12, 100, Habit.STOPS, principal_reais=9_000),
    _Case(_M, 10, 140, Habit.STOPS, principal_reais=11_000, is_blocked=True),
)  # fmt: skip


def make() -> Sequence[str]:
    """Make the demo book where the book is empty; return the demo logins that work, as lines to print."""
    present = clock.moment()
    contents = book.contents(SYSTEM, present, _client_id(0))
    if not contents.clients and not users.users(SYSTEM, present, None):
        with deferring_commits(current()):
            _make(present)
    known = {user.email for user in users.users(SYSTEM, present, None)}
    return tuple(f"{login.email}  {PASSWORD}  ({login.name})" for login in LOGINS if login.email in known)


def _make(present: Moment) -> None:
    today = present.business_date
    first = today - timedelta(days=_PAST_DAYS)
    set_company(on(first, 0, 10))
    opens, approves, by_phone, admin, street = add_staff(on(first, 0, 10), LOGINS, PASSWORD)
    staff = Staff(opens=opens, approves=approves)
    weekdays = [day for back in range(1, 30) if (day := today - timedelta(days=back)).weekday() < 5]  # noqa: PLR2004 - Saturday.
    sent = frozenset(weekdays[:_SENT_WEEKDAYS])
    past = Past(first=first, last=today, present=present, cycles_from=today - timedelta(days=_CYCLE_DAYS), sends=sent)
    for index, case in enumerate(_CASES):
        _plan_case(past, staff, index, case)
    plan_contacts(past, by_phone, approves, _client_id)
    plan_agreements(past, by_phone, _client_id)
    plan_street(past, street, asks=opens, decides=admin, client_id_of=_client_id)
    plan_street_cash(past, street, counts=opens, client_id_of=_client_id)
    sender = _Sender(current().instance_name)
    for day in sent:
        past.plan(day, 9 * 60, sender.drain)
        past.plan(day, 12 * 60, sender.drain)
        # What no lawful hour was left for is withheld in the night, so that no text of the past stays queued.
        past.plan(day + timedelta(days=1), 10, sender.drain)
    past.live(lambda _days: None)


def _plan_case(past: Past, staff: Staff, index: int, case: _Case) -> None:
    random = Random(f"demo:{index}")  # noqa: S311 - the same book each time, no secret.
    client_id = _client_id(index)
    terms = PlanTerms(
        principal=Money(case.principal_reais * 100),
        plan=case.plan,
        step=case.step,
        count=case.instalments,
        rate_pct=Decimal(_RATES[case.step]),
        first_due_date=_back(past.last - timedelta(days=case.due_days_ago), case.step, case.paid),
        skip_sundays=case.step is Step.DAILY,
    )
    asked_on = min(
        terms.first_due_date - timedelta(days=_STEP_DAYS[case.step] + 1), past.last - timedelta(days=1 + index % 3)
    )
    decided_on = asked_on + timedelta(days=index % 2)
    loan = Loan(
        request_id=uuid5(client_id, "request"),
        client_id=client_id,
        terms=terms,
        asked_on=asked_on,
        decided_on=decided_on,
        disbursed_on=asked_on + timedelta(days=1),
        fate=case.fate,
        habit=case.habit,
        paid_before_stop=case.paid,
    )
    order = invent(
        random, index, client_id,
        born_before=past.first, is_company=case.is_company, accepts_messages=case.accepts_messages,
    )  # fmt: skip
    past.plan(asked_on, 8 * 60, lambda moment: _register(staff, order, moment))
    plan_loan(past, staff, loan, random, until=past.last)
    if case.pays_before_the_text:
        _pay_before_the_text(past, staff, loan)
    if case.is_blocked:
        past.plan(past.last - timedelta(days=20), 10 * 60, lambda moment: _block(staff, client_id, moment))
    if case.habit is Habit.PUNCTUAL and case.fate is Fate.DISBURSED and not index % 4:
        _pay_today(past, staff, loan)


def _pay_today(past: Past, staff: Staff, loan: Loan) -> None:
    """Let the next instalment be paid in the first minutes of today, so that the dashboard's day has begun."""
    coming = [i for i in build_plan(loan.terms, BusinessCalendar()) if i.effective_due_date > past.last]
    if coming:
        receipt = Receipt(past.last, coming[0].original)
        plan_payment(past, staff, loan, loan.terms.count * 2, receipt, recorded_on=past.last, minute=15)


def _pay_before_the_text(past: Past, staff: Staff, loan: Loan) -> None:
    """Let something be paid on the last working day between 06:00 and 09:00, which cancels that day's reminder."""
    day = max(past.sends)
    plan_payment(past, staff, loan, loan.terms.count * 2, Receipt(day, Money(10_000)), recorded_on=day, minute=8 * 60)


def _back(day: date, step: Step, steps: int) -> date:
    """Return the first date of a plan whose instalment number `steps` + 1 falls due on about `day`."""
    if step is not Step.MONTHLY:
        return day - timedelta(days=_STEP_DAYS[step] * steps)
    months = day.year * 12 + day.month - 1 - steps
    return date(months // 12, months % 12 + 1, min(day.day, 28))


def _client_id(index: int) -> UUID:
    return uuid5(_NAMESPACE, f"client:{index}")


def _register(staff: Staff, order: RegisterClient, moment: Moment) -> None:
    clients.register(staff.opens, moment, order)


def _block(staff: Staff, client_id: UUID, moment: Moment) -> None:
    clients.block(staff.approves, moment, BlockClient(client_id=client_id, reason="Documento vencido"))


@dataclass
class _Sender:
    """Sends the queued texts of the demo's past to nobody, and answers as a provider does: most are read."""

    instance: str
    _numbers: Iterator[int] = field(default_factory=count)
    _holder: UUID = field(default_factory=lambda: uuid5(_NAMESPACE, "sender"))

    def drain(self, moment: Moment) -> None:
        """Claim and settle whatever is due, at the pace of a sender."""
        lease = timedelta(seconds=LEASE_SECONDS)
        delivery.take_lease(SYSTEM, moment, TakeLease(instance=self.instance, holder=self._holder, lease=lease))
        order = ClaimNext(instance=self.instance, holder=self._holder, lease=lease)
        while (claim := delivery.claim_next(SYSTEM, moment, order)) is not None:
            if isinstance(claim, Pause):
                moment = clock.at(claim.until)
            elif isinstance(claim, ClaimedText):
                moment = clock.at(moment.now + timedelta(seconds=2))
                self._settle(claim, moment)
        delivery.release_lease(SYSTEM, moment, ReleaseLease(instance=self.instance, holder=self._holder))

    def _settle(self, claim: ClaimedText, moment: Moment) -> None:
        number = next(self._numbers)
        key = f"DEMO{number:06d}"
        answer = self._answer(number, key, claim.phone)
        order = Settle(
            instance=self.instance, message_id=claim.message_id, attempt=claim.attempt, answer=answer, jitter=0.5
        )
        delivery.settle(SYSTEM, moment, order)
        if not isinstance(answer, Accepted):
            return
        acks = (Ack.DELIVERY_ACK, Ack.READ) if number % 3 else (Ack.DELIVERY_ACK,)
        for ack in () if number % 7 == 0 else acks:
            self._acknowledge(
                key, ack, clock.at(moment.now + timedelta(seconds=20 if ack is Ack.DELIVERY_ACK else 300))
            )

    def _answer(self, number: int, key: str, phone: str) -> Answer:
        if number == 4:  # noqa: PLR2004 - one text of the demo went nobody knows where,
            return Unknown(detail="timeout")
        if number == 8:  # noqa: PLR2004 - and one number is not on WhatsApp.
            return InvalidNumber(detail="not on WhatsApp")
        return Accepted(key=key, recipient=f"{phone.removeprefix('+')}@s.whatsapp.net")

    def _acknowledge(self, key: str, ack: Ack, moment: Moment) -> None:
        payload = {"event": "messages.update", "instance": self.instance, "data": {"keyId": key, "status": ack.value}}
        order = StoreEvent(
            instance=self.instance, event="messages.update", dedupe_key=f"demo:{key}:{ack.value}", payload=payload
        )
        event_id = inbound.store_event(SYSTEM, moment, order)
        inbound.apply_event(SYSTEM, moment, ApplyEvent(event_id=event_id, fact=AckReceived(key=key, ack=ack.value)))
