"""Proposta: one offer with its calculation, and what is done with it: approve, propose, refuse, make the agreement."""

import reflex as rx

from domain.permissions import Permission
from loanapp.components.badges import status_badge
from loanapp.components.buttons import button, download_button, link_button
from loanapp.components.dialogs import command_dialog
from loanapp.components.fields import choice_field, text_area
from loanapp.components.figures import fact, facts
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.page import page
from loanapp.components.receive import METHODS
from loanapp.components.receive_calculation import calculated_invoice
from loanapp.components.states import error_card, page_skeleton
from loanapp.gate import AuthState
from loanapp.pages.renegotiations.offer_state import FORM_ID, OfferState


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


def _again() -> rx.Component:
    to = f"/renegociacoes/simular?emprestimo={OfferState.request_number}"
    return link_button("Recalcular", to=to, icon="refresh-cw")


def _notices() -> rx.Component:
    state = OfferState

    def notice(text: rx.Var | str, *more: rx.Component) -> rx.Component:
        return rx.el.div(
            glyph("triangle-alert", class_name="shrink-0 mt-0.5"), rx.el.p(text, class_name="grow"), *more,
            class_name="notice rounded-md flex flex-wrap gap-2", role="status",
        )  # fmt: skip

    again = _again()
    return rx.fragment(
        rx.cond(state.changed != "", notice(state.changed, again)),
        rx.cond(state.expired != "", notice(state.expired, again)),
        rx.cond(
            state.broken != "",
            notice(
                state.broken,
                link_button(f"Abrir empréstimo nº {state.new_number}", to=f"/emprestimos/{state.new_number}"),
            ),
        ),
        rx.cond(
            state.waits & state.can_reject & ~state.may_approve,
            notice("O desconto espera a aprovação de outra pessoa: ela vê a proposta em Aguardando aprovação."),
        ),
        rx.cond(state.approval != "", rx.el.p("Desconto aprovado: ", state.approval, class_name="muted")),
        rx.cond(state.closing != "", rx.el.p("Motivo: ", state.closing, class_name="muted")),
    )


def _actions() -> rx.Component:
    state = OfferState
    may_send = AuthState.permissions.contains(Permission.MESSAGES_SEND.value)
    return rx.el.div(
        rx.cond(
            state.new_number > 0,
            link_button(
                f"Abrir novo acordo nº {state.new_number}", to=f"/emprestimos/{state.new_number}", kind="primary"
            ),
        ),
        rx.cond(state.can_accept, button("Confirmar acordo", kind="primary", on_click=state.ask("accept"))),
        rx.cond(state.may_approve, button("Aprovar desconto", kind="primary", on_click=state.ask("approve"))),
        rx.cond(
            state.can_accept & may_send,
            button("Enviar proposta pelo WhatsApp", icon="send", on_click=state.ask("send")),
        ),
        rx.cond(state.can_propose, button("Registrar envio", on_click=state.ask("propose"))),
        rx.cond(
            state.can_accept | (state.status == "ACCEPTED"),
            download_button("Gerar termo (PDF)", to=state.paper_to, icon="file-text"),
        ),
        rx.cond(state.can_reject, button("Registrar recusa", on_click=state.ask("reject"))),
        class_name="flex flex-wrap gap-2 max-md:[&>*]:w-full",
    )


def _column(title: str | rx.Var, *lines: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.h3(title, class_name="caption"),
        rx.el.ul(*lines, class_name="flex flex-col gap-1"),
        class_name="rounded-md border border-[var(--c-line)] p-3",
    )


def _before_after() -> rx.Component:
    """Show what the agreement turns into what."""
    state = OfferState
    before = _column(
        "Antes",
        rx.el.li(f"Empréstimo nº {state.request_number}: Em andamento"),
        rx.el.li(state.open_invoices),
        rx.el.li("Dívida de ", rx.el.strong(state.debt)),
    )
    after = _column(
        "Depois",
        rx.el.li(f"Empréstimo nº {state.request_number}: Renegociado, sem nada a receber"),
        rx.el.li("As mesmas parcelas ficam ", rx.el.em("Renegociadas", class_name="not-italic font-medium")),
        rx.el.li("Novo empréstimo: ", state.proposal["instalments"], ", total ",
                 rx.el.strong(state.proposal["total"])),
        rx.cond(state.has_down, rx.el.li("A entrada de ", state.proposal["down_payment"], " vira recebimento hoje")),
        rx.el.li("Mensagens de cobrança na fila: canceladas"),
    )  # fmt: skip
    return rx.el.div(before, after, class_name="grid gap-3 sm:grid-cols-2")


