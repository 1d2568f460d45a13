"""The borrower's copy of everything that is held about the person, as JSON and as a PDF (LGPD art. 18 II, 19, 20)."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from domain.money import format_brl
from loanapp.papers import words
from loanapp.papers.base import Paper, PaperColumn
from loanapp.papers.creditor import letterhead_of
from loanapp.papers.formats import brl, day, instant, percent, phone, tax_id
from loanapp.papers.held_money import changes, credit, receipts, renegotiations, returns, undone
from loanapp.papers.tables import invoice_table
from loanapp.papers.words import word
from loanapp.queries.held_data import Consent, HeldData, HeldRetention, Person
from loanapp.queries.held_money import HeldPayment
from loanapp.queries.held_records import (
    HeldApproval,
    HeldDocument,
    HeldEvent,
    HeldFollowUp,
    HeldMessage,
    HeldRecords,
    HeldRequest,
    HeldWebhook,
)
from loanapp.queries.statements import Document

TITLE = "Dados pessoais tratados"


def held_data_json(held: HeldData) -> bytes:
    """Return a borrower's copy for programs: dates and instants in ISO, amounts in centavos, percentages as text."""

    def as_text(value: object) -> str:
        return value.isoformat() if isinstance(value, date) else str(value)

    return json.dumps(asdict(held), ensure_ascii=False, indent=1, default=as_text).encode()


def held_data_pdf(held: HeldData, *, is_compressed: bool = True) -> bytes:
    """Return the PDF of a borrower's copy; the same copy gives the same bytes."""
    paper = Paper(
        letterhead_of(held.creditor),
        title=TITLE,
        number=f"Cliente nº {held.person.number}",
        made_at=held.made_at,
        is_compressed=is_compressed,
    )
    paper.paragraph(
        "Cópia completa dos dados que esta empresa mantém sobre você, entregue conforme a Lei Geral de Proteção de"
        " Dados (LGPD, arts. 18, II, 19 e 20). Dados de outras pessoas não constam, fora o nome do seu fiador;"
        " funcionários aparecem só pelo nome."
    )
    _person(paper, held.person)
    _consent(paper, held.consent)
    _retention(paper, held.retention)
    _records(paper, held.records)
    return paper.content()


def _person(paper: Paper, person: Person) -> None:
    home = ", ".join(part for part in (person.street, person.street_number, person.complement) if part)
    city = "/".join(part for part in (person.city, person.state) if part)
    address = (home, person.district, city, _zip_code(person.zip_code))
    paper.heading("1. Identificação e contatos")
    paper.facts(
        (
            ("Nome", person.name),
            ("Como prefere ser chamado", person.preferred_name),
            ("CPF ou CNPJ", tax_id(person.tax_id)),
            ("Nascimento", day(person.birth_date)),
            ("Telefone", phone(person.phone)),
            ("Outro telefone", phone(person.other_phone)),
            (
                "Endereço",
                " · ".join(part for part in address if part),
            ),
            ("Ocupação", person.occupation),
            ("Renda por mês", brl(person.income_cents) if person.income_cents else ""),
            ("Situação do cadastro", " · ".join(_status(person))),
            ("Crédito a usar ou devolver", brl(person.credit_cents)),
            ("Supervisor", person.supervisor),
            ("Cadastro", f"{day(person.registered_on)}, por {person.registered_by}"),
        )
    )


def _zip_code(digits: str) -> str:
    return f"CEP {digits[:5]}-{digits[5:]}" if digits else ""


def _status(person: Person) -> Sequence[str]:
    return [text for text in (word(words.CLIENT_STATUS, person.status), person.blocked_reason) if text]


def _consent(paper: Paper, consent: Consent) -> None:
    paper.heading("2. Mensagens por WhatsApp")
    answer = "Aceita receber mensagens" if consent.accepts_messages else "Não aceita receber mensagens"
    paper.paragraph(f"{answer}, desde {day(consent.consent_on)}. Origem: {consent.consent_origin}.")


def _retention(paper: Paper, retention: HeldRetention) -> None:
    paper.heading("3. Por que e até quando guardamos")
    until = f"Os dados ficam guardados até {day(retention.until)}" if retention.until else "Os dados ficam guardados"
    paper.paragraph(f"{until}, porque {retention.because}. Depois disso, podem ser anonimizados.")
    paper.table_of(
        (PaperColumn(header="Dados", weight=4), PaperColumn(header="Base legal", weight=6)),
        ((holding.what, holding.basis) for holding in retention.holdings),
    )


