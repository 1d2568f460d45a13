"""What can be done with a loan in its state: one primary action, one or two beside it, the rest in a menu (ux.md §2.9).

On a phone the bar lies at the bottom of the screen.
"""

import reflex as rx

from domain.permissions import Permission
from loanapp.components.buttons import button, link_button
from loanapp.components.menu import menu_action, menu_line, menu_link, more_actions
from loanapp.gate import AuthState
from loanapp.pages.requests.record_state import RequestRecordState


def may(permission: Permission) -> rx.Var[bool]:
    """Return whether the signed-in person holds a permission."""
    return AuthState.permissions.contains(permission.value)


def action_bar() -> rx.Component:
    """Draw the actions of the loan's state."""
    state = RequestRecordState
    actions = rx.match(
        state.status,
        ("OPEN", rx.cond(may(Permission.REQUESTS_DECIDE), _decide())),
        ("APPROVED", _release()),
        ("ACTIVE", rx.fragment(_running_menu(), _renegotiate(), _receive("Receber"))),
        ("LOST", rx.fragment(_lost_menu(), _renegotiate(), _receive("Registrar recuperação"))),
        ("PAID", rx.fragment(_late_money(), _ask_again("Nova solicitação"))),
        ("UNAPPROVED", _ask_again("Nova solicitação")),
        rx.fragment(),
    )
    return rx.cond(
        state.is_loaded & (state.number > 0),
        rx.el.div(
            actions,
            class_name=(
                "flex flex-wrap gap-3 max-md:fixed max-md:inset-x-0 max-md:bottom-0 max-md:z-20 max-md:empty:hidden"
                " max-md:p-3 max-md:bg-[var(--c-panel)] max-md:border-t max-md:border-[var(--c-line)]"
                " max-md:[&>*]:grow no-print"
            ),
        ),
    )


def _running_menu() -> rx.Component:
    """Draw the menu of a loan that runs."""
    state = RequestRecordState
    waits = "Aguardando segunda pessoa"
    lose = menu_action(
        "Marcar como perdido", on_select=state.ask("lose"), icon="circle-slash",
        obstacle=rx.cond(state.waiting_kinds.contains("WRITE_OFF"), waits, ""),
    )  # fmt: skip
    cancel = menu_action(
        "Cancelar liberação", on_select=state.ask("cancel"), icon="undo-2",
        obstacle=rx.cond(
            state.waiting_kinds.contains("CANCELLATION"),
            waits,
            rx.cond(state.is_received, "Só enquanto nada foi recebido", ""),
        ),
    )  # fmt: skip
    return _menu(
        _settle(),
        *_charges(),
        rx.cond(may(Permission.REQUESTS_WRITE_OFF), rx.fragment(menu_line(), lose)),
        rx.cond(may(Permission.REQUESTS_CANCEL) & (state.parent_to == ""), cancel),
    )


def _lost_menu() -> rx.Component:
    """Draw the menu of a loan that was written off."""
    state = RequestRecordState
    reopen = menu_action(
        "Reabrir empréstimo", on_select=state.ask("reopen"), icon="undo-2",
        obstacle=rx.cond(state.waiting_kinds.contains("REOPENING"), "Aguardando segunda pessoa", ""),
    )  # fmt: skip
    return _menu(
        _settle(),
        *_charges(),
        rx.cond(may(Permission.REQUESTS_REOPEN), rx.fragment(menu_line(), reopen)),
    )


def _settle() -> rx.Component:
    number = RequestRecordState.number
    return rx.cond(
        may(Permission.PAYMENTS_SETTLE),
        menu_link("Quitar antecipadamente", to=f"?quitar={number}", icon="circle-check-big"),
    )


def _charges() -> tuple[rx.Component, ...]:
    number = RequestRecordState.number
    return (
        rx.cond(
            may(Permission.CHARGES_WAIVE),
            menu_link("Dispensar encargos", to=f"?dispensar={number}", icon="hand-coins"),
        ),
        rx.cond(
            may(Permission.INVOICES_CHANGE_DUE_DATE),
            menu_link("Alterar vencimento", to=f"?vencimento={number}", icon="calendar-clock"),
        ),
    )


def _menu(*items: rx.Component) -> rx.Component:
    """Show the menu to whoever may do something of it."""
    return rx.cond(may(Permission.PAYMENTS_SETTLE), more_actions(*items))


def _receive(text: str) -> rx.Component:
    return rx.cond(
        may(Permission.PAYMENTS_REGISTER),
        link_button(text, to=RequestRecordState.receive_to, kind="primary", icon="banknote"),
    )


def _late_money() -> rx.Component:
    """Offer to register what came in though nothing is owed: it becomes the client's credit."""
    return rx.cond(
        may(Permission.PAYMENTS_REGISTER),
        link_button("Registrar recebimento", to=RequestRecordState.receive_to, icon="banknote"),
    )


def _renegotiate() -> rx.Component:
    return rx.cond(
        may(Permission.RENEGOTIATIONS_OFFER),
        link_button(
            "Renegociar", to=f"/renegociacoes/simular?emprestimo={RequestRecordState.number}", icon="handshake"
        ),
    )


def _ask_again(text: str) -> rx.Component:
    state = RequestRecordState
    client_id = state.client_to.split("/")[-1]
    return rx.cond(
        may(Permission.REQUESTS_OPEN) & state.can_ask_again,
        link_button(text, to="/emprestimos/novo?cliente=" + client_id, kind="primary"),
    )


def _decide() -> rx.Component:
    state = RequestRecordState
    return rx.fragment(
        button("Reprovar", on_click=state.ask("decline"), disabled=state.is_own, aria_describedby="obstacle"),
        button(
            "Aprovar", kind="primary", on_click=state.ask("approve"), disabled=state.obstacle != "",
            aria_describedby="obstacle",
        ),
    )  # fmt: skip


def _release() -> rx.Component:
    state = RequestRecordState
    return rx.fragment(
        rx.cond(may(Permission.REQUESTS_DECIDE), button("Cancelar aprovação", on_click=state.ask("decline"))),
        rx.cond(
            may(Permission.REQUESTS_DISBURSE),
            button("Liberar dinheiro", kind="primary", icon="banknote", on_click=state.ask("disburse")),
        ),
    )
