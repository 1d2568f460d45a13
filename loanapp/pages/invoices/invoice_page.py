"""Parcela: one invoice on a page of its own, with its whole calculation as of any day (ux.md §2.11)."""

import reflex as rx

from domain.permissions import Permission
from loanapp.components.invoice_menu import INVOICE_MENU_LOADS, invoice_dialogs
from loanapp.components.page import page
from loanapp.pages.invoices.invoice_drawer import InvoiceState, invoice_page_body


@page(
    "/parcelas/[invoice_id]",
    title="Parcela",
    heading=rx.cond(
        InvoiceState.step == "shown",
        f"{InvoiceState.shown['title']} do empréstimo {InvoiceState.shown['loan']}",
        "Parcela",
    ),
    permission=Permission.INVOICES_VIEW,
    on_load=[InvoiceState.look_at_path, *INVOICE_MENU_LOADS],
)
def invoice() -> rx.Component:
    """Draw the invoice."""
    return rx.fragment(invoice_page_body(), invoice_dialogs())
