"""Every use case and read that a street supervisor may call, with another supervisor's client, and with nobody's.

Somebody else's and nobody's can't be told apart, and nothing changes; the supervisor's own is found.  A function that
is missing from the table fails the test.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

import loanapp.queries
import loanapp.services
from domain.calendar import Step
from domain.documents import DocumentIdTaken, DocumentKind
from domain.errors import DomainError
from domain.follow_ups import FollowUpKind
from domain.history import Component
from domain.instalments import Plan, PlanTerms
from domain.money import Money
from domain.papers import PaperKind
from domain.payments import PaymentMethod
from domain.permissions import ROLE_PERMISSIONS, Actor, Permission, Role
from domain.privacy import ConsentOrigin
from domain.receipts import ReceiptWay
from domain.requests import RequestStatus
from loanapp.queries import _query
from loanapp.queries.calculations import CalculationOf
from loanapp.queries.client_loans import ClientInvoicesFilter
from loanapp.queries.clients import ClientsFilter
from loanapp.queries.invoices import InvoiceAsked, InvoicesFilter, InvoicesView
from loanapp.queries.loan_papers import StatementOf
from loanapp.queries.numbers import InvoiceOf
from loanapp.queries.payments import PaymentFormOf, ReceivablesOf
from loanapp.queries.pix import PixOf
from loanapp.queries.receipts import ReceiptOf
from loanapp.queries.received import ReceivedFilter
from loanapp.queries.requests import RequestsOf
from loanapp.queries.statements import StatementsOf
from loanapp.queries.timeline import TimelineFilter
from loanapp.services import _use_case, documents, follow_ups
from loanapp.services.disclosure import Identity, Reveal
from loanapp.services.documents import AttachDocument, OpenDocument
from loanapp.services.follow_ups import RecordFollowUp, TakeBack
from loanapp.services.papers import NotePaper
from loanapp.services.payments import RegisterPayment
from loanapp.services.privacy import SetConsent
from loanapp.services.receipts import IssueReceipt, MakeReceiptLink, RevokeReceiptLinks, SendReceipt
from loanapp.services.reversals import ReverseAdjustment, ReversePayment, ReverseRefund
from tests.build.book import Book, a_cpf, a_day, a_person, a_pix_key, an_id, assign, at, everything, rows

DAY = "2026-02-22"
_PDF = b"%PDF-1.4\n%%EOF\n"


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a hostile supervisor knows of a client: all its ids, numbers and words."""

    client_id: UUID
    request_id: UUID
    number: int
    invoice_id: int
    payment_id: UUID
    document_id: UUID
    follow_up_id: UUID
    adjustment_id: UUID
    refund_id: UUID
    payment_number: int
    name: str
    tax_id: str


NOBODY = Known(
    client_id=UUID(int=1), request_id=UUID(int=2), number=999_999, invoice_id=999_999, payment_id=UUID(int=3),
    document_id=UUID(int=4), follow_up_id=UUID(int=5), adjustment_id=UUID(int=6), refund_id=UUID(int=7),
    payment_number=999_999, name="Ninguém Nenhures", tax_id=a_cpf(999_999_990),
)  # fmt: skip
_TERMS = PlanTerms(
    principal=Money(100_000), plan=Plan.FLAT, step=Step.MONTHLY, count=2, rate_pct=Decimal(1),
    first_due_date=a_day("2026-03-20"), skip_sundays=False,
)  # fmt: skip


def _payment(known: Known) -> RegisterPayment:
    return RegisterPayment(
        payment_id=an_id(), request_id=known.request_id, amount=Money(100), method=PaymentMethod.CASH,
        received_on=a_day(DAY),
    )  # fmt: skip


def _paper(known: Known) -> AttachDocument:
    return AttachDocument(
        document_id=an_id(), client_id=known.client_id, kind=DocumentKind.OTHER, file_name="rg.pdf", content=_PDF
    )


def _note(known: Known) -> RecordFollowUp:
    return RecordFollowUp(
        follow_up_id=an_id(), client_id=known.client_id, kind=FollowUpKind.NOTE, text="Esteve em casa."
    )


