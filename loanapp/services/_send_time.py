"""What becomes of a queued text right before it leaves (whatsapp.md §10.5): sent, postponed, withheld, or written anew.

A toolbox for the sender's use cases: client, instance and text are locked by the transaction that somebody else opened.
"""

from datetime import datetime, timedelta
from typing import Any

from domain import templates
from domain.messages import (
    CHECKS,
    CalculationNothingOpen,
    Check,
    MessageKind,
    MessageStatus,
    Reason,
    Snapshot,
    still_worth_sending,
)
from domain.templates import TemplateIncomplete
from domain.windows import opening, state_of
from loanapp.models.clients import Client
from loanapp.models.messages import Message
from loanapp.services import _one_off, _outbox
from loanapp.services._borrowers import (
    charge_snapshot,
    first_name,
    load_calendar,
    load_lender,
    owed_by,
    promised_until,
    texts_in_week,
)
from loanapp.services._use_case import Tx

_DAYS_AHEAD = 7
# A text's body and the facts behind it.
_Written = tuple[str, dict[str, Any]]


def may_leave(tx: Tx, client: Client, message: Message) -> bool:
    """Decide again; withhold or postpone the text, or write it anew when what it says changed since it was queued."""
    kind = MessageKind(message.kind)
    charges, promised = {}, {}
    if kind is MessageKind.CHARGE:
        charges = texts_in_week(tx.session, [client.id], message.business_date, besides=message.id)
        promised = promised_until(tx.session, [client.id], tx.business_date)
    now = _written_now(tx, client, message)
    decision = still_worth_sending(
        Snapshot(
            kind=kind,
            business_date=message.business_date,
            today=tx.business_date,
            accepts_messages=client.accepts_messages,
            is_number_flagged=bool(client.phone_flag),
            is_owed=now is not Reason.PAID,
            has_promise=client.id in promised,
            charges_in_week=charges.get(client.id, 0),
            opens_at=_opens_at(tx, client, message),
            is_offer_open=kind is MessageKind.PROPOSAL and _one_off.is_proposed(tx, message),
        ),
        tx.now,
    )
    if decision.withheld is None and decision.wait_until is not None:
        message.available_at = decision.wait_until
        return False
    if decision.withheld is not None or isinstance(now, Reason):
        _outbox.move(tx, message, MessageStatus.WITHHELD, reason=decision.withheld or str(now))
        return False
    message.body, message.snapshot = now
    message.body_hash = _outbox.hash_of(message.body)
    return True


def _written_now(tx: Tx, client: Client, message: Message) -> _Written | Reason:
    """Return what the text says now, in the words it was queued with, or why there is nothing to say."""
    try:
        if message.kind == MessageKind.CHARGE:
            return _charge_now(tx, client, message)
        if message.kind == MessageKind.CALCULATION:
            return _one_off.rewritten_calculation(tx, client, message)
    except CalculationNothingOpen:
        return Reason.PAID
    except TemplateIncomplete:
        return Reason.INCOMPLETE
    return message.body, message.snapshot


def _charge_now(tx: Tx, client: Client, message: Message) -> _Written | Reason:
    owed = owed_by(tx.session, [client.id], message.business_date).get(client.id, ())
    if not owed:
        return Reason.PAID
    body = templates.render_charge(
        templates.template(message.template, message.template_version),
        lender=load_lender(tx.session),
        first_name=first_name(client.name, client.preferred_name),
        owed=owed,
        as_of=message.business_date,
        reference=message.reference,
    )
    return body, message.snapshot | charge_snapshot(owed, message.business_date)


def _opens_at(tx: Tx, client: Client, message: Message) -> datetime | None:
    """Return when the borrower's window is open next; what expires with its day waits for no other."""
    checks = CHECKS[MessageKind(message.kind)]
    if Check.WINDOW not in checks:
        return None
    # A text that a person sends has the state's hours; only the cadence has hours of its own.
    by_person = message.snapshot.get("origin") == _outbox.ORIGIN_PERSON
    hours = None if by_person else templates.step_of(message.template).hours
    state, calendar = state_of(client.state, client.phone), load_calendar(tx.session)
    if Check.FRESH in checks:
        return opening(tx.now, message.business_date, state, calendar, hours)
    days = (tx.business_date + timedelta(days=ahead) for ahead in range(_DAYS_AHEAD))
    return next((opens_at for day in days if (opens_at := opening(tx.now, day, state, calendar, hours))), None)
