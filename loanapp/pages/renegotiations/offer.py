"""Proposta: one offer with its calculation, and what is done with it: approve, propose, refuse, make the agreement."""

import functools
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import reflex as rx

from domain.payments import RECEIVED_METHODS, PaymentMethod
from domain.permissions import Permission
from domain.renegotiations import RenegotiationStatus
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.badges import status_badge
from loanapp.components.buttons import button, link_button
from loanapp.components.dialogs import command_dialog
from loanapp.components.fields import choice_field, text_area
from loanapp.components.figures import fact, facts
from loanapp.components.formats import brl_text, counted, date_text
from loanapp.components.forms import settled
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.page import page
from loanapp.components.receive import METHODS
from loanapp.components.states import error_card, page_skeleton
from loanapp.gate import AuthState, requires
from loanapp.pages.renegotiations.offer_texts import BLANK, Shown, shown
from loanapp.queries.renegotiations import OfferRecord, offer_record
from loanapp.services.renegotiations import (
    AcceptOffer,
    DecideOffer,
    accept,
    approve_discount,
    propose,
    reject,
)

FORM_ID = "offer-decision"
DIALOGS = ("approve", "propose", "reject", "accept")


def parse_decision(texts: Mapping[str, str], _today: date, *, renegotiation_id: UUID) -> DecideOffer:
    """Read the form of an approval, a proposal or a refusal."""
    return DecideOffer(renegotiation_id=renegotiation_id, reason=texts["reason"])


def parse_agreement(texts: Mapping[str, str], _today: date, *, renegotiation_id: UUID, has_down: bool) -> AcceptOffer:
    """Read the agreement's form: the key made in the browser is the new request's id, the payment's follows from it."""
    key = UUID(texts["command_id"])
    method = texts["method"]
    is_known = method in {each.value for each in RECEIVED_METHODS}
    return AcceptOffer(
        renegotiation_id=renegotiation_id,
        new_request_id=key,
        down_payment_id=UUID(int=key.int ^ 1) if has_down else None,
        down_payment_method=PaymentMethod(method) if has_down and is_known else None,
    )


class OfferState(AuthState):
    """One offer in this tab."""

    is_loaded: bool = False
    problem: str = ""
    number: int = 0
    status: str = ""
    client: str = ""
    client_to: str = ""
    request_number: int = 0
    new_number: int = 0
    debt: str = ""
    debt_parts: str = ""
    changed: str = ""
    expired: str = ""
    closing: str = ""
    approval: str = ""
    open_invoices: str = ""
    has_down: bool = False
    proposal: Shown = BLANK
    waits: bool = False
    may_approve: bool = False
    can_propose: bool = False
    can_accept: bool = False
    can_reject: bool = False
    dialog: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012 - Reflex copies the default for every tab.
    _id: UUID | None = None

    @rx.event
    @requires(Permission.RENEGOTIATIONS_VIEW)
    async def load(self) -> None:
        """Read the offer whose number the address ends with."""
        self.reset()
        await self._read()

    @rx.event
    @requires(Permission.RENEGOTIATIONS_VIEW)
    async def ask(self, dialog: str) -> None:
        """Open a dialog."""
        self.errors, self.dialog = {}, dialog if dialog in DIALOGS else ""

    @rx.event
    @requires(Permission.RENEGOTIATIONS_VIEW)
    async def fold(self, is_open: bool) -> None:  # noqa: FBT001 - what the dialog sends.
        """Close the open dialog; nothing was done."""
        self.dialog = self.dialog if is_open else ""

    @rx.event(temporal=True)
    @requires(Permission.RENEGOTIATIONS_APPROVE)
    async def approve(self, form: dict[str, Any]) -> Any:
        """Approve the discount as a second person."""
        return await self._decide(approve_discount, parse_decision, form, "Desconto aprovado.")

    @rx.event(temporal=True)
    @requires(Permission.RENEGOTIATIONS_OFFER)
    async def propose(self, form: dict[str, Any]) -> Any:
        """Hand the offer over."""
        return await self._decide(propose, parse_decision, form, "Proposta registrada como enviada.")

    @rx.event(temporal=True)
    @requires(Permission.RENEGOTIATIONS_OFFER)
    async def reject(self, form: dict[str, Any]) -> Any:
        """Record the refusal."""
        return await self._decide(reject, parse_decision, form, "Recusa registrada.")

    @rx.event(temporal=True)
    @requires(Permission.RENEGOTIATIONS_ACCEPT)
    async def accept(self, form: dict[str, Any]) -> Any:
        """Make the agreement, once by the key of its form."""
        parse = functools.partial(parse_agreement, has_down=self.has_down)
        return await self._decide(accept, parse, form, "Acordo confirmado.")

    async def _decide(
        self, use_case: Callable[..., Any], parse: Callable[..., Any], form: dict[str, Any], done: str
    ) -> Any:
        if self._id is None:
            return settled(FORM_ID, is_done=False)
        outcome = await bridge.submit(use_case, functools.partial(parse, renegotiation_id=self._id), form)
        self.errors = feedback.field_errors(outcome)
        await self._read()
        if not outcome.ok:
            return settled(FORM_ID, is_done=False)
        self.dialog = ""
        return [settled(FORM_ID, is_done=True), rx.toast.success(done)]

    async def _read(self) -> None:
        asked = address.local_path(self).rsplit("/", 1)[-1]
        outcome = await bridge.read(offer_record, address.number(asked))
        self.problem, self.is_loaded = feedback.message(outcome), True
        if outcome.ok:
            self._show(outcome.result)

    def _show(self, found: OfferRecord) -> None:
        line = found.line
        self._id, self.number, self.status = line.id, line.number, line.status.value
        self.client, self.client_to = line.client_name, f"/clientes/{line.client_id}"
        self.request_number, self.new_number = line.request_number, line.new_request_number or 0
        self.debt = brl_text(line.debt_cents)
        self.debt_parts = (
            f"original {brl_text(found.original_cents)} · multa {brl_text(found.late_fee_cents)}"
            f" · mora {brl_text(found.mora_cents)}"
        )
        is_changed = found.recounted_cents != line.debt_cents
        self.changed = (
            f"A dívida mudou de {self.debt} para {brl_text(found.recounted_cents)}. Nada foi alterado."
            if is_changed
            else ""
        )
        self.expired = f"A validade terminou em {date_text(line.valid_through)}." if found.has_expired else ""
        self.closing, self.approval = found.closing_reason, found.approval_reason
        self.open_invoices = counted(found.open_invoices, "parcela fica", "parcelas ficam")
        self.proposal, self.has_down = shown("", found.proposal), bool(line.down_payment_cents)
        self.waits, self.may_approve = line.waits_for_approval, found.may_approve
        is_open = line.status in (RenegotiationStatus.DRAFT, RenegotiationStatus.PROPOSED)
        is_good = is_open and not (is_changed or found.has_expired or line.waits_for_approval)
        self.can_propose = is_good and line.status is RenegotiationStatus.DRAFT
        self.can_accept, self.can_reject = is_good, is_open