# Each function by its name, with the parameters that ask for the client.
DOORS: dict[str, Callable[[Known], Any]] = {
    "services.disclosure.reveal": lambda known: Reveal(client_id=known.client_id, field=Identity.PHONE),
    "services.documents.attach": _paper,
    "services.documents.open_document": lambda known: OpenDocument(document_id=known.document_id),
    "services.follow_ups.record": _note,
    "services.follow_ups.take_back": lambda known: TakeBack(follow_up_id=known.follow_up_id, reason="engano"),
    "services.payments.register_payment": _payment,
    "services.reversals.reverse_payment": lambda known: ReversePayment(
        reversal_id=an_id(), payment_id=known.payment_id, reason="engano"
    ),
    "services.reversals.reverse_adjustment": lambda known: ReverseAdjustment(
        reversal_id=an_id(), adjustment_id=known.adjustment_id, reason="engano"
    ),
    "services.reversals.reverse_refund": lambda known: ReverseRefund(
        reversal_id=an_id(), refund_id=known.refund_id, reason="engano"
    ),
    "services.privacy.set_consent": lambda known: SetConsent(
        client_id=known.client_id, accepts=False, origin=ConsentOrigin.PHONE
    ),
    "queries.clients.clients_page": lambda known: ClientsFilter(text=known.name),
    "queries.clients.client_record": lambda known: known.client_id,
    "queries.clients.client_with_tax_id": lambda known: known.tax_id,
    "queries.client_loans.client_loans": lambda known: known.client_id,
    "queries.client_loans.client_invoices": lambda known: ClientInvoicesFilter(client_id=known.client_id),
    "queries.invoices.due_list": lambda known: InvoicesFilter(view=InvoicesView.OVERDUE, text=known.name),
    "queries.invoices.invoice_record": lambda known: InvoiceAsked(invoice_id=known.invoice_id),
    "queries.documents.documents_of_client": lambda known: known.client_id,
    "queries.statements.request_id_of": lambda known: known.number,
    "queries.statements.statements": lambda known: StatementsOf(numbers=(known.number,), as_of=a_day(DAY)),
    "queries.held_data.privacy_summary": lambda known: known.client_id,
    "queries.requests.requests_page": lambda known: RequestsOf(statuses=tuple(RequestStatus), search=known.name),
    "queries.requests.borrowers": lambda known: known.name,
    "queries.payments.receivables": lambda known: ReceivablesOf(client_id=known.client_id),
    "queries.payments.payment_form": lambda known: PaymentFormOf(number=known.number),
    "queries.payments.payment_by_id": lambda known: known.payment_id,
    "queries.reversals.payment_id_of": lambda known: known.payment_number,
    "queries.reversals.reversal_effect": lambda known: known.payment_id,
    "queries.request_record.request_record": lambda known: known.number,
    "queries.search.search": lambda known: known.name,
    "queries.timeline.timeline": lambda known: TimelineFilter(client_id=known.client_id),
    "services.papers.note_paper": lambda known: NotePaper(kind=PaperKind.STATEMENT, number=known.number),
    "services.receipts.issue_receipt": lambda known: IssueReceipt(number=known.payment_number, way=ReceiptWay.PDF),
    "services.receipts.make_receipt_link": lambda known: MakeReceiptLink(link_id=an_id(), payment_id=known.payment_id),
    "services.receipts.revoke_receipt_links": lambda known: RevokeReceiptLinks(payment_id=known.payment_id),
    "services.receipts.send_receipt": lambda known: SendReceipt(payment_id=known.payment_id, message_id=an_id()),
    "queries.adjustments.adjustments_of": lambda known: known.number,
    "queries.calculations.calculation": lambda known: CalculationOf(number=known.number),
    "queries.calculations.calculation_paper": lambda known: CalculationOf(number=known.number),
    "queries.contract_paper.contract_paper": lambda known: known.number,
    "queries.credits.client_credit": lambda known: known.client_id,
    "queries.guarantors.guarantor_card": lambda known: known.number,
    "queries.loan_papers.carnet_paper": lambda known: known.number,
    "queries.loan_papers.quittance_paper": lambda known: known.number,
    "queries.loan_papers.statement_paper": lambda known: StatementOf(number=known.number),
    "queries.numbers.client_id_of": lambda known: known.request_id,
    "queries.numbers.invoice_id_of": lambda known: InvoiceOf(request_id=known.request_id, number=1),
    "queries.payment_record.payment_record": lambda known: known.payment_number,
    "queries.pix.pix_of": lambda known: PixOf(request_number=known.number),
    "queries.receipts.receipt": lambda known: ReceiptOf(payment_id=known.payment_id, copy_number=1),
}
# These take no client; what they return of clients must be the supervisor's own alone.
LISTS: dict[str, Any] = {
    "queries.statements.request_numbers": a_day(DAY),
    "queries.clients.clients_page": ClientsFilter(),
    "queries.invoices.due_list": InvoicesFilter(view=InvoicesView.OVERDUE),
    "queries.requests.requests_page": RequestsOf(statuses=tuple(RequestStatus)),
    "queries.payments.receivables": ReceivablesOf(),
    "queries.requests.borrowers": "",
    "queries.search.search": "3",
    "queries.supervisors.supervisors": None,
    "queries.requests.simulate": _TERMS,
    "queries.received.received_page": ReceivedFilter(),
    "queries.received.received_by_person": ReceivedFilter(),
}
# These know no client, with the reason.
ELSEWHERE = {
    "services.auth.renew_session": "one's own session",
    "services.auth.sign_out": "one's own session",
    "services.auth.end_session": "one's own session, tests/services/test_auth.py",
    "services.auth.end_other_sessions": "one's own sessions",
    "services.auth.change_password": "one's own password",
    "services.second_factor.start_second_factor": "one's own second factor",
    "services.second_factor.confirm_second_factor": "one's own second factor",
    "services.second_factor.remove_second_factor": "one's own second factor",
    "services.disclosure.note_export": "notes an export; its lists ask for permissions that a supervisor lacks",
    "services.look_up.look_up": "the one way past the scope, tests/services/test_assignments.py",
    "services.cash.hand_in_cash": "one's own cash, tests/services/test_cash.py",
    "queries.cash.cash_room": "one's own cash",
    "queries.cash.my_cash": "one's own cash, tests/queries/test_cash.py",
    "queries.agreement_paper.agreement_of": "whether a loan is an agreement's; tests/web/test_papers.py",
    "queries.chains.chain": "a loan's own agreements; a loan without any has none, like nobody's",
    "queries.receipts.receipt_links": "how many are open, tests/web/test_receipts.py",
    "queries.users.my_sessions": "one's own sessions",
    "queries.users.my_profile": "one's own profile",
}


