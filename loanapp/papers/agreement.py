"""The agreement of a renegotiation as PDF, with the calculation of the debt it takes over; before it, the proposal."""

from collections.abc import Iterator

from loanapp.papers.base import Paper, PaperColumn
from loanapp.papers.creditor import letterhead_of
from loanapp.papers.formats import brl, day, percent
from loanapp.papers.terms import Costs, clauses, cost_facts, party_facts, signatures, write_clauses
from loanapp.queries.agreement_paper import AgreementPaper

TITLE, PROPOSAL = "Termo de renegociação", "Proposta de renegociação"
_DEBT_COLUMNS = (
    PaperColumn(header="Parcela", weight=9),
    PaperColumn(header="Vencimento", weight=13),
    PaperColumn(header="Dias de atraso", weight=10, is_numeric=True),
    PaperColumn(header="Original em aberto", weight=17, is_numeric=True),
    PaperColumn(header="Multa", weight=13, is_numeric=True),
    PaperColumn(header="Mora", weight=13, is_numeric=True),
    PaperColumn(header="Total", weight=16, is_numeric=True),
)
_MORA_COLUMNS = (
    PaperColumn(header="Parcela", weight=12),
    PaperColumn(header="De", weight=16),
    PaperColumn(header="Até", weight=16),
    PaperColumn(header="Base", weight=18, is_numeric=True),
    PaperColumn(header="Dias", weight=10, is_numeric=True),
    PaperColumn(header="Mora", weight=18, is_numeric=True),
)
_DISCOUNT_COLUMNS = (
    PaperColumn(header="Componente", weight=20),
    PaperColumn(header="Dívida", weight=18, is_numeric=True),
    PaperColumn(header="Desconto", weight=12, is_numeric=True),
    PaperColumn(header="Valor do desconto", weight=18, is_numeric=True),
    PaperColumn(header="Renegociado", weight=18, is_numeric=True),
)
_NEW_COLUMNS = (
    PaperColumn(header="Parcela", weight=12),
    PaperColumn(header="Vencimento", weight=16),
    PaperColumn(header="Principal", weight=17, is_numeric=True),
    PaperColumn(header="Juros", weight=15, is_numeric=True),
    PaperColumn(header="Valor", weight=17, is_numeric=True),
    PaperColumn(header="Base da mora", weight=17, is_numeric=True),
)


def agreement_pdf(agreement: AgreementPaper, *, is_compressed: bool = True) -> bytes:
    """Return the PDF of an agreement or of its proposal; the same one gives the same bytes."""
    parties = agreement.parties
    paper = Paper(
        letterhead_of(parties.creditor),
        title=TITLE if agreement.accepted_on else PROPOSAL,
        number=f"nº {agreement.offer_number}",
        made_at=parties.made_at,
        is_compressed=is_compressed,
    )
    paper.paragraph(_purpose(agreement))
    paper.heading("1. Partes")
    paper.facts(party_facts(parties))
    _debt(paper, agreement)
    _plan(paper, agreement)
    paper.heading("4. Condições")
    write_clauses(paper, (*_effects(agreement), *clauses(_costs(agreement), has_guarantor=False)), part=4)
    signatures(paper, parties)
    return paper.content()


def _purpose(agreement: AgreementPaper) -> str:
    loan = f"o empréstimo nº {agreement.parties.number}"
    if agreement.chain:
        numbers = ", ".join(f"nº {number}" for number in agreement.chain)
        loan += f" (que já renegociava: {numbers})"
    if agreement.accepted_on:
        return (
            f"Acordo de {day(agreement.accepted_on)} sobre {loan}, que fica renegociado e dá lugar ao empréstimo"
            f" nº {agreement.new_number}."
        )
    return (
        f"Proposta de {day(agreement.offered_on)} para renegociar {loan}. Vale até {day(agreement.valid_through)}: até"
        " lá os valores abaixo não mudam, e nada é devido por recusá-la."
    )