def _terms() -> rx.Component:
    proposal = OfferState.proposal
    rows = rx.foreach(
        proposal["rows"].to(list[list[str]]),
        lambda row: rx.el.tr(
            rx.el.td(row[0], class_name="pr-3 py-1"),
            rx.el.td(row[1], class_name="pr-3"),
            rx.el.td(row[2], class_name="text-right tabular-nums"),
            class_name="border-t border-[var(--c-line)]",
        ),
    )
    head = rx.el.tr(
        rx.el.th("Parcela", scope="col", class_name="text-left font-medium"),
        rx.el.th("Vencimento", scope="col", class_name="text-left font-medium"),
        rx.el.th("Valor", scope="col", class_name="text-right font-medium"),
        class_name="caption",
    )
    foot = rx.el.tr(
        rx.el.td("Total", col_span=2),
        rx.el.td(proposal["total"], class_name="text-right tabular-nums"),
        class_name="font-semibold border-t border-[var(--c-input-border)]",
    )
    return rx.el.section(
        rx.el.h2("Condições", class_name="title-small"),
        facts(
            fact("Total a pagar", rx.el.span(proposal["total"], class_name="figure")),
            fact("Parcelas", proposal["instalments"]),
            fact("Entrada", proposal["down_payment"]),
            fact("Desconto", proposal["discount"]),
            fact("Diferença para a dívida", proposal["difference"]),
            fact("CET", proposal["cost"]),
            fact("Base da mora: o que faltava do valor original", proposal["base"]),
            fact("Válida até", proposal["valid_through"]),
        ),
        rx.el.table(
            rx.el.caption("Datas e valores do acordo", class_name="sr-only"),
            rx.el.thead(head),
            rx.el.tbody(rows),
            rx.el.tfoot(foot),
            class_name="w-full max-w-xl",
        ),
        class_name="panel flex flex-col gap-3",
    )


