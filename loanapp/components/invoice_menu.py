"""What can be done with one open invoice besides receiving: waive its charges, move its due date (ux.md §2.11)."""

import reflex as rx

from domain.permissions import Permission
from loanapp.components.due_date import DueDateState, due_date_dialog
from loanapp.components.menu import menu_link, more_actions
from loanapp.components.waive import WaiveState
from loanapp.components.waive_dialog import waive_dialog
from loanapp.gate import AuthState

# What a page with the menu does when it loads: its dialogs open by the address.
INVOICE_MENU_LOADS = (WaiveState.look_at_address, DueDateState.look_at_address)


def invoice_menu(receive_to: rx.Var[str]) -> rx.Component:
    """Show the menu of an invoice; `receive_to` is the address that opens its payment, empty where nothing is open."""
    waive = AuthState.permissions.contains(Permission.CHARGES_WAIVE.value)
    move = AuthState.permissions.contains(Permission.INVOICES_CHANGE_DUE_DATE.value)
    menu = more_actions(
        rx.cond(waive, menu_link("Dispensar encargos", to=_opening("dispensar", receive_to), icon="hand-coins")),
        rx.cond(move, menu_link("Alterar vencimento", to=_opening("vencimento", receive_to), icon="calendar-clock")),
    )
    return rx.cond((receive_to != "") & (waive | move), menu)


def _opening(parameter: str, receive_to: rx.Var[str]) -> rx.Var[str]:
    return receive_to.to(str).replace("receber=", f"{parameter}=")


def invoice_dialogs() -> rx.Component:
    """Draw the dialogs that the menu opens."""
    return rx.fragment(waive_dialog(), due_date_dialog())
