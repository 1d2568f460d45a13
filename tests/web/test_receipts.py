"""Receipts over real HTTP: the borrower's page behind a link, the file, the page to print, and who gets nothing."""

import re
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette

from domain.permissions import SYSTEM, Role
from loanapp import clock
from loanapp.services import receipts as services
from loanapp.services._received import PaymentReceipt
from loanapp.services.users import AddUser, add_user
from loanapp.web import receipts, sign_in
from tests.build.book import Book, an_id, everything, rows
from tests.build.serving import serving
from tests.build.texts import change_rows

pytestmark = pytest.mark.usefixtures("database")
ORIGIN = {"origin": "http://127.0.0.1:8000"}
PASSWORD = "a long enough secret"
TODAY = "2026-02-22"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(Starlette(routes=[*sign_in.routes, *receipts.routes])) as url:
        yield url


@pytest.fixture
def book() -> Book:
    return Book.opened()


@pytest.fixture
def paid(book: Book) -> PaymentReceipt:
    """Give 400,00 on two invoices of 350,00 (290,00 + 60,00), the first one 12 days overdue: 8,40 of charges."""
    loan = book.a_loan(principal="580,00", rate_pct="10.344828", count=2, first_due="2026-02-10")
    return book.pay(loan, "400,00", on=TODAY)


def a_link(book: Book, payment: PaymentReceipt) -> str:
    order = services.MakeReceiptLink(link_id=an_id(), payment_id=payment.payment_id)
    return services.make_receipt_link(book.manager, clock.moment(), order).token


def signed_in(address: str, role: Role = Role.LOAN_MANAGEMENT) -> dict[str, str]:
    email = f"{role.lower()}@empresa.com.br"
    add_user(SYSTEM, clock.moment(), AddUser(email=email, name="Ana Lima", role=role, password=PASSWORD))
    opened = httpx.post(f"{address}/auth/entrar", data={"email": email, "senha": PASSWORD}, headers=ORIGIN)
    return {"cookie": opened.headers["set-cookie"].split(";")[0]}


def shown(html: str) -> str:
    """Return what a person reads on a page, between its header and its end, spaces made plain."""
    body = html.partition("<main>")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("\N{NO-BREAK SPACE}", " ").split())


def test_a_link_shows_the_receipt_with_its_breakdown_and_the_creditor(
    address: str, book: Book, paid: PaymentReceipt
) -> None:
    got = httpx.get(f"{address}/r/{a_link(book, paid)}")

    page = shown(got.text)
    assert got.status_code == 200
    assert "Financeira Teste CNPJ 11.222.333/0001-81 Rua das Flores, 100, São Paulo" in page
    assert "Recibo de pagamento nº 1" in page
    assert (
        "Recebemos de Maria das Dores Silva o valor de R$ 400,00, em Pix, em 22/02/2026, referente ao empréstimo nº 1."
    ) in page
    assert (
        "Parcela 1/2 · vencimento 10/02/2026 Principal R$ 290,00 Juros R$ 60,00 Multa R$ 7,00 Mora R$ 1,40"
        " Total R$ 358,40"
    ) in page
    # What is zero is left out.
    assert "Parcela 2/2 · vencimento 10/03/2026 Juros R$ 41,60 Total R$ 41,60" in page
    assert "2ª via" not in page


def test_the_page_is_kept_and_found_by_nobody_and_names_its_address_to_nobody(
    address: str, book: Book, paid: PaymentReceipt
) -> None:
    got = httpx.get(f"{address}/r/{a_link(book, paid)}")

    assert got.headers["cache-control"] == "no-store"
    assert got.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    assert got.headers["referrer-policy"] == "no-referrer"
    assert got.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in got.headers["content-security-policy"]
    assert '<html lang="pt-BR">' in got.text
    assert '<meta name="robots" content="noindex' in got.text


def test_no_cpf_and_no_phone_is_behind_a_link(address: str, book: Book, paid: PaymentReceipt) -> None:
    ((tax_id, phone),) = rows("SELECT tax_id, phone FROM clients")
    token = a_link(book, paid)

    got = [httpx.get(f"{address}/r/{token}").text, httpx.get(f"{address}/r/{token}/pdf").content.decode("latin-1")]

    digits = [re.sub(r"[.\-() ]", "", text) for text in got]
    assert all(str(tax_id) not in text and str(phone)[3:] not in text for text in digits)


