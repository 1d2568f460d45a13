"""What contracts and agreements share: who signs, what the plan costs, the rules of a loan in words (brazil.md §5)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.calendar import Step
from domain.instalments import Plan
from loanapp.papers import words
from loanapp.papers.base import Paper
from loanapp.papers.formats import brl, percent, phone, tax_id
from loanapp.papers.words import word
from loanapp.queries._creditor import Creditor
from loanapp.queries._parties import Parties, Party

_SIGNATURE_MM, _SIGNATURE_GAP_MM = 22, 8
_DAILY_PLACES = Decimal("0.0001")


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What a plan costs, as the law wants it shown together (CDC 52, 54-B); amounts in centavos, rates in percent."""

    plan: str
    step: str
    rate_pct: Decimal
    annual_cost_pct: Decimal
    monthly_cost_pct: Decimal
    late_fee_pct: Decimal
    mora_pct_month: Decimal
    amounts_cents: Sequence[int]
    interest_cents: int
    down_payment_cents: int = 0


def party_facts(parties: Parties) -> Iterator[tuple[str, str]]:
    """Yield who lends, who owes and who answers for it, with how to reach each."""
    yield "Credor", _creditor(parties.creditor)
    yield "Devedor", _party(parties.borrower)
    if parties.guarantor:
        yield "Fiador", _party(parties.guarantor)


def _creditor(creditor: Creditor) -> str:
    named = f"{creditor.name}, CNPJ {tax_id(creditor.tax_id)}" if creditor.tax_id else creditor.name
    electronic = f"Endereço eletrônico: {creditor.email}" if creditor.email else ""
    reached = " · ".join(part for part in (creditor.support_channel, creditor.support_hours) if part)
    service = f"Atendimento: {reached}" if reached else ""
    return "\n".join(part for part in (named, creditor.address, electronic, service) if part)


def _party(party: Party) -> str:
    identity = f"{'CNPJ' if len(party.tax_id) > len('00000000000') else 'CPF'} {tax_id(party.tax_id)}"
    reached = f"Telefone: {phone(party.phone)}"
    return "\n".join(part for part in (f"{party.name}, {identity}", party.address, reached) if part)


def cost_facts(costs: Costs) -> Iterator[tuple[str, str]]:
    """Yield number and value of the instalments, the total, and every rate and charge."""
    yield "Número e valor das parcelas", _instalments(costs)
    yield "Total a pagar", brl(costs.down_payment_cents + sum(costs.amounts_cents))
    yield "Juros incluídos no total", brl(costs.interest_cents)
    yield "Taxa de juros contratada", _rate(costs)
    yield "Taxa efetiva de juros", f"{percent(costs.monthly_cost_pct)} ao mês · {percent(costs.annual_cost_pct)} ao ano"
    yield (
        "Custo efetivo total (CET)",
        f"{percent(costs.annual_cost_pct)} ao ano, composto só dos juros: tarifas, seguros e tributos R$\u00a00,00",
    )
    yield "Multa por atraso", f"{percent(costs.late_fee_pct)} da parcela, uma única vez"
    yield (
        "Juros de mora",
        f"{percent(costs.mora_pct_month)} ao mês, simples ({_daily(costs.mora_pct_month)} por dia de atraso)",
    )


def _instalments(costs: Costs) -> str:
    """Write the instalments: all alike, or all but the last, which keeps the centavos."""
    *regular, last = costs.amounts_cents
    step = word(words.STEP, costs.step)
    if not regular:
        return f"1 parcela de {brl(last)}"
    if set(regular) == {last}:
        return f"{len(costs.amounts_cents)} parcelas {step} de {brl(last)}"
    return f"{len(costs.amounts_cents)} parcelas {step}: {len(regular)} de {brl(regular[0])} e a última de {brl(last)}"


def _rate(costs: Costs) -> str:
    base = (
        "sobre o saldo devedor (tabela Price)" if costs.plan == Plan.PRICE else "sobre o valor inicial (juros simples)"
    )
    return f"{percent(costs.rate_pct)} {words.PERIOD[costs.step]}, {base}"


def _daily(mora_pct_month: Decimal) -> str:
    daily = (mora_pct_month / 30).quantize(_DAILY_PLACES)
    return f"{daily:f}%".replace(".", ",")


