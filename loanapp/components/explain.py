"""“Memória de cálculo” over every page, opened by the address: `?calculo=12` a loan, `?calculo=12-3` its invoice 3.

`?ate=` is the day it would be paid on: a passed day answers from the ledger as it then stood, a later one as if
nothing more is paid.
"""

import dataclasses
from collections.abc import Mapping
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

import reflex as rx

from domain.calendar import parse_date
from domain.errors import Checks
from domain.explanations import mora_base_words
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.buttons import download_button, link_button, submit_button
from loanapp.components.drawer import drawer
from loanapp.components.explanation import NO_FACTS, Facts, facts_of, facts_shown
from loanapp.components.fields import date_field
from loanapp.components.filters import filter_bar
from loanapp.components.formats import brl_text, counted, date_text, instant_text
from loanapp.components.forms import once_form, settled
from loanapp.components.links import app_link
from loanapp.components.receive_calculation import Calculated, Line, calculated, calculated_invoice, calculation
from loanapp.components.states import error_card, not_found
from loanapp.components.targets import target
from loanapp.gate import AuthState, requires
from loanapp.queries.calculations import Calculation, CalculationOf
from loanapp.queries.calculations import calculation as read_calculation
from loanapp.services.one_off_texts import SendCalculation, send_calculation

INVOICES_SHOWN = 60
SEND_FORM = "send-calculation"


class Shown(TypedDict):
    """One calculation as shown; what does not apply is empty."""

    title: str
    loan: str
    loan_to: str
    client: str
    client_to: str
    total: str
    total_label: str
    moment: str
    base: str
    more: str
    credit: str
    until: str
    today: str
    paper: str
    invoice_to: str


NOTHING = Shown(
    title="", loan="", loan_to="", client="", client_to="", total="", total_label="", moment="", base="", more="",
    credit="", until="", today="", paper="", invoice_to="",
)  # fmt: skip


def explained_amount(amount: str | rx.Var[str], *, to: str | rx.Var[str], class_name: str = "") -> rx.Component:
    """Show an amount as the link that opens how it came about; `to` is `?calculo=…` with what the page keeps."""
    return app_link(
        amount,
        to=to,
        class_name=f"link tabular-nums {class_name}",
        preventScrollReset=True,
        custom_attrs={"aria-label": f"Memória de cálculo: {amount}"},
    )


def moment_text(as_of: date, today: date) -> str:
    """Say what a day that is not today answers from; nothing for today."""
    if as_of == today:
        return ""
    if as_of < today:
        return f"Como estava em {date_text(as_of)}, com o que tinha sido recebido até esse dia."
    return f"Se nada mais for pago até {date_text(as_of)}."


def paper_address(number: int, invoice_number: int | None, as_of: date) -> str:
    """Return where the calculation is a PDF."""
    return address.address(f"/pdf/calculo/{number}", parcela=invoice_number, ate=as_of.isoformat())


