"""The receipt's PDF, character by character: who, how much, what for, which copy, and whether it still counts."""

import pytest

from domain.permissions import SYSTEM
from loanapp.papers.receipt import receipt_pdf
from loanapp.queries.receipts import Receipt, ReceiptOf, receipt
from loanapp.services._received import PaymentReceipt
from tests.build.book import Book, at
from tests.papers.test_papers import text_of

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def book() -> Book:
    return Book.opened()


@pytest.fixture
def paid(book: Book) -> PaymentReceipt:
    loan = book.a_loan(principal="580,00", rate_pct="10.344828", count=2, first_due="2026-02-10")
    return book.pay(loan, "400,00", on="2026-02-22")


def read(payment: PaymentReceipt, copy_number: int = 1, *, on: str = "2026-02-22") -> Receipt:
    return receipt(SYSTEM, at(on), ReceiptOf(payment_id=payment.payment_id, copy_number=copy_number))


def shown(of: Receipt) -> str:
    return text_of(receipt_pdf(of, is_compressed=False))


def test_a_receipt_names_the_creditor_the_payment_and_what_it_paid(paid: PaymentReceipt) -> None:
    text = shown(read(paid))

    for expected in (
        "Financeira Teste", "CNPJ 11.222.333/0001-81", "Rua das Flores, 100, São Paulo", "Recibo de pagamento", "nº 1",
        "Maria das Dores Silva", "Data do pagamento", "22/02/2026", "22/02/2026 12:00, por Ana Souza",
        "1/2\n10/02/2026\nR$ 290,00\nR$ 60,00\nR$ 7,00\nR$ 1,40\nR$ 358,40",
        "2/2\n10/03/2026\nR$ 0,00\nR$ 41,60\nR$ 0,00\nR$ 0,00\nR$ 41,60",
        "Total\nR$ 290,00\nR$ 101,60\nR$ 7,00\nR$ 1,40\nR$ 400,00",
    ):  # fmt: skip
        assert expected in text, expected
    assert "2ª via" not in text
    assert "ESTORNADO" not in text


def test_from_the_second_copy_on_it_says_so(paid: PaymentReceipt) -> None:
    assert "nº 1 · 2ª via" in shown(read(paid, 2))
    assert "nº 1 · 2ª via" in shown(read(paid, 7))


def test_a_reversed_payment_s_receipt_is_stamped_and_tells_what_it_had_paid(book: Book, paid: PaymentReceipt) -> None:
    book.reverse(paid, on="2026-02-23")

    of = read(paid, on="2026-02-24")
    assert of.reversed_on is not None
    assert [part.total_cents for part in of.parts] == [35_840, 4_160]
    assert "ESTORNADO" in shown(of)
    assert "estornado em 23/02/2026" in shown(of).replace("\n", " ")


def test_a_receipt_follows_what_an_earlier_payment_found_later_moves(book: Book, paid: PaymentReceipt) -> None:
    loan = type("Loan", (), {"request_id": paid.request_id})
    book.pay(loan, "350,00", on="2026-02-23", received="2026-02-10")

    # The first invoice was paid on its due date after all: no charges, and the later money goes to the second.
    assert [(part.invoice_number, part.total_cents) for part in read(paid, on="2026-02-23").parts] == [(2, 35_000)]
    assert read(paid, on="2026-02-23").credit_cents == 5_000


def test_the_same_receipt_at_the_same_moment_is_the_same_bytes(paid: PaymentReceipt) -> None:
    assert receipt_pdf(read(paid)) == receipt_pdf(read(paid))
