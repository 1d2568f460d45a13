"""Why a paper is not written, in the words of who asked for it: the answer of its route, which knows no screens."""

# The refusals of `domain.papers`; screens say the same.
OF_PAPERS = {
    "paper.contract_not_yet": "O contrato sai depois da aprovação.",
    "paper.not_lent": "O extrato sai depois que o dinheiro é liberado.",
    "paper.nothing_to_pay": "Não há parcela em aberto para o carnê.",
    "paper.not_paid": "O termo de quitação sai quando o empréstimo está quitado.",
    "paper.offer_closed": "Esta proposta foi encerrada. Faça uma nova.",
}
REFUSALS = OF_PAPERS | {
    "request.not_found": "Este empréstimo não existe.",
    "request.first_due_passed": "A primeira data já passou. Libere com uma nova data e emita o contrato depois.",
    "renegotiation.not_found": "Esta proposta não existe.",
    "renegotiation.expired": "A validade desta proposta terminou. Faça uma nova.",
    "renegotiation.not_approved": "O desconto desta proposta ainda espera aprovação.",
    "renegotiation.debt_changed": "A dívida mudou desde esta proposta. Recalcule antes de imprimir.",
}