def test_a_link_gives_the_same_receipt_as_a_file(address: str, book: Book, paid: PaymentReceipt) -> None:
    got = httpx.get(f"{address}/r/{a_link(book, paid)}/pdf")

    assert (got.status_code, got.headers["content-type"], got.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert got.headers["content-disposition"] == 'attachment; filename="recibo-1.pdf"'
    assert got.headers["cache-control"] == "no-store"


def test_opening_a_link_writes_nothing(address: str, book: Book, paid: PaymentReceipt) -> None:
    token = a_link(book, paid)
    before = everything()

    for path in (f"/r/{token}", f"/r/{token}/pdf", f"/r/{token}"):
        assert httpx.get(address + path).status_code == 200

    assert everything() == before


def test_unknown_expired_and_revoked_links_are_the_same_page(address: str, book: Book, paid: PaymentReceipt) -> None:
    expired, revoked = a_link(book, paid), a_link(book, paid)
    order = services.RevokeReceiptLinks(payment_id=paid.payment_id)
    services.revoke_receipt_links(book.manager, clock.moment(), order)
    change_rows(
        "UPDATE receipt_links SET revoked_at = NULL, revoked_by = NULL, expires_at = '2026-05-23'"
        " FROM receipt_issues i WHERE i.id = issue_id AND copy_number = 1"
    )

    paths = [f"/r/{token}{rest}" for token in (expired, revoked, "A" * 22, "%00") for rest in ("", "/pdf")]
    answers = [httpx.get(address + path) for path in paths]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    told = [{name: text for name, text in answer.headers.items() if name != "date"} for answer in answers]
    assert all(headers == told[0] for headers in told)
    assert "Este link não abre nenhum recibo." in answers[0].text


def test_a_reversed_payment_s_receipt_says_so_first(address: str, book: Book, paid: PaymentReceipt) -> None:
    token = a_link(book, paid)
    book.reverse(paid, on="2026-02-23")

    page = shown(httpx.get(f"{address}/r/{token}").text)

    mark = "ESTORNADO. Este pagamento foi estornado em 23/02/2026: este recibo não vale mais como quitação"
    assert mark in page
    assert page.index(mark) < page.index("Recebemos de")
    # What it had paid is still told.
    assert "Total R$ 358,40" in page


def test_words_of_people_are_text_never_markup(address: str, book: Book) -> None:
    client_id = book.a_client("Maria <script>alert(1)</script> & Filha")
    payment = book.pay(book.a_loan(client_id), "10,00", on=TODAY)

    page = httpx.get(f"{address}/r/{a_link(book, payment)}").text

    assert "<script>alert" not in page
    assert "Maria &lt;script&gt;alert(1)&lt;/script&gt; &amp; Filha" in page


def test_the_second_copy_says_so_whichever_way_it_leaves(address: str, book: Book, paid: PaymentReceipt) -> None:
    headers = signed_in(address)
    first = httpx.get(f"{address}/pdf/recibos/1", headers=headers)
    printed = httpx.get(f"{address}/recibos/1", headers=headers)

    assert (first.status_code, first.headers["content-disposition"]) == (200, 'attachment; filename="recibo-1.pdf"')
    assert "Recibo de pagamento nº 1 · 2ª via" in shown(printed.text)
    assert "nº 1 · 2ª via" in shown(httpx.get(f"{address}/r/{a_link(book, paid)}").text)
    assert rows("SELECT copy_number, way FROM receipt_issues ORDER BY id") == [(1, "PDF"), (2, "PRINT"), (3, "LINK")]


def test_a_receipt_of_no_payment_is_not_found(address: str, paid: PaymentReceipt) -> None:  # noqa: ARG001 - another.
    headers = signed_in(address)
    before = everything()

    answers = [httpx.get(f"{address}/pdf/recibos/{number}", headers=headers) for number in (0, 2, 10**18, "9" * 5000)]

    assert [(answer.status_code, answer.text) for answer in answers] == [(404, "Este recibo não existe.")] * 4
    assert everything() == before


@pytest.mark.parametrize("path", ["/pdf/recibos/1", "/recibos/1"])
@pytest.mark.parametrize("headers", [{}, {"cookie": "session=forged"}])
def test_who_is_not_signed_in_gets_no_receipt_by_its_number(
    address: str,
    paid: PaymentReceipt,  # noqa: ARG001 - the receipt is there.
    path: str,
    headers: dict[str, str],
) -> None:
    before = everything()

    got = httpx.get(address + path, headers=headers)

    assert (got.status_code, got.text) == (401, "Entre no sistema para continuar.")
    assert everything() == before


def test_a_supervisor_gets_no_receipt_of_a_client_of_somebody_else(
    address: str,
    paid: PaymentReceipt,  # noqa: ARG001 - the receipt is there.
) -> None:
    headers = signed_in(address, Role.STREET_SUPERVISOR)
    before = everything()

    assert httpx.get(f"{address}/pdf/recibos/1", headers=headers).status_code == 404
    assert everything() == before


def test_a_settlement_tells_its_discount_and_money_left_over_is_told_as_credit(address: str, book: Book) -> None:
    loan = book.a_loan(principal="580,00", rate_pct="10.344828", count=2, first_due="2026-03-10", on="2026-02-10")
    credit = book.pay(book.a_loan(principal="100,00"), "150,00", on="2026-02-10")
    quote = "580,00"

    settled = book.settle_early(loan, quote, on="2026-02-10")

    assert "Desconto de juros pela quitação antecipada: R$ 120,00." in shown(
        httpx.get(f"{address}/r/{a_link(book, settled)}").text
    )
    assert "ficou como crédito do cliente: R$ 50,00." in shown(httpx.get(f"{address}/r/{a_link(book, credit)}").text)
