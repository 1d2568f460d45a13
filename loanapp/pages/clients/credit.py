"""Crédito do cliente: what payments left over, who used it, “Usar crédito” and “Devolver crédito” (money.md §4)."""

import reflex as rx

from domain.payments import REFUND_METHODS
from domain.permissions import Permission
from loanapp.components.buttons import button
from loanapp.components.dialogs import command_dialog
from loanapp.components.fields import choice_field, money_field, select_field, text_area, text_field
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.method_names import METHOD_NAMES
from loanapp.components.page import page
from loanapp.components.states import error_card, not_found, page_skeleton
from loanapp.components.table import Column, data_table
from loanapp.gate import AuthState
from loanapp.pages.clients.credit_state import FORM_ID, CreditState, LeftRow, UsedRow


def _may(permission: Permission) -> rx.Var[bool]:
    return AuthState.permissions.contains(permission.value)


def _actions() -> rx.Component:
    state = CreditState
    refund = button("Devolver crédito", icon="undo-2", on_click=state.ask("refund", ""))
    use = button("Usar crédito", kind="primary", icon="banknote", on_click=state.ask("use", ""))
    return rx.cond(
        state.has_credit,
        rx.fragment(
            rx.cond(_may(Permission.CREDIT_REFUND), refund),
            rx.cond(_may(Permission.CREDIT_USE) & (state.takers.length() > 0), use),
        ),
    )


def _head() -> rx.Component:
    state = CreditState
    nothing_owed = rx.el.p("O cliente não tem empréstimo em aberto que o crédito possa pagar.", class_name="muted")
    return rx.el.section(
        app_link(state.client, to=state.client_to, class_name="link font-medium [overflow-wrap:anywhere]"),
        rx.el.div(state.credit, class_name="amount"),
        rx.cond(
            state.has_credit,
            rx.cond(state.takers.length() == 0, nothing_owed),
            rx.el.p("Este cliente não tem crédito.", class_name="muted"),
        ),
        class_name="panel flex flex-col gap-1",
        aria_label="Saldo de crédito",
    )


def _left_title(row: rx.Var[LeftRow]) -> rx.Component:
    return rx.el.div(app_link(row["title"], to=row["to"]), rx.el.div(row["detail"], class_name="caption"))


def _left() -> rx.Component:
    columns = (
        Column(header="De onde veio", cell=_left_title, on_phone="title"),
        Column(header="Sem uso", cell=lambda row: row["amount"], is_numeric=True),
    )
    return rx.cond(
        CreditState.left.length() > 0,
        rx.el.section(
            rx.el.h2("O que sobrou de recebimentos", class_name="title-small mb-2"),
            data_table(columns, CreditState.left, label="Crédito sem uso"),
        ),
    )


def _used_title(row: rx.Var[UsedRow]) -> rx.Component:
    title = rx.cond(row["to"] != "", app_link(row["title"], to=row["to"]), rx.el.span(row["title"]))
    return rx.el.div(
        title,
        rx.el.div(row["detail"], class_name="caption"),
        rx.cond(row["reason"] != "", rx.el.div(row["reason"], class_name="caption [overflow-wrap:anywhere]")),
        rx.cond(row["is_undone"], rx.el.div(row["undone"], class_name="caption")),
    )


def _amount(row: rx.Var[UsedRow]) -> rx.Component:
    return rx.el.span(row["amount"], class_name=rx.cond(row["is_undone"], "line-through muted", ""))


def _undo(row: rx.Var[UsedRow]) -> rx.Component:
    may = _may(Permission.PAYMENTS_REVERSE) & _may(Permission.CREDIT_USE) & (row["refund_id"] != "")
    return rx.cond(may, button("Estornar", on_click=CreditState.ask("undo", row["refund_id"])))


def _used() -> rx.Component:
    columns = (
        Column(header="O que usou", cell=_used_title, on_phone="title"),
        Column(header="Valor", cell=_amount, is_numeric=True),
        Column(header="Ação", cell=_undo, on_phone="action"),
    )
    return rx.cond(
        CreditState.used.length() > 0,
        rx.el.section(
            rx.el.h2("O que já foi usado ou devolvido", class_name="title-small mb-2"),
            data_table(columns, CreditState.used, label="Crédito usado ou devolvido"),
        ),
    )


def _dialogs() -> rx.Component:
    state = CreditState
    shared = {"form_id": FORM_ID, "on_open_change": state.fold, "errors": state.errors}
    who = rx.el.p(rx.el.strong(state.client, class_name="[overflow-wrap:anywhere]"), f" tem {state.credit} de crédito.")
    methods = [(method.value, METHOD_NAMES[method.value]) for method in REFUND_METHODS]
    return rx.el.div(
        command_dialog(
            "Usar crédito",
            who,
            select_field("request_id", "Empréstimo", state.takers, errors=state.errors, value=state.taker),
            money_field("amount", "Valor", errors=state.errors, value=state.suggested),
            rx.el.p("Fica registrado como recebimento de hoje, em crédito: nenhum dinheiro entra. A parcela mais antiga"
                    " recebe primeiro."),
            text_field("credit_note", "Observação (opcional)", errors=state.errors),
            verb="Usar crédito", is_open=state.dialog == "use", on_submit=state.use, **shared,
        ),
        command_dialog(
            "Devolver crédito",
            who,
            money_field("amount", "Valor", errors=state.errors, value=state.suggested),
            choice_field("refund_method", "Como sai", methods, value=methods[0][0], errors=state.errors),
            text_area("reason", "Motivo", errors=state.errors),
            rx.el.p("O dinheiro sai hoje do caixa da empresa, e o crédito deixa de existir."),
            verb="Devolver crédito", is_open=state.dialog == "refund", on_submit=state.refund, **shared,
        ),
        command_dialog(
            "Estornar devolução",
            rx.el.p(state.undo_title, class_name="font-medium"),
            rx.el.p("O crédito volta ao cliente; se o empréstimo de onde veio deve algo, paga isso primeiro."),
            rx.el.input(type="hidden", name="refund_id", value=state.undo_id, read_only=True),
            text_area("reason", "Motivo", errors=state.errors),
            verb="Estornar devolução", is_open=state.dialog == "undo", on_submit=state.undo, kind="danger", **shared,
        ),
        # A new key gives the fields of each opening their own first values.
        key=state.opened.to_string(),
    )  # fmt: skip


@page(
    "/clientes/[client_id]/credito",
    title="Crédito do cliente",
    permission=Permission.PAYMENTS_VIEW,
    on_load=[CreditState.load],
    actions=_actions,
)
def credit() -> rx.Component:
    """Draw the client's credit."""
    state = CreditState
    notice = rx.cond(
        state.notice != "",
        rx.el.p(
            glyph("info", class_name="shrink-0 mt-0.5"), state.notice, class_name="notice notice-good rounded-md",
            role="status",
        ),
    )  # fmt: skip
    loaded = rx.el.div(notice, _head(), _left(), _used(), _dialogs(), class_name="flex flex-col gap-4")
    return rx.cond(
        state.is_missing,
        not_found("Este cliente não existe."),
        rx.cond(
            state.problem != "",
            error_card(state.problem, state.load),
            rx.cond(state.is_loaded, loaded, page_skeleton()),
        ),
    )