def _records(paper: Paper, records: HeldRecords) -> None:
    paper.heading("4. Empréstimos, decisões e pagamentos")
    if not records.requests:
        paper.paragraph("Nada registrado.", is_quiet=True)
    for request in records.requests:
        _request(paper, request)
    credit(paper, records)
    paper.heading("5. Mensagens enviadas")
    if not records.messages:
        paper.paragraph("Nada registrado.", is_quiet=True)
    for message in records.messages:
        _message(paper, message)
    _webhooks(paper, records.webhooks)
    _follow_ups(paper, records.follow_ups)
    _documents(paper, records.documents)
    _approvals(paper, records.approvals)
    _routine_failures(paper, records)
    _audit_events(paper, records.audit_events)


def _request(paper: Paper, request: HeldRequest) -> None:
    terms = (
        f"{request.instalment_count} parcelas {word(words.STEP, request.step)}, {word(words.PLAN, request.plan)},"
        f" {percent(request.rate_pct)} por período"
    )
    charges = f"multa {percent(request.late_fee_pct)}, mora {percent(request.mora_pct_month)} ao mês"
    disbursed = f"{day(request.disbursed_on)}, {word(words.METHOD, request.disbursement_method)}"
    closed = (
        ("quitado", request.paid_on),
        ("renegociado", request.renegotiated_on),
        ("baixado como perda", request.lost_on),
    )
    paper.subheading(f"Empréstimo nº {request.number} · {word(words.REQUEST, request.status)}")
    paper.facts(
        (
            ("Valor", brl(request.principal_cents)),
            ("Condições", terms),
            ("Encargos por atraso", charges if request.late_fee_pct is not None else ""),
            ("Custo efetivo total ao ano", percent(request.effective_annual_cost_pct)),
            ("Pedido", f"{day(request.requested_on)}, registrado por {request.requested_by}"),
            ("Fiador", request.guarantor),
            ("Observação", request.note),
            ("Decisão", _decision(request)),
            ("Motivo da decisão", request.decision_reason),
            ("Liberação", f"{disbursed}, por {request.disbursed_by}" if request.disbursed_on else ""),
            ("Encerramento", " · ".join(f"{name} em {day(on)}" for name, on in closed if on)),
        )
    )
    if request.statement["invoices"]:
        _statement(paper, request.statement)
        _payments(paper, request)
        changes(paper, request)
    renegotiations(paper, request)


def _decision(request: HeldRequest) -> str:
    if request.decided_at is None:
        return ""
    verdict = "Reprovado" if request.unapproved_on else "Aprovado"
    return f"{verdict} em {instant(request.decided_at)} por {request.decided_by}"


def _statement(paper: Paper, statement: Document) -> None:
    paper.ln(1)
    invoice_table(paper, statement["invoices"])
    paper.paragraph(
        f"Posição em {day(statement['as_of'])}: em aberto {format_brl(statement['total_open_cents'])}, pago"
        f" {format_brl(statement['total_value_paid_cents'])}, crédito {format_brl(statement['credit_cents'])}.",
        is_quiet=True,
    )


def _payments(paper: Paper, request: HeldRequest) -> None:
    paper.ln(1)
    paper.table_of(
        (
            PaperColumn(header="Recebimento", weight=12),
            PaperColumn(header="Recebido em", weight=12),
            PaperColumn(header="Forma", weight=12),
            PaperColumn(header="Valor", weight=14, is_numeric=True),
            PaperColumn(header="Registrado por", weight=28),
            PaperColumn(header="Observação", weight=22),
        ),
        (
            (
                f"nº {payment.number}",
                day(payment.received_on),
                word(words.METHOD, payment.method),
                brl(payment.amount_cents),
                f"{payment.registered_by}, {instant(payment.registered_at)}",
                " · ".join(
                    part
                    for part in (
                        _settled(payment),
                        payment.note,
                        receipts(payment),
                        *returns(payment),
                        undone(payment.reversal),
                    )
                    if part
                ),
            )
            for payment in request.payments
        ),
        empty="Nenhum pagamento registrado.",
    )


def _settled(payment: HeldPayment) -> str:
    return f"quitou as parcelas {', '.join(map(str, payment.settled))}" if payment.settled else ""


def _message(paper: Paper, message: HeldMessage) -> None:
    times = (
        ("criada", message.created_at),
        ("enviada", message.sent_at),
        ("entregue", message.delivered_at),
        ("lida", message.read_at),
    )
    state = " · ".join(
        part for part in (word(words.MESSAGE, message.status), word(words.REASONS, message.reason)) if part
    )
    paper.subheading(f"{word(words.MESSAGE_KIND, message.kind)} de {day(message.business_date)} · {state}")
    moments = ", ".join(f"{name} em {instant(at)}" for name, at in times if at)
    paper.paragraph(f"Para {phone(message.phone)}, por {message.created_by}: {moments}.", is_quiet=True)
    if message.body:
        paper.paragraph(message.body)