def clauses(costs: Costs, *, has_guarantor: bool) -> Iterator[tuple[str, str]]:
    """Yield the rules of a loan, each with its name: those of money.md in the words of who signs them."""
    yield (
        "Vencimento",
        (
            "A parcela que vence em dia não útil (sábado, domingo, feriado bancário nacional ou feriado divulgado pelo"
            " credor) pode ser paga no dia útil seguinte, sem encargo. Os encargos por atraso contam desse dia útil em"
            f" diante.{_month_ends(costs.step)}"
        ),
    )
    yield (
        "Atraso",
        (
            f"Sobre a parcela não paga incidem só multa de {percent(costs.late_fee_pct)} do que dela estiver em"
            f" aberto, uma única vez, e mora simples de {percent(costs.mora_pct_month)} ao mês: base"
            f" \N{MULTIPLICATION SIGN}"
            f" {percent(costs.mora_pct_month)} ÷ 30 \N{MULTIPLICATION SIGN} dias corridos de atraso. Multa e mora nunca"
            " entram na base: não há juros sobre juros, nem outro encargo pelo atraso."
        ),
    )
    yield (
        "Ordem dos pagamentos",
        (
            "Cada pagamento quita primeiro a parcela de vencimento mais antigo e, dentro dela, a mora, a multa, os"
            " juros e o principal, nesta ordem (Código Civil, arts. 354 e 355). O que sobrar vai para as parcelas"
            " seguintes e, por fim, fica como crédito do devedor, que pode usá-lo ou pedi-lo de volta."
        ),
    )
    yield (
        "Quitação antecipada",
        (
            "O devedor pode quitar o saldo, ou parcelas inteiras, a qualquer momento e sem custo, com redução"
            " proporcional dos juros (Código de Defesa do Consumidor, art. 52, § 2º): os juros de cada parcela"
            " correm por igual do vencimento anterior até o seu, e o que ainda não correu é descontado."
        ),
    )
    yield (
        "Arredondamento",
        (
            "Cada valor é arredondado ao centavo uma única vez, com meio centavo para cima; a última parcela absorve a"
            " diferença."
        ),
    )
    yield (
        "Informação",
        "O devedor pode pedir a qualquer momento, sem custo, o extrato e a memória de cálculo de cada valor cobrado.",
    )
    if has_guarantor:
        yield (
            "Fiança",
            (
                "O fiador responde por esta dívida se o devedor não a pagar (Código Civil, arts. 818 a 839), podendo"
                " exigir que sejam cobrados antes os bens do devedor (art. 827)."
            ),
        )


def _month_ends(step: str) -> str:
    if step != Step.MONTHLY:
        return ""
    return " O vencimento mantém o dia do mês; no mês sem esse dia, é o último. Valem as datas impressas acima."


def write_clauses(paper: Paper, pairs: Iterable[tuple[str, str]], *, part: int) -> None:
    """Write the rules as numbered paragraphs of a part of the paper."""
    for number, (name, text) in enumerate(pairs, start=1):
        paper.paragraph(f"{part}.{number} {name}. {text}")
        paper.ln(1.2)


def signatures(paper: Paper, parties: Parties, *, has_witnesses: bool = True) -> None:
    """Draw a line for each who signs, two beside one another, all on one page."""
    signers = [
        (parties.creditor.name, "Credor"),
        (parties.borrower.name, f"Devedor · {tax_id(parties.borrower.tax_id)}"),
    ]
    if parties.guarantor:
        signers.append((parties.guarantor.name, f"Fiador · {tax_id(parties.guarantor.tax_id)}"))
    if has_witnesses:
        signers += [("Testemunha 1", "Nome e CPF:"), ("Testemunha 2", "Nome e CPF:")]
    if paper.will_page_break(14 + _SIGNATURE_MM * -(-len(signers) // 2)):
        paper.add_page()
    paper.ln(3)
    paper.paragraph("Local e data: ________________________________________________________")
    width = (paper.epw - _SIGNATURE_GAP_MM) / 2
    top = paper.get_y()
    for place, (name, role) in enumerate(signers):
        left = paper.l_margin + place % 2 * (width + _SIGNATURE_GAP_MM)
        line = top + _SIGNATURE_MM * (place // 2) + 14
        paper.line(left, line, left + width, line)
        paper.beside(left, line + 1, width, name, role)
    paper.set_y(top + _SIGNATURE_MM * -(-len(signers) // 2))
