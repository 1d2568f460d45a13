"""The texts that a person sends once, as rows: the proposal of an agreement and the calculation of an amount.

A toolbox for use cases: the client is locked by the transaction that somebody else opened.  Before such a text leaves
it is looked at again: an offer that no longer stands is not proposed, a calculation is written anew.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Self
from uuid import UUID

from domain import templates
from domain.errors import DomainError
from domain.explanations import CalculationBeforeDisbursement
from domain.instalments import effective_annual_cost
from domain.messages import CalculationNothingOpen, MessageKind
from domain.money import total
from domain.one_off_texts import Explained, ExplainedInvoice, Proposed, render_calculation, render_proposal
from domain.renegotiations import RenegotiationStatus, check_move, discounted
from domain.requests import RequestNotFound
from domain.template_words import Template
from loanapp.models.charged import charged_invoices, payable
from loanapp.models.clients import Client
from loanapp.models.contracts import load_contracts
from loanapp.models.messages import Message
from loanapp.models.renegotiations import Renegotiation, offer_of
from loanapp.models.requests import Request
from loanapp.services import _agreements, _outbox
from loanapp.services._borrowers import first_name, load_lender
from loanapp.services._use_case import Tx


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a calculation is about: a request, one of its invoices or what of it is due, as of a day."""

    request_id: UUID
    invoice_number: int | None
    as_of: date

    @classmethod
    def of(cls, snapshot: dict[str, Any]) -> Self:
        """Return the subject that a text's snapshot keeps."""
        return cls(
            request_id=UUID(snapshot["request_id"]),
            invoice_number=snapshot["invoice_number"],
            as_of=date.fromisoformat(snapshot["as_of"]),
        )


def proposal_row(tx: Tx, client: Client, row: Renegotiation, *, key: str) -> dict[str, Any]:
    """Write the proposal of an offer that stands as a row, QUEUED; raise TemplateIncomplete."""
    proposed = _proposed(tx, row)
    _, reference = _outbox.identity_of(key)
    words = templates.LATEST["PROPOSAL"]
    body = render_proposal(
        words,
        lender=load_lender(tx.session),
        first_name=first_name(client.name, client.preferred_name),
        proposed=proposed,
        reference=reference,
    )
    snapshot = {
        "origin": _outbox.ORIGIN_PERSON,
        "renegotiation_id": str(row.id),
        "request_number": proposed.request_number,
        "total_cents": total(invoice.original for invoice in proposed.invoices).cents,
        "invoices": [invoice.number for invoice in proposed.invoices],
        "valid_through": row.valid_through.isoformat(),
    }
    return _row(tx, client, MessageKind.PROPOSAL, words, body, snapshot, key=key)


def calculation_row(tx: Tx, client: Client, subject: Subject, *, key: str) -> dict[str, Any]:
    """Write a calculation as a row, QUEUED; raise what `explained` raises, or TemplateIncomplete."""
    words = templates.LATEST["CALCULATION"]
    calculated = explained(tx, subject)
    _, reference = _outbox.identity_of(key)
    body = _calculation_body(tx, client, words, calculated, reference=reference)
    return _row(tx, client, MessageKind.CALCULATION, words, body, _snapshot_of(subject, calculated), key=key)


def row_again(tx: Tx, client: Client, failed: Message, *, key: str) -> dict[str, Any]:
    """Write a proposal or a calculation that failed anew; raise what its first sending raises."""
    if failed.kind == MessageKind.CALCULATION:
        return calculation_row(tx, client, Subject.of(failed.snapshot), key=key)
    row = tx.session.get_one(Renegotiation, UUID(failed.snapshot["renegotiation_id"]))
    check_proposed(tx, row)
    return proposal_row(tx, client, row, key=key)


def check_proposed(tx: Tx, row: Renegotiation) -> None:
    """Raise RenegotiationMoveRefused, OfferExpired or OfferDebtChanged unless an offer is proposed and still stands."""
    check_move(RenegotiationStatus(row.status), RenegotiationStatus.ACCEPTED)
    _agreements.check_stands(tx, load_contracts(tx.session, [row.request_id])[row.request_id], row)