def _registered() -> dict[str, tuple[Callable[..., Any], Permission]]:
    for package in (loanapp.services, loanapp.queries):
        for found in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{found.name}")
    return {
        f"{function.__module__.removeprefix('loanapp.')}.{function.__name__}": (function, permission)
        for registry in (_use_case.REGISTRY, _query.REGISTRY)
        for function, permission in registry.items()
    }


@dataclass(frozen=True)
class Street:
    """A supervisor, with what is the supervisor's own and what is another's."""

    supervisor: Actor
    mine: Known
    other: Known


@pytest.fixture
def street(database: object) -> Street:  # noqa: ARG001 - what the book is written to.
    book = Book.opened()
    a_pix_key()
    rita, saulo = a_person(Role.STREET_SUPERVISOR, "Rita Rua"), a_person(Role.STREET_SUPERVISOR, "Saulo Rua")
    mine, other = _a_client(book, "Maria Minha", rita), _a_client(book, "Zulmira Zoroastro", saulo)
    return Street(supervisor=rita, mine=mine, other=other)


def _a_client(book: Book, name: str, supervisor: Actor) -> Known:
    """Register a client with a loan that is overdue, a payment, a paper and a note by the supervisor to come."""
    client_id = book.a_client(name)
    loan = book.a_loan(client_id, principal="300,00", count=3, first_due="2026-02-01")
    paid = book.pay(loan, "10,00", on="2026-02-02")
    book.waive(loan, (1, Component.LATE_FEE, "0,50"), on=DAY)
    settled = book.a_loan(client_id, principal="20,00", count=1, first_due="2026-02-10")
    book.pay(settled, "90,00", on="2026-02-05")
    refund = book.refund(client_id, "5,00", on="2026-02-06")
    [(adjustment_id,)] = rows("SELECT id FROM adjustments WHERE request_id = :id", id=loan.request_id)
    assert isinstance(adjustment_id, UUID)
    paper, note = an_id(), an_id()
    documents.attach(book.manager, at(DAY, 8), AttachDocument(
        document_id=paper, client_id=client_id, kind=DocumentKind.IDENTITY, file_name="rg.pdf", content=_PDF
    ))  # fmt: skip
    assign(client_id, supervisor)
    follow_ups.record(supervisor, at(DAY, 8), RecordFollowUp(
        follow_up_id=note, client_id=client_id, kind=FollowUpKind.NOTE, text="Combinado para sexta."
    ))  # fmt: skip
    [(tax_id,)] = rows("SELECT tax_id FROM clients WHERE id = :id", id=client_id)
    [(invoice_id,)] = rows("SELECT min(id) FROM invoices WHERE request_id = :id", id=loan.request_id)
    return Known(
        client_id=client_id, request_id=loan.request_id, number=loan.number, invoice_id=int(str(invoice_id)),
        payment_id=paid.payment_id, document_id=paper, follow_up_id=note, adjustment_id=adjustment_id,
        refund_id=refund.refund_id, payment_number=paid.number, name=name, tax_id=str(tax_id),
    )  # fmt: skip


