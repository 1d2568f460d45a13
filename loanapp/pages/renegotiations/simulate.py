"""Simulador: the debt of one loan, and three proposals over it side by side, one of them in the form (ux.md §2.15)."""

import functools
from typing import Any, TypedDict
from uuid import UUID

import reflex as rx

from domain.money import Money
from domain.permissions import Permission
from domain.renegotiations import Offer
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.buttons import button, submit_button
from loanapp.components.explain import explained_amount
from loanapp.components.fields import date_field, error_summary, money_field, percent_field, select_field, text_field
from loanapp.components.figures import fact, facts
from loanapp.components.formats import brl_text, counted, date_text
from loanapp.components.forms import form_held, held, once_form, settled
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.page import page
from loanapp.components.plan_terms import STEPS
from loanapp.components.states import error_card, page_skeleton
from loanapp.gate import AuthState, requires
from loanapp.pages.renegotiations.offer_texts import (
    LETTERS,
    NO_TERMS,
    Shown,
    Terms,
    lowest,
    parse_draft,
    parse_offer,
    shown,
    terms_of,
)
from loanapp.queries.charged import ChargedInvoice
from loanapp.queries.renegotiations import Simulator, SimulatorOf, simulator
from loanapp.services.renegotiations import draft_offer

FORM_ID = "new-offer"


class DebtRow(TypedDict):
    """One open invoice of the debt."""

    number: str
    due: str
    original: str
    late_fee: str
    mora: str
    open: str


class SimulateState(AuthState):
    """The simulator of one loan in this tab; the offers that stand in the columns stay on the server."""

    is_loaded: bool = False
    problem: str = ""
    number: int = 0
    client: str = ""
    client_to: str = ""
    today: str = ""
    original: str = ""
    late_fee: str = ""
    mora: str = ""
    debt: str = ""
    rows: list[DebtRow] = []  # noqa: RUF012 - Reflex copies the defaults for every tab.
    proposals: list[Shown] = []  # noqa: RUF012
    lowest: str = ""
    limit: str = ""
    letter: str = "B"
    asks_approval: bool = False
    explain_to: str = ""
    terms: Terms = NO_TERMS
    errors: dict[str, str] = {}  # noqa: RUF012
    _offers: tuple[Offer, ...] = ()
    _request_id: UUID | None = None
    _owed: Money = Money.ZERO
    _refused: dict[str, str] = {}  # noqa: RUF012

    @rx.event
    @requires(Permission.RENEGOTIATIONS_OFFER)
    async def load(self) -> None:
        """Read the debt of the loan that the address names, with the suggested proposals."""
        asked = address.parameter(self, "emprestimo")
        self.reset()
        self.number = address.number(asked)
        outcome = await bridge.read(simulator, SimulatorOf(number=self.number))
        self.problem, self.is_loaded = feedback.message(outcome), True
        if outcome.ok:
            self._show(outcome.result)
            self._edit("B")

    @rx.event
    @requires(Permission.RENEGOTIATIONS_OFFER)
    async def edit(self, letter: str) -> None:
        """Take a proposal into the form; the others stay as they stand."""
        if letter in LETTERS and self._offers:
            self._edit(letter)

    @rx.event(supersedes=True)
    @requires(Permission.RENEGOTIATIONS_OFFER)
    async def count(self, form_as_json: str) -> None:
        """Work the form's proposal out again while it is typed; what is no whole offer leaves the column as it was."""
        typed = held(form_as_json)
        outcome = await bridge.submit(simulator, self._with_form, typed)
        found = feedback.field_errors(outcome)
        self.errors = feedback.still_wrong(self.errors, found, refused=self._refused, typed=typed)
        if outcome.ok:
            self._show(outcome.result)

    @rx.event(temporal=True)
    @requires(Permission.RENEGOTIATIONS_OFFER)
    async def submit(self, form: dict[str, Any]) -> Any:
        """Make the offer that the form holds, once by its key, and go to its record."""
        if self._request_id is None:
            return settled(FORM_ID, is_done=False)
        parse = functools.partial(parse_draft, request_id=self._request_id, owed=self._owed)
        outcome = await bridge.submit(draft_offer, parse, form)
        self.errors = feedback.field_errors(outcome)
        if not outcome.ok:
            self._refused = bridge.texts_of(form)
            return settled(FORM_ID, is_done=False)
        return [settled(FORM_ID, is_done=True), rx.redirect(f"/renegociacoes/{outcome.result.number}")]

    def _with_form(self, texts: Any, today: Any) -> SimulatorOf:
        offers = list(self._offers)
        offers[LETTERS.index(self.letter)] = parse_offer(texts, today, owed=self._owed)
        return SimulatorOf(number=self.number, offers=tuple(offers))

    def _edit(self, letter: str) -> None:
        self.letter, self.errors = letter, {}
        self.asks_approval = bool(self.proposals[LETTERS.index(letter)]["needs_approval"])
        self.terms = terms_of(self._offers[LETTERS.index(letter)])

    def _show(self, found: Simulator) -> None:
        self._request_id, self._owed = found.request_id, Money(found.debt_cents)
        self._offers = tuple(proposal.offer for proposal in found.proposals)
        self.client, self.client_to = found.client_name, f"/clientes/{found.client_id}"
        self.today = found.business_date.isoformat()
        self.original, self.late_fee = brl_text(found.original_cents), brl_text(found.late_fee_cents)
        self.mora, self.debt = brl_text(found.mora_cents), brl_text(found.debt_cents)
        self.rows = [_debt_row(invoice) for invoice in found.invoices]
        self.lowest = lowest(found.proposals)
        self.proposals = [
            shown(letter, proposal, is_lowest=self.lowest.startswith(f"Proposta {letter}:"))
            for letter, proposal in zip(LETTERS, found.proposals, strict=True)
        ]
        self.asks_approval = found.proposals[LETTERS.index(self.letter)].needs_approval
        self.explain_to = address.list_address(self, calculo=found.number)
        limit = found.discount_limit_pct
        self.limit = "" if limit is None else f"Seu limite de desconto é {limit}%. Acima dele, outra pessoa aprova."


