"""The proofs of the book in words: each rule of money.md §6, and what was found not to hold."""

from collections import Counter
from typing import TypedDict

from domain.proofs import KEPT_PER_RULE
from loanapp.components.formats import counted, date_text, instant_text
from loanapp.queries.proofs import ProofLine, ProofRecord

# The rules of money.md §6, by their number, as a person reads them; what waits too long has none.
RULES = {
    "1": ("Somas exatas", "As parcelas somam o plano; cada recebimento é a soma do que foi distribuído e do crédito."),
    "2": ("Situações e limites", "Nenhuma parcela recebeu mais do que deve; a situação vem dos fatos."),
    "3": ("Multa e mora", "Iguais à regra, refeita do contrato, dos recebimentos e das dispensas."),
    "4": ("Números guardados", "Os totais de cada empréstimo são iguais ao recálculo."),
    "5": ("Nada apagado nem alterado", "Recebimentos, dispensas e auditoria batem com a corrente de resumos."),
    "6": ("Cobranças", "Cada cliente com algo a pagar tem uma mensagem ou um motivo."),
    "": ("Nada parado", "Nenhuma mensagem ou rotina espera há mais de uma hora."),
}
NOT_PROVEN = "Ainda não conferida"


class RuleRow(TypedDict):
    """One rule: whether it holds, in words."""

    title: str
    detail: str
    is_sound: bool
    result: str


class DifferenceRow(TypedDict):
    """One thing that is not as it must be."""

    rule: str
    record: str
    found: str
    expected: str


class ProofRow(TypedDict):
    """One proof of the history."""

    to: str
    business_date: str
    who: str
    finished_at: str
    checked: str
    result: str
    is_sound: bool


def is_sound(proof: ProofLine | None) -> bool:
    """Whether a proof was finished and found nothing."""
    return proof is not None and proof.finished_at is not None and proof.differences == 0


def proven_text(proof: ProofLine | None) -> str:
    """Write when the book was last proven, and whether it held."""
    if proof is None or proof.finished_at is None:
        return NOT_PROVEN
    result = "tudo certo" if is_sound(proof) else counted(proof.differences, "diferença", "diferenças")
    return f"Conferida em {instant_text(proof.finished_at)}: {result}"


def rule_rows(record: ProofRecord) -> list[RuleRow]:
    """Return each rule with the number of differences of it; nothing before a proof is finished."""
    if record.newest is None or record.newest.finished_at is None:
        return []
    found = Counter(each.rule for each in record.differences)
    return [
        RuleRow(title=title, detail=detail, is_sound=not found[rule], result=_result(found[rule]))
        for rule, (title, detail) in RULES.items()
    ]


def difference_rows(record: ProofRecord) -> list[DifferenceRow]:
    """Return what was found, of each rule at most as much as is kept."""
    return [
        DifferenceRow(rule=RULES[each.rule][0], record=each.record, found=each.found, expected=each.expected)
        for each in record.differences
    ]


def proof_row(line: ProofLine) -> ProofRow:
    """Return one line of the history."""
    is_finished = line.finished_at is not None
    return ProofRow(
        to=f"/rotinas/conferencia?prova={line.proof_id}",
        business_date=date_text(line.business_date),
        who=line.requested_by_name or "Sistema",
        finished_at=instant_text(line.finished_at) if is_finished else "Conferindo…",
        checked=" · ".join(
            (
                counted(line.requests_checked, "empréstimo", "empréstimos"),
                counted(line.clients_checked, "cliente", "clientes"),
            )
        ),
        result=("Certo" if is_sound(line) else counted(line.differences, "diferença", "diferenças"))
        if is_finished
        else "—",
        is_sound=is_sound(line) or not is_finished,
    )


def _result(differences: int) -> str:
    if not differences:
        return "Certo"
    if differences == KEPT_PER_RULE:
        return f"{differences} diferenças ou mais"
    return counted(differences, "diferença", "diferenças")
