"""What the texts to borrowers say: the cadence, its templates and the renderer (whatsapp.md §11), as data.

A template's words change only with a new version, because a queued text is rendered anew from the version it was queued
with.  The provider and the tables are elsewhere.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import groupby

from domain.calendar import format_date
from domain.errors import Invalid
from domain.money import Money, format_brl
from domain.windows import Hours

# The closed list of what a template may name (whatsapp.md §11); `{assinatura}` stands for three of them.
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
    }
)
_SIGNATURE = "{empresa}, CNPJ {cnpj_empresa}, {endereco_empresa}"
_FIELD = re.compile(r"\{([a-z_]+)\}")
_REFERENCE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_REFERENCE_LENGTH = 5


class TemplateIncomplete(Invalid):
    """A text names something that is not known, so it can't be sent."""

    code = "template.incomplete"


@dataclass(frozen=True)
class Template:
    """The parts of one text, in the order in which they are joined.

    One invoice: `opening`, `single`, `closing`.  Several: `opening`, `several`, per request `heading` and a `line` for
    each invoice, `total`, `closing`.
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


@dataclass(frozen=True)
class CadenceStep:
    """One step of the régua: from how many days of delay it applies, and its guards.

    A formal step leaves only after a person approved it; `hours` narrows the lawful window.
    """

    template: str
    from_days_overdue: int
    needs_approval: bool = False
    hours: Hours | None = None


CADENCE = (
    CadenceStep("D0", 0, hours=Hours(time(9), time(11))),
    CadenceStep("D+1", 1),
    CadenceStep("D+3", 3),
    CadenceStep("D+7", 7),
    CadenceStep("D+15", 15, needs_approval=True),
    CadenceStep("D+30", 30, needs_approval=True),
)

_SHIPPED = (
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
_BY_VERSION = {(template.code, template.version): template for template in _SHIPPED}
LATEST = {template.code: template for template in sorted(_SHIPPED, key=lambda template: template.version)}


@dataclass(frozen=True, kw_only=True)
class Lender:
    """Who writes, as every text that asks for money must say (CDC 42-A); `tax_id` formatted."""

    name: str
    tax_id: str
    address: str
    support_channel: str
    support_hours: str


@dataclass(frozen=True, kw_only=True)
class OwedInvoice:
    """What is still open of one invoice, by component, so that the parts in a text add up to its total."""

    request_number: int
    number: int
    count: int
    effective_due_date: date
    original: Money
    late_fee: Money
    mora: Money

    @property
    def open(self) -> Money:
        """What pays it today."""
        return self.original + self.late_fee + self.mora

    def days_overdue(self, as_of: date) -> int:
        """Days since its effective due date, 0 when that has not passed."""
        return max(0, (as_of - self.effective_due_date).days)


def template(code: str, version: int) -> Template:
    """Return the words of one version; KeyError when it never was shipped."""
    return _BY_VERSION[code, version]


def step_for(days_overdue: int) -> CadenceStep:
    """Return the latest step that a delay reached."""
    return [step for step in CADENCE if step.from_days_overdue <= days_overdue][-1]


def step_of(code: str) -> CadenceStep:
    """Return the step whose texts are written from this template."""
    return next(step for step in CADENCE if step.template == code)


def is_lender_known(words: Template, lender: Lender) -> bool:
    """Say whether everything that the words name of the lender is there, so that the text can be written."""
    named = f"{words.opening} {words.single} {words.several} {words.total} {words.closing}"
    fields = set(_FIELD.findall(named.replace("{assinatura}", _SIGNATURE)))
    return all(value.strip() for name, value in _lender_values(lender).items() if name in fields)


def total_open(owed: Sequence[OwedInvoice]) -> Money:
    """Add up what is open."""
    return sum((invoice.open for invoice in owed), Money.ZERO)


def oldest_days_overdue(owed: Sequence[OwedInvoice], as_of: date) -> int:
    """Return the delay of the oldest open invoice, which decides the step."""
    return max(invoice.days_overdue(as_of) for invoice in owed)


def reference_of(digest: bytes) -> str:
    """Return the five characters that make a text findable, such as `7K2M9`, from a digest of at least four bytes.

    Crockford's alphabet has no letters that people mistake for digits.
    """
    number = int.from_bytes(digest[:4])
    return "".join(_REFERENCE_ALPHABET[number >> 5 * place & 31] for place in range(_REFERENCE_LENGTH))


def render_charge(
    words: Template, *, lender: Lender, first_name: str, owed: Sequence[OwedInvoice], as_of: date, reference: str
) -> str:
    """Write a charge text about what a borrower owes as of a date; raise TemplateIncomplete when a value is missing."""
    shared = _lender_values(lender) | {"primeiro_nome": first_name, "data_base": format_date(as_of)}
    if len(owed) == 1:
        parts = [f"{words.opening} {words.single}"]
        shared |= _invoice_values(owed[0], as_of)
        lines: list[str] = []
    else:
        parts = [f"{words.opening} {words.several}"]
        shared |= {"valor_atualizado": format_brl(total_open(owed))}
        lines = _lines(words, owed, as_of, shared)
    written = [_fill(part, shared) for part in parts] + lines
    if len(owed) > 1:
        written.append(_fill(words.total, shared))
    return "\n".join([*written, _fill(words.closing, shared), f"Ref. {reference}"])


def render_receipt(
    words: Template,
    *,
    lender: Lender,
    first_name: str,
    request_number: int,
    amount: Money,
    received_on: date,
    still_open: Money,
    link: str,
    reference: str,
) -> str:
    """Write the receipt of a payment, with what is still open of its contract and the link that opens it.

    Raises TemplateIncomplete.
    """
    values = _lender_values(lender) | {
        "primeiro_nome": first_name,
        "contrato_ref": str(request_number),
        "valor_original": format_brl(amount),
        "data_base": format_date(received_on),
        "valor_atualizado": format_brl(still_open),
        "link": link,
    }
    body = _fill(f"{words.opening} {words.single}", values)
    return "\n".join([body, _fill(words.closing, values), f"Ref. {reference}"])


def _lines(words: Template, owed: Sequence[OwedInvoice], as_of: date, shared: Mapping[str, str]) -> list[str]:
    ordered = sorted(owed, key=lambda invoice: (invoice.request_number, invoice.effective_due_date, invoice.number))
    lines = []
    for request_number, invoices in groupby(ordered, key=lambda invoice: invoice.request_number):
        lines.append(_fill(words.heading, {**shared, "contrato_ref": str(request_number)}))
        lines += [_fill(words.line, {**shared, **_invoice_values(invoice, as_of)}) for invoice in invoices]
    return lines


def _lender_values(lender: Lender) -> dict[str, str]:
    return {
        "empresa": lender.name,
        "cnpj_empresa": lender.tax_id,
        "endereco_empresa": lender.address,
        "canal_atendimento": lender.support_channel,
        "horario_atendimento": lender.support_hours,
    }


def _invoice_values(invoice: OwedInvoice, as_of: date) -> dict[str, str]:
    return {
        "contrato_ref": str(invoice.request_number),
        "parcela_num": str(invoice.number),
        "parcela_total": str(invoice.count),
        "valor_original": format_brl(invoice.original),
        "multa": format_brl(invoice.late_fee),
        "mora": format_brl(invoice.mora),
        "dias_atraso": str(invoice.days_overdue(as_of)),
        "valor_atualizado": format_brl(invoice.open),
        "vencimento": format_date(invoice.effective_due_date),
    }


def _fill(words: str, values: Mapping[str, str]) -> str:
    # One pass over the template's own words: braces inside a name are never read as a placeholder.
    def value(match: re.Match[str]) -> str:
        found = values.get(match[1], "").strip()
        if not found:
            raise TemplateIncomplete(placeholder=match[1])
        return found

    return _FIELD.sub(value, words.replace("{assinatura}", _SIGNATURE))
