"""What the payment dialog says: which loans receive, where an amount goes, what an earlier day changes, the result."""

from typing import TypedDict

from domain.payments import PaymentMethod
from domain.requests import RequestStatus
from loanapp.components.formats import brl_text, counted, date_text, days_text, instant_text
from loanapp.components.receive_calculation import invoice_title
from loanapp.queries.payments import PaymentDone, PaymentForm, PaymentFormOf, Receivable

METHODS = (
    (PaymentMethod.PIX.value, "Pix", "em Pix"),
    (PaymentMethod.CASH.value, "Dinheiro", "em dinheiro"),
    (PaymentMethod.TRANSFER.value, "Transferência", "por transferência"),
    (PaymentMethod.BOLETO.value, "Boleto", "por boleto"),
)
PHRASES = {value: phrase for value, _, phrase in METHODS}
ARROW = "\N{RIGHTWARDS ARROW}"


class Choice(TypedDict):
    """A loan that may receive."""

    title: str
    detail: str
    overdue: str
    to: str


class Share(TypedDict):
    """What of the typed amount goes to one invoice."""

    title: str
    parts: str
    rest: str


class Change(TypedDict):
    """The charges of one invoice before and after, where the day of the payment is an earlier one."""

    title: str
    values: str


class Done(TypedDict):
    """A registered payment."""

    payment_id: str
    number: int
    title: str
    summary: str
    client: str
    status: str
    rest: str
    cancelled: str
    loan: str
    another: str


NOT_DONE = Done(
    payment_id="", number=0, title="", summary="", client="", status="", rest="", cancelled="", loan="", another=""
)


def choice_of(loan: Receivable, *, to: str) -> Choice:
    """Write a loan that may receive; `to` is the address that opens it."""
    due = f" · próxima em {date_text(loan.next_due_date)}" if loan.next_due_date else ""
    return Choice(
        title=f"{loan.client_name} · empréstimo nº {loan.number}",
        detail=f"{loan.invoices_paid}/{loan.instalment_count} pagas · {brl_text(loan.open_cents)} em aberto{due}",
        overdue=f"{brl_text(loan.overdue_cents)} · {days_text(loan.days_overdue)}" if loan.overdue_cents else "",
        to=to,
    )


def shares_of(form: PaymentForm) -> list[Share]:
    """Write where the amount goes, invoice by invoice."""
    names = (("mora", "mora_cents"), ("multa", "late_fee_cents"), ("juros", "interest_cents"),
             ("principal", "principal_cents"))  # fmt: skip
    return [
        Share(
            title=invoice_title(share.invoice_number, form.instalment_count),
            parts=" · ".join(f"{name} {brl_text(cents)}" for name, part in names if (cents := getattr(share, part))),
            rest=f"Restam {brl_text(share.remaining_cents)}" if share.remaining_cents else "Fica paga",
        )
        for share in form.distribution
    ]


def after_text(form: PaymentForm) -> str:
    """Say what the loan owes after the payment, and what becomes credit."""
    if form.status == RequestStatus.PAID and form.backdating is None:
        return f"{brl_text(form.credit_cents)} viram crédito do cliente." if form.credit_cents else ""
    rest = "Quita o empréstimo." if form.settles else f"Restam {brl_text(form.remaining_cents)} no empréstimo."
    return f"{rest} {brl_text(form.credit_cents)} viram crédito do cliente." if form.credit_cents else rest


def order_note(form: PaymentForm, asked: PaymentFormOf | None) -> str:
    """Say that an older invoice receives first, where a later one was pressed; and that a paid loan owes nothing."""
    if form.status == RequestStatus.PAID:
        return "Nada está em aberto neste empréstimo. Se o dinheiro entrou, registre: fica como crédito do cliente."
    if asked is None or asked.invoice_number is None or not form.invoices:
        return ""
    first = form.invoices[0].number
    is_later = asked.invoice_number != first
    return f"A parcela {first}/{form.instalment_count} está em aberto e recebe primeiro." if is_later else ""


def twin_text(form: PaymentForm) -> str:
    """Ask whether this is another payment, where the same amount came in a few minutes ago."""
    if form.twin is None:
        return ""
    at = instant_text(form.twin.at)[-5:]
    return f"{form.twin.author} registrou {brl_text(form.twin.amount_cents)} às {at}. Registrar outro?"


def remainder_text(form: PaymentForm) -> str:
    """Offer to let go what the payment would leave of an invoice, where it is that little."""
    if form.remainder is None:
        return ""
    title = invoice_title(form.remainder.invoice_number, form.instalment_count).lower()
    return f"Dispensar o que resta da {title}: {brl_text(form.remainder.cents)}"


def charges_change(form: PaymentForm) -> str:
    """Say how all late fees and mora of the loan change by counting from an earlier day."""
    effect = form.backdating
    if effect is None:
        return ""
    if effect.before_cents == effect.after_cents:
        return f"Multa e mora não mudam: {brl_text(effect.after_cents)}."
    return f"Multa e mora até hoje: {brl_text(effect.before_cents)} {ARROW} {brl_text(effect.after_cents)}"


def changes_of(form: PaymentForm) -> list[Change]:
    """Write the late fee and mora of each invoice that an earlier day changes, before and after."""
    if form.backdating is None:
        return []
    return [
        Change(
            title=invoice_title(each.invoice_number, form.instalment_count),
            values=f"{brl_text(each.before_cents)} {ARROW} {brl_text(each.after_cents)}",
        )
        for each in form.backdating.invoices
    ]


def moved_text(form: PaymentForm) -> str:
    """Say which payments are allocated anew by an earlier day."""
    moved = form.backdating.moved_payments if form.backdating else ()
    if not moved:
        return ""
    numbers = ", ".join(map(str, moved))
    if len(moved) == 1:
        return f"O recebimento nº {numbers} é redistribuído entre as parcelas."
    return f"Os recebimentos nº {numbers} são redistribuídos entre as parcelas."


def done_of(payment: PaymentDone, another: str) -> Done:
    """Write a registered payment; `another` is the address that opens the dialog for the next one."""
    rest = f"{brl_text(payment.open_cents)} em aberto" if payment.open_cents else "Nada mais em aberto"
    if payment.overdue_cents:
        rest = f"{rest}, {brl_text(payment.overdue_cents)} em atraso"
    how = PHRASES.get(payment.method, "com crédito do cliente")
    texts = payment.cancelled_texts
    cancelled = counted(texts, "cobrança que estava na fila foi cancelada", "cobranças que estavam na fila canceladas")
    return Done(
        payment_id=str(payment.payment_id),
        number=payment.number,
        title=f"Recebimento nº {payment.number} registrado",
        summary=f"{brl_text(payment.amount_cents)} {how}, em {date_text(payment.received_on)}",
        client=f"{payment.client_name} · empréstimo nº {payment.request_number}",
        status=payment.status,
        rest=rest,
        cancelled=f"{cancelled}." if texts else "",
        loan=f"/emprestimos/{payment.request_number}",
        another=another,
    )
