"""What a timeline shows, as text ready to show: from the read's items to the vars of the page.

Runs of the routines' own items fold into one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, TypedDict
from uuid import UUID

from domain.documents import DocumentKind
from domain.follow_ups import FollowUpKind, Outcome, promise_state
from domain.money import Money
from domain.payments import PaymentMethod
from loanapp.components.badges import word_of
from loanapp.components.formats import brl_text, counted, date_text, instant_text
from loanapp.components.message_words import reason_word
from loanapp.components.receive import METHODS
from loanapp.papers.words import MESSAGE_KIND
from loanapp.queries.timeline import ItemKind, Planned, TimelineItem

METHOD_WORDS = {value: word for value, word, _ in METHODS} | {PaymentMethod.CREDIT.value: "Crédito do cliente"}
OUTCOME_WORDS: dict[str, dict[str, str]] = {
    FollowUpKind.CALL.value: {
        Outcome.ANSWERED.value: "Atendeu",
        Outcome.NOT_FOUND.value: "Não atendeu",
        Outcome.WRONG_CONTACT.value: "Número errado",
        Outcome.REFUSED.value: "Recusou",
        Outcome.POSTPONED.value: "Pediu outro horário",
    },
    FollowUpKind.VISIT.value: {
        Outcome.ANSWERED.value: "Encontrado",
        Outcome.NOT_FOUND.value: "Não encontrado",
        Outcome.WRONG_CONTACT.value: "Endereço errado",
        Outcome.REFUSED.value: "Recusou",
        Outcome.POSTPONED.value: "Remarcado",
    },
}
DOCUMENT_WORDS = {
    DocumentKind.IDENTITY.value: "Documento de identidade",
    DocumentKind.ADDRESS.value: "Comprovante de endereço",
    DocumentKind.INCOME.value: "Comprovante de renda",
    DocumentKind.CONTRACT.value: "Contrato",
    DocumentKind.PAYMENT.value: "Comprovante de pagamento",
    DocumentKind.PHOTO.value: "Foto",
    DocumentKind.OTHER.value: "Outro",
}
# `{loan}` is the loan's name; what is not listed is told as a change of the record.
EVENT_WORDS = {
    "request.opened": "{loan}: solicitação criada",
    "request.approved": "{loan}: aprovado",
    "request.declined": "{loan}: reprovado",
    "request.disbursed": "{loan}: dinheiro liberado",
    "request.lost": "{loan}: marcado como perdido",
    "request.reopened": "{loan}: reaberto",
    "request.cancelled": "{loan}: liberação cancelada",
    "request.renegotiated": "{loan}: renegociado",
    "request.agreed": "{loan}: criado por acordo",
    "payment.return_reversed": "Devolução de recebimento desfeita",
    "payment.returned": "Recebimento devolvido: {loan} ganhou uma parcela",
    "payment.reversed": "Recebimento estornado",
    "charges.waived": "{loan}: multa e mora dispensadas",
    "charges.waiver_reversed": "{loan}: dispensa estornada",
    "credit.refunded": "Crédito devolvido",
    "credit.refund_reversed": "Devolução de crédito estornada",
    "invoice.due_date_changed": "{loan}: vencimento alterado",
    "renegotiation.drafted": "Proposta de renegociação criada",
    "renegotiation.approved": "Desconto da proposta aprovado",
    "renegotiation.proposed": "Proposta de renegociação apresentada",
    "renegotiation.accepted": "Acordo confirmado",
    "renegotiation.rejected": "Proposta de renegociação recusada",
    "renegotiation.expired": "Proposta de renegociação encerrada",
    "approval.asked": "Aprovação pedida",
    "approval.granted": "Aprovação dada",
    "approval.refused": "Aprovação negada",
    "client.registered": "Cliente cadastrado",
    "client.contact_changed": "Contato alterado",
    "client.phone_flagged": "Confiança no número alterada",
    "client.stopped_texts": "O cliente respondeu que o número está errado",
    "client.consent_changed": "Consentimento para mensagens alterado",
    "client.supervisor_changed": "Supervisor alterado",
    "client.revealed": "CPF ou telefone completo consultado",
    "client.looked_up": "Cliente consultado pelo CPF ou telefone",
    "client.exported": "Dados do cliente exportados",
    "client.anonymised": "Cliente anonimizado",
    "document.opened": "Documento aberto",
    "document.removed": "Documento removido",
}
_CHANGED = "Alteração no cadastro"
_WITH_AMOUNT = frozenset(
    {"payment.reversed", "charges.waived", "charges.waiver_reversed", "credit.refunded", "credit.refund_reversed"}
)
_FIELD_WORDS = {
    "phone": "telefone", "other_phone": "outro telefone", "zip_code": "CEP", "street": "rua",
    "street_number": "número", "complement": "complemento", "district": "bairro", "city": "cidade", "state": "estado",
    "occupation": "ocupação", "income_cents": "renda", "accepts_messages": "aceita mensagens",
}  # fmt: skip
_ICONS = {
    FollowUpKind.NOTE.value: "pencil-line",
    FollowUpKind.CALL.value: "phone",
    FollowUpKind.VISIT.value: "map-pin",
    FollowUpKind.PROMISE.value: "handshake",
}


class TimelineRow(TypedDict):
    """One item, or a run of automatic ones (`folded`). `undo` is OWN, OTHER or empty: who may take it back, and how."""

    key: str
    id: str
    icon: str
    title: str
    by: str
    at: str
    text: str
    note: str
    badge: str
    status: str
    moves: str
    is_undone: bool
    undo: str
    to: str
    folded: list[list[str]]


def timeline_rows(
    items: Iterable[TimelineItem], *, today: date, user_id: UUID | None, is_management: bool
) -> list[TimelineRow]:
    """Return the rows of a page; two or more automatic items in a row become one."""
    rows: list[TimelineRow] = []
    for is_automatic, run in groupby(items, key=lambda item: item.is_automatic):
        listed = list(run)
        if is_automatic and len(listed) > 1:
            rows.append(_folded(listed))
        else:
            rows += [_row(item, today=today, user_id=user_id, is_management=is_management) for item in listed]
    return rows


def _folded(items: Sequence[TimelineItem]) -> TimelineRow:
    shown = [_row(item, today=item.at.date(), user_id=None, is_management=False) for item in items]
    row = _blank(items[0], "refresh-cw", counted(len(items), "evento automático", "eventos automáticos"))
    row["text"] = ""
    if shown[0]["at"] != shown[-1]["at"]:
        row["at"] = f"{shown[-1]['at']} a {shown[0]['at']}"
    row["folded"] = [[each["at"], " · ".join(filter(None, (each["title"], each["note"])))] for each in shown]
    return row


def _blank(item: TimelineItem, icon: str, title: str) -> TimelineRow:
    return TimelineRow(
        key=item.key, id="", icon=icon, title=title, by=item.author or "Sistema", at=instant_text(item.at),
        text=item.facts.get("text") or "", note="", badge="", status="", moves="", is_undone=False, undo="", to="",
        folded=[],
    )  # fmt: skip


def _row(item: TimelineItem, *, today: date, user_id: UUID | None, is_management: bool) -> TimelineRow:
    if item.kind is ItemKind.FOLLOW_UP:
        return _follow_up(item, today=today, is_own=item.author_id == user_id, is_management=is_management)
    return _DRAWN[item.kind](item)


def _broken(item: TimelineItem) -> TimelineRow:
    facts = item.facts
    title = f"Promessa quebrada: {brl_text(facts['promised_cents'])} até {_day(facts['promised_on'])}"
    return _blank(item, "triangle-alert", title)


def _answer(item: TimelineItem) -> TimelineRow:
    row = _blank(item, "message-square", "Resposta do cliente")
    row["by"] = "Cliente, pelo WhatsApp"
    return row


def _document(item: TimelineItem) -> TimelineRow:
    row = _blank(item, "file-text", f"Documento anexado: {DOCUMENT_WORDS[item.facts['kind']]}")
    row["note"] = "Removido depois" if item.facts["is_removed"] else ""
    return row


def _follow_up(item: TimelineItem, *, today: date, is_own: bool, is_management: bool) -> TimelineRow:
    facts, kind = item.facts, item.facts["kind"]
    title = {"NOTE": "Nota", "CALL": "Ligação", "VISIT": "Visita"}.get(kind, "Promessa")
    row = _blank(item, _ICONS[kind], title)
    row["id"] = facts["id"]
    row["note"] = OUTCOME_WORDS.get(kind, {}).get(facts["outcome"], "")
    if kind == FollowUpKind.PROMISE:
        until = _day(facts["promised_on"])
        row["title"] = f"Promessa de {brl_text(facts['promised_cents'])} até {until}"
        row["note"] = METHOD_WORDS[facts["promised_method"]]
        row["badge"] = "promise"
        row["status"] = promise_state(
            promised_on=date.fromisoformat(facts["promised_on"]),
            promised=Money(facts["promised_cents"]),
            received=Money(int(facts["received_cents"])),
            is_taken_back=bool(facts["undone_at"]),
            today=today,
        ).value
    if facts["undone_at"]:
        row["is_undone"] = True
        row["moves"] = f"Desfeito por {facts['undone_by'] or 'Sistema'} em {_instant(facts['undone_at'])}"
    elif is_own or is_management:
        row["undo"] = "OWN" if is_own else "OTHER"
    return row


def _message(item: TimelineItem) -> TimelineRow:
    facts = item.facts
    row = _blank(item, "message-square", f"{MESSAGE_KIND[facts['kind']]} pelo WhatsApp")
    row["badge"], row["status"], row["note"] = "message", facts["status"], reason_word(facts["reason"])
    row["moves"] = " → ".join(
        f"{word_of('message', move['to'])} {_instant(move['at'])}" for move in facts["moves"] or ()
    )
    return row


def _payment(item: TimelineItem) -> TimelineRow:
    facts = item.facts
    row = _blank(item, "banknote", f"Recebimento de {brl_text(facts['amount_cents'])}")
    received = date.fromisoformat(facts["received_on"])
    row["note"] = " · ".join(
        (METHOD_WORDS[facts["method"]], f"em {date_text(received)}", f"empréstimo nº {facts['request']}",
         f"recibo nº {facts['number']}")
    )  # fmt: skip
    row["to"] = f"/recebimentos/{facts['number']}"
    if facts["reversed_at"]:
        row["is_undone"] = True
        row["moves"] = f"Estornado em {_instant(facts['reversed_at'])}"
    return row


def _event(item: TimelineItem) -> TimelineRow:
    facts, action = item.facts, item.facts["action"]
    after = facts["after"] or {}
    loan = f"Empréstimo nº {facts['request'] or after.get('request')}"
    row = _blank(item, "info", EVENT_WORDS.get(action, _CHANGED).format(loan=loan))
    row["text"] = facts["reason"] or ""
    if action == "invoices.overdue":
        row["icon"], row["title"] = (
            "alarm-clock",
            counted(len(after["invoices"]), "parcela venceu", "parcelas venceram"),
        )
        row["note"] = f"multa de {brl_text(int(after['late_fee_cents']))}"
    if action in _WITH_AMOUNT:
        row["note"] = _amount_note(action, after)
    if action == "invoice.due_date_changed":
        before = facts["before"] or {}
        row["note"] = f"parcela {after['invoice']}: de {_day(before['due_date'])} para {_day(after['due_date'])}"
    if action == "client.status_changed":
        row["title"] = "Cliente bloqueado" if after.get("status") == "BLOCKED" else "Cliente desbloqueado"
    if action == "client.contact_changed":
        row["note"] = ", ".join(word for field, word in _FIELD_WORDS.items() if field in after)
    return row


def _amount_note(action: str, after: Mapping[str, Any]) -> str:
    """Say how much was undone, let go or paid back, and which receipt it was where it had one."""
    amount = brl_text(int(after["amount_cents"]))
    if action == "payment.reversed":
        return f"{amount} · recibo nº {after['payment']} · empréstimo nº {after['request']}"
    return f"{amount} · {METHOD_WORDS[after['method']]}" if "method" in after else amount


_DRAWN: dict[ItemKind, Callable[[TimelineItem], TimelineRow]] = {
    ItemKind.PROMISE_BROKEN: _broken,
    ItemKind.MESSAGE: _message,
    ItemKind.ANSWER: _answer,
    ItemKind.PAYMENT: _payment,
    ItemKind.DOCUMENT: _document,
    ItemKind.EVENT: _event,
}


def planned_rows(planned: Planned) -> list[list[str]]:
    """Return what is to come as (icon, text), the nearest duty first."""
    rows = []
    if planned.promised_on:
        rows.append(
            ["handshake", f"Promessa de {brl_text(planned.promised_cents)} até {date_text(planned.promised_on)}"]
        )
    rows += [
        ["message-square", f"{MESSAGE_KIND[kind]} na fila, sai a partir de {instant_text(at)}"]
        for kind, at in planned.queued
    ]
    if planned.next_due_on:
        due = f"Próximo vencimento em {date_text(planned.next_due_on)}: {brl_text(planned.next_due_cents)}"
        rows.append(["calendar", due])
    return rows


def _day(text: str) -> str:
    return date_text(date.fromisoformat(text))


def _instant(text: str) -> str:
    return instant_text(datetime.fromisoformat(text))