def _dialogs() -> rx.Component:
    state = OfferState
    common = {"form_id": FORM_ID, "on_open_change": state.fold, "errors": state.errors}
    who = rx.el.p(f"Proposta nº {state.number} a ", rx.el.strong(state.client), ".")
    method = choice_field(
        "method", "Entrada recebida por", [(value, word) for value, word, _ in METHODS], value=METHODS[0][0]
    )
    reason = text_area("reason", "Motivo", errors=state.errors)
    stale = rx.cond(
        (state.changed != "") & (state.dialog == "accept"),
        rx.el.div(state.changed, _again(), class_name="notice rounded-md flex flex-wrap items-center gap-2"),
    )
    valid = rx.el.p("A proposta fica valendo até ", state.proposal["valid_through"], ".")
    return rx.fragment(
        command_dialog(
            "Confirmar acordo", who, stale, _before_after(), rx.cond(state.has_down, method), verb="Confirmar acordo",
            is_open=state.dialog == "accept", on_submit=state.accept, busy="Confirmando…", **common,
        ),
        command_dialog(
            "Aprovar desconto", who, rx.el.p("Desconto de ", rx.el.strong(state.proposal["discount"]), "."), reason,
            verb="Aprovar desconto", is_open=state.dialog == "approve", on_submit=state.approve, **common,
        ),
        command_dialog(
            "Enviar proposta pelo WhatsApp", who, valid,
            rx.el.p("O texto leva a dívida, as condições, o CET e os encargos por atraso.", class_name="muted"),
            verb="Enviar proposta", is_open=state.dialog == "send", on_submit=state.send, busy="Enviando…", **common,
        ),
        command_dialog(
            "Registrar envio", who, valid, rx.el.p("Nenhuma mensagem sai: use quando a entregou em mãos."),
            verb="Registrar envio", is_open=state.dialog == "propose", on_submit=state.propose, **common,
        ),
        command_dialog(
            "Registrar recusa", who, rx.el.p("A proposta se encerra. A dívida fica como está."), reason,
            verb="Registrar recusa", is_open=state.dialog == "reject", on_submit=state.reject, kind="danger", **common,
        ),
    )  # fmt: skip


def _debt() -> rx.Component:
    """Show the debt that the offer is over, and how each invoice came to its part."""
    state = OfferState
    return rx.el.section(
        rx.el.h2("Dívida na data da proposta", class_name="title-small"),
        rx.el.p(rx.el.span(state.debt, class_name="figure"), rx.el.span(state.debt_parts, class_name="muted"),
                class_name="flex flex-wrap items-baseline gap-x-3"),
        rx.el.details(
            rx.el.summary(
                "Memória de cálculo, por parcela", class_name="link py-2 max-md:min-h-12 cursor-pointer"
            ),
            rx.foreach(state.invoices, lambda invoice: calculated_invoice(invoice, is_open=False)),
        ),
        class_name="panel flex flex-col gap-2",
    )  # fmt: skip


@page(
    "/renegociacoes/[offer_number]",
    title="Proposta de renegociação",
    heading=rx.cond(
        OfferState.number > 0, f"Proposta de renegociação nº {OfferState.number}", "Proposta de renegociação"
    ),
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
                app_link(state.client, to=state.client_to), " · empréstimo ",
                app_link(f"nº {state.request_number}", to=f"/emprestimos/{state.request_number}"),
            ),
            class_name="flex flex-wrap items-center gap-3",
        ),
        _notices(),
        _actions(),
        _debt(),
        _terms(),
        _dialogs(),
        class_name="flex flex-col gap-4",
    )  # fmt: skip
    return rx.cond(
        state.problem != "",
        error_card(state.problem, state.load),
        rx.cond(state.is_loaded, body, page_skeleton()),
    )
