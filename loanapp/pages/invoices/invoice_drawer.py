"""One invoice beside the list (`?aberta=`): its situation, its calculation up to a day, its payments."""

from collections.abc import Mapping
from datetime import date
from typing import Any, TypedDict

import reflex as rx

from domain import charges
from domain.calendar import parse_date
from domain.errors import Checks
from domain.explanations import mora_base_words
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.badges import invoice_look, status_badge
from loanapp.components.buttons import download_button, link_button
from loanapp.components.drawer import drawer
from loanapp.components.explain import moment_text, paper_address, send_form, sent, until_form
from loanapp.components.explanation import NO_FACTS, Facts, facts_of, facts_shown
from loanapp.components.figures import fact, facts
from loanapp.components.formats import brl_text, date_text
from loanapp.components.glyphs import glyph
from loanapp.components.invoice_menu import invoice_menu
from loanapp.components.links import app_link
from loanapp.components.pix import pix_offer
from loanapp.components.receive_calculation import (
    Calculated,
    Line,
    calculated,
    calculation,
    due_text,
    invoice_title,
)
from loanapp.components.states import error_card, not_found, page_skeleton
from loanapp.gate import AuthState, requires
from loanapp.queries.invoices import InvoiceAsked, InvoiceRecord, invoice_record
from loanapp.services.one_off_texts import SendCalculation

SEND_FORM = "send-invoice-calculation"


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
    moment: str
    base: str
    until: str
    today: str
    receive_to: str
    pix_of: str
    paper: str
    page_to: str
    messages_to: str


NOTHING = Shown(
    title="", client="", client_to="", loan="", loan_to="", due="", look="", look_note="", total="", total_label="",
    heading="", note="", moment="", base="", until="", today="", receive_to="", pix_of="", paper="",
    page_to="", messages_to="",
)  # fmt: skip


class InvoiceState(AuthState):
    """The invoice that the address opens; `step` is empty (closed), `shown`, `missing` or `failed`."""

    step: str = ""
    shown: Shown = NOTHING
    lines: list[Line] = []  # noqa: RUF012 - Reflex copies the default for every tab.
    facts: Facts = NO_FACTS
    previous_to: str = ""
    next_to: str = ""
    _of: SendCalculation | None = None
    errors: dict[str, str] = {}  # noqa: RUF012
    fault: str = ""

    @rx.event
    @requires(Permission.INVOICES_VIEW)
    async def look_at_address(self) -> None:
        """Open the invoice that the address names, counted up to the day that it names; close without one."""
        asked = address.parameter(self, "aberta").strip()
        if asked:
            await self._read(asked)
        else:
            self.step = ""

    @rx.event
    @requires(Permission.INVOICES_VIEW)
    async def look_at_path(self) -> None:
        """Open the invoice whose page this is, counted up to the day that the address names."""
        await self._read(address.local_path(self).rsplit("/", 1)[-1])

    async def _read(self, asked: str) -> None:
        texts = {"aberta": asked, "ate": address.parameter(self, "ate").strip()}
        outcome = await bridge.submit(invoice_record, parse_asked, texts)
        self.fault, self.errors = outcome.reference, feedback.field_errors(outcome)
        if outcome.ok:
            self.step = "shown"
            self._show(outcome.result)
        elif "ate" not in self.errors or self.step != "shown":
            self.step = "failed" if outcome.reference else "missing"

    @rx.event(temporal=True)
    @requires(Permission.MESSAGES_SEND)
    async def send(self, form: dict[str, Any]) -> Any:
        """Send the calculation to the borrower by WhatsApp, once by the key of its form."""
        return await sent(self._of, form, SEND_FORM)

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
        self.previous_to, self.next_to = self._place(record.previous_id), self._place(record.next_id)
        self._of = SendCalculation(
            request_id=record.request_id,
            invoice_number=record.number,
            as_of=record.as_of,
            message_id=record.request_id,
        )
        charged = _calculated(record)
        self.lines = charged["lines"] if charged else []
        self.facts = facts_of(record.explained) if record.explained else NO_FACTS

    def _place(self, invoice_id: int | None) -> str:
        """Return the address of a neighbour: in the drawer where that is open, else its page."""
        if invoice_id is None:
            return ""
        is_drawer = bool(address.parameter(self, "aberta"))
        return address.list_address(self, aberta=invoice_id) if is_drawer else f"/parcelas/{invoice_id}"


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
        is_part_paid=any(not payment.is_reversed for payment in record.payments),
        days_overdue=charges.days_overdue(record.effective_due_date, record.today) if open_cents else 0,
    )
    return Shown(
        title=invoice_title(record.number, record.count),
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
        moment=moment_text(record.as_of, record.today),
        base=mora_base_words(record.carried_from) if record.carried_from else "",
        until=date_text(record.as_of) if record.as_of != record.today else "",
        today=record.today.isoformat(),
        receive_to=receive_to if open_cents else "",
        pix_of=f"{record.request_number}-{record.number}" if open_cents and record.as_of == record.today else "",
        paper=paper_address(record.request_number, record.number, record.as_of) if record.charged else "",
        page_to=f"/parcelas/{record.invoice_id}",
        messages_to=address.address("/mensagens", busca=record.client_name),
    )


