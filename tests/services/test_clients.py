"""Onboarding and contact of borrowers: what is kept, what is refused at which field, and nothing half-done."""

import pytest

from domain.errors import DomainError, SeveralProblems
from domain.money import Money
from loanapp.services import clients
from loanapp.services.clients import BlockClient, ChangeContact, Contact, RegisterClient
from tests.build.book import Book, a_cpf, a_day, an_id, at, everything, rows

pytestmark = pytest.mark.usefixtures("database")


def an_order(**changes: object) -> RegisterClient:
    contact = Contact(**{"phone": "(11) 98765-4321", **changes.pop("contact", {})})  # type: ignore[dict-item]
    return RegisterClient(
        **{"client_id": an_id(), "tax_id": "529.982.247-25", "name": "Maria das Dores", "contact": contact, **changes}
    )


def test_a_person_is_registered_with_bare_numbers_and_found_by_what_people_type() -> None:
    book = Book.opened()
    order = an_order(name="  José Antônio Pereira ", contact={"other_phone": "11 3333-4444", "income": Money(250_000)})

    clients.register(book.manager, at("2026-01-10"), order)

    assert rows("SELECT kind, tax_id, name, phone, other_phone, income_cents, search_text FROM clients") == [
        (
            "PERSON",
            "52998224725",
            "José Antônio Pereira",
            "+5511987654321",
            "+551133334444",
            250000,
            "jose antonio pereira  52998224725 11987654321 1133334444",
        )
    ]


def test_a_company_with_letters_in_its_cnpj_is_registered() -> None:
    book = Book.opened()
    clients.register(book.manager, at("2026-01-10"), an_order(tax_id="12.abc.345/01de-35"))

    assert rows("SELECT kind, tax_id FROM clients") == [("COMPANY", "12ABC34501DE35")]


def test_markup_sql_and_emoji_are_kept_as_typed() -> None:
    book = Book.opened()
    name = "Robert'); DROP TABLE clients;-- <script>alert(1)</script> 🙂"

    clients.register(book.manager, at("2026-01-10"), an_order(name=name))

    assert rows("SELECT name FROM clients") == [(name,)]


def test_the_same_order_twice_is_one_client() -> None:
    book = Book.opened()
    order = an_order()
    first = clients.register(book.manager, at("2026-01-10"), order)
    before = everything()

    assert clients.register(book.manager, at("2026-01-10"), order) == first
    assert everything() == before


def test_another_client_with_the_same_cpf_is_refused_naming_who_has_it() -> None:
    book = Book.opened()
    clients.register(book.manager, at("2026-01-10"), an_order(name="Maria das Dores"))
    before = everything()

    with pytest.raises(DomainError) as refusal:
        clients.register(book.manager, at("2026-01-10"), an_order(name="Outra Pessoa"))

    assert (refusal.value.code, refusal.value.field) == ("client.exists", "tax_id")
    assert refusal.value.values["name"] == "Maria das Dores"
    assert everything() == before


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"tax_id": ""}, "tax_id", "tax_id.missing"),
        ({"tax_id": "529.982.247-26"}, "tax_id", "tax_id.wrong_digits"),
        ({"tax_id": "111.111.111-11"}, "tax_id", "tax_id.wrong_digits"),
        ({"tax_id": "123"}, "tax_id", "tax_id.wrong_length"),
        ({"tax_id": "٥٢٩٩٨٢٢٤٧٢٥"}, "tax_id", "tax_id.wrong_length"),
        ({"tax_id": "12.ABC.345/01DE-36"}, "tax_id", "tax_id.wrong_digits"),
        ({"name": "  "}, "name", "text.missing"),
        ({"name": "😀😀"}, "name", "name.without_letters"),
        ({"name": "x" * 10_000}, "name", "text.too_long"),
        ({"name": "Maria\x00"}, "name", "text.not_printable"),
        ({"birth_date": a_day("2027-01-01")}, "birth_date", "birth_date.impossible"),
        ({"birth_date": a_day("2008-01-11")}, "birth_date", "birth_date.impossible"),
        ({"birth_date": a_day("1850-01-01")}, "birth_date", "birth_date.impossible"),
        ({"contact": {"phone": ""}}, "phone", "phone.missing"),
        ({"contact": {"phone": "12345"}}, "phone", "phone.not_understood"),
        ({"contact": {"phone": "(20) 98765-4321"}}, "phone", "phone.not_understood"),
        ({"contact": {"phone": "(11) 8765-4321"}}, "phone", "phone.needs_ninth_digit"),
        ({"contact": {"zip_code": "123"}}, "zip_code", "zip_code.not_understood"),
        ({"contact": {"state": "XX"}}, "state", "state.unknown"),
        ({"contact": {"street": "y" * 121}}, "street", "text.too_long"),
        ({"contact": {"income": Money(-1)}}, "income", "money.negative"),
        ({"contact": {"income": Money(10_000_000_001)}}, "income", "money.too_large"),
    ],
)
def test_a_wrong_field_is_refused_and_nothing_is_stored(changes: dict[str, object], field: str, code: str) -> None:
    book = Book.opened()
    before = everything()

    with pytest.raises(DomainError) as refusal:
        clients.register(book.manager, at("2026-01-10"), an_order(**changes))

    assert (refusal.value.field, refusal.value.code) == (field, code)
    assert everything() == before


