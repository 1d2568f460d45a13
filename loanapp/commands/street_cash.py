"""The demo's cash of the street: taken from borrowers, handed in, counted with a difference, and still waiting."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID, uuid5

from domain.money import Money
from domain.payments import PaymentMethod
from domain.permissions import Actor
from loanapp.clock import Moment
from loanapp.commands.past import Past
from loanapp.services import cash, payments
from loanapp.services.cash import CheckCash, HandInCash
from loanapp.services.payments import RegisterPayment

# Visited borrowers (commands/street.py) without an offer, and what each gave at the door, in centavos.
_FIRST_ROUND = ((31, 15_000), (28, 8_000))
_SECOND_ROUND = ((28, 20_000), (31, 10_000))
_STILL_IN_HAND = (19, 6_000)
_SHORT_CENTS = 1_000


def plan_street_cash(past: Past, supervisor: Actor, *, counts: Actor, client_id_of: Callable[[int], UUID]) -> None:
    """Plan two rounds: the first is counted and R$ 10,00 short, the second waits; the last receipt is still in hand."""
    first, second = past.last - timedelta(days=5), past.last - timedelta(days=1)
    for day, round_ in ((first, _FIRST_ROUND), (second, _SECOND_ROUND)):
        for place, (index, cents) in enumerate(round_):
            _plan_taking(past, supervisor, day, 14 * 60 + 20 * place, client_id_of(index), cents)
    handed_in = _plan_hand_in(past, supervisor, first, _FIRST_ROUND)
    _plan_hand_in(past, supervisor, second, _SECOND_ROUND)
    count = CheckCash(
        hand_in_id=handed_in.hand_in_id,
        expected=handed_in.expected,
        counted=Money(handed_in.expected.cents - _SHORT_CENTS),
        reason="Troco dado a mais na segunda visita.",
    )
    past.plan(first + timedelta(days=1), 9 * 60, lambda moment: _count(counts, moment, count))
    _plan_taking(past, supervisor, second, 18 * 60 + 30, client_id_of(_STILL_IN_HAND[0]), _STILL_IN_HAND[1])


def _plan_taking(past: Past, supervisor: Actor, day: date, minute: int, client_id: UUID, cents: int) -> None:
    request_id = uuid5(client_id, "request")
    order = RegisterPayment(
        payment_id=uuid5(request_id, f"cash:{day}"),
        request_id=request_id,
        amount=Money(cents),
        method=PaymentMethod.CASH,
        received_on=day,
    )
    past.plan(day, minute, lambda moment: _take(supervisor, moment, order))


def _plan_hand_in(past: Past, supervisor: Actor, day: date, round_: tuple[tuple[int, int], ...]) -> HandInCash:
    assert supervisor.user_id is not None
    order = HandInCash(
        hand_in_id=uuid5(supervisor.user_id, f"hand-in:{day}"),
        holder_id=supervisor.user_id,
        expected=Money(sum(cents for _, cents in round_)),
    )
    past.plan(day, 17 * 60 + 30, lambda moment: _hand_in(supervisor, moment, order))
    return order


def _take(actor: Actor, moment: Moment, order: RegisterPayment) -> None:
    payments.register_payment(actor, moment, order)


def _hand_in(actor: Actor, moment: Moment, order: HandInCash) -> None:
    cash.hand_in_cash(actor, moment, order)


def _count(actor: Actor, moment: Moment, order: CheckCash) -> None:
    cash.check_cash(actor, moment, order)