def _answer(name: str, actor: Actor, parameters: object) -> object:
    function, _permission = _registered()[name]
    try:
        return function(actor, at(DAY), parameters)
    except DomainError as error:
        return type(error), error.code, error.field, sorted(error.values)


def test_every_function_that_a_supervisor_may_call_is_in_the_table() -> None:
    held = ROLE_PERMISSIONS[Role.STREET_SUPERVISOR]
    callable_names = {name for name, (_, permission) in _registered().items() if permission in held}

    assert callable_names == DOORS.keys() | LISTS.keys() | ELSEWHERE.keys()


@pytest.mark.parametrize("name", DOORS)
def test_another_supervisors_client_is_like_nobody_and_nothing_changes(street: Street, name: str) -> None:
    before = everything()

    of_another = _answer(name, street.supervisor, DOORS[name](street.other))

    assert of_another == _answer(name, street.supervisor, DOORS[name](NOBODY))
    assert _secrets(street.other).isdisjoint(_words(of_another))
    assert everything() == before


def test_the_id_of_another_supervisors_paper_is_a_conflict_and_nothing_changes(street: Street) -> None:
    before = everything()

    with pytest.raises(DocumentIdTaken):
        documents.attach(street.supervisor, at(DAY), replace(_paper(street.mine), document_id=street.other.document_id))

    assert everything() == before


@pytest.mark.parametrize("name", DOORS)
def test_the_supervisors_own_client_is_found(street: Street, name: str) -> None:
    of_nobody = _answer(name, street.supervisor, DOORS[name](NOBODY))

    assert _answer(name, street.supervisor, DOORS[name](street.mine)) != of_nobody


@pytest.mark.parametrize("name", LISTS)
def test_a_list_holds_nothing_of_another_supervisors_client(street: Street, name: str) -> None:
    shown = _words(_answer(name, street.supervisor, LISTS[name]))

    assert _secrets(street.other).isdisjoint(shown)


def test_the_sums_of_the_lists_are_of_the_supervisors_own_clients(street: Street) -> None:
    clients = _registered()["queries.clients.clients_page"][0](street.supervisor, at(DAY), ClientsFilter())
    loans = _registered()["queries.requests.requests_page"][0](
        street.supervisor, at(DAY), RequestsOf(statuses=(RequestStatus.ACTIVE,))
    )
    numbers = _registered()["queries.statements.request_numbers"][0](street.supervisor, at(DAY), date(2026, 12, 31))

    assert (clients.total, clients.open_cents) == (1, 29_190)
    assert loans.total == 1
    assert numbers == (street.mine.number, street.mine.number + 1)


def _secrets(known: Known) -> set[str]:
    return {known.name, known.tax_id, str(known.client_id), str(known.request_id), str(known.payment_id)}


def _words(shown: object) -> set[str]:
    """Return the secrets' kinds of words in an answer: quoted texts and ids."""
    text = repr(shown)
    return {word for quote in ("'", '"') for word in text.split(quote)}