def _debt_row(invoice: ChargedInvoice) -> DebtRow:
    return DebtRow(
        number=str(invoice.number) if invoice.number else "Entrada",
        due=date_text(invoice.due_date)
        + (f" · {counted(invoice.days_overdue, 'dia', 'dias')} em atraso" if invoice.days_overdue else ""),
        original=brl_text(invoice.original_cents),
        late_fee=brl_text(invoice.late_fee_cents),
        mora=brl_text(invoice.mora_cents),
        open=brl_text(invoice.open_cents),
    )


def _debt() -> rx.Component:
    state = SimulateState
    rows = rx.foreach(
        state.rows,
        lambda row: rx.el.tr(
            rx.el.td(row["number"], class_name="pr-3 py-1"),
            rx.el.td(row["due"], class_name="pr-3"),
            rx.el.td(row["original"], class_name="text-right tabular-nums pl-3 max-md:hidden"),
            rx.el.td(row["late_fee"], class_name="text-right tabular-nums pl-3 max-md:hidden"),
            rx.el.td(row["mora"], class_name="text-right tabular-nums pl-3 max-md:hidden"),
            rx.el.td(row["open"], class_name="text-right tabular-nums pl-3 font-medium"),
            class_name="border-t border-[var(--c-line)]",
        ),
    )
    head = rx.el.tr(
        *(
            rx.el.th(text, scope="col", class_name=f"font-medium {class_name}")
            for text, class_name in (
                ("Parcela", "text-left"),
                ("Vencimento", "text-left"),
                ("Original", "text-right max-md:hidden"),
                ("Multa", "text-right max-md:hidden"),
                ("Mora", "text-right max-md:hidden"),
                ("Em aberto", "text-right"),
            )
        ),
        class_name="caption",
    )
    return rx.el.section(
        rx.el.h2("Dívida hoje", class_name="title-small"),
        facts(
            fact("Original em aberto", state.original),
            fact("Multa", state.late_fee),
            fact("Mora", state.mora),
            fact("Dívida hoje", rx.el.span(state.debt, class_name="figure")),
        ),
        rx.el.details(
            rx.el.summary("Ver por parcela: todas entram no acordo", class_name="link py-2 max-md:min-h-12"),
            rx.el.p(
                explained_amount("Memória de cálculo", to=state.explain_to), class_name="mt-2"
            ),
            rx.el.table(
                rx.el.caption("Parcelas em aberto", class_name="sr-only"),
                rx.el.thead(head), rx.el.tbody(rows), class_name="w-full mt-2",
            ),
        ),
        class_name="panel flex flex-col gap-3",
    )  # fmt: skip


