"""The papers of a loan on its record: what may be printed in its state, each a PDF of `web/papers.py`."""

import reflex as rx

from domain.permissions import Permission
from loanapp.components.buttons import download_button
from loanapp.gate import AuthState
from loanapp.pages.requests.record_state import RequestRecordState


def papers_panel() -> rx.Component:
    """Show the papers that the loan's state allows; each download leaves an event in the audit trail."""
    state = RequestRecordState
    contract = _paper(rx.cond(state.parent_to != "", "Termo de renegociação", "Contrato"), "contrato")
    carnet, statement, quittance = (
        _paper("Carnê", "carne"),
        _paper("Extrato", "extrato"),
        _paper("Termo de quitação", "quitacao"),
    )
    papers = rx.match(
        state.status,
        ("APPROVED", contract),
        ("ACTIVE", rx.fragment(contract, carnet, statement)),
        ("LOST", rx.fragment(contract, carnet, statement)),
        ("RENEGOTIATED", rx.fragment(contract, statement)),
        ("PAID", rx.fragment(quittance, contract, statement)),
        rx.el.p("O contrato sai depois da aprovação.", class_name="muted"),
    )
    return rx.cond(
        AuthState.permissions.contains(Permission.PAPERS_ISSUE.value),
        rx.el.section(
            rx.el.h2("Documentos para imprimir", class_name="title-small mb-2"),
            rx.el.div(papers, class_name="flex flex-wrap gap-3"),
            class_name="panel no-print",
        ),
    )


def _paper(text: str | rx.Var[str], name: str) -> rx.Component:
    return download_button(text, " (PDF)", to=f"/pdf/emprestimos/{RequestRecordState.number}/{name}")