def _debt(paper: Paper, agreement: AgreementPaper) -> None:
    paper.heading(f"2. Dívida em {day(agreement.offered_on)}")
    amounts = [
        (each.original_cents, each.late_fee_cents, each.mora_cents, each.charged.open_cents)
        for each in agreement.invoices
    ]
    paper.table_of(
        _DEBT_COLUMNS,
        (
            (
                str(each.charged.number),
                day(each.charged.due_date),
                str(each.charged.days_overdue),
                *map(brl, row),
            )
            for each, row in zip(agreement.invoices, amounts, strict=True)
        ),
        totals=("Total", "", "", *(brl(sum(column)) for column in zip(*amounts, strict=True))),
    )
    paper.ln(1)
    paper.paragraph(
        f"Multa: {percent(agreement.late_fee_pct)} do que estava em aberto no vencimento. Mora: base"
        f" \N{MULTIPLICATION SIGN} {percent(agreement.mora_pct_month)} ÷ 30 \N{MULTIPLICATION SIGN} dias, como segue;"
        " do que foi cobrado desconta-se o que já foi pago ou dispensado.",
        is_quiet=True,
    )
    paper.ln(1)
    paper.table_of(
        _MORA_COLUMNS,
        (
            (
                str(each.charged.number),
                day(stretch.since),
                day(stretch.until),
                brl(stretch.base_cents),
                str(stretch.days),
                brl(stretch.amount_cents),
            )
            for each in agreement.invoices
            for stretch in each.charged.stretches
        ),
        empty="Nenhuma parcela tem mora.",
    )


def _plan(paper: Paper, agreement: AgreementPaper) -> None:
    paper.heading("3. Novo plano")
    taken = (("Valor original", agreement.original), ("Multa", agreement.late_fee), ("Mora", agreement.mora))
    paper.table_of(
        _DISCOUNT_COLUMNS,
        (
            (name, brl(part.open_cents), percent(part.discount_pct), brl(part.discount_cents), brl(part.left_cents))
            for name, part in taken
        ),
        totals=(
            "Total",
            brl(sum(part.open_cents for _, part in taken)),
            "",
            brl(sum(part.discount_cents for _, part in taken)),
            brl(sum(part.left_cents for _, part in taken)),
        ),
    )
    paper.ln(2)
    costs = _costs(agreement)
    down_payment = sum(each.original_cents for each in agreement.instalments if not each.number)
    paper.facts((("Entrada", _down_payment(agreement, down_payment)), *cost_facts(costs)))
    paper.ln(2)
    paper.table_of(
        _NEW_COLUMNS,
        (
            (
                str(each.number) if each.number else "Entrada",
                day(each.due_date),
                brl(each.principal_cents),
                brl(each.interest_cents),
                brl(each.original_cents),
                brl(each.mora_base_cents),
            )
            for each in agreement.instalments
        ),
        totals=(
            "Total",
            "",
            brl(sum(each.principal_cents for each in agreement.instalments)),
            brl(costs.interest_cents),
            brl(agreement.total_cents),
            brl(sum(each.mora_base_cents for each in agreement.instalments)),
        ),
    )


def _down_payment(agreement: AgreementPaper, cents: int) -> str:
    if not cents:
        return "Sem entrada"
    return f"{brl(cents)}, na confirmação do acordo" if agreement.accepted_on is None else f"{brl(cents)}, neste ato"


def _costs(agreement: AgreementPaper) -> Costs:
    instalments = [each for each in agreement.instalments if each.number]
    down_payment_cents = agreement.total_cents - sum(each.original_cents for each in instalments)
    return Costs(
        plan=agreement.plan,
        step=agreement.step,
        rate_pct=agreement.rate_pct,
        annual_cost_pct=agreement.annual_cost_pct,
        monthly_cost_pct=agreement.monthly_cost_pct,
        late_fee_pct=agreement.late_fee_pct,
        mora_pct_month=agreement.mora_pct_month,
        amounts_cents=[each.original_cents for each in instalments],
        down_payment_cents=down_payment_cents,
        interest_cents=sum(each.interest_cents for each in instalments),
    )


def _effects(agreement: AgreementPaper) -> Iterator[tuple[str, str]]:
    """Yield what the agreement does to the debt before it (money.md §3, §5; Súm. STJ 286; CC 366)."""
    yield (
        "Efeito",
        (
            f"Com o acordo, as parcelas do item 2 ficam renegociadas e seus encargos param em"
            f" {day(agreement.offered_on)};"
            " em seu lugar valem só as do item 3. O acordo não impede o devedor de discutir os contratos anteriores."
        ),
    )
    yield (
        "Base da mora",
        (
            "Se uma parcela do item 3 atrasar, a mora conta só sobre a base da mora impressa ao lado dela, que é a"
            " parte ainda não paga do valor original da dívida: multa, mora e juros renegociados nunca rendem mora."
        ),
    )
    if agreement.parties.guarantor:
        yield (
            "Fiança",
            (
                "O fiador que assina este termo consente no acordo e continua a responder pela dívida (Código Civil,"
                " art. 366); sem a sua assinatura, fica livre da fiança."
            ),
        )