def _form() -> rx.Component:
    state = SimulateState
    count = form_held(FORM_ID, callback=state.count).debounce(300)
    live = {"errors": state.errors, "on_change": count}
    terms = state.terms
    whole = {"class_name": "col-span-2", **live}
    fields = rx.el.div(
        money_field(
            "down_payment", "Entrada", value=terms["down_payment"], help_text="Valor, ou parte da dívida: 20%", **whole
        ),
        text_field("count", "Parcelas", input_mode="numeric", value=terms["count"], **live),
        select_field("step", "Frequência", STEPS, value=terms["step"], **live),
        date_field("first_due_date", "Primeira data", today=state.today, value=terms["first_due_date"], help_text="",
                   **live),
        date_field("valid_through", "Válida até", today=state.today, value=terms["valid_through"], help_text="",
                   **live),
        percent_field("rate_pct", "Juros por período", period="", value=terms["rate_pct"], **whole),
        rx.el.fieldset(
            rx.el.legend("Descontos", class_name="label mb-2"),
            *(
                _discount(name, label, terms[name], live)
                for name, label in (
                    ("mora_discount_pct", "Na mora"),
                    ("late_fee_discount_pct", "Na multa"),
                    ("original_discount_pct", "No restante"),
                )
            ),
            class_name="col-span-2 flex flex-col gap-3",
        ),
        class_name="grid gap-3 grid-cols-2 items-end",
        # The fields are uncontrolled: another proposal fills them anew.
        key=state.letter,
    )  # fmt: skip
    return rx.el.section(
        rx.el.h2("Condições da proposta ", state.letter, class_name="title-small"),
        rx.cond(state.limit != "", rx.el.p(state.limit, class_name="muted")),
        once_form(
            error_summary(state.errors),
            fields,
            submit_button(
                rx.cond(state.asks_approval, "Pedir aprovação da proposta ", "Fazer proposta ") + state.letter,
                busy="Registrando…",
            ),
            rx.el.p("A dívida de hoje fica fixada na proposta até a validade.", class_name="muted"),
            id=FORM_ID,
            on_submit=state.submit,
        ),
        class_name="panel flex flex-col gap-3",
    )


def _discount(name: str, label: str, value: rx.Var[str], live: dict[str, Any]) -> rx.Component:
    """Ask for a discount by a field, and by a slider that writes into it (assets/app.js)."""
    slider = rx.el.input(
        type="range", min="0", max="100", step="1", default_value=value.replace(",", "."),
        class_name="grow min-w-0 h-10 max-md:h-12 accent-[var(--c-primary)]",
        custom_attrs={"data-slides": name, "aria-label": f"Desconto {label.lower()}, em %"},
    )  # fmt: skip
    field = percent_field(name, label, period="", value=value, class_name="w-28 max-md:w-36 shrink-0", **live)
    return rx.el.div(field, slider, class_name="flex items-end gap-3")


