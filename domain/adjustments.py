"""Waivers and other adjustments: what kinds there are, and how far a role may go (money.md §3, §4)."""

from collections.abc import Collection, Mapping
from enum import StrEnum

from domain.errors import Conflict, Invalid, NotAllowed
from domain.history import Component, InvoicePosition, Position
from domain.money import Money
from domain.payments import Parts
from domain.permissions import Actor, Limit

WAIVABLE = (Component.LATE_FEE, Component.MORA)
_WHOLE_PCT = 100


class AdjustmentKind(StrEnum):
    """Why an amount was taken off: a waiver, a remainder let go at payment, or an early settlement's discount."""

    WAIVER = "WAIVER"
    REMAINDER = "REMAINDER"
    SETTLEMENT = "SETTLEMENT"


class WaiverOfNothing(Invalid):
    """A waiver names at least one charge of an invoice of the request, each once, with an amount above zero."""

    code = "waiver.of_nothing"


class WaiverNotOfCharge(Invalid):
    """Late fee and mora are waived; principal and interest are renegotiated."""

    code = "waiver.not_of_charge"


class WaiverAboveOpen(Invalid):
    """More than what is open of the charge."""

    code = "waiver.above_open"


class WaiverAboveLimit(NotAllowed):
    """More than the share of the charge that the role may take off alone."""

    code = "waiver.above_limit"


class WaiverIdTaken(Conflict):
    """The id belongs to another waiver, or to one by somebody else."""

    code = "waiver.id_taken"


class RemainderAboveLimit(Invalid):
    """What is left of the invoice is more than what may be let go at payment."""

    code = "payment.remainder_above_limit"


def check_waiver(
    actor: Actor, position: Position, lines: Collection[tuple[int, Component, Money]], relief: Mapping[int, Parts]
) -> None:
    """Raise a `waiver.*` error unless the actor may waive these amounts of (invoice, charge) on the position's date.

    `relief` is what moved due dates took off each invoice: it counts against the same limit (money.md §1).
    """
    check_lines(position, lines)
    invoices = {invoice.number: invoice for invoice in position.invoices}
    for number, component, amount in lines:
        check_share(actor, invoices[number], component, amount, relief.get(number, Parts()))


def check_lines(position: Position, lines: Collection[tuple[int, Component, Money]]) -> None:
    """Raise a `waiver.*` error unless these amounts of (invoice, charge) are open on the position's date."""
    invoices = {invoice.number: invoice for invoice in position.invoices}
    named = {(number, component) for number, component, _ in lines}
    if not lines or len(named) != len(lines) or any(number not in invoices for number, _ in named):
        raise WaiverOfNothing(field="lines")
    for number, component, amount in lines:
        if component not in WAIVABLE:
            raise WaiverNotOfCharge(field="component", invoice=number)
        if amount.cents <= 0:
            raise WaiverOfNothing(field="amount", invoice=number)
        is_open = of_component(invoices[number].open, component)
        if amount > is_open:
            raise WaiverAboveOpen(field="amount", invoice=number, open=is_open)


def check_share(actor: Actor, invoice: InvoicePosition, component: Component, amount: Money, relief: Parts) -> None:
    """Raise WaiverAboveLimit where an amount, with all that was taken off before, is above the role's share.

    The share is of what is open with what was taken off already, so that ten small waivers reach no further than one.
    """
    before = of_component(invoice.waived_parts, component) + of_component(relief, component)
    taken_off = before + amount
    whole = max(of_component(invoice.open, component) + before, taken_off)
    # Rounded up: a fraction of a percent above the limit is above it.
    share_pct = -(-taken_off.cents * _WHOLE_PCT // whole.cents) if whole else 0
    if not actor.is_within(Limit.WAIVE_PCT, share_pct):
        raise WaiverAboveLimit(field="amount", invoice=invoice.number, limit_pct=actor.limits.get(Limit.WAIVE_PCT, 0))


def most_alone(actor: Actor, invoice: InvoicePosition, component: Component, relief: Parts) -> Money:
    """Return the most of a charge that the actor may waive alone: what `check_share` lets through, at most all open."""
    is_open = of_component(invoice.open, component)
    limit_pct = actor.limits.get(Limit.WAIVE_PCT, 0)
    if limit_pct is None:
        return is_open
    before = of_component(invoice.waived_parts, component) + of_component(relief, component)
    allowed = Money((is_open + before).cents * limit_pct // _WHOLE_PCT)
    return min(is_open, max(Money.ZERO, allowed - before))


def check_relief(actor: Actor, before: InvoicePosition, after: InvoicePosition, relief: Parts) -> Parts:
    """Return what a moved due date takes off late fee and mora; raise WaiverAboveLimit above the role's share.

    `relief` is what earlier moves took off the invoice.
    """
    taken_off = Parts(
        mora=max(Money.ZERO, before.mora - after.mora), late_fee=max(Money.ZERO, before.late_fee - after.late_fee)
    )
    for component in WAIVABLE:
        amount = of_component(taken_off, component)
        if amount:
            check_share(actor, before, component, amount, relief)
    return taken_off


def remainder_to_waive(position: Position, paid_invoices: Collection[int], limit: Money) -> tuple[int, Parts] | None:
    """Return the invoice of those a payment reached that is still open, and what is open of it (money.md §3).

    None where nothing is left; raises RemainderAboveLimit where it is more than the setting.
    """
    for invoice in position.invoices:
        if invoice.number in paid_invoices and invoice.open.total:
            if invoice.open.total > limit:
                raise RemainderAboveLimit(field="amount", limit=limit, open=invoice.open.total)
            return invoice.number, invoice.open
    return None


def of_component(parts: Parts, component: Component) -> Money:
    """Return one component of an amount."""
    part: Money = getattr(parts, component.value.lower())
    return part