def _webhooks(paper: Paper, webhooks: Sequence[HeldWebhook]) -> None:
    paper.heading("6. Respostas e avisos recebidos do WhatsApp")
    paper.table_of(
        (
            PaperColumn(header="Quando", weight=15),
            PaperColumn(header="Evento", weight=20),
            PaperColumn(header="Tratamento", weight=20),
            PaperColumn(header="Texto", weight=45),
        ),
        ((instant(each.received_at), each.event, each.outcome, each.text) for each in webhooks),
    )


def _follow_ups(paper: Paper, follow_ups: Sequence[HeldFollowUp]) -> None:
    paper.heading("7. Notas, ligações, visitas e promessas")
    paper.table_of(
        (
            PaperColumn(header="Quando", weight=16),
            PaperColumn(header="Tipo", weight=12),
            PaperColumn(header="Por", weight=18),
            PaperColumn(header="Registro", weight=54),
        ),
        ((instant(each.at), word(words.FOLLOW_UP, each.kind), each.author, _follow_up(each)) for each in follow_ups),
    )


def _follow_up(entry: HeldFollowUp) -> str:
    promise = ""
    if entry.promised_on:
        promise = f"Prometeu {brl(entry.promised_cents)} para {day(entry.promised_on)}"
        promise += f", {word(words.METHOD, entry.promised_method)}"
    undone = f"Desfeito em {instant(entry.undone_at)}" if entry.undone_at else ""
    return " · ".join(part for part in (word(words.OUTCOME, entry.outcome), promise, entry.text, undone) if part)


def _documents(paper: Paper, documents: Sequence[HeldDocument]) -> None:
    paper.heading("8. Documentos")
    paper.table_of(
        (
            PaperColumn(header="Anexado", weight=24),
            PaperColumn(header="Tipo", weight=18),
            PaperColumn(header="Arquivo", weight=30),
            PaperColumn(header="SHA-256 do conteúdo", weight=28),
        ),
        (
            (
                f"{instant(each.uploaded_at)}, por {each.uploaded_by}",
                word(words.DOCUMENT, each.kind),
                each.file_name + (f" (removido em {instant(each.removed_at)})" if each.removed_at else ""),
                each.content_sha256,
            )
            for each in documents
        ),
    )


def _approvals(paper: Paper, approvals: Sequence[HeldApproval]) -> None:
    paper.heading("9. Aprovações por uma segunda pessoa")
    paper.table_of(
        (
            PaperColumn(header="Pedida", weight=25),
            PaperColumn(header="O quê", weight=25),
            PaperColumn(header="Valor", weight=15, is_numeric=True),
            PaperColumn(header="Resposta", weight=35),
        ),
        (
            (
                f"{instant(each.asked_at)}, por {each.asked_by}: {each.reason}",
                f"{word(words.APPROVAL_KIND, each.kind)}, empréstimo nº {each.request}",
                brl(each.amount_cents),
                _answer(each),
            )
            for each in approvals
        ),
    )


def _answer(approval: HeldApproval) -> str:
    decided = f"{instant(approval.decided_at)}, por {approval.decided_by}" if approval.decided_at else ""
    parts = (word(words.APPROVAL, approval.status), decided, approval.decision_reason)
    return " · ".join(part for part in parts if part)


def _routine_failures(paper: Paper, records: HeldRecords) -> None:
    paper.heading("10. Rotinas diárias que não puderam ser feitas")
    paper.table_of(
        (PaperColumn(header="Rotina"), PaperColumn(header="Data de referência"), PaperColumn(header="Quando")),
        (
            (word(words.CYCLE, each.cycle), day(each.business_date), instant(each.failed_at))
            for each in records.routine_failures
        ),
    )


def _audit_events(paper: Paper, events: Sequence[HeldEvent]) -> None:
    paper.heading("11. Trilha de auditoria")
    paper.table_of(
        (
            PaperColumn(header="Nº", weight=6, is_numeric=True),
            PaperColumn(header="Quando", weight=16),
            PaperColumn(header="Quem", weight=20),
            PaperColumn(header="O quê", weight=26),
            PaperColumn(header="Motivo", weight=32),
        ),
        ((str(each.number), instant(each.at), each.actor, each.action, each.reason) for each in events),
    )