_FIGURES = (
    ("Dívida hoje", "debt"),
    ("Desconto", "discount"),
    ("Entrada", "down_payment"),
    ("Parcelas", "instalments"),
    ("Diferença para a dívida", "difference"),
    ("Último vencimento", "last_due"),
    ("% da renda", "income"),
    ("CET", "cost"),
    ("A mora nova conta sobre", "base"),
)


def _proposal(proposal: rx.Var[Shown]) -> rx.Component:
    state = SimulateState
    is_edited = state.letter == proposal["letter"]
    rows = (
        rx.el.div(
            rx.el.dt(label, class_name="caption"),
            rx.el.dd(
                state.debt if key == "debt" else proposal[key], class_name="font-medium tabular-nums ml-auto text-right"
            ),
            class_name="flex flex-wrap justify-between items-baseline gap-x-3 py-1 border-t border-[var(--c-line)]",
        )
        for label, key in _FIGURES
    )
    figures = rx.fragment(
        rx.el.div(
            rx.el.div("Total a pagar", class_name="caption"),
            rx.el.div(proposal["total"], class_name="figure"),
            rx.cond(proposal["is_lowest"], rx.el.div(glyph("check"), "Menor total", class_name="caption flex gap-1")),
        ),
        rx.el.dl(*rows),
    )
    return rx.el.article(
        rx.el.div(
            rx.el.h3(f"Proposta {proposal['letter']}: ", proposal["headline"], class_name="font-semibold"),
            rx.cond(
                is_edited,
                rx.el.span(glyph("pencil-line"), "No formulário", class_name="muted flex items-center gap-1"),
                button(
                    f"Usar proposta {proposal['letter']}",
                    on_click=state.edit(proposal["letter"]),
                    access_key=proposal["letter"].lower(),
                ),
            ),
            class_name="flex flex-wrap items-center justify-between gap-2 min-h-10",
        ),
        rx.cond(
            proposal["problem"] != "",
            rx.el.p(glyph("circle-alert", class_name="shrink-0"), proposal["problem"], class_name="field-error"),
            figures,
        ),
        rx.cond(
            proposal["needs_approval"],
            rx.el.p(glyph("shield-ban", class_name="shrink-0"), "Pede aprovação.", class_name="notice rounded-md"),
        ),
        class_name=rx.cond(is_edited, "panel flex flex-col gap-3 outline-2 outline outline-[var(--c-focus)]",
                           "panel flex flex-col gap-3"),
        custom_attrs={"aria-current": rx.cond(is_edited, "true", "false")},
    )  # fmt: skip


@page(
    "/renegociacoes/simular",
    title="Simular renegociação",
    permission=Permission.RENEGOTIATIONS_OFFER,
    on_load=[SimulateState.load],
)
def simulate() -> rx.Component:
    """Draw whose loan it is, the debt, the three columns, and beside them the form."""
    state = SimulateState
    columns = rx.el.section(
        rx.el.h2("Propostas", class_name="sr-only"),
        rx.el.div(rx.foreach(state.proposals, _proposal), class_name="grid gap-3 xl:grid-cols-3 items-stretch"),
        rx.el.p(state.lowest, role="status", class_name="mt-2 font-medium"),
        aria_live="polite",
    )
    body = rx.el.div(
        rx.el.p(
            "Empréstimo ", app_link(f"nº {state.number}", to=f"/emprestimos/{state.number}"), " de ",
            app_link(state.client, to=state.client_to),
        ),
        _debt(),
        rx.el.div(
            columns, _form(),
            class_name="grid gap-4 items-start lg:grid-cols-[minmax(0,1fr)_300px]",
        ),
        class_name="flex flex-col gap-4",
    )  # fmt: skip
    return rx.cond(
        state.problem != "",
        error_card(state.problem, state.load),
        rx.cond(state.is_loaded, body, page_skeleton()),
    )
