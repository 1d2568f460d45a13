"""What people call the permissions: the nouns they are grouped by, and what is done to each, in pt-BR."""

from domain.permissions import PERSON_ROLES, ROLE_PERMISSIONS, Permission

P = Permission

NOUNS = {
    "auth": "Acesso",
    "dashboard": "Painel",
    "clients": "Clientes",
    "consent": "Clientes",
    "timeline": "Contatos e documentos",
    "follow_ups": "Contatos e documentos",
    "documents": "Contatos e documentos",
    "requests": "Empréstimos",
    "approvals": "Aprovações",
    "invoices": "Parcelas e recebimentos",
    "payments": "Parcelas e recebimentos",
    "charges": "Parcelas e recebimentos",
    "credit": "Parcelas e recebimentos",
    "receipts": "Parcelas e recebimentos",
    "cash": "Parcelas e recebimentos",
    "papers": "Empréstimos",
    "renegotiations": "Renegociações",
    "messages": "Mensagens",
    "cycles": "Rotinas e carteira",
    "book": "Rotinas e carteira",
    "users": "Administração",
    "limits": "Administração",
    "company": "Administração",
    "audit": "Administração",
}

ACTIONS = {
    P.SESSION_USE: "Entrar no sistema",
    P.DASHBOARD_VIEW: "Ver o painel",
    P.CLIENTS_VIEW: "Ver clientes",
    P.CLIENTS_LOOK_UP: "Procurar por CPF ou telefone exatos",
    P.CLIENTS_REVEAL: "Mostrar CPF e telefone completos",
    P.CLIENTS_REGISTER: "Cadastrar e alterar",
    P.CLIENTS_BLOCK: "Bloquear e desbloquear",
    P.CLIENTS_ASSIGN: "Definir o supervisor",
    P.CLIENTS_EXPORT: "Exportar os dados de um cliente",
    P.CLIENTS_ANONYMISE: "Anonimizar",
    P.CONSENT_CHANGE: "Alterar o consentimento para mensagens",
    P.TIMELINE_VIEW: "Ver a linha do tempo",
    P.FOLLOW_UPS_RECORD: "Registrar contatos, visitas e promessas",
    P.DOCUMENTS_VIEW: "Ver documentos",
    P.DOCUMENTS_ATTACH: "Anexar documentos",
    P.DOCUMENTS_REMOVE: "Remover documentos",
    P.REQUESTS_VIEW: "Ver empréstimos",
    P.REQUESTS_OPEN: "Criar solicitações",
    P.REQUESTS_DECIDE: "Aprovar e reprovar, até o limite",
    P.REQUESTS_DISBURSE: "Liberar dinheiro",
    P.REQUESTS_WRITE_OFF: "Marcar como perdido, até o limite",
    P.REQUESTS_REOPEN: "Pedir para reabrir um empréstimo perdido",
    P.REQUESTS_CANCEL: "Pedir para cancelar uma liberação",
    P.PAPERS_ISSUE: "Emitir contratos, carnês e termos",
    P.APPROVALS_VIEW: "Ver pedidos de aprovação",
    P.APPROVALS_DECIDE: "Decidir pedidos de outra pessoa",
    P.INVOICES_VIEW: "Ver parcelas",
    P.PAYMENTS_VIEW: "Ver recebimentos",
    P.PAYMENTS_REGISTER: "Registrar recebimentos",
    P.PAYMENTS_REVERSE: "Estornar recebimentos, dispensas e devoluções",
    P.PAYMENTS_RETURN: "Registrar um recebimento que voltou depois de um acordo",
    P.RECEIPTS_SHARE: "Emitir e enviar recibos",
    P.CASH_HAND_IN: "Entregar o caixa",
    P.CASH_CHECK: "Conferir o caixa de outra pessoa",
    P.PAYMENTS_SETTLE: "Quitar antecipadamente",
    P.CHARGES_WAIVE: "Dispensar multa e mora, até o limite",
    P.INVOICES_CHANGE_DUE_DATE: "Alterar vencimentos",
    P.CREDIT_USE: "Usar o crédito de um cliente",
    P.CREDIT_REFUND: "Devolver o crédito de um cliente",
    P.RENEGOTIATIONS_VIEW: "Ver propostas de renegociação",
    P.RENEGOTIATIONS_OFFER: "Fazer propostas, com desconto até o limite",
    P.RENEGOTIATIONS_APPROVE: "Aprovar descontos acima do limite de quem propôs",
    P.RENEGOTIATIONS_ACCEPT: "Confirmar acordos",
    P.MESSAGES_VIEW: "Ver mensagens",
    P.MESSAGES_SEND: "Enviar mensagens",
    P.CYCLES_VIEW: "Ver rotinas diárias",
    P.CYCLES_RUN: "Executar rotinas diárias",
    P.BOOK_VERIFY: "Conferir a carteira",
    P.USERS_VIEW: "Ver usuários e papéis",
    P.USERS_MANAGE: "Convidar e alterar usuários",
    P.LIMITS_MANAGE: "Alterar os limites dos papéis",
    P.COMPANY_MANAGE: "Alterar as configurações da empresa",
    P.AUDIT_VIEW: "Ver a auditoria",
}


def matrix() -> list[tuple[str, list[tuple[str, list[bool]]]]]:
    """Return noun → (action, whether each of `PERSON_ROLES` may), of what any person may do at all."""
    groups: dict[str, list[tuple[str, list[bool]]]] = {}
    for permission in Permission:
        may = [permission in ROLE_PERMISSIONS[role] for role in PERSON_ROLES]
        if any(may):
            noun = NOUNS.get(permission.value.partition(".")[0], "Outros")
            groups.setdefault(noun, []).append((ACTIONS.get(permission, permission.value), may))
    order = list(dict.fromkeys(NOUNS.values()))
    return sorted(groups.items(), key=lambda group: order.index(group[0]) if group[0] in order else len(order))
