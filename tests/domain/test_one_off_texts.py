"""The texts that a person sends once, to the letter."""

from datetime import date
from decimal import Decimal

from domain.history import ContractInvoice
from domain.money import Money
from domain.one_off_texts import Explained, ExplainedInvoice, Proposed, render_calculation, render_proposal
from domain.pix import PixReceiver, copy_and_paste
from domain.renegotiations import DebtBreakdown
from domain.templates import LATEST, Lender
from loanapp.models.charged import ChargedInvoice, MoraStretch

RECEIVER = PixReceiver(key="pix@financeira.com.br", name="Financeira Teste", city="São Paulo")
LENDER = Lender(
    name="Financeira Teste",
    tax_id="11.222.333/0001-81",
    address="Rua das Flores, 100, São Paulo",
    support_channel="(11) 4000-1000",
    support_hours="das 9h às 18h",
    pix=RECEIVER,
)
OFFERED_ON = date(2026, 11, 23)


def an_instalment(number: int, due: date, cents: int) -> ContractInvoice:
    return ContractInvoice(
        number=number, due_date=due, effective_due_date=due, principal=Money(cents), interest=Money.ZERO,
        mora_base=Money.ZERO,
    )  # fmt: skip


def a_charged(number: int, *, stretches: tuple[MoraStretch, ...] = (), **values: int) -> ChargedInvoice:
    mora_cents = sum(stretch.amount_cents for stretch in stretches)
    late_fee_cents, paid_cents = values.get("late_fee_cents", 0), values.get("paid_cents", 0)
    return ChargedInvoice(
        number=number, due_date=date(2026, 11, 20), effective_due_date=date(2026, 11, 20), status="UNPAID",
        days_overdue=3, principal_cents=40_000, interest_cents=10_000, original_cents=50_000,
        late_fee_base_cents=50_000, late_fee_cents=late_fee_cents, mora_cents=mora_cents, stretches=stretches,
        waived_cents=0, paid_cents=paid_cents, open_cents=50_000 + late_fee_cents + mora_cents - paid_cents,
        paid_on=None,
    )  # fmt: skip


def explained(*invoices: ChargedInvoice, invoice_number: int | None = None, is_payable: bool = True) -> str:
    return render_calculation(
        LATEST["CALCULATION"],
        lender=LENDER,
        first_name="Maria",
        explained=Explained(
            request_number=7,
            invoice_number=invoice_number,
            count=10,
            as_of=OFFERED_ON,
            late_fee_pct=Decimal("2.000000"),
            mora_pct_month=Decimal("1.000000"),
            invoices=tuple(ExplainedInvoice(number=one.number, due_date=one.due_date, charged=one) for one in invoices),
            is_payable=is_payable,
        ),
        reference="7K2M9",
    )


THREE_DAYS = MoraStretch(base_cents=50_000, since=date(2026, 11, 20), until=OFFERED_ON, days=3, amount_cents=50)


def test_a_proposal_names_the_debt_the_terms_and_all_charges() -> None:
    proposed = Proposed(
        number=12,
        request_number=7,
        offered_on=OFFERED_ON,
        valid_through=date(2026, 11, 30),
        debt=DebtBreakdown(original=Money(100_000), late_fee=Money(2_000), mora=Money(100)),
        invoices=(
            an_instalment(0, OFFERED_ON, 12_100),
            an_instalment(1, date(2026, 12, 23), 30_000),
            an_instalment(2, date(2027, 1, 23), 30_000),
            an_instalment(3, date(2027, 2, 23), 30_001),
        ),
        annual_cost_pct=Decimal("12.68"),
        late_fee_pct=Decimal("2.000000"),
        mora_pct_month=Decimal("1.000000"),
    )

    text = render_proposal(LATEST["PROPOSAL"], lender=LENDER, first_name="Maria", proposed=proposed, reference="7K2M9")

    assert text == (
        "Olá, Maria. Esta é a proposta de acordo nº 12 para o contrato 7. Dívida em 23/11/2026: original R$ 1.000,00"
        " + multa R$ 20,00 + juros de mora R$ 1,00 = R$ 1.021,00.\n"
        "• entrada de R$ 121,00, na confirmação\n"
        "• 2 x R$ 300,00, primeiro vencimento em 23/12/2026\n"
        "• 1 x R$ 300,01, primeiro vencimento em 23/02/2027\n"
        "Total a pagar: R$ 1.021,01. Juros de 1,00% ao mês, CET de 12,68% ao ano. Em atraso: multa de 2,00% e juros de"
        " mora de 1,00% ao mês. Pode ser quitado antes, com desconto dos juros.\n"
        "Vale até 30/11/2026.\n"
        "Para aceitar ou conversar, responda a esta mensagem ou fale com (11) 4000-1000, das 9h às 18h.\n"
        "Financeira Teste, CNPJ 11.222.333/0001-81, Rua das Flores, 100, São Paulo\n"
        "Ref. 7K2M9"
    )


def test_the_calculation_of_one_invoice_shows_rate_base_and_days_and_ends_with_the_pix() -> None:
    text = explained(a_charged(2, late_fee_cents=1_000, stretches=(THREE_DAYS,)), invoice_number=2)

    assert text == (
        "Olá, Maria. Segue a memória de cálculo da parcela 2/10 do contrato 7.\n"
        "Parcela 2/10, vencimento 20/11/2026\n"
        "Principal: R$ 400,00\n"
        "Juros: R$ 100,00\n"
        "Valor original: R$ 500,00\n"
        "Multa 2,00% (uma vez, em 21/11): R$ 10,00\n"
        "Mora 1,00% ao mês ÷ 30 × 3 dias sobre R$ 500,00: R$ 0,50\n"  # noqa: RUF001
        "Total em 23/11/2026: R$ 510,50\n"
        "Dúvidas? Responda a esta mensagem ou fale com (11) 4000-1000, das 9h às 18h.\n"
        "Financeira Teste, CNPJ 11.222.333/0001-81, Rua das Flores, 100, São Paulo\n"
        "Ref. 7K2M9\n"
        "Pix copia e cola de R$ 510,50, válido até 23/11/2026:\n"
        + copy_and_paste(RECEIVER, Money(51_050), reference="E7P2")
    )


def test_the_calculation_of_several_invoices_adds_them_up() -> None:
    first = a_charged(2, late_fee_cents=1_000, stretches=(THREE_DAYS,), paid_cents=20_000)

    text = explained(first, a_charged(3))

    assert "do contrato 7.\nParcela 2/10, vencimento" in text
    assert "Pago: -R$ 200,00\nTotal em 23/11/2026: R$ 310,50\nParcela 3/10, vencimento" in text
    assert "Total das parcelas acima em 23/11/2026: R$ 810,50." in text
    assert text.endswith(copy_and_paste(RECEIVER, Money(81_050), reference="E7"))


def test_a_calculation_of_another_day_asks_for_no_pix() -> None:
    assert explained(a_charged(2), invoice_number=2, is_payable=False).endswith("\nRef. 7K2M9")
