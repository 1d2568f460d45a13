"""The contract of a loan as PDF: everything that the law wants seen before it is signed (CDC 52, 54-B)."""

from loanapp.papers import words
from loanapp.papers.base import Paper, PaperColumn
from loanapp.papers.creditor import letterhead_of
from loanapp.papers.formats import brl, day
from loanapp.papers.terms import Costs, clauses, cost_facts, party_facts, signatures, write_clauses
from loanapp.papers.words import word
from loanapp.queries.contract_paper import ContractPaper

TITLE = "Contrato de empréstimo"
_COLUMNS = (
    PaperColumn(header="Parcela", weight=10),
    PaperColumn(header="Vencimento", weight=16),
    PaperColumn(header="Pagável sem encargo até", weight=24),
    PaperColumn(header="Principal", weight=16, is_numeric=True),
    PaperColumn(header="Juros", weight=16, is_numeric=True),
    PaperColumn(header="Valor", weight=18, is_numeric=True),
)


def contract_pdf(contract: ContractPaper, *, is_compressed: bool = True) -> bytes:
    """Return the PDF of a contract; the same contract gives the same bytes."""
    parties = contract.parties
    paper = Paper(
        letterhead_of(parties.creditor),
        title=TITLE,
        number=f"nº {parties.number}",
        made_at=parties.made_at,
        is_compressed=is_compressed,
    )
    costs = _costs(contract)
    paper.heading("1. Partes")
    paper.facts(party_facts(parties))
    paper.heading("2. Quadro-resumo")
    paper.facts(
        (
            ("Valor emprestado", brl(contract.principal_cents)),
            ("Liberação do dinheiro", _release(contract)),
            *cost_facts(costs),
        )
    )
    paper.heading("3. Parcelas")
    paper.table_of(
        _COLUMNS,
        (
            (
                str(each.number),
                day(each.due_date),
                day(each.effective_due_date),
                brl(each.principal_cents),
                brl(each.interest_cents),
                brl(each.original_cents),
            )
            for each in contract.instalments
        ),
        totals=(
            "Total", "", "", brl(contract.principal_cents), brl(costs.interest_cents), brl(contract.total_cents),
        ),
    )  # fmt: skip
    paper.heading("4. Condições")
    write_clauses(paper, clauses(costs, has_guarantor=parties.guarantor is not None), part=4)
    signatures(paper, parties)
    return paper.content()


def _costs(contract: ContractPaper) -> Costs:
    return Costs(
        plan=contract.plan,
        step=contract.step,
        rate_pct=contract.rate_pct,
        annual_cost_pct=contract.annual_cost_pct,
        monthly_cost_pct=contract.monthly_cost_pct,
        late_fee_pct=contract.late_fee_pct,
        mora_pct_month=contract.mora_pct_month,
        amounts_cents=[each.original_cents for each in contract.instalments],
        interest_cents=sum(each.interest_cents for each in contract.instalments),
    )


def _release(contract: ContractPaper) -> str:
    if contract.released_on is None:
        return (
            "Depois da assinatura; datas e CET contam com a liberação em"
            f" {day(contract.parties.business_date)}. Estas condições valem até {day(contract.valid_through)}."
        )
    return f"{day(contract.released_on)}, {word(words.METHOD, contract.released_by)}, valor inteiro, sem desconto algum"
