"""The words of the texts to borrowers, by version (whatsapp.md §11); `domain/templates.py` fills them.

The words of a version never change: a queued text is rendered anew from the version it was queued with.
"""

from dataclasses import dataclass, replace

# The closed list of what a template may name (whatsapp.md §11), and the terms of a proposal (CDC 54-B); `{assinatura}`
# stands for three of them.
PLACEHOLDERS = frozenset(
    {
        "primeiro_nome",
        "empresa",
        "cnpj_empresa",
        "endereco_empresa",
        "contrato_ref",
        "parcela_num",
        "parcela_total",
        "valor_original",
        "multa",
        "mora",
        "dias_atraso",
        "valor_atualizado",
        "vencimento",
        "data_base",
        "pix_copia_cola",
        "link",
        "canal_atendimento",
        "horario_atendimento",
        "proposta_num",
        "validade",
        "juros_mes",
        "cet",
        "multa_pct",
        "mora_pct",
    }
)


@dataclass(frozen=True)
class Template:
    """The parts of one text, in the order in which they are joined.

    One invoice: `opening`, `single`, `closing`.  Several: `opening`, `several`, per request `heading` and a `line` for
    each invoice, `total`, `closing`.  A proposal: `single`, the down payment as `heading`, a `line` for the instalments
    of one amount, `total`.  A calculation: its lines under `single`, or for each invoice under `heading`.  `last`
    follows the reference, and is left out where a value of it is not known.
    """

    code: str
    version: int
    opening: str
    single: str
    several: str = ""
    heading: str = "Contrato {contrato_ref}"
    line: str = "• parcela {parcela_num}/{parcela_total}, vencimento {vencimento}: {valor_atualizado}"
    total: str = "Total para pagamento até {data_base}: {valor_atualizado}."
    closing: str = ""
    last: str = ""


# Phones copy whole messages, so the code stands alone on the last line; it is right until the end of the day only.
_PIX = "Pix copia e cola de {valor_atualizado}, válido até {data_base}:\n{pix_copia_cola}"
_ASK_BACK = "fale com {canal_atendimento}, {horario_atendimento}.\n{assinatura}"

