"""The client's credit beside a loan that it could pay: how much there is, and the way to use it."""

import reflex as rx

from domain.permissions import Permission
from loanapp.components.formats import brl_text
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.gate import AuthState
from loanapp.queries.request_record import RequestRecord


def credit_text(record: RequestRecord) -> str:
    """Say how much credit the client has, from whichever loan; empty where there is none."""
    return f"O cliente tem {brl_text(record.client_credit_cents)} de crédito." if record.client_credit_cents else ""


def credit_address(record: RequestRecord) -> str:
    """Return where the credit is used or paid back, with this loan chosen while it owes something."""
    asked = f"?usar={record.number}" if record.open_cents else ""
    return f"/clientes/{record.client_id}/credito{asked}"


def credit_notice(text: rx.Var[str], to: rx.Var[str]) -> rx.Component:
    """Show the credit, and the way to use it for whoever may."""
    may = AuthState.permissions.contains(Permission.CREDIT_USE.value)
    way = rx.cond(to.contains("usar"), "Usar crédito", "Ver crédito")
    return rx.cond(
        text != "",
        rx.el.p(
            glyph("wallet", class_name="shrink-0 mt-0.5"),
            rx.el.span(text, rx.cond(may, rx.fragment(" ", app_link(way, to=to)))),
            class_name="notice rounded-md",
        ),
    )