class ExplainState(AuthState):
    """The calculation that the address opens; `step` is empty (closed), `shown`, `missing` or `failed`."""

    step: str = ""
    shown: Shown = NOTHING
    invoices: list[Calculated] = []  # noqa: RUF012 - Reflex copies the default for every tab.
    facts: Facts = NO_FACTS
    errors: dict[str, str] = {}  # noqa: RUF012
    fault: str = ""
    _of: SendCalculation | None = None

    @rx.event
    @requires()
    async def look_at_address(self) -> None:
        """Open, count again or close, as the address says."""
        texts = {name: address.parameter(self, name).strip() for name in ("calculo", "ate")}
        if not texts["calculo"]:
            self.step = ""
            return
        outcome = await bridge.submit(read_calculation, parse_asked, texts)
        self.fault, self.errors = outcome.reference, feedback.field_errors(outcome)
        if outcome.ok:
            self.step = "shown"
            self._show(outcome.result)
        elif "ate" not in self.errors or not self.step:
            self.step = "failed" if outcome.reference else "missing"

    @rx.event
    @requires()
    async def set_open(self, is_open: bool) -> Any:  # noqa: FBT001 - the drawer's own event.
        """Close the drawer by its address."""
        if is_open is False:
            self.step = ""
            return rx.redirect(address.changed(self, calculo="", ate=""), replace=True)
        return None

    @rx.event(temporal=True)
    @requires(Permission.MESSAGES_SEND)
    async def send(self, form: dict[str, Any]) -> Any:
        """Send the calculation to the borrower by WhatsApp, once by the key of its form."""
        return await sent(self._of, form, SEND_FORM)

    def _show(self, found: Calculation) -> None:
        self._of = SendCalculation(
            request_id=found.request_id,
            invoice_number=found.invoice_number,
            as_of=found.as_of,
            message_id=found.request_id,
        )
        owed = [each for each in found.invoices if each.charged.open_cents or found.invoice_number is not None]
        self.shown = _shown(found, counts=len(owed))
        self.invoices = [
            calculated(
                each.charged, of=found.count, as_of=found.as_of, today=found.today,
                late_fee_pct=found.late_fee_pct, mora_pct_month=found.mora_pct_month,
            )
            for each in owed[:INVOICES_SHOWN]
        ]  # fmt: skip
        self.facts = facts_of(owed[0]) if found.invoice_number is not None else NO_FACTS


async def sent(order: SendCalculation | None, form: dict[str, Any], form_id: str) -> Any:
    """Queue a calculation for WhatsApp under the key that the form made, and say when it leaves, or why not."""
    if order is None:
        return settled(form_id, is_done=False)

    def parse(texts: Mapping[str, str], _today: date) -> SendCalculation:
        return dataclasses.replace(order, message_id=UUID(texts["command_id"]))

    outcome = await bridge.submit(send_calculation, parse, form)
    if not outcome.ok:
        return [settled(form_id, is_done=False), rx.toast.error(feedback.message(outcome))]
    leaves = instant_text(outcome.result.available_at)
    return [settled(form_id, is_done=True), rx.toast.success(f"Cálculo na fila do WhatsApp, sai a partir de {leaves}.")]


def send_form(form_id: str, on_submit: Any, text: str = "Enviar pelo WhatsApp") -> rx.Component:
    """Show the button that sends a text to the borrower, to who may send one."""
    return rx.cond(
        AuthState.permissions.contains(Permission.MESSAGES_SEND.value),
        once_form(
            submit_button(text, kind="secondary", busy="Enviando…"),
            id=form_id,
            on_submit=on_submit,
            class_name="contents",
        ),
    )


def parse_asked(texts: Mapping[str, str], today: date) -> CalculationOf:
    """Read what is asked for, and the day; raise `date.*` at `ate`. What names no loan is number 0, which none has."""
    checks = Checks()
    as_of = checks.take("ate", parse_date, texts["ate"], today) if texts["ate"] else None
    checks.finish()
    asked = target(texts["calculo"])
    return CalculationOf(
        number=asked.number if asked else 0, invoice_number=asked.invoice_number if asked else None, as_of=as_of
    )