_FIRST_WORDS = (
    Template(
        "D0",
        1,
        opening="Olá, {primeiro_nome}.",
        single="A parcela {parcela_num}/{parcela_total} (ref. {contrato_ref}), de {valor_original}, vence hoje,"
        " {vencimento}. Pagando hoje não há acréscimos.",
        several="Estas parcelas vencem hoje, {data_base}. Pagando hoje não há acréscimos.",
        line="• parcela {parcela_num}/{parcela_total}: {valor_original}",
        total="Total: {valor_atualizado}.",
        closing="{empresa}",
    ),
    Template(
        "D+1",
        1,
        opening="Olá, {primeiro_nome}, tudo bem?",
        single="Ainda não identificamos o pagamento da parcela {parcela_num}/{parcela_total} (ref. {contrato_ref}),"
        " vencida em {vencimento}. Se já pagou, por favor desconsidere ou envie o comprovante.\n"
        "Valor para pagamento até {data_base}: {valor_atualizado}.",
        several="Ainda não identificamos o pagamento destas parcelas. Se já pagou, por favor desconsidere ou envie o"
        " comprovante.",
        closing="{assinatura}",
    ),
    Template(
        "D+3",
        1,
        opening="Olá, {primeiro_nome}.",
        single="A parcela {parcela_num}/{parcela_total} (ref. {contrato_ref}) segue em aberto. Valor original"
        " {valor_original} + multa {multa} + juros de mora {mora} ({dias_atraso} dias) = {valor_atualizado}, válido até"
        " {data_base}.",
        several="Estas parcelas seguem em aberto.",
        line="• parcela {parcela_num}/{parcela_total}, vencimento {vencimento}: {valor_original} + multa {multa} +"
        " juros de mora {mora} = {valor_atualizado}",
        closing="Podemos ajudar? {canal_atendimento}.\n{assinatura}",
    ),
    Template(
        "D+7",
        1,
        opening="Olá, {primeiro_nome}. Sabemos que imprevistos acontecem.",
        single="Se quiser, podemos renegociar a parcela {parcela_num}/{parcela_total} (ref. {contrato_ref}). Hoje o"
        " valor é {valor_atualizado}.",
        several="Se quiser, podemos renegociar estas parcelas.",
        total="Hoje o total é {valor_atualizado}.",
        closing="Responda NEGOCIAR ou fale com {canal_atendimento}, {horario_atendimento}.\n{assinatura}",
    ),
    Template(
        "D+15",
        1,
        opening="Prezado(a) {primeiro_nome},",
        single="consta em aberto a parcela {parcela_num}/{parcela_total} do contrato {contrato_ref}, vencida em"
        " {vencimento}: original {valor_original}, multa {multa}, juros {mora}, total {valor_atualizado} em"
        " {data_base}.",
        several="constam em aberto as parcelas abaixo.",
        line="• parcela {parcela_num}/{parcela_total}, vencimento {vencimento}: original {valor_original}, multa"
        " {multa}, juros {mora}, total {valor_atualizado}",
        total="Total em {data_base}: {valor_atualizado}.",
        closing="Opções: pagamento à vista, data combinada ou renegociação. {canal_atendimento}.\n{assinatura}",
    ),
    Template(
        "D+30",
        1,
        opening="Prezado(a) {primeiro_nome},",
        single="até o momento não identificamos acordo para a parcela {parcela_num}/{parcela_total} do contrato"
        " {contrato_ref} ({dias_atraso} dias). Total em {data_base}: {valor_atualizado}.",
        several="até o momento não identificamos acordo para as parcelas abaixo.",
        total="Total em {data_base}: {valor_atualizado}.",
        closing="Permanecemos à disposição para negociar em {canal_atendimento}.\n{assinatura}",
    ),
    Template(
        "RECEIPT",
        1,
        opening="Olá, {primeiro_nome}.",
        single="Recebemos seu pagamento de {valor_original}, de {data_base}, do contrato {contrato_ref}. Obrigado!"
        " Falta pagar deste contrato: {valor_atualizado}.",
        closing="{empresa}",
    ),
    Template(
        "RECEIPT_PAID",
        1,
        opening="Olá, {primeiro_nome}.",
        single="Recebemos seu pagamento de {valor_original}, de {data_base}. Com ele o contrato {contrato_ref} está"
        " quitado. Obrigado!",
        closing="{empresa}",
    ),
)
_FIRST = {template.code: template for template in _FIRST_WORDS}
_WITH_PIX = tuple(replace(_FIRST[code], version=2, last=_PIX) for code in ("D0", "D+1", "D+3"))
_WITH_LINK = tuple(
    replace(_FIRST[code], version=2, closing="Veja e baixe o recibo: {link}\n{empresa}")
    for code in ("RECEIPT", "RECEIPT_PAID")
)
_ONE_OFF = (
    Template(
        "PROPOSAL",
        1,
        opening="Olá, {primeiro_nome}.",
        single="Esta é a proposta de acordo nº {proposta_num} para o contrato {contrato_ref}. Dívida em {data_base}:"
        " original {valor_original} + multa {multa} + juros de mora {mora} = {valor_atualizado}.",
        heading="• entrada de {valor_original}, na confirmação",
        line="• {parcela_total} x {valor_original}, primeiro vencimento em {vencimento}",
        total="Total a pagar: {valor_atualizado}. Juros de {juros_mes}% ao mês, CET de {cet}% ao ano. Em atraso: multa"
        " de {multa_pct}% e juros de mora de {mora_pct}% ao mês. Pode ser quitado antes, com desconto dos juros.\n"
        "Vale até {validade}.",
        closing=f"Para aceitar ou conversar, responda a esta mensagem ou {_ASK_BACK}",
    ),
    Template(
        "CALCULATION",
        1,
        opening="Olá, {primeiro_nome}.",
        single="Segue a memória de cálculo da parcela {parcela_num}/{parcela_total} do contrato {contrato_ref}.",
        several="Segue a memória de cálculo do contrato {contrato_ref}.",
        heading="Parcela {parcela_num}/{parcela_total}, vencimento {vencimento}",
        total="Total das parcelas acima em {data_base}: {valor_atualizado}.",
        closing=f"Dúvidas? Responda a esta mensagem ou {_ASK_BACK}",
        last=_PIX,
    ),
)
SHIPPED = (*_FIRST_WORDS, *_WITH_PIX, *_WITH_LINK, *_ONE_OFF)
