"""What the record of a payment shows, as texts: pure functions from the reads to what the state sends."""

from collections.abc import Sequence
from typing import TypedDict

from domain.adjustments import AdjustmentKind
from domain.payments import PaymentMethod
from loanapp.components.badges import LOOKS, invoice_look
from loanapp.components.formats import brl_text, counted, date_text, instant_text
from loanapp.components.method_names import METHOD_NAMES
from loanapp.pages.payments.payment_rows import TERMINAL_NAME
from loanapp.queries.payment_record import CreditMove, PaymentRecord, Undoing
from loanapp.queries.receipts import ReceiptPart
from loanapp.queries.reversals import InvoiceEffect, ReversalEffect, Standing

_TAKEN_OFF = {
    AdjustmentKind.SETTLEMENT: "juros a vencer descontados na quitação",
    AdjustmentKind.REMAINDER: "resto dispensado",
}


class Fact(TypedDict):
    """One fact with its name."""

    label: str
    value: str


class PartRow(TypedDict):
    """What of the payment went to one invoice."""

    title: str
    due: str
    mora: str
    late_fee: str
    interest: str
    principal: str
    total: str


class MoveRow(TypedDict):
    """Credit that went somewhere or came from somewhere."""

    text: str
    to: str


class UndoneLine(TypedDict):
    """What undid the payment, as a line of its own; `to` is where the money is owed again."""

    title: str
    detail: str
    to: str
    to_text: str


class EffectRow(TypedDict):
    """One thing that a reversal changes, before and after."""

    what: str
    before: str
    after: str


NOT_UNDONE = UndoneLine(title="", detail="", to="", to_text="")
NO_PARTS = PartRow(title="Total", due="", mora="", late_fee="", interest="", principal="", total="")


def facts_of(record: PaymentRecord) -> list[Fact]:
    """Return who paid how and when, and who registered it."""
    facts = [
        ("Recebido em", date_text(record.received_on)),
        ("Forma", METHOD_NAMES[record.method.value]),
        ("Registrado por", record.author or TERMINAL_NAME),
        ("Registrado em", instant_text(record.registered_at)),
        ("Observação", record.note),
    ]
    return [Fact(label=label, value=value) for label, value in facts if value]


def part_rows(record: PaymentRecord) -> list[PartRow]:
    """Return the breakdown over invoices."""
    return [_part(f"{part.invoice_number}/{record.instalment_count}", [part]) for part in record.parts]


def part_total(record: PaymentRecord) -> PartRow:
    """Return the sums of the breakdown."""
    return _part("Total", record.parts)


def _part(title: str, parts: Sequence[ReceiptPart]) -> PartRow:
    def of(name: str) -> str:
        return brl_text(sum(getattr(part, f"{name}_cents") for part in parts))

    return PartRow(
        title=title,
        due=date_text(parts[0].due_date) if len(parts) == 1 else "",
        mora=of("mora"),
        late_fee=of("late_fee"),
        interest=of("interest"),
        principal=of("principal"),
        total=of("total"),
    )


def beside_texts(record: PaymentRecord) -> list[str]:
    """Return what the payment did beside paying: what it took off, and what it left over."""
    told = [
        f"Parcela {each.invoice_number}: {brl_text(each.cents)} de {_TAKEN_OFF[each.kind]}."
        for each in record.taken_off
    ]
    if record.left_over_cents and record.reversal is None:
        unused = f", {brl_text(record.unused_cents)} ainda sem uso" if record.credit_moves else ""
        told.append(f"{brl_text(record.left_over_cents)} ficaram como crédito do cliente{unused}.")
    return told


def move_rows(record: PaymentRecord) -> list[MoveRow]:
    """Return where credit of the payment went, or where that of a payment by credit came from."""
    return [_move(move, is_by_credit=record.method is PaymentMethod.CREDIT) for move in record.credit_moves]


