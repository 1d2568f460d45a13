"""What the list of approvals shows, as texts: pure functions from the read to what the state sends."""

from typing import TypedDict

from domain.approvals import ApprovalStatus
from loanapp.components.formats import brl_text, date_text, days_text, instant_text
from loanapp.components.texts import text_of
from loanapp.queries.approvals import ApprovalLine


class ApprovalCard(TypedDict):
    """One question with the facts to decide it; `obstacle` says why this person can't grant it."""

    id: str
    title: str
    loan: str
    loan_to: str
    client: str
    client_to: str
    facts: list[list[str]]
    asked: str
    reason: str
    is_own: bool
    obstacle: str
    amount: str


class AnswerRow(TypedDict):
    """One question that was answered."""

    loan: str
    loan_to: str
    client: str
    client_to: str
    amount: str
    status: str
    asked: str
    decided: str
    reason: str


def card(line: ApprovalLine) -> ApprovalCard:
    """Return a question that waits."""
    return ApprovalCard(
        id=str(line.approval_id),
        title=f"Marcar como perdido: {brl_text(line.open_cents)}",
        loan=f"Empréstimo nº {line.request_number}",
        loan_to=f"/emprestimos/{line.request_number}",
        client=line.client_name,
        client_to=f"/clientes/{line.client_id}",
        facts=[
            ["Perda pedida", brl_text(line.amount_cents)],
            ["Em aberto hoje", brl_text(line.open_cents)],
            ["Atraso", days_text(line.days_overdue) if line.days_overdue else "em dia"],
            ["Emprestado", f"{brl_text(line.principal_cents)} em {date_text(line.disbursed_on)}"],
            ["Já recebido", brl_text(line.paid_cents)],
            ["Falta recuperar do emprestado", brl_text(max(0, line.principal_cents - line.paid_cents))],
        ],
        asked=f"{line.asked_by} pediu em {instant_text(line.asked_at)}",
        reason=line.reason,
        is_own=line.is_own,
        obstacle=text_of(line.obstacle.code, line.obstacle.values) if line.obstacle.code else "",
        amount=brl_text(line.open_cents),
    )


def answer_row(line: ApprovalLine) -> AnswerRow:
    """Return a question with its answer."""
    verb = "aprovou" if line.status == ApprovalStatus.GRANTED else "recusou"
    return AnswerRow(
        loan=f"nº {line.request_number}",
        loan_to=f"/emprestimos/{line.request_number}",
        client=line.client_name,
        client_to=f"/clientes/{line.client_id}",
        amount=brl_text(line.amount_cents),
        status=line.status,
        asked=f"{line.asked_by}, {instant_text(line.asked_at)}",
        decided=f"{line.decided_by} {verb} em {instant_text(line.decided_at)}",
        reason=line.decision_reason,
    )
