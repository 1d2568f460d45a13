"""The papers of a loan, word by word: contract, agreement, carnê, statement, quittance; and when none is written."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from domain.calendar import Step
from domain.errors import DomainError
from domain.papers import monthly_cost_pct
from domain.permissions import SYSTEM, PermissionMissing, Role
from domain.renegotiations import RenegotiationNotFound
from domain.requests import RequestNotFound
from loanapp.papers.agreement import agreement_pdf
from loanapp.papers.carnet import carnet_pdf
from loanapp.papers.contract import contract_pdf
from loanapp.papers.quittance import quittance_pdf
from loanapp.papers.statement import statement_pdf
from loanapp.queries.agreement_paper import agreement_of, agreement_paper
from loanapp.queries.contract_paper import contract_paper
from loanapp.queries.loan_papers import StatementOf, carnet_paper, quittance_paper, statement_paper
from loanapp.services import company, renegotiations, requests
from loanapp.services.renegotiations import DecideOffer
from loanapp.services.requests import RequestReceipt
from tests.build.book import Book, a_day, a_person, an_id, assign, at
from tests.build.loan_papers import a_guaranteed_loan, a_pix_key, accepted, agreement, an_offer, drafted
from tests.papers.test_papers import text_of

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def book() -> Book:
    return Book.opened()


def contract_text(number: int, on: str = "2026-02-20") -> str:
    paper = contract_paper(SYSTEM, at(on), number)
    return text_of(contract_pdf(paper, is_compressed=False))


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_the_contract_says_everything_that_the_law_wants_seen_before_it_is_signed(book: Book) -> None:
    order = company.ChangeCompany(
        name="Financeira Teste", tax_id="11.222.333/0001-81", address="Rua das Flores, 100, São Paulo",
        support_channel="(11) 4000-1000", support_hours="das 9h às 18h", email="contato@financeira.com.br",
    )  # fmt: skip
    company.change_company(SYSTEM, at("2026-01-01"), order)
    loan = a_guaranteed_loan(book)

    shown = contract_text(loan.number)

    for expected in (
        "Contrato de empréstimo", "nº 1", "Financeira Teste, CNPJ 11.222.333/0001-81",
        "Endereço eletrônico: contato@financeira.com.br",
        "Rua das Laranjeiras, 45 · Centro · Santos/SP · CEP 11010-100",
        "José Carlos Pereira, CPF 529.982.247-25", "Rua do Porto, 20, Centro, Santos/SP", "Telefone: (11) 97777-1234",
        "10/01/2026, Pix, valor inteiro, sem desconto algum",
        "3 parcelas mensais: 2 de R$ 363,33 e a última de R$ 363,34", "R$ 1.090,00", "R$ 90,00",
        "3,00% ao mês, sobre o valor inicial (juros simples)", "4,50% ao mês · 69,54% ao ano",
        "69,54% ao ano, composto só dos juros: tarifas, seguros e tributos R$ 0,00",
        "2,00% da parcela, uma única vez", "1,00% ao mês, simples (0,0333% por dia de atraso)",
        "10/02/2026", "10/03/2026", "10/04/2026",
    ):  # fmt: skip
        assert expected in shown, expected
    rules = one_line(shown)
    for expected in (
        "pode ser paga no dia útil seguinte, sem encargo", "÷ 30", "não há juros sobre juros",
        "a mora, a multa, os juros e o principal, nesta ordem (Código Civil, arts. 354 e 355)",
        "com redução proporcional dos juros (Código de Defesa do Consumidor, art. 52, § 2º)",
        "arredondado ao centavo uma única vez, com meio centavo para cima",
        "O fiador responde por esta dívida", "Testemunha 2",
    ):  # fmt: skip
        assert expected in rules, expected


def test_before_the_money_leaves_the_contract_counts_from_today_and_stands_for_two_days(book: Book) -> None:
    asked = book.a_request(rate_pct="3", count=3)
    requests.approve(book.approver, at("2026-01-12"), requests.ApproveRequest(request_id=asked.request_id))

    shown = one_line(contract_text(asked.number, on="2026-01-14"))

    assert "com a liberação em 14/01/2026. Estas condições valem até 16/01/2026." in shown
    assert "Fiador" not in shown


def test_a_contract_keeps_the_dates_that_were_signed_when_one_is_moved_later(book: Book) -> None:
    loan = book.a_loan(count=2)
    book.move_due_date(loan, 1, "2026-02-25", on="2026-01-20")

    shown = contract_text(loan.number)

    assert "10/02/2026" in shown
    assert "25/02/2026" not in shown


def test_the_monthly_rate_compounds_to_the_annual_one() -> None:
    assert [monthly_cost_pct(Decimal(each)) for each in ("44.55", "69.54", "0", "12.68")] == [
        Decimal("3.12"), Decimal("4.50"), Decimal("0.00"), Decimal("1.00"),
    ]  # fmt: skip


def test_the_agreement_shows_the_debt_by_invoice_its_mora_and_the_new_plan(book: Book) -> None:
    loan = a_guaranteed_loan(book)
    book.pay(loan, "100,00", on="2026-02-20")
    draft = drafted(book, loan)
    agreed = accepted(book, draft)

    shown = text_of(agreement_pdf(agreement(book, draft, "2026-03-17"), is_compressed=False))

    assert "Acordo de 16/03/2026 sobre o empréstimo nº 1, que fica renegociado e dá lugar ao empréstimo nº 2." in shown
    # 100,00 paid mora 1,21, fee 7,27 and 91,52 of the first invoice: 271,81 x 1 % / 30 x 20 = 1,81.
    assert "1\n10/02/2026\n30\nR$ 271,81\nR$ 0,00\nR$ 1,81\nR$ 273,62" in shown
    assert "Total\nR$ 998,48\nR$ 7,27\nR$ 2,05\nR$ 1.007,80" in shown
    assert "1\n20/02/2026\n12/03/2026\nR$ 271,81\n20\nR$ 1,81" in shown
    assert "Mora\nR$ 2,05\n10,00%\nR$ 0,21\nR$ 1,84" in shown
    assert "Entrada\n16/03/2026\nR$ 100,00\nR$ 0,00\nR$ 100,00\nR$ 95,65" in shown
    assert "Total\nR$ 1.007,59\nR$ 36,30\nR$ 1.043,89\nR$ 998,48" in shown
    rules = one_line(shown)
    assert "O acordo não impede o devedor de discutir os contratos anteriores." in rules
    assert "O fiador que assina este termo consente no acordo" in rules
    assert agreement_of(SYSTEM, at("2026-03-17"), agreed.new_request_number) == draft.renegotiation_id
    assert agreement_of(SYSTEM, at("2026-03-17"), loan.number) is None


def test_a_proposal_says_until_when_it_stands_and_what_it_would_cost(book: Book) -> None:
    loan = a_guaranteed_loan(book)
    draft = drafted(book, loan, an_offer(mora_discount_pct=Decimal(0)))

    shown = one_line(text_of(agreement_pdf(agreement(book, draft), is_compressed=False)))

    assert "Proposta de renegociação" in shown
    assert "Vale até 20/03/2026: até lá os valores abaixo não mudam, e nada é devido por recusá-la." in shown


def test_the_carne_has_a_slip_with_its_pix_for_each_open_invoice_and_says_until_when_it_is_right(book: Book) -> None:
    a_pix_key()
    loan = a_guaranteed_loan(book)

    paper = carnet_paper(SYSTEM, at("2026-03-01"), loan.number)
    shown = one_line(text_of(carnet_pdf(paper, is_compressed=False)))

    # 363,33 + 2 % + 363,33 x 1 % / 30 x 19.
    assert [slip.invoice.open_cents for slip in paper.slips] == [37_290, 36_333, 36_334]
    assert "Em atraso há 19 dias: valor com multa e mora até 01/03/2026. Válido só nesse dia" in shown
    assert "Válido até o vencimento. Depois: multa de 2,00% e mora de 1,00% ao mês" in shown
    assert [slip.pix[-12:-8] for slip in paper.slips] == ["E1P1", "E1P2", "E1P3"]
    assert "5406372.905802BR" in paper.slips[0].pix
    assert shown.count("CNPJ 11.222.333/0001-81 · Rua das Flores, 100, São Paulo") == len(paper.slips)


def test_a_company_without_a_pix_key_gives_slips_without_one(book: Book) -> None:
    loan = a_guaranteed_loan(book)

    paper = carnet_paper(SYSTEM, at("2026-02-01"), loan.number)

    assert [slip.pix for slip in paper.slips] == ["", "", ""]
    assert "Pix copia e cola" not in text_of(carnet_pdf(paper, is_compressed=False))


def test_a_carne_of_many_invoices_never_tears_a_slip(book: Book) -> None:
    a_pix_key()
    client_id = book.a_client("Maria Aparecida " * 7)
    loan = book.a_loan(client_id, count=60, step=Step.WEEKLY)

    document = carnet_pdf(carnet_paper(SYSTEM, at("2026-01-20"), loan.number), is_compressed=False)

    pages = text_of(document).split("Emitido em")[:-1]
    slips = [re.findall(r"Parcela (\d+)/60", page) for page in pages]
    assert [number for page in slips for number in page] == [str(number) for number in range(1, 61)]
    for page, numbers in zip(pages, slips, strict=True):
        assert page.count("Pix copia e cola") == len(numbers)


def test_the_statement_lists_invoices_and_payments_the_reversed_one_counts_nowhere(book: Book) -> None:
    loan = a_guaranteed_loan(book)
    book.pay(loan, "100,00", on="2026-02-20")
    book.reverse(book.pay(loan, "50,00", on="2026-02-21"), on="2026-02-25")

    shown = text_of(
        statement_pdf(statement_paper(SYSTEM, at("2026-03-01"), StatementOf(number=loan.number)), is_compressed=False)
    )

    assert "Posição em 01/03/2026" in shown
    assert "1\n10/02/2026\nEm atraso\nR$ 363,33\nR$ 7,27\nR$ 2,03\nR$ 0,00\nR$ 100,00\nR$ 272,63" in shown
    assert "nº 2\n21/02/2026\nPix\nEstornado em 25/02/2026\nR$ 50,00" in shown
    assert "Total\nR$ 100,00" in re.sub(r"\n+", "\n", shown)


def test_a_statement_of_the_past_shows_what_stood_then_and_one_of_the_future_says_so(book: Book) -> None:
    loan = a_guaranteed_loan(book)
    book.pay(loan, "100,00", on="2026-02-20")

    past, future = (
        text_of(statement_pdf(statement_paper(SYSTEM, at("2026-03-01"), asked), is_compressed=False))
        for asked in (
            StatementOf(number=loan.number, as_of=a_day("2026-02-15")),
            StatementOf(number=loan.number, as_of=a_day("2026-05-01")),
        )
    )

    assert "Nenhum recebimento." in past
    assert "Data futura: os valores contam que nada mais seja pago até lá." in future


def test_the_quittance_says_who_paid_what_and_frees_the_guarantor(book: Book) -> None:
    loan = a_guaranteed_loan(book)
    book.pay(loan, "1.100,00", on="2026-02-10")

    shown = text_of(quittance_pdf(quittance_paper(SYSTEM, at("2026-03-01"), loan.number), is_compressed=False))

    declared = one_line(shown)
    assert "tudo o que era devido pelo empréstimo nº 1, inclusive multa e mora, e dá plena e geral quitação" in declared
    assert "O fiador José Carlos Pereira fica livre da fiança." in declared
    for fact in ("Total pago\nR$ 1.090,00", "Crédito a usar ou devolver\nR$ 10,00", "Quitado em\n10/02/2026"):
        assert fact in shown, fact


def test_the_quittance_of_an_agreement_names_the_loans_before_it_and_the_first_one_s_guarantor(book: Book) -> None:
    loan = a_guaranteed_loan(book)
    agreed = accepted(book, drafted(book, loan))
    after = RequestReceipt(agreed.new_request_id, agreed.new_request_number, loan.status)
    book.pay(after, "1.500,00", on="2026-03-17")

    paper = quittance_paper(SYSTEM, at("2026-03-18"), after.number)

    assert paper.before == (loan.number,)
    assert paper.parties.guarantor is not None
    assert "que renegociou nº 1, inclusive" in one_line(text_of(quittance_pdf(paper, is_compressed=False)))


def an_open_request(book: Book) -> int:
    return book.a_request().number


def a_running_loan(book: Book) -> int:
    return book.a_loan().number


def a_paid_loan(book: Book) -> int:
    loan = book.a_loan()
    book.pay(loan, "1.000,00", on="2026-02-10")
    return loan.number


@pytest.mark.parametrize(
    ("made", "read", "code"),
    [
        (an_open_request, lambda n: contract_paper(SYSTEM, at("2026-02-20"), n), "paper.contract_not_yet"),
        (an_open_request, lambda n: carnet_paper(SYSTEM, at("2026-02-20"), n), "paper.nothing_to_pay"),
        (
            an_open_request,
            lambda n: statement_paper(SYSTEM, at("2026-02-20"), StatementOf(number=n)),
            "paper.not_lent",
        ),
        (a_running_loan, lambda n: quittance_paper(SYSTEM, at("2026-02-20"), n), "paper.not_paid"),
        (a_paid_loan, lambda n: carnet_paper(SYSTEM, at("2026-02-20"), n), "paper.nothing_to_pay"),
        (a_paid_loan, lambda n: contract_paper(SYSTEM, at("2026-02-20"), n + 1), "request.not_found"),
    ],
)
def test_a_paper_is_not_written_before_its_time(
    book: Book, made: Callable[[Book], int], read: Callable[[int], object], code: str
) -> None:
    number = made(book)

    with pytest.raises(DomainError) as refused:
        read(number)

    assert refused.value.code == code


def test_a_contract_whose_first_date_passed_before_the_money_asks_for_a_new_one(book: Book) -> None:
    asked = book.a_request(first_due="2026-02-10")
    requests.approve(book.approver, at("2026-01-12"), requests.ApproveRequest(request_id=asked.request_id))

    with pytest.raises(DomainError) as refused:
        contract_paper(SYSTEM, at("2026-02-10"), asked.number)

    assert refused.value.code == "request.first_due_passed"


def a_payment(book: Book, loan: RequestReceipt, _draft: Any) -> None:
    book.pay(loan, "10,00", on="2026-03-13")


def a_refusal(book: Book, _loan: RequestReceipt, draft: Any) -> None:
    order = DecideOffer(renegotiation_id=draft.renegotiation_id, reason="Não quer")
    renegotiations.reject(book.manager, at("2026-03-13"), order)


def nothing(_book: Book, _loan: RequestReceipt, _draft: Any) -> None:
    """Change nothing: the days pass."""


@pytest.mark.parametrize(
    ("happens", "on", "code"),
    [
        (a_payment, "2026-03-14", "renegotiation.debt_changed"),
        (a_refusal, "2026-03-14", "paper.offer_closed"),
        (nothing, "2026-03-21", "renegotiation.expired"),
    ],
)
def test_a_proposal_that_nobody_could_accept_is_not_written_down(
    book: Book, happens: Callable[[Book, RequestReceipt, Any], None], on: str, code: str
) -> None:
    loan = a_guaranteed_loan(book)
    draft = drafted(book, loan)
    happens(book, loan, draft)

    with pytest.raises(DomainError) as refused:
        agreement(book, draft, on)

    assert refused.value.code == code


def test_a_discount_that_waits_for_approval_is_not_written_down(book: Book) -> None:
    draft = drafted(book, a_guaranteed_loan(book), an_offer(mora_discount_pct=Decimal(90)))

    with pytest.raises(DomainError) as refused:
        agreement(book, draft)

    assert refused.value.code == "renegotiation.not_approved"


def test_a_supervisor_reads_papers_of_own_clients_and_no_offer(book: Book) -> None:
    own, other = book.a_loan(), book.a_loan()
    supervisor = a_person(Role.STREET_SUPERVISOR, "Rui Prado")
    assign(book.client_of(own), supervisor)

    assert contract_paper(supervisor, at("2026-02-20"), own.number).parties.number == own.number
    for read in (
        lambda: contract_paper(supervisor, at("2026-02-20"), other.number),
        lambda: carnet_paper(supervisor, at("2026-02-20"), other.number),
        lambda: statement_paper(supervisor, at("2026-02-20"), StatementOf(number=other.number)),
    ):
        with pytest.raises(RequestNotFound):
            read()
    with pytest.raises(PermissionMissing):
        agreement_paper(supervisor, at("2026-02-20"), an_id())


def test_an_offer_that_does_not_exist_has_no_paper(book: Book) -> None:
    with pytest.raises(RenegotiationNotFound):
        agreement_paper(book.manager, at("2026-02-20"), an_id())
