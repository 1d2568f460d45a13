"""What the list of approvals shows, as texts: pure functions from the read to what the state sends."""

from typing import TypedDict

from domain.approvals import ApprovalKind, ApprovalStatus
from loanapp.components.explanation import COMPONENTS
from loanapp.components.formats import brl_text, counted, date_text, days_text, instant_text
from loanapp.components.method_names import METHOD_NAMES
from loanapp.components.texts import text_of
from loanapp.papers.words import APPROVAL_KIND
from loanapp.queries.approvals import ApprovalLine, AskedCharge

LINES_SHOWN = 8
_COMPONENT_NAMES = {component.value: word for component, word in COMPONENTS.items()}
# What a grant of each kind does, its button, and what is said afterwards.
GRANTS = {
    ApprovalKind.WRITE_OFF: (
        "O empréstimo passa a perdido hoje. As rotinas e as cobranças param; o que ainda entrar é recuperação.",
        "Aprovar a perda",
        "Aprovado. O empréstimo está marcado como perdido.",
    ),
    ApprovalKind.WAIVER: (
        "Os encargos são dispensados hoje, com o motivo de quem pediu e o seu nome; a dispensa pode ser estornada.",
        "Aprovar a dispensa",
        "Aprovado. Os encargos estão dispensados.",
    ),
    ApprovalKind.REOPENING: (
        "O empréstimo volta a Em andamento, com multa e mora contadas até hoje, rotinas e cobranças.",
        "Aprovar a reabertura",
        "Aprovado. O empréstimo está em andamento de novo.",
    ),
    ApprovalKind.CANCELLATION: (
        "O empréstimo fica reprovado, as parcelas canceladas, e nada mais é devido. Não há volta.",
        "Aprovar o cancelamento",
        "Aprovado. A liberação está cancelada.",
    ),
}


class ApprovalCard(TypedDict):
    """One question with the facts to decide it; `obstacle` says why this person can't grant it."""

    id: str
    kind: str
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


class AnswerRow(TypedDict):
    """One question that was answered."""

    what: str
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
    amount = line.open_cents if line.kind == ApprovalKind.WRITE_OFF else line.amount_cents
    return ApprovalCard(
        id=str(line.approval_id),
        kind=line.kind,
        title=f"{APPROVAL_KIND[line.kind]}: {brl_text(amount)}",
        loan=f"Empréstimo nº {line.request_number}",
        loan_to=f"/emprestimos/{line.request_number}",
        client=line.client_name,
        client_to=f"/clientes/{line.client_id}",
        facts=_FACTS[ApprovalKind(line.kind)](line),
        asked=f"{line.asked_by} pediu em {instant_text(line.asked_at)}",
        reason=line.reason,
        is_own=line.is_own,
        obstacle=text_of(line.obstacle.code, line.obstacle.values) if line.obstacle.code else "",
    )


def _write_off(line: ApprovalLine) -> list[list[str]]:
    return [
        ["Perda pedida", brl_text(line.amount_cents)],
        ["Em aberto hoje", brl_text(line.open_cents)],
        ["Atraso", _overdue(line)],
        ["Emprestado", _lent(line)],
        ["Já recebido", brl_text(line.paid_cents)],
        ["Falta recuperar do emprestado", brl_text(max(0, line.principal_cents - line.paid_cents))],
    ]


def _waiver(line: ApprovalLine) -> list[list[str]]:
    shown, rest = line.charges[:LINES_SHOWN], line.charges[LINES_SHOWN:]
    rest_cents = sum(charge.amount_cents for charge in rest)
    return [
        *([_charge_name(charge), _charge(charge)] for charge in shown),
        *([["E mais", f"{counted(len(rest), 'encargo', 'encargos')}, {brl_text(rest_cents)}"]] if rest else []),
        ["Em aberto hoje", brl_text(line.open_cents)],
        ["Depois da dispensa", brl_text(max(0, line.open_cents - line.amount_cents))],
        ["Atraso", _overdue(line)],
    ]


def _reopening(line: ApprovalLine) -> list[list[str]]:
    return [
        ["Perdido desde", date_text(line.lost_on)],
        ["Em aberto hoje", brl_text(line.open_cents)],
        ["Atraso", _overdue(line)],
        ["Emprestado", _lent(line)],
        ["Já recebido", brl_text(line.paid_cents)],
    ]


def _cancellation(line: ApprovalLine) -> list[list[str]]:
    method = METHOD_NAMES[line.disbursement_method] if line.disbursement_method else "—"
    return [
        ["Liberado", f"{_lent(line)}, {method}"],
        ["Parcelas a cancelar", str(line.instalment_count)],
        ["Em aberto hoje", brl_text(line.open_cents)],
        ["Já recebido", brl_text(line.paid_cents)],
    ]


_FACTS = {
    ApprovalKind.WRITE_OFF: _write_off,
    ApprovalKind.WAIVER: _waiver,
    ApprovalKind.REOPENING: _reopening,
    ApprovalKind.CANCELLATION: _cancellation,
}


def _charge_name(charge: AskedCharge) -> str:
    return f"Parcela {charge.invoice_number}, {_COMPONENT_NAMES[charge.component]}"


def _charge(charge: AskedCharge) -> str:
    return f"{brl_text(charge.amount_cents)} de {brl_text(charge.open_cents)} em aberto"


def _overdue(line: ApprovalLine) -> str:
    return days_text(line.days_overdue) if line.days_overdue else "em dia"


def _lent(line: ApprovalLine) -> str:
    return f"{brl_text(line.principal_cents)} em {date_text(line.disbursed_on)}"


def answer_row(line: ApprovalLine) -> AnswerRow:
    """Return a question with its answer."""
    verb = "aprovou" if line.status == ApprovalStatus.GRANTED else "recusou"
    return AnswerRow(
        what=APPROVAL_KIND[line.kind],
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
