"""O recebimento: where the money went, who took it and when, and what undid it, with “Estornar” (ux.md §2.13)."""

import reflex as rx

from domain.permissions import Permission
from loanapp.components.badges import status_badge
from loanapp.components.buttons import button
from loanapp.components.dialogs import command_dialog
from loanapp.components.fields import text_area
from loanapp.components.figures import fact, facts
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.page import page
from loanapp.components.receipt_actions import receipt_actions
from loanapp.components.states import error_card, not_found, page_skeleton
from loanapp.components.table import Column, data_table
from loanapp.gate import AuthState
from loanapp.pages.payments.record_state import FORM_ID, PaymentRecordState
from loanapp.pages.payments.record_texts import EffectRow, MoveRow

IS_UNDONE = PaymentRecordState.standing != "CONFIRMED"


def _may(permission: Permission) -> rx.Var[bool]:
    return AuthState.permissions.contains(permission.value)


def _actions() -> rx.Component:
    state = PaymentRecordState
    reverse = button(
        "Estornar", icon="undo-2", on_click=state.ask("reverse"), disabled=state.obstacle != "",
        aria_describedby="obstacle",
    )  # fmt: skip
    give_back = button("Registrar devolução", icon="undo-2", on_click=state.ask("return"))
    keep = button("Desfazer devolução", on_click=state.ask("keep"))
    return rx.cond(
        state.is_loaded & (state.number > 0),
        rx.fragment(
            rx.cond(_may(Permission.PAYMENTS_RETURN) & state.can_return, give_back),
            rx.cond(_may(Permission.PAYMENTS_RETURN) & state.can_keep, keep),
            rx.cond(_may(Permission.PAYMENTS_REVERSE) & ~IS_UNDONE & ~state.can_return, reverse),
        ),
    )


def _head() -> rx.Component:
    state = PaymentRecordState
    return rx.el.section(
        rx.el.div(
            rx.el.span(state.amount, class_name=rx.cond(IS_UNDONE, "amount line-through muted", "amount")),
            status_badge("payment", state.standing),
            class_name="flex flex-wrap items-center gap-3",
        ),
        rx.el.div(
            app_link(state.client, to=state.client_to, class_name="link font-medium [overflow-wrap:anywhere]"),
            app_link(state.loan, to=state.loan_to),
            status_badge("request", state.loan_status),
            class_name="flex flex-wrap items-center gap-3",
        ),
        facts(rx.foreach(state.facts, lambda item: fact(item["label"], rx.el.span(item["value"])))),
        class_name="panel flex flex-col gap-4",
        aria_label="Recebimento",
    )


def _undone() -> rx.Component:
    undone = PaymentRecordState.undone
    return rx.cond(
        undone["title"] != "",
        rx.el.section(
            rx.el.h2(glyph("undo-2"), undone["title"], class_name="title-small flex items-center gap-2"),
            rx.el.p(undone["detail"], class_name="[overflow-wrap:anywhere]"),
            rx.cond(undone["to"] != "", app_link(undone["to_text"], to=undone["to"])),
            class_name="panel flex flex-col gap-1",
            aria_label="O que desfez este recebimento",
        ),
    )


def _notices() -> rx.Component:
    state = PaymentRecordState
    good = glyph("info", class_name="shrink-0 mt-0.5")
    warn = glyph("triangle-alert", class_name="shrink-0 mt-0.5")
    obstacle = (state.obstacle != "") & _may(Permission.PAYMENTS_REVERSE) & ~IS_UNDONE
    return rx.fragment(
        rx.cond(
            state.notice != "", rx.el.p(good, state.notice, class_name="notice notice-good rounded-md", role="status")
        ),
        rx.cond(obstacle, rx.el.p(warn, state.obstacle, class_name="notice rounded-md", id="obstacle")),
    )


def _parts() -> rx.Component:
    state = PaymentRecordState
    total = state.parts_total
    charges = (("Mora", "mora"), ("Multa", "late_fee"), ("Juros", "interest"), ("Principal", "principal"))
    columns = (
        Column(header="Parcela", cell=lambda row: row["title"], on_phone="title", total="Total"),
        Column(header="Vencimento", cell=lambda row: row["due"], on_phone="none"),
        *(
            Column(header=header, cell=lambda row, key=key: row[key], is_numeric=True, total=total[key].to(str))
            for header, key in charges
        ),
        Column(header="Pago", cell=lambda row: row["total"], is_numeric=True, on_phone="none",
               total=total["total"].to(str)),
    )  # fmt: skip
    table = data_table(columns, state.parts, label="Parcelas pagas por este recebimento")
    return rx.el.section(
        rx.el.h2(
            rx.cond(IS_UNDONE, "O que este recebimento tinha pago", "O que este recebimento pagou"),
            class_name="title-small mb-2",
        ),
        rx.cond(
            state.parts.length() > 0,
            rx.el.div(table, class_name=rx.cond(IS_UNDONE, "[&_tbody]:line-through", "")),
            rx.el.p("Nenhuma parcela: o valor todo ficou como crédito do cliente.", class_name="panel muted"),
        ),
    )


