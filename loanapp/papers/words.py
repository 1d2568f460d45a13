"""What papers call the states and kinds that are stored as codes; screens call them the same (ux.md §2.16, §3.4)."""

from collections.abc import Mapping

from domain.messages import Reason

REASONS = {
    Reason.PAID: "Já pagou",
    Reason.OPT_OUT: "Pediu para não receber",
    Reason.NUMBER: "Número não confirmado",
    Reason.WRONG_NUMBER: "Número errado",
    Reason.PAYMENT: "Pagamento",
    Reason.REVERSED: "Recebimento estornado",
    Reason.PROMISE: "Promessa ativa",
    Reason.PROMISE_MADE: "Promessa",
    Reason.WRITTEN_OFF: "Baixado como perda",
    Reason.LOAN_CANCELLED: "Liberação cancelada",
    Reason.FREQUENCY: "Limite de frequência",
    Reason.NO_WINDOW: "Fora do horário",
    Reason.STALE: "Data já passou",
    Reason.OFFER_CLOSED: "Proposta encerrada",
    Reason.NOT_APPROVED: "Não aprovada",
    Reason.INCOMPLETE: "Cadastro da empresa incompleto",
    Reason.TRIES_SPENT: "WhatsApp desconectado",
    Reason.LEASE_OVER: "O envio foi interrompido",
    Reason.REFUSED: "Recusada pelo WhatsApp",
    Reason.CONFIG: "WhatsApp mal configurado",
    Reason.WRONG_RECIPIENT: "Número de outra pessoa",
}
REQUEST = {
    "OPEN": "Em análise",
    "APPROVED": "Aprovado",
    "ACTIVE": "Em andamento",
    "PAID": "Quitado",
    "RENEGOTIATED": "Renegociado",
    "UNAPPROVED": "Reprovado",
    "LOST": "Perdido",
}
INVOICE = {
    "OPEN": "A vencer",
    "UNPAID": "Em atraso",
    "PAID": "Paga",
    "RENEGOTIATED": "Renegociada",
    "CANCELLED": "Cancelada",
}
MESSAGE = {
    "QUEUED": "Na fila",
    "SENDING": "Enviando",
    "SENT": "Enviada",
    "DELIVERED": "Entregue",
    "READ": "Lida",
    "FAILED": "Falhou",
    "UNKNOWN": "Sem confirmação",
    "WITHHELD": "Não enviada (regra)",
    "CANCELLED": "Cancelada",
}
MESSAGE_KIND = {
    "CHARGE": "Cobrança",
    "RECEIPT": "Recibo",
    "PROPOSAL": "Proposta de acordo",
    "CALCULATION": "Memória de cálculo",
}
METHOD = {"PIX": "Pix", "CASH": "Dinheiro", "TRANSFER": "Transferência", "BOLETO": "Boleto", "CREDIT": "Crédito"}
RECEIPT_WAY = {"PDF": "PDF", "PRINT": "impresso", "LINK": "link", "WHATSAPP": "WhatsApp"}
PLAN = {"FLAT": "juros simples", "PRICE": "tabela Price"}
STEP = {"DAILY": "diárias", "WEEKLY": "semanais", "BIWEEKLY": "quinzenais", "MONTHLY": "mensais"}
PERIOD = {"DAILY": "ao dia", "WEEKLY": "à semana", "BIWEEKLY": "à quinzena", "MONTHLY": "ao mês"}
FOLLOW_UP = {"NOTE": "Nota", "CALL": "Ligação", "VISIT": "Visita", "PROMISE": "Promessa"}
OUTCOME = {
    "ANSWERED": "Falou com o cliente",
    "NOT_FOUND": "Não encontrado",
    "WRONG_CONTACT": "Contato errado",
    "REFUSED": "Recusou",
    "POSTPONED": "Pediu para depois",
}
DOCUMENT = {
    "IDENTITY": "Identidade",
    "ADDRESS": "Comprovante de endereço",
    "INCOME": "Comprovante de renda",
    "CONTRACT": "Contrato",
    "PAYMENT": "Comprovante de pagamento",
    "PHOTO": "Foto",
    "OTHER": "Outro",
}
APPROVAL = {"PENDING": "Pendente", "GRANTED": "Aprovada", "REFUSED": "Recusada"}
APPROVAL_KIND = {
    "WRITE_OFF": "Marcar como perdido",
    "WAIVER": "Dispensar encargos",
    "REOPENING": "Reabrir empréstimo",
    "CANCELLATION": "Cancelar liberação",
}
ADJUSTMENT_KIND = {"WAIVER": "Dispensa", "REMAINDER": "Resto dispensado", "SETTLEMENT": "Quitação antecipada"}
COMPONENT = {"MORA": "mora", "LATE_FEE": "multa", "INTEREST": "juros", "PRINCIPAL": "principal"}
RENEGOTIATION = {
    "DRAFT": "Rascunho",
    "PROPOSED": "Apresentada",
    "ACCEPTED": "Acordo confirmado",
    "REJECTED": "Recusada",
    "EXPIRED": "Encerrada",
}
CLIENT_STATUS = {"ACTIVE": "Ativo", "BLOCKED": "Bloqueado"}
CYCLE = {"overdue": "Vencidos", "mora": "Mora", "charge": "Cobrança"}


def word(words: Mapping[str, str], code: str | None) -> str:
    """Return what people read for a code; the code itself where it has no word, and nothing for none."""
    return words.get(code, code) if code else ""
