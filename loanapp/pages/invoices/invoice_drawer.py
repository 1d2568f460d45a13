"""One invoice beside the list (`?aberta=`): its situation, its calculation up to a day, its payments."""

from collections.abc import Mapping
from datetime import date
from typing import Any, TypedDict

import reflex as rx

from domain import charges
from domain.calendar import parse_date
from domain.errors import Checks
from domain.payments import PaymentMethod
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.badges import invoice_look, status_badge
from loanapp.components.buttons import button, link_button
from loanapp.components.dialogs import RETURN_FOCUS
from loanapp.components.fields import date_field
from loanapp.components.figures import fact, facts
from loanapp.components.filters import filter_bar
from loanapp.components.formats import brl_text, date_text
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.receive_calculation import Calculated, Line, calculated, calculation, due_text
from loanapp.components.states import error_card, not_found
from loanapp.gate import AuthState, requires
from loanapp.queries.invoices import InvoiceAsked, InvoiceRecord, invoice_record

METHODS = {
    PaymentMethod.PIX: "Pix",
    PaymentMethod.CASH: "Dinheiro",
    PaymentMethod.TRANSFER: "Transferência",
    PaymentMethod.BOLETO: "Boleto",
    PaymentMethod.CREDIT: "Crédito",
}


class Received(TypedDict):
    """What of one payment went to the invoice."""

    title: str
    amount: str


class Shown(TypedDict):
    """One invoice as shown."""

    title: str
    client: str
    client_to: str
    loan: str
    loan_to: str
    due: str
    look: str
    look_note: str
    total: str
    total_label: str
    heading: str
    note: str
    until: str
    today: str
    receive_to: str


NOTHING = Shown(
    title="", client="", client_to="", loan="", loan_to="", due="", look="", look_note="", total="", total_label="",
    heading="", note="", until="", today="", receive_to="",
)  # fmt: skip


class InvoiceState(AuthState):
    """The invoice that the address opens; `step` is empty (closed), `shown`, `missing` or `failed`."""

    step: str = ""
    shown: Shown = NOTHING
    lines: list[Line] = []  # noqa: RUF012 - Reflex copies the default for every tab.
    received: list[Received] = []  # noqa: RUF012
    errors: dict[str, str] = {}  # noqa: RUF012
    fault: str = ""

    @rx.event
    @requires(Permission.INVOICES_VIEW)
    async def look_at_address(self) -> None:
        """Open the invoice that the address names, counted up to the day that it names; close without one."""
        texts = {name: address.parameter(self, name).strip() for name in ("aberta", "ate")}
        if not texts["aberta"]:
            self.step = ""
            return
        outcome = await bridge.submit(invoice_record, parse_asked, texts)
        self.fault, self.errors = outcome.reference, feedback.field_errors(outcome)
        if outcome.ok:
            self.step = "shown"
            self._show(outcome.result)
        elif "ate" not in self.errors:
            self.step = "failed" if outcome.reference else "missing"

    @rx.event
    @requires(Permission.INVOICES_VIEW)
    async def set_open(self, is_open: bool) -> Any:  # noqa: FBT001 - the drawer's own event.
        """Close the drawer by its address."""
        if is_open is False:
            self.step = ""
            return rx.redirect(address.list_address(self), replace=True)
        return None

    def _show(self, record: InvoiceRecord) -> None:
        receive_to = address.list_address(self, receber=f"{record.request_number}-{record.number}")
        self.shown = _shown(record, receive_to)
        charged = _calculated(record)
        self.lines = charged["lines"] if charged else []
        self.received = [
            Received(
                title=f"{date_text(each.received_on)} · {METHODS[each.method]} · recebimento nº {each.number}",
                amount=brl_text(each.amount_cents),
            )
            for each in record.payments
        ]


def parse_asked(texts: Mapping[str, str], today: date) -> InvoiceAsked:
    """Read which invoice, up to which day; raise `date.*` at `ate`. What is no number names no invoice."""
    checks = Checks()
    pay_on = checks.take("ate", parse_date, texts["ate"], today) if texts["ate"] else None
    checks.finish()
    return InvoiceAsked(invoice_id=address.number(texts["aberta"]), pay_on=pay_on)


def _calculated(record: InvoiceRecord) -> Calculated | None:
    if record.charged is None:
        return None
    return calculated(
        record.charged, of=record.count, as_of=record.as_of, today=record.today,
        late_fee_pct=record.late_fee_pct, mora_pct_month=record.mora_pct_month,
    )  # fmt: skip