def _receipt() -> rx.Component:
    state = PaymentRecordState
    # A new key looks up the links of another payment.
    actions = rx.el.div(
        receipt_actions(state.payment_id, state.number), class_name="panel no-print", key=state.payment_id
    )
    return rx.cond(_may(Permission.RECEIPTS_SHARE) & (state.payment_id != ""), actions)


def _move(move: rx.Var[MoveRow]) -> rx.Component:
    return rx.el.li(rx.cond(move["to"] != "", app_link(move["text"], to=move["to"]), rx.el.span(move["text"])))


def _credit() -> rx.Component:
    state = PaymentRecordState
    use = rx.cond(
        state.credit_to != "", app_link("Usar ou devolver o crédito", to=state.credit_to, class_name="link mt-2")
    )
    return rx.cond(
        (state.beside.length() > 0) | (state.moves.length() > 0),
        rx.el.section(
            rx.el.ul(
                rx.foreach(state.beside, rx.el.li),
                rx.foreach(state.moves, _move),
                class_name="flex flex-col gap-1",
            ),
            use,
            class_name="panel flex flex-col",
            aria_label="Descontos e crédito",
        ),
    )


def _effect(row: rx.Var[EffectRow]) -> rx.Component:
    arrow = rx.fragment(rx.el.span(row["before"], class_name="muted"), glyph("arrow-right", size=14))
    return rx.el.li(
        rx.el.div(row["what"], class_name="font-medium"),
        rx.el.div(
            rx.cond(row["before"] != "", arrow),
            rx.el.span(row["after"]),
            class_name="flex flex-wrap items-center gap-x-2 tabular-nums",
        ),
    )


def _effects(title: str) -> rx.Component:
    rows = PaymentRecordState.effect
    return rx.cond(
        rows.length() > 0,
        rx.el.section(
            rx.el.h3(title, class_name="font-semibold mb-1"),
            rx.el.ul(rx.foreach(rows, _effect), class_name="flex flex-col gap-2"),
            class_name="panel max-h-72 overflow-y-auto",
            tab_index=0,
            aria_label=title,
        ),
    )


def _which() -> rx.Component:
    state = PaymentRecordState
    return rx.el.p(
        f"Recebimento nº {state.number} de ",
        rx.el.strong(state.client, class_name="[overflow-wrap:anywhere]"),
        ": ",
        rx.el.strong(state.amount),
        ".",
    )


def _dialogs() -> rx.Component:
    state = PaymentRecordState
    shared = {"form_id": FORM_ID, "on_open_change": state.fold, "errors": state.errors, "kind": "danger"}
    return rx.fragment(
        command_dialog(
            "Estornar recebimento",
            _which(),
            _effects("O que muda"),
            rx.el.p("O recebimento e o estorno continuam visíveis, com o seu nome e o motivo."),
            text_area("reason", "Motivo", errors=state.errors),
            verb=f"Estornar {state.amount}", is_open=state.dialog == "reverse", on_submit=state.reverse,
            busy="Estornando…", **shared,
        ),
        command_dialog(
            "Registrar devolução",
            _which(),
            rx.el.p("O banco devolveu este dinheiro depois que o empréstimo foi renegociado."),
            _effects("O que muda"),
            text_area("reason", "Motivo", errors=state.errors),
            verb="Registrar devolução", is_open=state.dialog == "return", on_submit=state.give_back, **shared,
        ),
        command_dialog(
            "Desfazer devolução",
            _which(),
            rx.el.p("O dinheiro entrou afinal: a parcela que a devolução criou é cancelada, e o que a pagou vai para as"
                    " outras parcelas."),
            text_area("reason", "Motivo", errors=state.errors),
            verb="Desfazer devolução", is_open=state.dialog == "keep", on_submit=state.keep, **shared,
        ),
    )  # fmt: skip


@page(
    "/recebimentos/[numero]",
    title=rx.cond(PaymentRecordState.number > 0, f"Recebimento nº {PaymentRecordState.number}", "Recebimento"),
    permission=Permission.PAYMENTS_VIEW,
    on_load=[PaymentRecordState.load],
    actions=_actions,
)
def payment_record_page() -> rx.Component:
    """Draw the record."""
    state = PaymentRecordState
    loaded = rx.el.div(
        _notices(), _head(), _undone(), _receipt(), _parts(), _credit(), _dialogs(), class_name="flex flex-col gap-4"
    )
    return rx.cond(
        state.is_missing,
        not_found("Este recebimento não existe."),
        rx.cond(
            state.problem != "",
            error_card(state.problem, state.load),
            rx.cond(state.is_loaded, loaded, page_skeleton()),
        ),
    )