def _note(record: InvoiceRecord) -> str:
    """Say what of the calculation the routines have not stored yet."""
    if record.charged_through >= record.today or record.effective_due_date >= record.today:
        return ""
    until = date_text(record.charged_through)
    return f"Encargos gravados até {until}; a rotina de hoje ainda não passou. O valor abaixo foi calculado agora."


def _note_of(text: rx.Var[str]) -> rx.Component:
    return rx.cond(text != "", rx.el.p(text, class_name="muted"))


def _calculation() -> rx.Component:
    shown = InvoiceState.shown
    note = rx.cond(
        shown["note"] != "",
        rx.el.p(glyph("triangle-alert"), shown["note"], class_name="notice rounded-lg", role="status"),
    )
    return rx.el.section(
        rx.el.h2(shown["heading"], class_name="title-small"),
        note,
        until_form(today=shown["today"], value=shown["until"], errors=InvoiceState.errors),
        _note_of(shown["moment"]),
        rx.el.div(calculation(InvoiceState.lines), aria_live="polite"),
        _note_of(shown["base"]),
        facts_shown(InvoiceState.facts),
        class_name="flex flex-col gap-3",
    )


def _head() -> rx.Component:
    shown = InvoiceState.shown
    return rx.fragment(
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
    )


def _neighbours() -> rx.Component:
    def neighbour(text: str, to: rx.Var[str], icon: str, key: str) -> rx.Component:
        link = app_link(
            glyph(icon), text, to=to, class_name="button button-quiet",
            custom_attrs={"data-key": key, "aria-keyshortcuts": key},
        )  # fmt: skip
        return rx.cond(to != "", link)

    return rx.el.nav(
        neighbour("Anterior", InvoiceState.previous_to, "chevron-left", "["),
        neighbour("Próxima", InvoiceState.next_to, "chevron-right", "]"),
        class_name="flex gap-3 no-print",
        aria_label="Parcelas vizinhas",
    )


def _actions(*more: rx.Component) -> rx.Component:
    shown = InvoiceState.shown
    may_receive = AuthState.permissions.contains(Permission.PAYMENTS_REGISTER.value) & (shown["receive_to"] != "")
    return rx.el.div(
        rx.cond(
            may_receive,
            link_button("Receber", to=shown["receive_to"], kind="primary", icon="banknote"),
        ),
        rx.cond(shown["receive_to"] != "", send_form(SEND_FORM, InvoiceState.send)),
        rx.cond(shown["paper"] != "", download_button("PDF", to=shown["paper"])),
        invoice_menu(shown["receive_to"]),
        *more,
        rx.cond(shown["pix_of"] != "", pix_offer(shown["pix_of"])),
        class_name="flex flex-wrap gap-3 no-print",
    )


def _failed(retry: Any) -> rx.Component:
    return error_card("Não foi possível carregar a parcela.", retry, reference=InvoiceState.fault)


def invoice_page_body() -> rx.Component:
    """Show the invoice whose page this is."""
    messages = link_button("Mensagens do cliente", to=InvoiceState.shown["messages_to"], icon="message-square")
    record = rx.el.div(
        _neighbours(),
        rx.el.section(_head(), _actions(messages), class_name="panel flex flex-col gap-4"),
        rx.cond(
            InvoiceState.lines.length() > 0,
            rx.el.div(_calculation(), class_name="panel max-w-2xl"),
            rx.el.p("Parcela cancelada: nada é devido.", class_name="panel muted"),
        ),
        class_name="flex flex-col gap-4",
    )
    return rx.match(
        InvoiceState.step,
        ("shown", record),
        ("missing", not_found("Esta parcela não existe.")),
        ("failed", _failed(InvoiceState.look_at_path)),
        page_skeleton(),
    )


def invoice_drawer() -> rx.Component:
    """Show the invoice that the address opens, over the list; Esc, a press outside and Fechar close it."""
    whole = link_button("Abrir página", to=InvoiceState.shown["page_to"], icon="external-link")
    record = rx.el.div(
        _neighbours(),
        _head(),
        _actions(whole),
        rx.cond(InvoiceState.lines.length() > 0, _calculation()),
        class_name="flex flex-col gap-6",
    )
    body = rx.match(
        InvoiceState.step,
        ("shown", record),
        ("missing", not_found("Esta parcela não existe.")),
        ("failed", _failed(InvoiceState.look_at_address)),
        rx.fragment(),
    )
    title = rx.cond(InvoiceState.step == "shown", InvoiceState.shown["title"], "Parcela")
    return drawer(title, body, is_open=InvoiceState.step != "", on_open_change=InvoiceState.set_open)