def _shown(found: Calculation, *, counts: int) -> Shown:
    is_today = found.as_of == found.today
    more = []
    if found.closed_on is not None and found.closed_on <= found.as_of:
        more.append(f"Renegociado em {date_text(found.closed_on)}: a dívida continua no novo acordo.")
    settled = len(found.invoices) - counts
    if settled and found.invoice_number is None:
        more.append(f"{counted(settled, 'parcela não tem', 'parcelas não têm')} nada em aberto.")
    if counts > INVOICES_SHOWN:
        more.append(f"Aqui estão as primeiras {INVOICES_SHOWN} de {counts}; o total é de todas.")
    is_single = found.invoice_number is not None
    return Shown(
        title=f"Empréstimo nº {found.number}",
        loan=f"nº {found.number}",
        loan_to=f"/emprestimos/{found.number}",
        client=found.client_name,
        client_to=f"/clientes/{found.client_id}",
        total=brl_text(found.open_cents),
        total_label="Total hoje" if is_today else f"Total em {date_text(found.as_of)}",
        moment=moment_text(found.as_of, found.today),
        base=mora_base_words(found.carried_from) if found.carried_from else "",
        more=" ".join(more),
        credit=f"Crédito do cliente neste empréstimo: {brl_text(found.credit_cents)}." if found.credit_cents else "",
        until="" if is_today else date_text(found.as_of),
        today=found.today.isoformat(),
        paper=paper_address(found.number, found.invoice_number, found.as_of),
        invoice_to=address.address(f"/parcelas/{found.invoices[0].invoice_id}") if is_single else "",
    )


def until_form(*, today: rx.Var[str], value: rx.Var[str], errors: rx.Var[dict[str, str]]) -> rx.Component:
    """Ask for the day of payment; it goes into the address."""
    field = date_field(
        "ate", "Se pagar até", today=today, value=value, errors=errors, key=value, class_name="flex-1 md:flex-none"
    )
    return filter_bar(field, button_text="Calcular")


def _note(text: rx.Var[str]) -> rx.Component:
    return rx.cond(text != "", rx.el.p(text, class_name="muted"))


def _body() -> rx.Component:
    state, shown = ExplainState, ExplainState.shown
    single = rx.el.div(
        rx.foreach(
            state.invoices,
            lambda invoice: rx.el.section(
                rx.el.h3(invoice["title"], " · ", invoice["due"], class_name="font-semibold mb-2"),
                calculation(invoice["lines"].to(list[Line])),
            ),
        ),
        facts_shown(state.facts),
        class_name="flex flex-col gap-5",
    )
    several = rx.el.div(
        rx.foreach(state.invoices, lambda invoice: calculated_invoice(invoice, is_open=False)),
        rx.el.p(
            rx.el.span(shown["total_label"]),
            rx.el.span(shown["total"], class_name="tabular-nums"),
            class_name="flex justify-between gap-4 font-semibold pt-2",
        ),
    )
    return rx.el.div(
        rx.el.p("Empréstimo ", app_link(shown["loan"], to=shown["loan_to"]), " de ",
                app_link(shown["client"], to=shown["client_to"])),
        rx.el.div(
            rx.el.span(shown["total_label"], class_name="caption"),
            rx.el.span(shown["total"], class_name="figure"),
            class_name="flex items-center justify-between gap-3",
            aria_live="polite",
        ),
        until_form(today=shown["today"], value=shown["until"], errors=state.errors),
        _note(shown["moment"]),
        rx.cond(shown["invoice_to"] != "", single, several),
        _note(shown["base"]),
        _note(shown["more"]),
        _note(shown["credit"]),
        rx.el.div(
            send_form(SEND_FORM, state.send),
            download_button("PDF", to=shown["paper"]),
            rx.cond(
                shown["invoice_to"] != "",
                link_button("Abrir parcela", to=shown["invoice_to"], icon="receipt-text"),
                link_button("Abrir empréstimo", to=shown["loan_to"], icon="hand-coins"),
            ),
            class_name="flex flex-wrap gap-3",
        ),
        class_name="flex flex-col gap-4",
    )  # fmt: skip


def explain_drawer() -> rx.Component:
    """Show the calculation that the address opens."""
    state = ExplainState
    failed = error_card("Não foi possível calcular.", state.look_at_address, reference=state.fault)
    body = rx.match(
        state.step,
        ("shown", _body()),
        ("missing", not_found("Não há cálculo com este número ou nesta data.")),
        ("failed", failed),
        rx.fragment(),
    )
    return drawer("Memória de cálculo", body, is_open=state.step != "", on_open_change=state.set_open)
