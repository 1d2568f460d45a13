"""What the pages of cash show, as texts: pure functions from the reads to what the states send."""

from collections.abc import Sequence
from typing import TypedDict

from domain.cash import HandInStatus
from domain.payments import PaymentMethod
from loanapp.components.formats import brl_text, counted, date_text, instant_text
from loanapp.components.method_names import METHOD_NAMES
from loanapp.queries._hand_ins import HandIn
from loanapp.queries.cash import CashRoom, Receipt
from loanapp.queries.cash_desk import CountedPayment, Holder

_WHOLE_PCT = 100


class ReceiptRow(TypedDict):
    """One of one's own receipts; `status` is a look of `cash`, or of `payment` for other methods."""

    title: str
    to: str
    client: str
    amount: str
    method: str
    at: str
    cash_status: str
    status: str
    may_reverse: bool


class HandInRow(TypedDict):
    """One hand-in; `obstacle` says why this person can't count it."""

    id: str
    number: str
    title: str
    holder: str
    amount: str
    expected: str
    handed_in: str
    note: str
    status: str
    counted: str
    difference: str
    is_short: bool
    reason: str
    checked: str
    payments_text: str
    payments: list[list[str]]
    obstacle: str


class HolderRow(TypedDict):
    """Somebody who holds cash."""

    id: str
    name: str
    amount: str
    receipts: str
    since: str
    ceiling: str
    is_over: bool
    is_own: bool


class Gauge(TypedDict):
    """How much is in hand of how much may be."""

    in_hand: str
    ceiling: str
    left: str
    pct: int
    is_full: bool


NO_GAUGE = Gauge(in_hand="", ceiling="", left="", pct=0, is_full=False)


def gauge(in_hand_cents: int, room: CashRoom | None) -> Gauge:
    """Return what stands on top of one's own cash; without a ceiling only the sum."""
    if room is None:
        return NO_GAUGE | Gauge(in_hand=brl_text(in_hand_cents), ceiling="", left="", pct=0, is_full=False)
    left = f"Cabem mais {brl_text(room.left_cents)}." if room.left_cents else "O limite foi atingido: entregue o caixa."
    pct = min(_WHOLE_PCT, in_hand_cents * _WHOLE_PCT // room.ceiling_cents) if room.ceiling_cents else _WHOLE_PCT
    return Gauge(
        in_hand=brl_text(in_hand_cents),
        ceiling=f"de {brl_text(room.ceiling_cents)}",
        left=left,
        pct=pct,
        is_full=not room.left_cents,
    )


def receipt_row(line: Receipt) -> ReceiptRow:
    """Return one of one's own receipts; one from a client who is somebody else's now names nobody."""
    loan = f" · empréstimo nº {line.request_number}" if line.request_number else ""
    return ReceiptRow(
        title=f"Recebimento nº {line.number}",
        to=f"/recebimentos/{line.number}" if line.client_name else "",
        client=f"{line.client_name or 'Cliente de outro supervisor'}{loan}",
        amount=brl_text(line.amount_cents),
        method=METHOD_NAMES[line.method],
        at=instant_text(line.registered_at),
        cash_status=_cash_status(line),
        status="REVERSED" if line.is_reversed else "CONFIRMED",
        may_reverse=line.may_reverse,
    )


def _cash_status(line: Receipt) -> str:
    if line.method != PaymentMethod.CASH or line.is_reversed:
        return ""
    if line.is_counted:
        return "COUNTED"
    return "HANDED_IN" if line.is_handed_in else "IN_HAND"


def hand_in_row(line: HandIn, payments: Sequence[CountedPayment] = ()) -> HandInRow:
    """Return a hand-in with its payments."""
    recorder = "" if line.handed_in_by in ("", line.holder) else f", registrada por {line.handed_in_by}"
    undone = line.amount_cents - line.expected_cents
    return HandInRow(
        id=str(line.hand_in_id),
        number=f"nº {line.number}",
        title=f"Entrega nº {line.number}",
        holder=line.holder,
        amount=brl_text(line.amount_cents),
        expected=brl_text(line.expected_cents),
        handed_in=f"{instant_text(line.handed_in_at)}{recorder}",
        note=f"{brl_text(undone)} foram estornados depois da entrega." if undone else "",
        status=line.status.value,
        counted=brl_text(line.counted_cents) if line.status is HandInStatus.CHECKED else "",
        difference=difference_text(line.difference_cents) if line.status is HandInStatus.CHECKED else "",
        is_short=line.difference_cents < 0,
        reason=line.reason,
        checked=f"{line.checked_by}, {instant_text(line.checked_at)}" if line.checked_by else "",
        payments_text=counted(len(payments), "recebimento", "recebimentos"),
        payments=[_payment(each) for each in payments],
        obstacle="Quem recebeu ou entregou não confere. Peça a outra pessoa." if line.is_own else "",
    )


def _payment(payment: CountedPayment) -> list[str]:
    return [
        f"Recebimento nº {payment.number}",
        f"/recebimentos/{payment.number}",
        f"{payment.client_name} · empréstimo nº {payment.request_number}",
        brl_text(payment.amount_cents),
        "Estornado" if payment.is_reversed else "",
    ]


def difference_text(cents: int) -> str:
    """Say in words what is missing or over."""
    if not cents:
        return "Confere"
    return f"Faltam {brl_text(-cents)}" if cents < 0 else f"Sobram {brl_text(cents)}"


def holder_row(holder: Holder) -> HolderRow:
    """Return somebody who holds cash."""
    return HolderRow(
        id=str(holder.user_id),
        name=holder.name,
        amount=brl_text(holder.cents),
        receipts=counted(holder.count, "recebimento", "recebimentos"),
        since=date_text(holder.since),
        ceiling=brl_text(holder.ceiling_cents),
        is_over=holder.cents > holder.ceiling_cents,
        is_own=holder.is_own,
    )
