"""What users read (pt-BR) for each refusal of the domain, by its code; the values come from the error.

A test finds every `DomainError` subclass and fails on a missing text.  Texts say what to do.  Values are formatted by
their type: money and dates as Brazilians write them.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum

from domain.money import Money
from loanapp.components.formats import brl_text, counted, date_text, percent_text

TEXTS: dict[str, str] = {
    "not_allowed": "Você não tem permissão para isso.",
    "not_allowed.permission": "{denial}",
    "not_found": "Este registro não existe.",
    "conflict": "O registro mudou enquanto isso. Confira e tente de novo.",
    "invalid": "Confira o que foi preenchido.",
    "invalid.several": "Confira os campos indicados.",
    "auth.credentials_wrong": "E-mail ou senha não conferem.",
    "auth.email_not_understood": "Informe um e-mail, como ana@empresa.com.br.",
    "auth.email_taken": "Já existe um usuário com este e-mail.",
    "auth.password_too_short": "A senha precisa de pelo menos {least} caracteres.",
    "auth.name_missing": "Informe o nome, com até {most} caracteres.",
    "auth.role_unknown": "Escolha um dos papéis da lista.",
    "auth.too_many_attempts":
        "Muitas tentativas. Tente de novo em {minutes} ou peça um novo link a um administrador.",
    "auth.code_wrong": "O código não confere. Veja no aplicativo o código de agora.",
    "auth.password_wrong": "A senha atual não confere.",
    "auth.password_easy": "Esta senha é fácil de adivinhar. Escolha outra.",
    "auth.session_ended": "Sua sessão terminou. Entre de novo.",
    "auth.session_not_found": "Esta sessão já terminou.",
    "auth.link_not_good": "Este link não vale mais. Peça um novo a um administrador.",
    "user.not_found": "Este usuário não existe.",
    "user.own_access": "Ninguém muda o próprio acesso. Peça a outro administrador.",
    "user.last_administrator": "Este é o último administrador. Nomeie outro antes.",
    "user.inactive": "Este usuário está desativado.",
    "user.active": "Este usuário já está ativo.",
    "user.heir_missing": "Escolha quem fica com os clientes ({clients}), ou deixe-os sem supervisor.",
    "user.heir_unfit": "Escolha outro supervisor de rua, que esteja ativo.",
    "user.clients_assigned": "Passe os clientes deste supervisor ({clients}) a outro antes de mudar o papel.",
    "second_factor.already_on": "O segundo fator já está ativo.",
    "second_factor.not_started": "O segundo fator não está ativo.",
    "second_factor.code_wrong": "O código não confere. Veja no aplicativo o código de agora.",
    "second_factor.password_wrong": "A senha não confere.",
    "second_factor.own": "Desative o seu segundo fator no seu perfil, com a senha.",
    "second_factor.user_not_found": "Este usuário não existe.",
    "limits.out_of_range": "Informe um limite de 0 a 100%, ou de até R$ 100.000.000,00.",
    "limits.percent_not_whole": "Informe um percentual inteiro, de 0 a 100.",
    "limits.not_of_role": "Este papel não tem este limite.",
    "limits.role_without_limits": "Os limites deste papel não mudam.",
    "limits.changed": "Outra pessoa mudou estes limites. Nada foi alterado. Confira os valores de agora.",
    "company.missing": "Cadastre a empresa antes.",
    "client.exists": "Este CPF ou CNPJ já é de {name}.",
    "client.not_found": "Este cliente não existe.",
    "client.blocked": "Este cliente está bloqueado: {reason}",
    "client.status_unchanged": "O cliente já está nesta situação.",
    "client.supervisor_unfit": "Escolha um supervisor de rua que esteja ativo.",
    "client.supervisor_unchanged": "O supervisor já é este.",
    "client.look_ups_spent": "Você já fez {limit} consultas por CPF ou telefone hoje. Fale com a gestão.",
    "client.anonymised": "Os dados deste cliente foram anonimizados em {on}. Nada mais pode ser feito aqui.",
    "client.anonymise_not_confirmed": "Digite o número do cliente, {number}, para confirmar.",
    "client.retention_running": "Os dados ficam guardados até {until}, porque {because}. Nada foi alterado.",
    "client.retention_open": "Os dados ficam guardados, porque {because}. Nada foi alterado.",
    "consent.origin_unknown": "Escolha como o cliente avisou.",
    "consent.unchanged": "O aceite de mensagens já está assim.",
    "tax_id.missing": "Informe o CPF com 11 números ou o CNPJ com 14 caracteres.",
    "tax_id.wrong_length": "Informe o CPF com 11 números ou o CNPJ com 14 caracteres.",
    "tax_id.wrong_digits": "Os dígitos do CPF ou CNPJ não conferem. Confira o número.",
    "phone.missing": "Informe o telefone com DDD.",
    "phone.not_understood": "Informe o telefone com DDD, como (11) 98765-4321.",
    "phone.needs_ninth_digit": "Falta o 9 na frente do celular. Seria {suggestion}?",
    "name.without_letters": "Escreva o nome com letras.",
    "text.missing": "Preencha este campo.",
    "text.too_long": "Use até {maximum} caracteres. Há {length}.",
    "text.not_printable": "Tire os caracteres especiais deste campo.",
    "state.unknown": "Escolha um estado da lista.",
    "zip_code.not_understood": "Informe o CEP com 8 números.",
    "birth_date.impossible": "Informe uma data de nascimento de quem tem de 18 a 120 anos.",
    "money.missing": "Informe o valor.",
    "money.not_understood": "Informe o valor como 1.234,56.",
    "money.negative": "Informe um valor que não seja negativo.",
    "money.too_large": "Informe um valor de até R$ 100.000.000,00.",
    "percent.missing": "Informe a taxa.",
    "percent.not_understood": "Informe a taxa como 4,50.",
    "percent.negative": "Informe uma taxa que não seja negativa.",
    "percent.too_large": "Informe uma taxa de até 1.000%.",
    "date.missing": "Informe a data.",
    "date.not_understood": "Informe a data como 22/07/2025.",
    "plan.count_out_of_range": "Informe de 1 a {limit} parcelas.",
    "plan.principal_not_positive": "Informe um valor maior que zero.",
    "plan.principal_too_large": "Informe um valor de até {limit}.",
    "plan.rate_out_of_range": "Informe uma taxa de 0 a {limit}% por período.",
    "plan.first_due_date_out_of_range": "Informe uma primeira data mais próxima.",
    "plan.skips_not_daily": "Só a frequência diária pula domingos e feriados.",
    "plan.instalment_not_positive": "Sobra uma parcela de zero. Use menos parcelas ou um valor maior.",
    "plan.cost_undefined": "Não há CET para estas condições. Confira valor, parcelas e datas.",
    "plan.cost_too_high": "O CET destas condições é alto demais. Confira taxa e datas.",
    "rates.out_of_range": "Informe uma taxa de 0 a 1.000%.",
    "rates.late_fee_above_person_limit": "Multa acima de {limit}% para pessoa física: só um administrador, com motivo.",
    "rates.mora_above_person_limit": "Mora acima de {limit}% ao mês para pessoa física: só administrador, com motivo.",
    "rates.late_fee_above_company_limit": "A multa vai até {limit}%.",
    "request.not_found": "Este empréstimo não existe.",
    "request.borrower_missing": "Escolha o cliente.",
    "request.moved": "Este empréstimo mudou de situação enquanto isso. Recarregue a página.",
    "request.id_taken": "Este pedido já foi registrado com outros dados. Recarregue a página.",
    "request.own": "Quem pede não aprova. Peça a outra pessoa.",
    "request.own_needs_reason": "Escreva o motivo para aprovar o próprio pedido.",
    "request.above_limit": "Acima de {limit_cents} só um administrador aprova.",
    "request.first_due_date": "A primeira data fica depois de hoje e até um ano à frente.",
    "request.disbursed_on": "A data da liberação fica de {earliest} a {latest}.",
    "request.first_due_passed": "A primeira data ({first_due_date}) já passou. Informe uma nova.",
    "request.reason_missing": "Escreva o motivo.",
    "approval.not_found": "Este pedido de aprovação não existe.",
    "approval.decided": "Outra pessoa já decidiu este pedido. Recarregue a página.",
    "approval.pending": "Já há um pedido aguardando a segunda pessoa. Veja em Aprovações.",
    "approval.id_taken": "Este pedido já foi registrado com outros dados. Recarregue a página.",
    "approval.own": "Quem pede não decide. Peça a outra pessoa.",
    "approval.above_limit": "São {amount_cents} e o seu limite é {limit_cents}. Peça a um administrador.",
    "approval.debt_grew": "No dia do pedido a dívida era {recounted_cents}, não {asked_cents}. Recuse e peçam de novo.",
    "request.number_not_typed": "Digite {number}, o número deste empréstimo.",
    "request.takes_no_payment": "Este empréstimo não recebe pagamentos na situação em que está.",
    "invoice.not_found": "Esta parcela não existe.",
    "invoice.move_refused": "A parcela mudou de situação enquanto isso. Recarregue a página.",
    "payment.in_future": "A data do recebimento não pode ser depois de hoje ({today}).",
    "payment.before_disbursement": "A data não pode ser antes da liberação do dinheiro ({disbursed_on}).",
    "payment.not_positive": "Informe um valor maior que zero.",
    "payment.method_brings_no_money": "Escolha como o dinheiro entrou: Pix, dinheiro, transferência ou boleto.",
    "payment.cash_ceiling": "Em dinheiro, você registra até {limit_cents} por dia; hoje restam {left_cents}.",
    "payment.too_large": "Informe um valor de até {limit}.",
    "payment.id_taken": "Este recebimento já foi registrado com outros dados. Confira os recebimentos do empréstimo.",
    "settlement.invoice_not_open": "Escolha só parcelas em aberto deste empréstimo.",
    "renegotiation.move_refused": "A proposta mudou de situação enquanto isso. Recarregue a página.",
    "renegotiation.nothing_owed": "Este cliente não tem dívida em aberto.",
    "renegotiation.discount_out_of_range": "Informe um desconto de 0 a 100%.",
    "renegotiation.down_payment_out_of_range": "A entrada vai de zero a menos que {limit}.",
    "renegotiation.first_due_date_too_early": "A primeira data não pode ser antes da proposta.",
    "renegotiation.validity_too_short": "A proposta vale por pelo menos {days} dias.",
    "renegotiation.expired": "A proposta valia até {valid_through}. Faça uma nova.",
    "renegotiation.debt_changed": "A dívida mudou de {offered} para {recounted}. Nada foi alterado. Recalcule.",
    "message.not_found": "Esta mensagem não existe.",
    "message.not_resendable": "Só uma mensagem que falhou pode ser enviada de novo.",
    "message.already_today": "O cliente já tem uma cobrança hoje: no máximo uma por dia.",
    "message.too_frequent": "O cliente já recebeu as cobranças permitidas em sete dias.",
    "message.nothing_owed": "O cliente não tem parcela vencendo hoje nem em atraso.",
    "message.opted_out": "O cliente pediu para não receber mensagens.",
    "message.promised": "O cliente prometeu pagar até {promised_on}. As cobranças voltam no dia seguinte.",
    "message.outside_hours": "Hoje já passou o horário de cobranças.",
    "message.number_flagged": "O número do cliente não está confirmado no WhatsApp. Confira o telefone.",
    "template.incomplete": "O modelo usa {placeholder}, que não tem valor aqui.",
    "follow_up.not_found": "Este registro não existe.",
    "follow_up.id_taken": "Isto já foi registrado com outros dados. Confira a linha do tempo.",
    "follow_up.of_another": "Só quem registrou ou a gestão pode desfazer.",
    "follow_up.outcome_missing": "Escolha o resultado.",
    "promise.date_impossible": "A promessa vale de {earliest} a {latest}.",
    "promise.too_large": "O valor passa de dez vezes a dívida, de {owed}. Confira o valor.",
    "promise.nothing_owed": "Este cliente não deve nada.",
    "document.not_found": "Este documento não existe ou foi removido.",
    "document.id_taken": "Este envio já foi registrado com outro arquivo. Recarregue a página.",
    "document.kind_unknown": "Escolha o tipo do documento.",
    "document.missing": "Escolha um arquivo de cada vez.",
    "document.empty": "O arquivo está vazio.",
    "document.too_large": "O arquivo passa de {megabytes} MB.",
    "document.type_refused": "Envie um PDF ou uma imagem JPG, PNG ou WebP.",
    "document.name_mismatch": "O nome do arquivo não combina com o conteúdo, que é {endings}.",
    "document.name_refused": "Dê ao arquivo um nome simples, com a extensão e sem barras.",
    "cycle.in_future": "A data de referência não pode ser depois de hoje.",
    "cycle.not_due": "A cobrança roda de segunda a sexta-feira.",
    "cycle.waits": "A rotina anterior ainda não terminou para esta data.",
    "cycle.run_not_found": "Esta execução não existe.",
}


def _shown(name: str, value: object) -> str:
    if isinstance(value, Money):
        return brl_text(value.cents)
    if name.endswith("_cents") and isinstance(value, int):
        return brl_text(value)
    if name == "minutes" and isinstance(value, int):
        return counted(value, "minuto", "minutos")
    if isinstance(value, date):
        return date_text(value)
    if isinstance(value, Decimal):
        return percent_text(value).removesuffix("%").removesuffix(",00")
    return str(value.value if isinstance(value, Enum) else value)


def text_of(code: str, values: Mapping[str, object]) -> str:
    """Return the text of a refusal with its values filled in; the general text of its root for an unknown code."""
    template = TEXTS.get(code) or TEXTS["invalid"]
    return template.format_map(defaultdict(str, {name: _shown(name, value) for name, value in values.items()}))