def is_proposed(tx: Tx, message: Message) -> bool:
    """Say whether the offer of a queued proposal still stands."""
    try:
        check_proposed(tx, tx.session.get_one(Renegotiation, UUID(message.snapshot["renegotiation_id"])))
    except DomainError:
        return False
    return True


def rewritten_calculation(tx: Tx, client: Client, message: Message) -> tuple[str, dict[str, Any]]:
    """Return a queued calculation's body and snapshot as they are now; raise what `calculation_row` raises."""
    subject = Subject.of(message.snapshot)
    calculated = explained(tx, subject)
    words = templates.template(message.template, message.template_version)
    body = _calculation_body(tx, client, words, calculated, reference=message.reference)
    return body, _snapshot_of(subject, calculated)


def explained(tx: Tx, subject: Subject) -> Explained:
    """Return the invoices of a calculation, those of which something is open on its day.

    Raises RequestNotFound, CalculationBeforeDisbursement, CalculationNothingOpen.
    """
    request = tx.session.get(Request, subject.request_id)
    loaded = load_contracts(tx.session, [subject.request_id]).get(subject.request_id)
    if request is None or loaded is None or request.disbursed_on is None:
        raise RequestNotFound(field="request_id")
    if subject.as_of < request.disbursed_on:
        raise CalculationBeforeDisbursement(field="as_of", disbursed_on=request.disbursed_on)
    position = loaded.position(subject.as_of)
    asked = {subject.invoice_number} if subject.invoice_number is not None else None
    numbers = asked or {invoice.number for invoice in payable(loaded, position)}
    invoices = tuple(
        ExplainedInvoice(number=charged.number, due_date=charged.due_date, charged=charged)
        for charged in charged_invoices(loaded, position)
        if charged.number in numbers and charged.open_cents
    )
    if not invoices:
        raise CalculationNothingOpen(as_of=subject.as_of)
    return Explained(
        request_number=request.number,
        invoice_number=subject.invoice_number,
        count=request.instalment_count,
        as_of=subject.as_of,
        late_fee_pct=loaded.contract.late_fee_pct,
        mora_pct_month=loaded.contract.mora_pct_month,
        invoices=invoices,
        is_payable=subject.as_of == tx.business_date,
    )


def _proposed(tx: Tx, row: Renegotiation) -> Proposed:
    request = tx.session.get_one(Request, row.request_id)
    loaded = load_contracts(tx.session, [request.id])[request.id]
    offer = offer_of(row)
    owed, invoices = _agreements.plan(tx, loaded, offer, accepted_on=offer.offered_on)
    flows = [(invoice.due_date, invoice.original) for invoice in invoices]
    return Proposed(
        number=row.number,
        request_number=request.number,
        offered_on=offer.offered_on,
        valid_through=offer.valid_through,
        debt=owed,
        invoices=invoices,
        annual_cost_pct=effective_annual_cost(discounted(owed, offer).total, offer.offered_on, flows),
        late_fee_pct=loaded.contract.late_fee_pct,
        mora_pct_month=loaded.contract.mora_pct_month,
    )


def _calculation_body(tx: Tx, client: Client, words: Template, calculated: Explained, *, reference: str) -> str:
    return render_calculation(
        words,
        lender=load_lender(tx.session),
        first_name=first_name(client.name, client.preferred_name),
        explained=calculated,
        reference=reference,
    )


def _snapshot_of(subject: Subject, calculated: Explained) -> dict[str, Any]:
    return {
        "origin": _outbox.ORIGIN_PERSON,
        "request_id": str(subject.request_id),
        "request_number": calculated.request_number,
        "invoice_number": subject.invoice_number,
        "as_of": subject.as_of.isoformat(),
        "total_cents": sum(invoice.charged.open_cents for invoice in calculated.invoices),
        "invoices": [invoice.number for invoice in calculated.invoices],
    }


def _row(
    tx: Tx, client: Client, kind: MessageKind, words: Template, body: str, snapshot: dict[str, Any], *, key: str
) -> dict[str, Any]:
    return _outbox.text_row(
        tx,
        kind=kind,
        client_id=client.id,
        phone=client.phone,
        key=key,
        words=words,
        body=body,
        business_date=tx.business_date,
        snapshot=snapshot,
    )
