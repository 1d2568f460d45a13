"""The list of clients and the head and tabs of one: what is found, counted and summed, in how many statements."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from domain.clients import ClientKind, ClientNotFound, ClientStatus, TaxId
from domain.cycles import Cycle
from domain.permissions import NOBODY, PermissionMissing
from loanapp.models.base import Session
from loanapp.queries.client_loans import ClientInvoicesFilter, client_invoices, client_loans
from loanapp.queries.clients import (
    ClientsFilter,
    ClientsOrder,
    ClientsPage,
    ClientsView,
    KnownClient,
    client_record,
    client_with_tax_id,
    clients_page,
)
from loanapp.services import clients
from tests.build.book import Book, a_day, an_id, at, rows, run_cycles
from tests.build.counting import counted

pytestmark = pytest.mark.usefixtures("database")


def listed(book: Book, day: str = "2026-02-22", **filters: object) -> ClientsPage:
    return clients_page(book.manager, at(day), ClientsFilter(**filters))


def names(page: ClientsPage) -> list[str]:
    return [line.name for line in page.lines]


def a_sent_message(client_id: UUID, sent_at: str | None) -> None:
    with Session.begin() as session:
        session.execute(
            text(
                "INSERT INTO messages (id, kind, client_id, dedupe_key, status, reason, template, template_version,"
                " body, body_hash, reference, snapshot, phone, business_date, available_at, attempts, provider_status,"
                " created_at, sent_at) VALUES (:id, 'CHARGE', :client, CAST(:id AS text), :status, '', 't', 1,"
                " 'b', 'h', 'r', '{}', '+5511987654321', '2026-02-20', '2026-02-20T09:00Z', 0, '',"
                " '2026-02-20T09:00Z', :sent)"
            ),
            {"id": an_id(), "client": client_id, "status": "SENT" if sent_at else "QUEUED", "sent": sent_at},
        )


def test_a_line_shows_what_running_loans_owe_and_when_the_last_text_was_sent() -> None:
    book = Book.opened()
    maria = book.a_client("Maria das Dores Silva", district="Centro", phone="(11) 98765-4321")
    book.a_loan(maria, principal="200,00", count=2, first_due="2026-02-10")
    book.a_request(maria, principal="999,00", on="2026-01-11")
    a_sent_message(maria, "2026-02-20T09:03Z")
    a_sent_message(maria, None)
    run_cycles("2026-02-22", Cycle.OVERDUE, Cycle.MORA)

    page = listed(book)

    (line,) = page.lines
    assert (line.client_id, line.phone, line.district) == (maria, "+55 11 9****-4321", "Centro")
    # 100,00 overdue for 12 days: 2 % = 2,00 and 1 % / 30 x 12 = 0,40.
    assert (line.open_cents, line.overdue_cents, line.days_overdue) == (20240, 10240, 12)
    assert line.next_due_date == a_day("2026-03-10")
    assert line.last_contact_at is not None
    assert line.last_contact_at.isoformat() == "2026-02-20T09:03:00+00:00"
    assert (page.total, page.open_cents, page.overdue_cents) == (1, 20240, 10240)


def test_a_client_without_loans_owes_nothing_and_was_never_written_to() -> None:
    book = Book.opened()
    book.a_client()

    (line,) = listed(book).lines

    assert (line.open_cents, line.overdue_cents, line.days_overdue) == (0, 0, 0)
    assert (line.next_due_date, line.last_contact_at) == (None, None)


@pytest.mark.parametrize(
    "typed",
    ["jose pereira", "PEREIRA  José", "antonio", "(11) 98765-4321", "+55 11 98765-4321", "98765", "529.982.247-25",
     "52998224725", "***.982.247-**", "pereira 982"],
)  # fmt: skip
def test_a_client_is_found_by_parts_of_name_cpf_and_phone_in_any_order(typed: str) -> None:
    book = Book.opened()
    book.a_client("Ana Lúcia Souza", phone="(21) 91111-2222")
    contact = clients.Contact(phone="(11) 98765-4321")
    jose = clients.RegisterClient(
        client_id=an_id(), tax_id="529.982.247-25", name="José Antônio Pereira", contact=contact
    )
    clients.register(book.manager, at("2026-01-02"), jose)

    assert names(listed(book, text=typed)) == ["José Antônio Pereira"]


def test_a_company_is_found_by_its_cnpj_with_letters() -> None:
    book = Book.opened()
    contact = clients.Contact(phone="(11) 98765-4321")
    company = clients.RegisterClient(
        client_id=an_id(), tax_id="12.ABC.345/01DE-35", name="Mercado Sol", contact=contact
    )
    clients.register(book.manager, at("2026-01-02"), company)
    book.a_client()

    assert names(listed(book, text="12.abc.345/01de-35")) == ["Mercado Sol"]


@pytest.mark.parametrize("typed", ["%", "_", "---", "'; DROP TABLE clients; --", "😀", "x" * 200, "\\"])
def test_a_search_that_means_nothing_finds_nobody(typed: str) -> None:
    book = Book.opened()
    book.a_client()

    page = listed(book, text=typed)

    assert (page.lines, page.total, page.open_cents) == ((), 0, 0)


def test_views_hold_the_overdue_and_the_blocked_and_sum_only_them() -> None:
    book = Book.opened()
    late = book.a_client("Late")
    book.a_loan(late, principal="100,00", first_due="2026-02-10")
    book.a_loan(book.a_client("In time"), principal="300,00", first_due="2026-03-10")
    blocked = book.a_client("Blocked")
    clients.block(book.manager, at("2026-01-05"), clients.BlockClient(client_id=blocked, reason="Documento falso"))
    run_cycles("2026-02-22", Cycle.OVERDUE, Cycle.MORA)

    everybody, overdue, stopped = (listed(book, view=view) for view in ClientsView)

    assert (names(everybody), everybody.open_cents) == (["Blocked", "In time", "Late"], 40240)
    assert (names(overdue), overdue.total, overdue.open_cents, overdue.overdue_cents) == (["Late"], 1, 10240, 10240)
    assert (names(stopped), stopped.lines[0].status, stopped.open_cents) == (["Blocked"], ClientStatus.BLOCKED, 0)


def test_orders_sort_names_without_accents_and_money_and_days_both_ways() -> None:
    book = Book.opened()
    for name, principal, first_due in (("Álvaro", "100,00", "2026-02-20"), ("Bia", "300,00", "2026-02-10")):
        book.a_loan(book.a_client(name), principal=principal, first_due=first_due)
    book.a_client("ana")
    run_cycles("2026-02-22", Cycle.OVERDUE, Cycle.MORA)

    def sorted_by(order: ClientsOrder, *, is_descending: bool = False) -> list[str]:
        return names(listed(book, order=order, is_descending=is_descending))

    assert sorted_by(ClientsOrder.NAME) == ["Álvaro", "ana", "Bia"]
    assert sorted_by(ClientsOrder.NAME, is_descending=True) == ["Bia", "ana", "Álvaro"]
    assert sorted_by(ClientsOrder.OPEN) == ["ana", "Álvaro", "Bia"]
    assert sorted_by(ClientsOrder.OVERDUE, is_descending=True) == ["Bia", "Álvaro", "ana"]
    assert sorted_by(ClientsOrder.DAYS_OVERDUE, is_descending=True) == ["Bia", "Álvaro", "ana"]


def test_pages_cut_the_list_and_one_past_the_end_is_the_last() -> None:
    book = Book.opened()
    for number in range(5):
        book.a_client(f"Cliente {number}")

    assert names(listed(book, size=2)) == ["Cliente 0", "Cliente 1"]
    assert names(listed(book, size=2, page=3)) == ["Cliente 4"]
    assert names(listed(book, size=2, page=99)) == ["Cliente 4"]
    assert listed(book, size=2, page=99).total == 5


def test_the_list_is_two_statements_and_the_record_one(database: Engine) -> None:
    book = Book.opened()
    client_ids = [book.a_client() for _ in range(3)]
    for client_id in client_ids:
        book.a_loan(client_id, count=3)

    with counted(database) as of_list:
        listed(book, text="maria", view=ClientsView.ALL)
    with counted(database) as of_record:
        client_record(book.manager, at("2026-02-22"), client_ids[0])
    with counted(database) as of_loans:
        client_loans(book.manager, at("2026-02-22"), client_ids[0])
    with counted(database) as of_invoices:
        client_invoices(book.manager, at("2026-02-22"), ClientInvoicesFilter(client_id=client_ids[0]))

    assert [len(seen) for seen in (of_list, of_record, of_loans, of_invoices)] == [2, 1, 3, 2]


def test_a_record_holds_contact_consent_credit_and_what_is_owed() -> None:
    book = Book.opened()
    maria = book.a_client(on="2026-01-02", district="Centro", city="São Paulo", zip_code="01310-100")
    loan = book.a_loan(maria, principal="100,00", first_due="2026-02-10")
    book.a_loan(maria, principal="50,00", first_due="2026-03-10")
    book.pay(loan, "130,00", on="2026-02-01")

    record = client_record(book.manager, at("2026-02-22"), maria)

    assert (record.name, record.district, record.zip_code) == ("Maria das Dores Silva", "Centro", "01310100")
    assert (record.registered_by, record.registered_on) == ("Ana Souza", a_day("2026-01-02"))
    assert (record.accepts_messages, record.consent_on) == (True, a_day("2026-01-02"))
    assert (record.open_cents, record.overdue_cents, record.days_overdue) == (5000, 0, 0)
    assert (record.credit_cents, record.next_due_date) == (3000, a_day("2026-03-10"))


def test_a_client_that_does_not_exist_is_not_found() -> None:
    book = Book.opened()

    with pytest.raises(ClientNotFound) as refusal:
        client_record(book.manager, at("2026-02-22"), an_id())

    assert refusal.value.code == "client.not_found"


def test_a_cpf_with_any_punctuation_tells_who_has_it_and_anything_else_nobody() -> None:
    book = Book.opened()
    maria = book.a_client()
    ((tax_id,),) = rows("SELECT tax_id FROM clients")

    known = client_with_tax_id(book.manager, at("2026-02-22"), f" {TaxId(str(tax_id)).formatted} ")

    assert known == KnownClient(client_id=maria, name="Maria das Dores Silva", kind=ClientKind.PERSON)
    for typed in ("529.982.247-25", "529.982.247-26", "", "😀"):
        assert client_with_tax_id(book.manager, at("2026-02-22"), typed) is None


def test_loans_come_newest_first_and_only_running_ones_with_their_invoices() -> None:
    book = Book.opened()
    maria = book.a_client()
    running = book.a_loan(maria, principal="300,00", count=3, first_due="2026-02-10")
    book.pay(running, "150,00", on="2026-02-09")
    asked = book.a_request(maria, on="2026-01-12")
    book.a_loan(book.a_client("Outra pessoa"))
    run_cycles("2026-02-22", Cycle.OVERDUE, Cycle.MORA)

    found = client_loans(book.manager, at("2026-03-12"), maria)

    newest, oldest = found.loans
    assert (found.total, newest.number, newest.status, newest.invoices) == (2, asked.number, "OPEN", ())
    assert (oldest.number, oldest.status, oldest.invoices_paid, oldest.open_cents) == (
        running.number, "ACTIVE", 1, 15000,
    )  # fmt: skip
    assert [(mark.number, mark.status, mark.is_part_paid, mark.days_overdue) for mark in oldest.invoices] == [
        (1, "PAID", False, 0), (2, "OPEN", True, 2), (3, "OPEN", False, 0),
    ]  # fmt: skip
    on_the_day = client_loans(book.manager, at("2026-03-10"), maria).loans[1]
    assert [mark.is_due_today for mark in on_the_day.invoices] == [False, True, False]


def test_invoices_put_the_unsettled_first_and_add_late_fee_and_mora() -> None:
    book = Book.opened()
    maria = book.a_client()
    loan = book.a_loan(maria, principal="300,00", count=3, first_due="2026-01-20")
    book.pay(loan, "100,00", on="2026-01-15")
    run_cycles("2026-03-04")

    parameters = ClientInvoicesFilter(client_id=maria, size=2)
    first = client_invoices(book.manager, at("2026-03-04"), parameters)
    last = client_invoices(book.manager, at("2026-03-04"), replace(parameters, page=2))

    assert (first.total, first.open_cents) == (3, 20240)
    overdue, coming = first.lines
    assert (overdue.number, overdue.status, overdue.days_overdue, overdue.instalment_count) == (2, "UNPAID", 12, 3)
    assert (overdue.original_cents, overdue.charges_cents, overdue.open_cents) == (10000, 240, 10240)
    assert (coming.number, coming.status, coming.days_overdue) == (3, "OPEN", 0)
    assert [(line.number, line.status, line.paid_cents, line.open_cents) for line in last.lines] == [
        (1, "PAID", 10000, 0)
    ]


def test_nobody_reads_clients() -> None:
    book = Book.opened()
    maria = book.a_client()
    before = rows("SELECT count(*) FROM clients")

    for read, parameters in (
        (clients_page, ClientsFilter()),
        (client_record, maria),
        (client_loans, maria),
        (client_invoices, ClientInvoicesFilter(client_id=maria)),
    ):
        with pytest.raises(PermissionMissing):
            read(NOBODY, at("2026-02-22"), parameters)

    assert rows("SELECT count(*) FROM clients") == before