def test_all_wrong_fields_are_told_at_once() -> None:
    book = Book.opened()

    with pytest.raises(SeveralProblems) as refusal:
        clients.register(book.manager, at("2026-01-10"), an_order(tax_id="1", name="", contact={"phone": "x"}))

    assert [problem.field for problem in refusal.value.problems] == ["tax_id", "name", "phone"]


def test_a_person_turns_eighteen_on_the_birthday() -> None:
    book = Book.opened()
    clients.register(book.manager, at("2026-01-10"), an_order(birth_date=a_day("2008-01-10")))

    assert rows("SELECT birth_date FROM clients") == [(a_day("2008-01-10"),)]


def test_a_new_contact_replaces_the_old_and_the_audit_keeps_both() -> None:
    book = Book.opened()
    client_id = book.a_client()
    contact = Contact(phone="(21) 99876-5432", city="Niterói", state="rj", accepts_messages=False)

    clients.change_contact(book.manager, at("2026-01-12"), ChangeContact(client_id=client_id, contact=contact))

    assert rows("SELECT phone, city, state, accepts_messages, consent_on FROM clients") == [
        ("+5521998765432", "Niterói", "RJ", False, a_day("2026-01-12"))
    ]
    assert rows("SELECT chain_number, action FROM audit_events WHERE client_id IS NOT NULL ORDER BY 1") == [
        (1, "client.registered"),
        (2, "client.consent_changed"),
        (3, "client.contact_changed"),
    ]


def test_blocking_twice_or_without_reason_is_refused() -> None:
    book = Book.opened()
    client_id = book.a_client()
    day = at("2026-01-10")
    with pytest.raises(DomainError) as no_reason:
        clients.block(book.manager, day, BlockClient(client_id=client_id, reason=""))
    clients.block(book.manager, day, BlockClient(client_id=client_id, reason="fraude"))
    before = everything()
    with pytest.raises(DomainError) as twice:
        clients.block(book.manager, day, BlockClient(client_id=client_id, reason="fraude"))

    assert (no_reason.value.code, twice.value.code) == ("text.missing", "client.status_unchanged")
    assert everything() == before


def test_an_unknown_client_is_not_found() -> None:
    book = Book.opened()
    with pytest.raises(DomainError) as refusal:
        clients.block(book.manager, at("2026-01-10"), BlockClient(client_id=an_id(), reason="x"))

    assert refusal.value.code == "client.not_found"


def test_the_builder_makes_valid_numbers() -> None:
    assert a_cpf(529982247) == "52998224725"
