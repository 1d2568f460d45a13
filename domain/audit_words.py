"""The words of the audit trail in pt-BR: what was done, to what, which fields changed from what to what."""

from collections.abc import Iterator, Mapping
from datetime import date

from domain.audit import Origin
from domain.money import format_brl

NONE = "—"

ACTIONS = {
    "approval.asked": "Aprovação pedida",
    "approval.granted": "Aprovação concedida",
    "approval.refused": "Aprovação recusada",
    "audit.verified": "Auditoria verificada",
    "auth.link_used": "Senha criada por link",
    "auth.password_change_refused": "Troca de senha recusada",
    "auth.password_changed": "Senha trocada",
    "auth.session_ended": "Sessão encerrada",
    "auth.sign_in_refused": "Entrada recusada",
    "auth.signed_in": "Entrou",
    "auth.signed_out": "Saiu",
    "cash.checked": "Caixa conferido",
    "cash.handed_in": "Caixa entregue",
    "charges.waived": "Multa e mora dispensadas",
    "charges.waiver_reversed": "Dispensa estornada",
    "client.anonymised": "Cliente anonimizado",
    "client.consent_changed": "Consentimento alterado",
    "client.contact_changed": "Contato alterado",
    "client.exported": "Dados do cliente exportados",
    "client.looked_up": "Cliente procurado",
    "client.phone_flagged": "Telefone marcado",
    "client.registered": "Cliente cadastrado",
    "client.revealed": "Dado completo mostrado",
    "client.status_changed": "Bloqueio alterado",
    "client.stopped_texts": "Pediu para não receber mensagens",
    "client.supervisor_changed": "Supervisor alterado",
    "company.changed": "Empresa alterada",
    "company.charges_changed": "Encargos alterados",
    "company.holiday_added": "Feriado incluído",
    "company.pix_changed": "Chave Pix alterada",
    "company.security_changed": "Segurança alterada",
    "credit.refund_reversed": "Devolução estornada",
    "credit.refunded": "Crédito devolvido",
    "credit.used": "Crédito usado",
    "cycle_run.closed": "Rotina encerrada",
    "cycle_run.opened": "Rotina iniciada",
    "proof.finished": "Conferência concluída",
    "proof.requested": "Conferência pedida",
    "document.attached": "Documento anexado",
    "document.opened": "Documento aberto",
    "document.removed": "Documento removido",
    "export.made": "Lista exportada",
    "follow_up.recorded": "Contato registrado",
    "follow_up.taken_back": "Registro desfeito",
    "guarantor.named": "Fiador informado",
    "guarantor.removed": "Fiador retirado",
    "invoice.due_date_changed": "Vencimento alterado",
    "invoices.overdue": "Parcelas em atraso",
    "limits.changed": "Limites alterados",
    "message.queued": "Mensagem na fila",
    "paper.issued": "Documento emitido",
    "payment.registered": "Recebimento registrado",
    "payment.return_reversed": "Devolução de recebimento desfeita",
    "payment.returned": "Recebimento devolvido",
    "payment.reversed": "Recebimento estornado",
    "payment.settled_early": "Quitação antecipada",
    "receipt.issued": "Recibo entregue",
    "receipt.link_made": "Link do recibo criado",
    "receipt.links_revoked": "Links do recibo revogados",
    "renegotiation.accepted": "Acordo confirmado",
    "renegotiation.approved": "Desconto da proposta aprovado",
    "renegotiation.drafted": "Proposta de renegociação criada",
    "renegotiation.expired": "Proposta de renegociação encerrada",
    "renegotiation.proposed": "Proposta apresentada ao cliente",
    "renegotiation.rejected": "Proposta de renegociação recusada",
    "request.agreed": "Empréstimo criado por acordo",
    "request.approved": "Empréstimo aprovado",
    "request.cancelled": "Liberação cancelada",
    "request.declined": "Empréstimo reprovado",
    "request.disbursed": "Empréstimo liberado",
    "request.lost": "Empréstimo marcado como perdido",
    "request.opened": "Solicitação criada",
    "request.renegotiated": "Empréstimo renegociado",
    "request.reopened": "Empréstimo reaberto",
    "second_factor.removal_refused": "Remoção do segundo fator recusada",
    "second_factor.reset": "Segundo fator retirado por administrador",
    "second_factor.started": "Ativação do segundo fator iniciada",
    "second_factor.turned_off": "Segundo fator desligado",
    "second_factor.turned_on": "Segundo fator ligado",
    "user.added": "Usuário criado",
    "user.deactivated": "Usuário desativado",
    "user.invited": "Usuário convidado",
    "user.link_made": "Link de acesso criado",
    "user.reactivated": "Usuário reativado",
    "user.role_changed": "Papel alterado",
    "whatsapp.paused": "Envio de mensagens parado",
    "whatsapp.resumed": "Envio de mensagens retomado",
}
# Key of a group, its name, and what its actions begin with.
GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "clientes": ("Clientes", ("client.", "document.", "follow_up.")),
    "emprestimos": ("Empréstimos", ("request.", "approval.", "guarantor.")),
    "renegociacoes": ("Renegociações", ("renegotiation.",)),
    "recebimentos": ("Recebimentos", ("cash.", "payment.", "receipt.", "charges.", "credit.", "invoice.")),
    "mensagens": ("Mensagens", ("message.", "whatsapp.")),
    "rotinas": ("Rotinas", ("cycle_run.", "invoices.", "proof.")),
    "acesso": ("Acesso", ("auth.", "second_factor.")),
    "usuarios": ("Usuários e papéis", ("user.", "limits.")),
    "empresa": ("Empresa", ("company.",)),
    "consultas": (
        "Dados vistos e exportados",
        ("client.revealed", "client.looked_up", "client.exported", "document.opened", "paper.", "export.", "audit."),
    ),
}
ORIGINS = {
    Origin.SCREEN.value: "Tela",
    Origin.ROUTINE.value: "Rotina",
    Origin.TERMINAL.value: "Terminal",
    Origin.WHATSAPP.value: "WhatsApp",
}
RECORDS = {
    "approval": "Aprovação", "audit": "Auditoria", "cash_hand_in": "Caixa", "client": "Cliente",
    "company": "Empresa", "cycle_run": "Rotina",
    "document": "Documento", "due_date_change": "Vencimento", "export": "Lista", "follow_up": "Contato",
    "guarantor": "Fiador",
    "holiday": "Feriado", "message": "Mensagem", "paper": "Documento emitido", "payment": "Recebimento",
    "proof": "Conferência", "refund": "Devolução",
    "renegotiation": "Renegociação", "request": "Empréstimo", "return": "Recebimento devolvido",
    "reversal": "Estorno", "role": "Papel", "user": "Usuário", "waiver": "Dispensa", "whatsapp_instance": "WhatsApp",
}  # fmt: skip
FIELDS = {
    "accepts_messages": "aceita mensagens", "address": "endereço", "adjustments": "abatimentos",
    "amount_cents": "valor", "approval": "aprovação", "approve_cents": "aprova até",
    "backdate_days": "recua datas até (dias)", "business_date": "data", "by": "procurado por",
    "cash_day_cents": "dinheiro por dia", "cash_in_hand_cents": "dinheiro em mãos até", "city": "cidade",
    "clients_done": "clientes visitados", "counted_cents": "contado", "difference_cents": "diferença",
    "complement": "complemento", "copy_number": "via", "consent_on": "data do consentimento",
    "consent_origin": "origem do consentimento",
    "cycle": "rotina", "debt_cents": "dívida", "differences": "diferenças", "disbursed_on": "liberado em",
    "discount_cents": "desconto", "discount_pct": "desconto até %", "district": "bairro",
    "down_payment_cents": "entrada", "due_date": "vencimento", "effective_due_date": "vencimento efetivo",
    "email": "e-mail", "events": "eventos", "expected_cents": "esperado", "holder": "caixa de",
    "failed": "falhas", "field": "dado", "filters": "filtros",
    "first": "primeira diferença", "first_due_date": "primeiro vencimento", "format": "formato",
    "income_cents": "renda", "instalment_count": "número de parcelas", "invoice": "parcela", "invoices": "parcelas",
    "invoices_moved": "parcelas movidas", "is_second_factor_required": "segundo fator obrigatório",
    "kept": "prazo de guarda", "key": "chave", "kind": "tipo", "late_fee_cents": "multa",
    "late_fee_discount_pct": "desconto na multa %", "late_fee_pct": "multa %",
    "late_fee_relief_cents": "multa que deixou de correr", "links": "links", "lost_on": "perdido em", "method": "meio",
    "mora_base_cents": "base da mora", "mora_discount_pct": "desconto na mora %", "mora_pct_month": "mora % ao mês",
    "mora_relief_cents": "mora que deixou de correr", "moved_to": "passam para", "name": "nome", "number": "número",
    "occupation": "ocupação", "offered_on": "proposta em", "original_discount_pct": "desconto no valor original %",
    "other_phone": "outro telefone", "outcome": "resultado", "paper": "documento", "parent": "empréstimo de origem",
    "paused_reason": "parado por", "payment": "recebimento", "payments": "recebimentos",
    "phone": "telefone", "phone_flag": "marca do telefone",
    "pix_city": "cidade da chave Pix", "pix_key": "chave Pix",
    "plan": "tabela", "principal_cents": "principal", "promised_cents": "valor prometido",
    "promised_method": "meio prometido", "promised_on": "prometido para", "purpose": "finalidade", "rate_pct": "taxa %",
    "reason": "motivo", "received_on": "recebido em", "refund": "devolução", "refunded_on": "devolvido em",
    "replay_number": "repetição", "request": "empréstimo", "retention_years": "anos de guarda", "role": "papel",
    "rows": "linhas", "run": "execução", "second_factor": "segundo fator", "sessions": "sessões encerradas",
    "sessions_ended": "sessões encerradas", "size_bytes": "tamanho em bytes", "skip_holidays": "pula feriados",
    "skip_sundays": "pula domingos", "sources": "recebimentos de origem", "state": "estado", "status": "situação",
    "step": "frequência", "street": "rua", "street_number": "número da casa", "successor": "novo empréstimo",
    "supervisor": "supervisor", "supervisor_id": "supervisor", "support_channel": "canal de atendimento",
    "support_hours": "horário de atendimento", "tax_id": "CPF/CNPJ", "template": "modelo",
    "total_open_cents": "total em aberto", "valid_through": "válida até", "waive_pct": "dispensa até %",
    "way": "entrega",
    "webhooks": "respostas apagadas", "write_off_cents": "perde até", "zip_code": "CEP",
}  # fmt: skip
VALUES = {
    "AGREEMENT": "termo de renegociação", "CARNET": "carnê", "CONTRACT": "contrato", "QUITTANCE": "termo de quitação",
    "STATEMENT": "extrato",
    "ACCEPTED": "aceita", "ACTIVE": "ativo", "ANSWERED": "atendeu", "APPROVED": "aprovado",
    "BIWEEKLY": "a cada 2 semanas", "BLOCKED": "bloqueado", "BOLETO": "boleto",
    "CALCULATION": "memória de cálculo", "CALL": "ligação", "CANCELLATION": "cancelamento da liberação",
    "CASH": "dinheiro",
    "CHARGE": "cobrança", "CONFIG": "configuração", "CREDIT": "crédito", "DAILY": "diária", "DECLINED": "reprovado",
    "DRAFT": "rascunho", "EXPIRED": "encerrada", "FAILED": "com falha", "FLAT": "juros simples", "GRANTED": "concedida",
    "LOAN_MANAGEMENT": "gestão de empréstimos", "LINK": "link", "LOGGED_OUT": "desconectado", "LOST": "perdido",
    "MONTHLY": "mensal",
    "NOTE": "nota", "NOT_FOUND": "não encontrado", "NOT_ON_WHATSAPP": "sem WhatsApp", "OPEN": "em análise",
    "PAID": "quitado", "PARTIAL": "parcial", "PENDING": "à espera", "PIX": "Pix", "POSTPONED": "remarcou",
    "PRICE": "Price", "PRINT": "impresso", "PROMISE": "promessa", "PROPOSAL": "proposta de acordo",
    "PROPOSED": "proposta",
    "RECEIPT": "recibo", "REFUSED": "recusada",
    "REJECTED": "recusada", "REOPENING": "reabertura", "RENEGOTIATED": "renegociado",
    "RENEGOTIATION_ANALYST": "analista de renegociação",
    "RUNNING": "em execução", "STREET_SUPERVISOR": "supervisor de rua", "SUCCESS": "concluída",
    "SUPER_ADMIN": "administrador", "TRANSFER": "transferência", "UNAPPROVED": "reprovado", "VISIT": "visita",
    "WAIVER": "dispensa",
    "WEEKLY": "semanal", "WHATSAPP": "WhatsApp", "WRITE_OFF": "perda", "WRONG_CONTACT": "contato errado",
    "WRONG_NUMBER": "número errado",
    "changed_meanwhile": "senha trocada enquanto isso", "charge": "cobranças", "code": "código",
    "inactive": "desativado", "invited": "ainda convidado", "mora": "mora", "other_phone": "outro telefone",
    "overdue": "atrasos", "password": "senha", "phone": "telefone", "second_step_over": "prazo do código terminou",
    "tax_id": "CPF/CNPJ", "unknown": "e-mail desconhecido",
}  # fmt: skip
# What only machines read, and what would repeat the record: not shown.
UNSHOWN = frozenset(
    {
        "key", "content_sha256", "text_sha256", "command_id", "payment_id", "adjustment_id", "refund_id", "holder_id",
        "returned_payment_id",
    }
)  # fmt: skip


