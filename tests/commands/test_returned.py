"""`loanapp returned`: a failed payment of a renegotiated request is owed again, and that is undone."""

import json
from collections.abc import Callable

from tests.build.book import Book, everything, rows
from tests.build.terminal import Command
from tests.services.test_returns import renegotiated

ORDER = "00000000-0000-0000-0000-00000000a001"


def test_a_payment_is_returned_once_by_its_id_and_kept(loanapp: Command, today: Callable[[str], None]) -> None:
    today("2026-03-16")
    _, paid, agreed = renegotiated(Book.opened())
    order = ("returned", paid.number, "--reason", "TED devolvida", "--id", ORDER, "--json")

    first, again = (json.loads(loanapp(*order).out) for _ in range(2))
    undone = loanapp("returned", paid.number, "--undo", "--reason", "Entrou")

    assert first == {
        "payment": paid.number, "return": ORDER, "request": agreed.new_request_number, "invoice": 3,
        "amount_cents": 50_000, "is_new": True,
    }  # fmt: skip
    assert again == first | {"is_new": False}
    assert undone.out == f"Devolução do recebimento {paid.number} desfeita.\n"
    assert rows("SELECT status FROM invoices WHERE number = 3") == [("CANCELLED",)]


def test_a_payment_of_a_running_request_is_refused_and_nothing_changed(
    loanapp: Command, today: Callable[[str], None]
) -> None:
    today("2026-03-16")
    book = Book.opened()
    paid = book.pay(book.a_loan(), "10,00", on="2026-02-01")
    before = everything()

    refused = loanapp("returned", paid.number, "--reason", "TED devolvida")
    unknown = loanapp("returned", 99, "--reason", "TED devolvida")

    assert (refused.status, unknown.status) == (1, 1)
    assert everything() == before
