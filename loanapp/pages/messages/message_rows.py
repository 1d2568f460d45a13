"""The communication log in words: from a line of it to what the page shows of a text and of the sender."""

from datetime import datetime, timedelta
from typing import TypedDict

from domain.messages import MessageKind, MessageStatus
from loanapp.components import address
from loanapp.components.formats import brl_text, counted, instant_text
from loanapp.components.message_words import reason_word
from loanapp.queries.messages import MessageLine, SenderState

TRIES = 3
# How long after sending the page waits for acks by itself; a phone that is off may take days.
ACKS_AWAITED = timedelta(minutes=10)
MINUTES_PER_HOUR, HOURS_PER_DAY = 60, 24

TEMPLATES = {
    "D0": "Vence hoje",
    "D+1": "1 dia de atraso",
    "D+3": "3 dias de atraso",
    "D+7": "7 dias de atraso",
    "D+15": "15 dias de atraso",
    "D+30": "30 dias de atraso",
    "RECEIPT": "Recibo",
    "RECEIPT_PAID": "Recibo de quitação",
    "PROPOSAL": "Proposta de acordo",
    "CALCULATION": "Memória de cálculo",
}
PAUSES = {
    "CONFIG": "a chave ou o número do WhatsApp não confere",
    "LOGGED_OUT": "o número saiu do WhatsApp. Conecte-o de novo antes de retomar",
}


class Rung(TypedDict):
    """One step of a text's ladder: what, when (a dash while it has not come)."""

    step: str
    at: str
    is_reached: bool


class MessageRow(TypedDict):
    """One line of the log, as text ready to show; `reason` says why it stands where it stands."""

    id: str
    at: str
    client: str
    client_to: str
    template: str
    origin: str
    status: str
    reason: str
    tries: str
    owed: str
    body: str
    phone: str
    ladder: list[Rung]
    is_failed: bool
    is_open: bool
    to: str


class Strip(TypedDict):
    """The sender at a glance; `look` is `open`, `close` or `paused`."""

    look: str
    icon: str
    text: str


NOT_ASKED = Strip(look="", icon="", text="")


def message_row(state: object, line: MessageLine, *, opened: str) -> MessageRow:
    """Return one line of the log; `opened` is the id of the line that the address unfolds."""
    identifier = str(line.message_id)
    is_open = identifier == opened
    return MessageRow(
        id=identifier,
        at=instant_text(line.created_at),
        client=line.client_name,
        client_to=f"/clientes/{line.client_id}",
        template=TEMPLATES.get(line.template, line.template),
        origin=_origin(line),
        status=line.status.value,
        reason=_reason(line),
        tries=f"{line.attempts} de {TRIES}" if line.attempts else "\N{EM DASH}",
        owed=_owed(line),
        body=line.body,
        phone=line.phone,
        ladder=_ladder(line),
        is_failed=line.status is MessageStatus.FAILED,
        is_open=is_open,
        to=address.changed(state, aberta="" if is_open else identifier),
    )


def is_moving(line: MessageLine, now: datetime) -> bool:
    """Whether a text may change by itself within moments: due, leaving, or just sent and its acks still to come."""
    if line.status is MessageStatus.QUEUED:
        return line.available_at <= now
    if line.status in (MessageStatus.SENT, MessageStatus.DELIVERED):
        return line.sent_at is not None and now - line.sent_at <= ACKS_AWAITED
    return line.status is MessageStatus.SENDING


def strip(sender: SenderState, now: datetime) -> Strip:
    """Return whether texts leave, since when not, and how many wait."""
    waiting = f"{counted(sender.queued, 'mensagem', 'mensagens')} na fila" if sender.queued else "nada na fila"
    if sender.paused_reason:
        why = PAUSES.get(sender.paused_reason, sender.paused_reason)
        return Strip(look="paused", icon="octagon-x", text=f"Envio pausado: {why} \N{EM DASH} {waiting}")
    if sender.is_sending:
        return Strip(look="open", icon="circle-check-big", text=f"WhatsApp conectado \N{EM DASH} {waiting}")
    since = f" há {_ago(now - sender.state_changed_at)}" if sender.state_changed_at else ""
    return Strip(look="close", icon="wifi-off", text=f"WhatsApp desconectado{since} \N{EM DASH} {waiting}")


def _ago(elapsed: timedelta) -> str:
    minutes = max(0, int(elapsed.total_seconds()) // 60)
    hours = minutes // MINUTES_PER_HOUR
    if hours >= HOURS_PER_DAY:
        return counted(hours // HOURS_PER_DAY, "dia", "dias")
    return f"{hours} h" if hours else f"{minutes} min"


def _origin(line: MessageLine) -> str:
    return f"{'Rotina' if line.is_from_cycle else 'Manual'} · {line.created_by_name or 'Sistema'}"


def _reason(line: MessageLine) -> str:
    if line.status is MessageStatus.UNKNOWN:
        return "Pode ter sido enviada. Confira no WhatsApp antes de reenviar."
    if line.status is MessageStatus.QUEUED and line.attempts:
        return f"Nova tentativa a partir de {instant_text(line.available_at)}"
    if line.status is MessageStatus.QUEUED:
        return f"Sai a partir de {instant_text(line.available_at)}"
    return reason_word(line.reason)


def _owed(line: MessageLine) -> str:
    amount = brl_text(line.total_cents)
    if line.kind is MessageKind.RECEIPT:
        return amount
    return f"{counted(line.invoice_count, 'parcela', 'parcelas')} · {amount}"


def _ladder(line: MessageLine) -> list[Rung]:
    steps = (
        ("Enfileirada", line.created_at),
        ("Enviada", line.sent_at),
        ("Entregue", line.delivered_at),
        ("Lida", line.read_at),
    )
    return [Rung(step=step, at=instant_text(at), is_reached=at is not None) for step, at in steps]
