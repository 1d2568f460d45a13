import json
import logging

import pytest

from domain.clients import ClientNotFound
from domain.permissions import PermissionMissing, Role
from loanapp.services import clients, disclosure
from loanapp.services.disclosure import ExportKind, Identity, NoteCheck, NoteExport, Reveal
from tests.build.book import Book, a_person, an_id, at, everything, rows, run_cycles

pytestmark = pytest.mark.usefixtures("database")
DAY = "2026-02-12"
FULL = {"name": "Zulmira Quixadá", "tax_id": "529.982.247-25", "phone": "(11) 98765-4321", "other": "(21) 3333-4444"}


def zulmira(book: Book) -> clients.ClientRegistered:
    contact = clients.Contact(phone=FULL["phone"], other_phone=FULL["other"], street="Rua Secreta", city="Itapipoca")
    order = clients.RegisterClient(client_id=an_id(), tax_id=FULL["tax_id"], name=FULL["name"], contact=contact)
    return clients.register(book.manager, at("2026-01-02"), order)


def last_event() -> dict[str, object]:
    return dict(json.loads(str(rows("SELECT text FROM audit_events ORDER BY id DESC LIMIT 1")[0][0])))


@pytest.mark.parametrize(
    ("field", "text"),
    [(Identity.TAX_ID, FULL["tax_id"]), (Identity.PHONE, FULL["phone"]), (Identity.OTHER_PHONE, FULL["other"])],
)
def test_an_identity_is_shown_in_full_and_the_trail_says_to_whom(field: Identity, text: str) -> None:
    book = Book.opened()
    client = zulmira(book)

    assert disclosure.reveal(book.manager, at(DAY), Reveal(client_id=client.client_id, field=field)) == text

    event = last_event()
    assert (event["action"], event["actor"], event["after"]) == (
        "client.revealed", "Ana Souza", {"field": field.value},
    )  # fmt: skip
    assert event["record"] == f"client:{client.client_id}"


def test_what_a_client_has_not_is_empty_and_no_event() -> None:
    book = Book.opened()
    client_id = book.a_client()
    before = everything()

    assert disclosure.reveal(book.manager, at(DAY), Reveal(client_id=client_id, field=Identity.OTHER_PHONE)) == ""
    assert everything() == before


def test_an_unknown_client_reveals_nothing() -> None:
    book = Book.opened()
    before = everything()

    with pytest.raises(ClientNotFound):
        disclosure.reveal(book.manager, at(DAY), Reveal(client_id=an_id(), field=Identity.PHONE))

    assert everything() == before


def test_an_export_and_a_check_of_the_trail_are_events_with_what_was_searched_for_masked() -> None:
    Book.opened()
    admin = a_person(Role.SUPER_ADMIN)

    disclosure.note_export(
        admin, at(DAY), NoteExport(kind=ExportKind.CLIENTS, filters=f"Busca: {FULL['tax_id']}", rows=2)
    )
    assert last_event()["after"] == {"filters": "Busca: ***.982.247-**", "rows": 2}
    assert (last_event()["action"], last_event()["record"]) == ("export.made", "export:clients")

    disclosure.note_check(admin, at(DAY), NoteCheck(events=9, differences=1, first="chain system, event 1"))
    assert last_event()["after"] == {"events": 9, "differences": 1, "first": "chain system, event 1"}


@pytest.mark.parametrize("kind", list(ExportKind))
@pytest.mark.parametrize("role", [Role.STREET_SUPERVISOR, Role.RENEGOTIATION_ANALYST])
def test_lists_don_t_leave_with_who_may_not_export_them(kind: ExportKind, role: Role) -> None:
    Book.opened()
    actor = a_person(role)
    before = everything()

    with pytest.raises(PermissionMissing):
        disclosure.note_export(actor, at(DAY), NoteExport(kind=kind, filters="", rows=1))

    assert everything() == before


def test_no_audit_text_and_no_log_line_holds_an_identity_a_name_or_a_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    book = Book.opened()
    client = zulmira(book)
    loan = book.a_loan(client.client_id, first_due="2026-02-10")
    run_cycles(DAY)
    moved = clients.Contact(phone="(85) 99876-5432", street="Rua Nova", district="Centro", accepts_messages=False)
    clients.change_contact(book.manager, at(DAY), clients.ChangeContact(client_id=client.client_id, contact=moved))
    reason = f"{FULL['name']} pediu por {FULL['phone']}, CPF 52998224725, zu@exemplo.com.br"
    clients.block(book.manager, at(DAY), clients.BlockClient(client_id=client.client_id, reason=reason))
    book.pay(loan, "50,00", on=DAY)

    texts = "\n".join(str(text) for (text,) in rows("SELECT text FROM audit_events"))
    bodies = [str(body).splitlines()[0] for (body,) in rows("SELECT body FROM messages WHERE body <> ''")]

    assert bodies
    for secret in (
        "52998224725", FULL["tax_id"], "11987654321", "98765-4321", "2133334444", "85998765432", "99876-5432",
        "Zulmira", "Quixadá", "Secreta", "Itapipoca", "Rua Nova", "zu@", *bodies,
    ):  # fmt: skip
        assert secret not in texts, secret
        assert secret not in caplog.text, secret
    changed = next(
        json.loads(str(text)) for (text,) in rows("SELECT text FROM audit_events WHERE action LIKE 'client.contact%'")
    )
    assert (changed["before"]["phone"], changed["after"]["phone"]) == ("+55 11 9****-4321", "+55 85 9****-5432")
    assert (changed["before"]["street"], changed["after"]["street"]) == ("•••", "•••")
