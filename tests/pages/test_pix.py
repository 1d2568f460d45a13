"""The Pix on the screen: beside a loan or an invoice, and in the payment dialog while its method is Pix."""

from collections.abc import Callable

import pytest

from domain.money import Money
from domain.permissions import Role
from domain.pix import PixReceiver, copy_and_paste
from loanapp.components.pix import NO_CODE, NO_PIX, PixState
from loanapp.components.receive import ReceiveState
from loanapp.services.requests import RequestReceipt
from loanapp.settings import Settings
from tests.build.book import Book, a_pix_key, everything
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import after, set_clock, signed_in_as

pytestmark = pytest.mark.usefixtures("database")

PATH = "/parcelas"


@pytest.fixture
def loan(change_settings: Callable[..., Settings]) -> RequestReceipt:
    """Give two invoices of 100,00; today, 22/02/2026, the first is 12 days overdue: 102,40."""
    set_clock(change_settings, "2026-02-22T12:00")
    return Book.opened().a_loan(principal="200,00", count=2, first_due="2026-02-10")


def code_of(cents: int, reference: str) -> str:
    receiver = PixReceiver(key="pix@financeira.com.br", name="Financeira Teste", city="São Paulo")
    return copy_and_paste(receiver, Money(cents), reference=reference)


def beside(about: str, role: Role = Role.LOAN_MANAGEMENT, **options: object) -> PixState:
    page, _ = after(PixState, PixState.show, ref=signed_in_as(role), path=PATH, about=about, **options)
    return page


def test_an_invoice_shows_todays_total_and_until_when_it_is_right(loan: RequestReceipt) -> None:
    a_pix_key()

    shown = beside(f"{loan.number}-1")

    assert shown.pix["code"] == code_of(10_240, f"E{loan.number}P1")
    assert (shown.pix["amount"], shown.pix["until"]) == ("R$\xa0102,40", "Válido até hoje, 22/02/2026")
    assert (shown.about, shown.problem) == (f"{loan.number}-1", "")


def test_a_loan_shows_what_is_due_or_all_of_it(loan: RequestReceipt) -> None:
    a_pix_key()
    ref = signed_in_as(Role.LOAN_MANAGEMENT)

    due, _ = after(PixState, PixState.show, ref=ref, path=PATH, about=str(loan.number))
    whole, _ = after(PixState, PixState.show, ref=ref, path=PATH, about=str(loan.number), is_whole=True)

    assert (due.pix["amount"], whole.pix["amount"]) == ("R$\xa0102,40", "R$\xa0202,40")


def test_without_a_key_it_says_so(loan: RequestReceipt) -> None:
    shown = beside(str(loan.number))

    assert (shown.pix, shown.problem) == (NO_PIX, NO_CODE)


@pytest.mark.usefixtures("database", "loan")
@pytest.mark.parametrize("about", ["", "x", "1-2-3", "9" * 40, "999999"])
def test_a_strangers_text_shows_nothing(about: str) -> None:
    a_pix_key()

    assert beside(about).pix == NO_PIX


def test_a_supervisor_sees_no_pix_of_a_client_of_others(loan: RequestReceipt) -> None:
    a_pix_key()

    assert beside(str(loan.number), Role.STREET_SUPERVISOR).pix == NO_PIX


def dialog_after(loan: RequestReceipt, *events: tuple[object, dict[str, object]]) -> ReceiveState:
    async def steps(tab: Tab) -> ReceiveState:
        await tab.send(ReceiveState.look_at_address)
        for handler, payload in events:
            await tab.send(handler, **payload)
        return await tab.state(ReceiveState)

    return in_a_tab(signed_in_as(Role.LOAN_MANAGEMENT), f"{PATH}?receber={loan.number}-1", steps)


def test_the_dialog_shows_the_pix_of_the_typed_amount_and_registers_nothing(loan: RequestReceipt) -> None:
    a_pix_key()
    before = everything()["payments"]

    shown = dialog_after(loan, (ReceiveState.count_amount, {"text": "50"}))

    assert shown.pix["code"] == code_of(5_000, f"E{loan.number}P1")
    assert everything()["payments"] == before


def test_the_dialog_shows_no_pix_for_cash(loan: RequestReceipt) -> None:
    a_pix_key()

    cash = dialog_after(loan, (ReceiveState.choose_method, {"value": "CASH"}))

    assert cash.pix == NO_PIX


def test_the_dialog_shows_no_pix_for_money_of_an_earlier_day(loan: RequestReceipt) -> None:
    a_pix_key()

    earlier = dialog_after(loan, (ReceiveState.count_date, {"text": "20/02/2026"}))

    assert earlier.pix == NO_PIX