def _shown(record: InvoiceRecord, receive_to: str) -> Shown:
    open_cents = record.charged.open_cents if record.charged else 0
    # The badge says how it stands today, whatever day the calculation is asked for.
    look, look_note = invoice_look(
        record.status.value,
        is_due_today=record.effective_due_date == record.today,
        is_part_paid=bool(record.payments),
        days_overdue=charges.days_overdue(record.effective_due_date, record.today) if open_cents else 0,
    )
    return Shown(
        title=f"Parcela {record.number}/{record.count}",
        client=record.client_name,
        client_to=f"/clientes/{record.client_id}",
        loan=f"nº {record.request_number}",
        loan_to=f"/emprestimos/{record.request_number}",
        due=due_text(record),
        look=look,
        look_note=look_note,
        total=brl_text(open_cents),
        total_label="Total hoje" if record.as_of == record.today else f"Total em {date_text(record.as_of)}",
        heading=f"Memória de cálculo até {date_text(record.as_of)}",
        note=_note(record) if open_cents else "",
        until=date_text(record.as_of) if record.as_of != record.today else "",
        today=record.today.isoformat(),
        receive_to=receive_to if open_cents else "",
    )


def _note(record: InvoiceRecord) -> str:
    """Say what of the calculation the routines have not stored yet."""
    if record.charged_through >= record.today or record.effective_due_date >= record.today:
        return ""
    until = date_text(record.charged_through)
    return f"Encargos gravados até {until}; a rotina de hoje ainda não passou. O valor abaixo foi calculado agora."


def _calculation() -> rx.Component:
    shown = InvoiceState.shown
    until = filter_bar(
        date_field(
            "ate", "Se pagar até", today=shown["today"], value=shown["until"], errors=InvoiceState.errors,
            key=shown["until"], class_name="flex-1 md:flex-none",
        ),
        button_text="Calcular",
    )  # fmt: skip
    note = rx.cond(
        shown["note"] != "",
        rx.el.p(glyph("triangle-alert"), shown["note"], class_name="notice rounded-lg", role="status"),
    )
    return rx.el.section(
        rx.el.h3(shown["heading"], class_name="title-small"),
        note,
        rx.el.div(calculation(InvoiceState.lines), aria_live="polite"),
        rx.cond(shown["receive_to"] != "", until),
        class_name="flex flex-col gap-3",
    )


def _received() -> rx.Component:
    line = rx.foreach(
        InvoiceState.received,
        lambda each: rx.el.li(
            rx.el.span(each["title"], class_name="muted"),
            rx.el.span(each["amount"], class_name="tabular-nums whitespace-nowrap"),
            class_name="flex justify-between gap-4 py-1",
        ),
    )
    nothing = rx.el.p("Nenhum recebimento desta parcela.", class_name="muted")
    return rx.el.section(
        rx.el.h3("Recebimentos", class_name="title-small"),
        rx.cond(InvoiceState.received.length() > 0, rx.el.ul(line), nothing),
        class_name="flex flex-col gap-2",
    )


def _record() -> rx.Component:
    shown = InvoiceState.shown
    may_receive = AuthState.permissions.contains(Permission.PAYMENTS_REGISTER.value) & (shown["receive_to"] != "")
    return rx.el.div(
        rx.el.div(
            status_badge("invoice", shown["look"], shown["look_note"]),
            rx.el.span(shown["total_label"], class_name="caption ml-auto"),
            rx.el.span(shown["total"], class_name="figure"),
            class_name="flex items-center gap-3",
        ),
        facts(
            fact("Cliente", app_link(shown["client"], to=shown["client_to"])),
            fact("Empréstimo", app_link(shown["loan"], to=shown["loan_to"])),
            fact("Vencimento", shown["due"]),
        ),
        rx.cond(InvoiceState.lines.length() > 0, _calculation()),
        _received(),
        rx.cond(
            may_receive,
            link_button("Receber", to=shown["receive_to"], kind="primary", icon="banknote", class_name="w-full"),
        ),
        class_name="flex flex-col gap-6",
    )


def invoice_drawer() -> rx.Component:
    """Show the invoice that the address opens, over the list; Esc, a press outside and Fechar close it."""
    title = rx.cond(InvoiceState.step == "shown", InvoiceState.shown["title"], "Parcela")
    body = rx.match(
        InvoiceState.step,
        ("shown", _record()),
        ("missing", not_found("Esta parcela não existe.")),
        (
            "failed",
            error_card(
                "Não foi possível carregar a parcela.", InvoiceState.look_at_address, reference=InvoiceState.fault
            ),
        ),
        rx.fragment(),
    )
    head = rx.el.div(
        rx.drawer.title(title, class_name="title", letter_spacing="0"),
        rx.drawer.close(button("Fechar", kind="quiet", icon="x"), as_child=True),
        class_name="flex items-center justify-between gap-3 mb-4",
    )
    return rx.drawer.root(
        rx.drawer.overlay(z_index="30", background="rgb(0 0 0 / .5)"),
        rx.drawer.portal(
            rx.drawer.content(
                head,
                body,
                class_name="max-md:!w-full",
                display="block",
                left="auto",
                height="100%",
                width="480px",
                padding="24px",
                overflow_y="auto",
                background="var(--c-panel)",
                z_index="30",
                aria_describedby=rx.Var.create(None),
                on_close_auto_focus=RETURN_FOCUS,
            )
        ),
        open=InvoiceState.step != "",
        on_open_change=InvoiceState.set_open,
        direction="right",
        # Only the buttons close it: dragging would make its text impossible to select.
        handle_only=True,
    )