def _move(move: CreditMove, *, is_by_credit: bool) -> MoveRow:
    if is_by_credit:
        text = f"{brl_text(move.cents)} do crédito que o recebimento nº {move.from_payment} deixou"
        return MoveRow(text=text, to=f"/recebimentos/{move.from_payment}")
    if move.to_payment is not None:
        text = f"{brl_text(move.cents)} do crédito pagaram o recebimento nº {move.to_payment}"
        return MoveRow(text=text, to=f"/recebimentos/{move.to_payment}")
    return MoveRow(text=f"{brl_text(move.cents)} do crédito foram devolvidos (devolução nº {move.to_refund})", to="")


def undone_line(record: PaymentRecord) -> UndoneLine:
    """Return what undid the payment; an empty line where it counts."""
    amount = brl_text(record.amount_cents)
    if record.reversal is not None:
        return UndoneLine(title=f"Estorno de {amount}", detail=_told(record.reversal), to="", to_text="")
    if record.returned is None:
        return NOT_UNDONE
    owed = record.returned
    return UndoneLine(
        title=f"Devolução de {brl_text(owed.cents)}",
        detail=_told(owed.told),
        to=f"/emprestimos/{owed.request_number}",
        to_text=f"Cobrado na parcela {owed.invoice_number} do empréstimo nº {owed.request_number}",
    )


def _told(undoing: Undoing) -> str:
    by = f" por {undoing.by}" if undoing.by else ""
    return f"{instant_text(undoing.at)}{by}. Motivo: {undoing.reason}"


def return_effect(record: PaymentRecord) -> list[EffectRow]:
    """Return what saying that the payment failed would change."""
    if record.successor is None:
        return []
    cents = sum(part.total_cents for part in record.parts)
    base = sum(part.interest_cents + part.principal_cents for part in record.parts)
    due, successor = date_text(record.business_date), record.successor
    return [
        EffectRow(
            what=f"Empréstimo nº {successor.request_number}, o acordo mais novo",
            before="",
            after=f"ganha a parcela {successor.next_invoice_number}, de {brl_text(cents)}, que vence em {due}",
        ),
        EffectRow(what="Mora desta parcela", before="", after=f"conta sobre {brl_text(base)}, o valor original"),
        EffectRow(what=f"Empréstimo nº {record.request_number}", before="", after="continua renegociado, como está"),
    ]


def effect_rows(effect: ReversalEffect) -> list[EffectRow]:
    """Return what the reversal would change: the loan, its invoices, the client's credit."""
    looks = LOOKS["request"]
    rows = [
        EffectRow(
            what=f"Empréstimo nº {effect.request_number}",
            before=looks[effect.status_before]["word"],
            after=looks[effect.status_after]["word"],
        ),
        EffectRow(
            what="Em aberto no empréstimo",
            before=brl_text(effect.open_before_cents),
            after=brl_text(effect.open_after_cents),
        ),
        *(_invoice_effect(each) for each in effect.invoices),
    ]
    if effect.credit_change_cents:
        change = effect.credit_change_cents
        words = "volta a ter" if change > 0 else "perde"
        rows.append(EffectRow(what="Crédito do cliente", before="", after=f"{words} {brl_text(abs(change))}"))
    return [row for row in rows if row["before"] != row["after"]]


def _invoice_effect(effect: InvoiceEffect) -> EffectRow:
    return EffectRow(what=f"Parcela {effect.number}", before=_standing(effect.before), after=_standing(effect.after))


def _standing(standing: Standing) -> str:
    look, note = invoice_look(
        standing.status, is_due_today=False, is_part_paid=False, days_overdue=standing.days_overdue
    )
    word = LOOKS["invoice"][look]["word"]
    late = f" · {counted(standing.days_overdue, 'dia', 'dias')}" if note else ""
    charges = standing.late_fee_cents + standing.mora_cents
    with_charges = f" (encargos {brl_text(charges)})" if charges and standing.open_cents else ""
    is_open = f", {brl_text(standing.open_cents)} em aberto{with_charges}" if standing.open_cents else ""
    return f"{word}{late}{is_open}"