def changes(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[tuple[str, str, str], ...]:
    """Return (field, before, after) in words for each field that an event tells of.

    >>> changes({"status": "OPEN"}, {"status": "ACTIVE", "amount_cents": 1234})
    (('situação', 'em análise', 'ativo'), ('valor', '', 'R$ 12,34'))
    """
    return tuple(_changed(before, after))


def _changed(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    for name in dict.fromkeys((*before, *after)):
        if name not in UNSHOWN:
            old = _value(name, before[name]) if name in before else ""
            yield FIELDS.get(name, name), old, _value(name, after[name]) if name in after else ""


def _value(name: str, value: object) -> str:
    if value is None or value == "":
        return "sem limite" if value is None and name.endswith(("_cents", "_pct")) else NONE
    if isinstance(value, bool):
        return "sim" if value else "não"
    if isinstance(value, int) and name.endswith("_cents"):
        return format_brl(value)
    if isinstance(value, list):
        return str(len(value))
    if isinstance(value, Mapping):
        return ", ".join(f"{FIELDS.get(key, key)} {_value(key, each)}" for key, each in value.items())
    text = str(value)
    return VALUES.get(text) or _day(text)


def _day(text: str) -> str:
    try:
        return f"{date.fromisoformat(text):%d/%m/%Y}"
    except ValueError:
        return text
