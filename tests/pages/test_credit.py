"""A client's credit: shown with its sources, used for a loan, paid back, and that undone; refused at its fields."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.permissions import Role
from loanapp.pages.clients.credit_state import CreditState
from loanapp.services.requests import RequestReceipt
from loanapp.settings import Settings
from tests.build.book import Book, rows
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import set_clock, signed_in_as

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def credited(change_settings: Callable[..., Settings]) -> tuple[UUID, RequestReceipt]:
    """Give a client with 50,00 of credit and a second loan that owes 200,00."""
    set_clock(change_settings, "2026-02-22T12:00")
    book = Book.opened()
    client_id = book.a_client()
    book.pay(book.a_loan(client_id, principal="100,00"), "150,00", on="2026-02-01")
    return client_id, book.a_loan(client_id, principal="200,00", first_due="2026-03-10")


def seen(
    client_id: object, *events: tuple[Any, dict[str, Any]], query: str = "", role: Role = Role.LOAN_MANAGEMENT
) -> CreditState:
    async def steps(tab: Tab) -> CreditState:
        await tab.send(CreditState.load)
        for handler, payload in events:
            await tab.send(handler, **payload)
        return await tab.state(CreditState)

    return in_a_tab(signed_in_as(role), f"/clientes/{client_id}/credito{query}", steps)


def a_form(**fields: str) -> dict[str, Any]:
    return {"form": {"command_id": str(uuid4()), **fields}}


def test_the_credit_is_shown_with_where_it_came_from_and_who_can_take_it(
    credited: tuple[UUID, RequestReceipt],
) -> None:
    client_id, loan = credited

    shown = seen(client_id, query=f"?usar={loan.number}")

    assert (shown.credit, [(row["title"], row["amount"]) for row in shown.left]) == (
        "R$\xa050,00",
        [("Recebimento nº 1", "R$\xa050,00")],
    )
    assert shown.takers == [
        [str(loan.request_id), f"Empréstimo nº {loan.number} (em andamento) · R$\xa0200,00 em aberto"]
    ]
    assert (shown.dialog, shown.taker, shown.suggested) == ("use", str(loan.request_id), "50,00")


def test_credit_used_is_a_payment_of_the_loan(credited: tuple[UUID, RequestReceipt]) -> None:
    client_id, loan = credited
    form = a_form(request_id=str(loan.request_id), amount="30,00", credit_note="A pedido")

    shown = seen(client_id, (CreditState.use, form), (CreditState.use, form))

    assert rows("SELECT method, amount_cents FROM payments WHERE request_id = :id", id=loan.request_id) == [
        ("CREDIT", 3000)
    ]
    assert (shown.credit, shown.dialog, shown.used[0]["to"]) == ("R$\xa020,00", "", "/recebimentos/2")


def test_credit_paid_back_can_be_undone_with_a_reason(credited: tuple[UUID, RequestReceipt]) -> None:
    client_id, _ = credited

    shown = seen(client_id, (CreditState.refund, a_form(amount="50,00", refund_method="PIX", reason="A pedido")))
    refund_id = shown.used[0]["refund_id"]
    undone = seen(
        client_id,
        (CreditState.ask, {"dialog": "undo", "refund_id": refund_id}),
        (CreditState.undo, a_form(refund_id=refund_id, reason="Pix voltou")),
        role=Role.SUPER_ADMIN,
    )

    assert (shown.credit, shown.has_credit) == ("R$\xa00,00", False)
    assert (undone.credit, undone.used[0]["is_undone"], undone.used[0]["refund_id"]) == ("R$\xa050,00", True, "")


@pytest.mark.parametrize(
    ("handler", "fields", "errors"),
    [
        (CreditState.use, {"amount": "60,00"}, {"amount": "O cliente tem R$\xa050,00 de crédito."}),
        (CreditState.use, {"amount": "250,00"}, {"amount": "O empréstimo deve só R$\xa0200,00."}),
        (CreditState.use, {"amount": "1,234"}, None),
        (CreditState.use, {"amount": "0"}, {"amount": "Informe um valor maior que zero."}),
        (CreditState.refund, {"amount": "60,00"}, {"amount": "O cliente tem R$\xa050,00 de crédito."}),
        (CreditState.refund, {"reason": ""}, {"reason": "Preencha este campo."}),
        (
            CreditState.refund,
            {"refund_method": "BOLETO"},
            {"refund_method": "Escolha como o dinheiro sai: Pix, dinheiro ou transferência."},
        ),
    ],
)
def test_a_wrong_order_is_refused_at_its_field_and_nothing_changed(
    credited: tuple[UUID, RequestReceipt], handler: Any, fields: dict[str, str], errors: dict[str, str] | None
) -> None:
    client_id, loan = credited
    typed = {"request_id": str(loan.request_id), "amount": "10,00", "refund_method": "PIX", "reason": "A pedido"}

    shown = seen(client_id, (handler, a_form(**(typed | fields))))

    assert shown.errors == errors if errors is not None else list(shown.errors) == ["amount"]
    assert rows("SELECT (SELECT count(*) FROM payments), (SELECT count(*) FROM refunds)") == [(1, 0)]


def test_a_client_that_is_none_is_told(credited: tuple[UUID, RequestReceipt]) -> None:
    assert credited

    assert seen(uuid4()).is_missing
    assert seen("x", role=Role.SUPER_ADMIN).is_missing