def _notices() -> rx.Component:
    state = OfferState

    def notice(text: rx.Var | str, *more: rx.Component) -> rx.Component:
        return rx.el.div(
            glyph("triangle-alert", class_name="shrink-0 mt-0.5"), rx.el.p(text, class_name="grow"), *more,
            class_name="notice rounded-md flex flex-wrap gap-2", role="status",
        )  # fmt: skip

    again = link_button("Recalcular", to=f"/renegociacoes/simular?emprestimo={state.request_number}", icon="refresh-cw")
    return rx.fragment(
        rx.cond(state.changed != "", notice(state.changed, again)),
        rx.cond(state.expired != "", notice(state.expired, again)),
        rx.cond(state.waits & state.can_reject, notice("Aguardando aprovação do desconto por outra pessoa.")),
        rx.cond(state.approval != "", rx.el.p("Desconto aprovado: ", state.approval, class_name="muted")),
        rx.cond(state.closing != "", rx.el.p("Motivo: ", state.closing, class_name="muted")),
    )


def _actions() -> rx.Component:
    state = OfferState
    return rx.el.div(
        rx.cond(
            state.new_number > 0,
            link_button(
                f"Abrir novo acordo nº {state.new_number}", to=f"/emprestimos/{state.new_number}", kind="primary"
            ),
        ),
        rx.cond(state.can_accept, button("Confirmar acordo", kind="primary", on_click=state.ask("accept"))),
        rx.cond(state.may_approve, button("Aprovar desconto", kind="primary", on_click=state.ask("approve"))),
        rx.cond(state.can_propose, button("Registrar envio da proposta", on_click=state.ask("propose"))),
        rx.cond(state.can_reject, button("Registrar recusa", on_click=state.ask("reject"))),
        class_name="flex flex-wrap gap-2",
    )


def _dialogs() -> rx.Component:
    state = OfferState
    common = {"form_id": FORM_ID, "on_open_change": state.fold, "errors": state.errors}
    who = rx.el.p(f"Proposta nº {state.number} a ", rx.el.strong(state.client), ".")
    method = choice_field(
        "method", "Entrada recebida por", [(value, word) for value, word, _ in METHODS], value=METHODS[0][0]
    )
    reason = text_area("reason", "Motivo", errors=state.errors)
    before_after = rx.el.ul(
        rx.el.li(state.open_invoices, f" renegociada no empréstimo nº {state.request_number}, que se encerra."),
        rx.el.li("Novo empréstimo: ", state.proposal["instalments"], ", total ", state.proposal["total"], "."),
        rx.cond(state.has_down, rx.el.li("A entrada de ", state.proposal["down_payment"], " vira recebimento hoje.")),
        rx.el.li("As cobranças na fila são canceladas."),
        class_name="list-disc pl-5",
    )
    return rx.fragment(
        command_dialog(
            "Confirmar acordo", who, before_after, rx.cond(state.has_down, method), verb="Confirmar acordo",
            is_open=state.dialog == "accept", on_submit=state.accept, busy="Confirmando…", **common,
        ),
        command_dialog(
            "Aprovar desconto", who, rx.el.p("Desconto de ", rx.el.strong(state.proposal["discount"]), "."), reason,
            verb="Aprovar desconto", is_open=state.dialog == "approve", on_submit=state.approve, **common,
        ),
        command_dialog(
            "Registrar envio", who, rx.el.p("A proposta fica valendo até ", state.proposal["valid_through"], "."),
            verb="Registrar envio", is_open=state.dialog == "propose", on_submit=state.propose, **common,
        ),
        command_dialog(
            "Registrar recusa", who, rx.el.p("A proposta se encerra. A dívida fica como está."), reason,
            verb="Registrar recusa", is_open=state.dialog == "reject", on_submit=state.reject, kind="danger", **common,
        ),
    )  # fmt: skip


@page(
    "/renegociacoes/[offer_number]",
    title="Proposta de renegociação",
    permission=Permission.RENEGOTIATIONS_VIEW,
    on_load=[OfferState.load],
)
def offer() -> rx.Component:
    """Draw the offer."""
    state = OfferState
    body = rx.el.div(
        rx.el.div(
            status_badge("renegotiation", state.status),
            rx.el.p(
                f"Proposta nº {state.number} · ", app_link(state.client, to=state.client_to), " · empréstimo ",
                app_link(f"nº {state.request_number}", to=f"/emprestimos/{state.request_number}"),
            ),
            class_name="flex flex-wrap items-center gap-3",
        ),
        _notices(),
        _actions(),
        rx.el.p("Dívida na data da proposta: ", rx.el.strong(state.debt), " (", state.debt_parts, ")"),
        _terms(),
        _dialogs(),
        class_name="flex flex-col gap-4",
    )  # fmt: skip
    return rx.cond(
        state.problem != "",
        error_card(state.problem, state.load),
        rx.cond(state.is_loaded, body, page_skeleton()),
    )
