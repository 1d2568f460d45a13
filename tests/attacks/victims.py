"""The people and rows that attackers of these tests are after, made through the use cases."""

from dataclasses import dataclass
from uuid import UUID

from domain.permissions import PERSON_ROLES, SYSTEM, Role
from loanapp import clock
from loanapp.services.users import AddUser, add_user
from tests.build.book import Book, rows, run_cycles

PASSWORD = "a long enough secret"
# Words that stand nowhere else: heard on a socket, they were leaked.
CANARIES = ("Zuleica", "987650123", "98765-0123", "Travessa do Segredo", "segredo da nota")


@dataclass(frozen=True)
class Victims:
    """Ids of rows of somebody else: what an attacker puts into every argument and address."""

    client: UUID
    invoice_number: int
    ids: tuple[UUID, ...]
    request_number: int


def email_of(role: Role) -> str:
    """Return the e-mail that the person of a role signs in with."""
    return f"{role.value.lower()}@empresa.com.br"


def a_book_of_victims() -> Victims:
    """Make one person of each role, and a client of nobody's with a loan, a payment, and texts."""
    for role in PERSON_ROLES:
        add_user(SYSTEM, clock.moment(), AddUser(email=email_of(role), name=role.value, role=role, password=PASSWORD))
    book = Book.opened()
    client = book.a_client(CANARIES[0], phone="(11) 98765-0123", street=CANARIES[2])
    loan = book.a_loan(client, principal="900,00", count=3, first_due="2026-02-10")
    book.a_request(client, principal="100,00")
    book.pay(loan, "50,00", on="2026-01-20")
    run_cycles("2026-02-11")
    ids = _ids_of_all_rows()
    number = rows("SELECT number FROM requests WHERE id = :id", id=loan.request_id)[0][0]
    invoice = rows("SELECT id FROM invoices ORDER BY id LIMIT 1")[0][0]
    return Victims(client=client, invoice_number=int(str(invoice)), ids=ids, request_number=int(str(number)))


def _ids_of_all_rows() -> tuple[UUID, ...]:
    """Return one id of every table that has UUIDs: whatever an argument names, one of them fits."""
    tables = rows(
        "SELECT table_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'id' AND data_type = 'uuid' ORDER BY 1"
    )
    found = [rows(f"SELECT id FROM {table} ORDER BY id LIMIT 1") for (table,) in tables]  # noqa: S608
    return tuple(UUID(str(first[0][0])) for first in found if first)
