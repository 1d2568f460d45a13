"""The payment dialog before it is confirmed: an earlier day's effect, a remainder let go, the same amount twice."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from domain.permissions import Role
from loanapp.components.receive import ReceiveState
from loanapp.services.messages import QueueCharge, queue_charge
from loanapp.services.requests import RequestReceipt
from loanapp.settings import Settings
from tests.build.book import Book, at, everything, rows
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import set_clock, signed_in_as
from tests.pages.test_receive import a_form, seen

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def book(change_settings: Callable[..., Settings]) -> Book:
    set_clock(change_settings, "2026-02-22T12:00")
    return Book.opened()


@pytest.fixture
def loan(book: Book) -> RequestReceipt:
    """Give two invoices of 350,00 (290,00 + 60,00); today, 22/02/2026, the first is 12 days overdue: 358,40."""
    return book.a_loan(principal="580,00", rate_pct="10.344828", count=2, first_due="2026-02-10")


def test_today_has_no_effect_to_show(loan: RequestReceipt) -> None:
    shown = seen(loan)

    assert (shown.charges_change, shown.changes, shown.moved) == ("", [], "")


def test_an_earlier_day_shows_the_charges_before_and_after(loan: RequestReceipt) -> None:
    shown = seen(loan, (ReceiveState.count_date, {"text": "10/02/2026"}))

    assert shown.charges_change == "Multa e mora até hoje: R$\xa08,40 → R$\xa00,00"
    assert shown.changes == [{"title": "Parcela 1/2", "values": "R$\xa08,40 → R$\xa00,00"}]


def test_an_earlier_day_that_changes_no_charge_says_so(loan: RequestReceipt) -> None:
    shown = seen(loan, (ReceiveState.count_amount, {"text": "1"}), (ReceiveState.count_date, {"text": "21/02/2026"}))

    assert (shown.charges_change, shown.changes) == ("Multa e mora não mudam: R$\xa08,40.", [])


def test_an_earlier_day_tells_which_payments_it_moves(book: Book, loan: RequestReceipt) -> None:
    book.pay(loan, "100,00", on="2026-02-20")

    shown = seen(loan, (ReceiveState.count_amount, {"text": "350"}), (ReceiveState.count_date, {"text": "10/02/2026"}))

    assert shown.moved == "O recebimento nº 1 é redistribuído entre as parcelas."
    # 7,00 and ten days of mora were charged before that payment; after it nothing is late.
    assert shown.charges_change.endswith("→ R$\xa00,00")


def test_an_earlier_day_without_a_reason_is_refused_at_the_note_and_nothing_changes(loan: RequestReceipt) -> None:
    reference = signed_in_as(Role.LOAN_MANAGEMENT)
    before = everything()

    async def steps(tab: Tab) -> ReceiveState:
        await tab.send(ReceiveState.look_at_address)
        await tab.send(ReceiveState.submit, form=a_form(received_on="20/02/2026"))
        return await tab.state(ReceiveState)

    shown = in_a_tab(reference, f"/parcelas?receber={loan.number}", steps)

    assert shown.errors == {"payment_note": "Escreva por que a data é anterior a hoje."}
    assert everything() == before


def test_an_earlier_day_with_its_reason_is_registered(loan: RequestReceipt) -> None:
    form = a_form(received_on="10/02/2026", amount="350,00", payment_note="Pix caiu no dia 10")

    shown = seen(loan, (ReceiveState.submit, {"form": form}))

    assert shown.done["summary"] == "R$\xa0350,00 em dinheiro, em 10/02/2026"
    assert rows("SELECT late_fee_cents, mora_cents, status FROM invoices WHERE number = 1") == [(0, 0, "PAID")]


def test_a_small_remainder_may_be_let_go_with_the_payment(loan: RequestReceipt) -> None:
    form = a_form(amount="358,00", waive_remainder="on")

    shown = seen(loan, (ReceiveState.count_amount, {"text": "358"}), (ReceiveState.submit, {"form": form}))

    assert shown.step == "done"
    assert rows("SELECT status, waived_cents FROM invoices WHERE number = 1") == [("PAID", 40)]
    assert rows("SELECT kind, amount_cents FROM adjustments") == [("REMAINDER", 40)]


@pytest.mark.parametrize(
    ("amount", "offered"),
    [
        ("358,00", "Dispensar o que resta da parcela 1/2: R$\xa00,40"),
        ("357,40", "Dispensar o que resta da parcela 1/2: R$\xa01,00"),
        ("357,39", ""),
        ("358,40", ""),
    ],
)
def test_only_what_is_left_up_to_the_setting_may_be_let_go(loan: RequestReceipt, amount: str, offered: str) -> None:
    assert seen(loan, (ReceiveState.count_amount, {"text": amount})).remainder == offered


def test_without_the_tick_the_remainder_stays_owed(loan: RequestReceipt) -> None:
    seen(loan, (ReceiveState.submit, {"form": a_form(amount="358,00")}))

    assert rows("SELECT status, open_cents FROM invoices WHERE number = 1") == [("UNPAID", 40)]


def test_the_same_amount_within_ten_minutes_asks_first_and_nothing_changes(loan: RequestReceipt) -> None:
    first = signed_in_as(Role.LOAN_MANAGEMENT)

    async def steps(tab: Tab) -> tuple[ReceiveState, Any]:
        await tab.send(ReceiveState.look_at_address)
        # Another tab registers the same money meanwhile, under a key of its own.
        other = Tab(tab.harness, first, f"/painel?receber={loan.number}")
        await tab.send(ReceiveState.submit, form=a_form(amount="100,00"))
        (await tab.state(ReceiveState)).step = "form"
        before = everything()
        await other.send(ReceiveState.submit, form=a_form(amount="100,00"))
        return await tab.state(ReceiveState), before

    shown, before = in_a_tab(first, f"/parcelas?receber={loan.number}", steps)

    assert everything() == before
    assert list(shown.errors) == ["is_another"]
    assert shown.errors["is_another"].startswith("Ana Souza registrou R$\xa0100,00 às 12:0")


def test_the_same_amount_said_to_be_another_is_registered(loan: RequestReceipt) -> None:
    forms = [a_form(amount="100,00"), a_form(amount="100,00", is_another="on")]

    seen(loan, *((ReceiveState.submit, {"form": form}) for form in forms))

    assert rows("SELECT amount_cents FROM payments") == [(10_000,), (10_000,)]


def test_the_same_amount_is_asked_about_as_soon_as_it_is_counted(book: Book, loan: RequestReceipt) -> None:
    book.pay(loan, "100,00", on="2026-02-22")

    shown = seen(loan, (ReceiveState.count_amount, {"text": "100"}))

    assert shown.twin == "Ana Souza registrou R$\xa0100,00 às 12:00. Registrar outro?"


def test_what_the_payment_cancelled_is_told(book: Book, loan: RequestReceipt) -> None:
    ((client_id,),) = rows("SELECT id FROM clients")
    queue_charge(book.manager, at("2026-02-20", 10), QueueCharge(client_id=client_id))

    shown = seen(loan, (ReceiveState.submit, {"form": a_form()}))

    assert shown.done["cancelled"] == "1 cobrança que estava na fila foi cancelada."
    assert (shown.done["number"], bool(shown.done["payment_id"])) == (1, True)


def test_each_press_of_two_tabs_at_once_is_one_payment_where_the_key_is_one(loan: RequestReceipt) -> None:
    form = a_form(command_id=str(uuid4()))

    seen(loan, *[(ReceiveState.submit, {"form": form})] * 4)

    assert rows("SELECT count(*) FROM payments") == [(1,)]
