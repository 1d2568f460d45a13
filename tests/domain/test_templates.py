import re
from dataclasses import replace
from datetime import date

import pytest

from domain import templates
from domain.money import Money, format_brl
from domain.pix import PixReceiver, copy_and_paste
from domain.template_words import PLACEHOLDERS
from domain.templates import CADENCE, LATEST, Lender, OwedInvoice, TemplateIncomplete

TODAY = date(2026, 11, 23)
LENDER = Lender(
    name="Financeira Teste",
    tax_id="11.222.333/0001-81",
    address="Rua das Flores, 100, São Paulo",
    support_channel="(11) 4000-1000",
    support_hours="das 9h às 18h",
)
OLD = OwedInvoice(
    request_number=7,
    number=2,
    count=10,
    effective_due_date=date(2026, 11, 20),
    original=Money(50_000),
    late_fee=Money(1_000),
    mora=Money(50),
)
NEW = OwedInvoice(
    request_number=9,
    number=1,
    count=3,
    effective_due_date=TODAY,
    original=Money(10_000),
    late_fee=Money.ZERO,
    mora=Money.ZERO,
)


LATE = replace(OLD, number=3, effective_due_date=TODAY, late_fee=Money.ZERO, mora=Money.ZERO)
RECEIVER = PixReceiver(key="pix@financeira.com.br", name="Financeira Teste", city="São Paulo")


def charge(code: str, owed: list[OwedInvoice], **changes: object) -> str:
    options = {"lender": LENDER, "first_name": "Maria", "owed": owed, "as_of": TODAY, "reference": "7K2M9"}
    return templates.render_charge(LATEST[code], **{**options, **changes})


def test_every_template_names_only_what_the_closed_list_has() -> None:
    for template in LATEST.values():
        parts = (
            template.opening,
            template.single,
            template.several,
            template.heading,
            template.line,
            template.total,
            template.last,
        )
        named = re.findall(r"\{(.*?)\}", " ".join((*parts, template.closing)))
        assert set(named) <= PLACEHOLDERS | {"assinatura"}


def test_every_overdue_text_names_the_lender_its_number_and_its_address() -> None:
    for step in CADENCE[1:]:
        text = charge(step.template, [OLD])
        assert "Financeira Teste, CNPJ 11.222.333/0001-81, Rua das Flores, 100, São Paulo" in text


@pytest.mark.parametrize(
    ("days", "code"),
    [(0, "D0"), (1, "D+1"), (2, "D+1"), (3, "D+3"), (7, "D+7"), (14, "D+7"), (15, "D+15"), (400, "D+30")],
)
def test_the_text_is_that_of_the_latest_step_reached(days: int, code: str) -> None:
    assert templates.step_for(days).template == code


def test_one_invoice_is_a_sentence() -> None:
    assert charge("D+3", [OLD]) == (
        "Olá, Maria. A parcela 2/10 (ref. 7) segue em aberto. Valor original R$ 500,00 + multa R$ 10,00 + juros de mora"
        " R$ 0,50 (3 dias) = R$ 510,50, válido até 23/11/2026.\n"
        "Podemos ajudar? (11) 4000-1000.\n"
        "Financeira Teste, CNPJ 11.222.333/0001-81, Rua das Flores, 100, São Paulo\n"
        "Ref. 7K2M9"
    )


def test_several_invoices_are_a_line_each_by_request_and_a_total() -> None:
    third = OwedInvoice(
        request_number=7,
        number=3,
        count=10,
        effective_due_date=TODAY,
        original=Money(50_000),
        late_fee=Money.ZERO,
        mora=Money.ZERO,
    )
    assert charge("D+1", [NEW, third, OLD]) == (
        "Olá, Maria, tudo bem? Ainda não identificamos o pagamento destas parcelas. Se já pagou, por favor desconsidere"
        " ou envie o comprovante.\n"
        "Contrato 7\n"
        "• parcela 2/10, vencimento 20/11/2026: R$ 510,50\n"
        "• parcela 3/10, vencimento 23/11/2026: R$ 500,00\n"
        "Contrato 9\n"
        "• parcela 1/3, vencimento 23/11/2026: R$ 100,00\n"
        "Total para pagamento até 23/11/2026: R$ 1.110,50.\n"
        "Financeira Teste, CNPJ 11.222.333/0001-81, Rua das Flores, 100, São Paulo\n"
        "Ref. 7K2M9"
    )


def test_a_receipt_says_what_is_still_open() -> None:
    text = templates.render_receipt(
        LATEST["RECEIPT"],
        lender=LENDER,
        first_name="Maria",
        request_number=7,
        amount=Money(51_050),
        received_on=TODAY,
        still_open=Money(400_000),
        link="https://app.example.com/r/AbC",
        reference="7K2M9",
    )
    assert text == (
        "Olá, Maria. Recebemos seu pagamento de R$ 510,50, de 23/11/2026, do contrato 7. Obrigado! Falta pagar deste"
        " contrato: R$ 4.000,00.\nVeja e baixe o recibo: https://app.example.com/r/AbC\nFinanceira Teste\nRef. 7K2M9"
    )


@pytest.mark.parametrize(
    ("owed", "reference", "cents"),
    [([OLD], "E7P2", 51_050), ([OLD, LATE], "E7", 101_050), ([OLD, NEW], "7K2M9", 61_050)],
)
def test_a_text_with_a_pix_ends_with_the_code_alone_on_its_line(
    owed: list[OwedInvoice], reference: str, cents: int
) -> None:
    text = charge("D+1", owed, lender=replace(LENDER, pix=RECEIVER))

    amount = format_brl(Money(cents))
    code = copy_and_paste(RECEIVER, Money(cents), reference=reference)
    assert text.endswith(f"\nRef. 7K2M9\nPix copia e cola de {amount}, válido até 23/11/2026:\n{code}")


def test_the_first_versions_of_the_words_stay_as_they_were_sent() -> None:
    lender = replace(LENDER, pix=RECEIVER)
    text = templates.render_charge(
        templates.template("D0", 1), lender=lender, first_name="Maria", owed=[NEW], as_of=TODAY, reference="7K2M9"
    )

    assert text.endswith("Pagando hoje não há acréscimos.\nFinanceira Teste\nRef. 7K2M9")


@pytest.mark.parametrize("code", ["D+7", "D+15", "D+30"])
def test_the_texts_that_offer_to_talk_ask_for_no_pix(code: str) -> None:
    assert "copia e cola" not in charge(code, [OLD], lender=replace(LENDER, pix=RECEIVER))


@pytest.mark.parametrize("field", ["name", "tax_id", "address"])
def test_a_text_with_a_missing_value_is_not_written(field: str) -> None:
    values = {name: getattr(LENDER, name) for name in LENDER.__dataclass_fields__}
    with pytest.raises(TemplateIncomplete) as refusal:
        charge("D+1", [OLD], lender=Lender(**{**values, field: " "}))
    placeholder = {"name": "empresa", "tax_id": "cnpj_empresa", "address": "endereco_empresa"}[field]
    assert refusal.value.values == {"placeholder": placeholder}


def test_braces_in_a_name_are_text() -> None:
    assert charge("D0", [NEW], first_name="{multa}").startswith("Olá, {multa}. A parcela 1/3 (ref. 9), de R$ 100,00")


def test_a_reference_has_five_characters_that_nobody_mistakes() -> None:
    assert templates.reference_of(bytes([0, 0, 0, 0])) == "00000"
    assert templates.reference_of(bytes([255, 255, 255, 255])) == "ZZZZZ"
