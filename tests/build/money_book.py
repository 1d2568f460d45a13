"""The book that browsers work on: one loan for each way money moves, as it stands on 2 March 2026.

Run as a command beside a product (`python -m tests.build.money_book`), it makes the people and the loans through the
use cases and prints the loans' numbers by name.
"""

import json
import sys
from uuid import UUID

from domain.permissions import SYSTEM, Actor, Role
from loanapp.commands import environment
from loanapp.services import users
from loanapp.services.requests import RequestReceipt
from tests.build.book import Book, a_pix_key, assign, at

PASSWORD = "uma senha de testes comprida"
# The day on which the product's clock stands, a Monday.
TODAY = "2026-03-02"
# Who signs in: the address before `@teste.com`, and the role.
PEOPLE = {
    "ana": ("Ana Prado", Role.LOAN_MANAGEMENT),
    "rui": ("Rui Prado", Role.LOAN_MANAGEMENT),
    "lia": ("Lia Prado", Role.RENEGOTIATION_ANALYST),
    "ada": ("Ada Prado", Role.SUPER_ADMIN),
    "rita": ("Rita Prado", Role.STREET_SUPERVISOR),
}


def add_people() -> dict[str, UUID]:
    """Add those who sign in with `PASSWORD`; return their ids by name."""
    return {
        name: users.add_user(
            SYSTEM,
            at("2026-01-02"),
            users.AddUser(email=f"{name}@teste.com", name=full_name, role=role.value, password=PASSWORD),
        )
        for name, (full_name, role) in PEOPLE.items()
    }


def add_loans(supervisor: Actor) -> dict[str, RequestReceipt]:
    """Add the loans; one due on 10 February owes its late fee of 2 % and 20 days of 1 % a month since."""
    book = Book.opened()
    a_pix_key()
    loans = {
        "partial": book.a_loan(count=3, principal="3.000,00"),
        "backdated": book.a_loan(),
        "reversed": book.a_loan(),
        "waived": book.a_loan(),
        "moved": book.a_loan(first_due="2026-03-10"),
        "settled": book.a_loan(principal="2.000,00", count=4, rate_pct="5", first_due="2026-03-10", on="2026-02-10"),
        "lost": book.a_loan(principal="6.000,00"),
        "cancelled": book.a_loan(first_due="2026-03-27", on="2026-02-27"),
        "agreed": book.a_loan(),
        "street": book.a_loan(),
        "paid": book.a_loan(),
    }
    loans["creditor"] = book.a_loan(book.client_of(loans["paid"]), first_due="2026-03-10")
    loans["replayed"] = book.a_loan()
    book.pay(loans["reversed"], "1.000,00", on="2026-02-10")
    book.pay(loans["paid"], "1.200,00", on="2026-02-10")
    assign(book.client_of(loans["street"]), supervisor)
    return loans


def main() -> None:
    """Make the book in the database of the product that runs on the data folder."""
    with environment.ready():
        supervisor = Actor.of(Role.STREET_SUPERVISOR, name="Rita Prado", user_id=add_people()["rita"])
        numbers = {name: loan.number for name, loan in add_loans(supervisor).items()}
    json.dump(numbers, sys.stdout)


if __name__ == "__main__":
    main()
