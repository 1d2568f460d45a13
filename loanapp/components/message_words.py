"""What users read for why a text was not sent, was cancelled or failed (ux.md §2.16)."""

from domain.messages import Reason

REASONS = {
    Reason.PAID: "Já pagou",
    Reason.OPT_OUT: "Pediu para não receber",
    Reason.NUMBER: "Número não confirmado",
    Reason.WRONG_NUMBER: "Número errado",
    Reason.PAYMENT: "Pagamento",
    Reason.PROMISE: "Promessa ativa",
    Reason.PROMISE_MADE: "Promessa",
    Reason.FREQUENCY: "Limite de frequência",
    Reason.NO_WINDOW: "Fora do horário",
    Reason.STALE: "Data já passou",
    Reason.NOT_APPROVED: "Não aprovada",
    Reason.INCOMPLETE: "Cadastro da empresa incompleto",
    Reason.TRIES_SPENT: "WhatsApp desconectado",
    Reason.LEASE_OVER: "O envio foi interrompido",
    Reason.REFUSED: "Recusada pelo WhatsApp",
    Reason.CONFIG: "WhatsApp mal configurado",
    Reason.WRONG_RECIPIENT: "Número de outra pessoa",
}


def reason_word(stored: str) -> str:
    """Return what users read for a stored reason; empty where there is none."""
    return REASONS[Reason(stored)] if stored in set(Reason) else stored
