"""What the texts to borrowers say: the cadence and the renderer of reminders and receipts (whatsapp.md §11).

The words are in `domain/template_words.py`; proposals and calculations are written in `domain/one_off_texts.py`.  The
provider and the tables are elsewhere.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import groupby

from domain.calendar import format_date
from domain.errors import Invalid
from domain.money import Money, format_brl
from domain.pix import PixReceiver, copy_and_paste
from domain.pix import reference_of as pix_reference_of
from domain.template_words import SHIPPED, Template
from domain.windows import Hours

_SIGNATURE = "{empresa}, CNPJ {cnpj_empresa}, {endereco_empresa}"
_FIELD = re.compile(r"\{([a-z_]+)\}")
_REFERENCE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_REFERENCE_LENGTH = 5


class TemplateIncomplete(Invalid):
    """A text names something that is not known, so it can't be sent."""

    code = "template.incomplete"


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

_BY_VERSION = {(template.code, template.version): template for template in SHIPPED}
LATEST = {template.code: template for template in sorted(SHIPPED, key=lambda template: template.version)}


@dataclass(frozen=True, kw_only=True)
class Lender:
    """Who writes, as every text that asks for money must say (CDC 42-A); `tax_id` formatted.

    `pix` is None while the company has no key: then no text carries a code.
    """

    name: str
    tax_id: str
    address: str
    support_channel: str
    support_hours: str
    pix: PixReceiver | None = None


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
    return all(value.strip() for name, value in lender_values(lender).items() if name in fields)


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
    shared = lender_values(lender) | {
        "primeiro_nome": first_name,
        "data_base": format_date(as_of),
        "pix_copia_cola": pix_code(lender, total_open(owed), _pix_reference(owed) or reference),
    }
    if len(owed) == 1:
        shared |= _invoice_values(owed[0], as_of)
        written = [fill(f"{words.opening} {words.single}", shared)]
    else:
        shared |= {"valor_atualizado": format_brl(total_open(owed))}
        written = [fill(f"{words.opening} {words.several}", shared), *_lines(words, owed, as_of, shared)]
        written.append(fill(words.total, shared))
    return joined(words, written, shared, reference)


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
    values = lender_values(lender) | {
        "primeiro_nome": first_name,
        "contrato_ref": str(request_number),
        "valor_original": format_brl(amount),
        "data_base": format_date(received_on),
        "valor_atualizado": format_brl(still_open),
        "link": link,
    }
    return joined(words, [fill(f"{words.opening} {words.single}", values)], values, reference)


def joined(words: Template, written: Sequence[str], values: Mapping[str, str], reference: str) -> str:
    """Return a text with its closing and its reference, and what follows it where all of that is known."""
    text = "\n".join([*written, fill(words.closing, values), f"Ref. {reference}"])
    is_last_known = all(values.get(name) for name in _FIELD.findall(words.last))
    return f"{text}\n{fill(words.last, values)}" if words.last and is_last_known else text


def pix_code(lender: Lender, amount: Money, reference: str) -> str:
    """Return the Pix to copy for an amount; empty where the lender has no key."""
    return copy_and_paste(lender.pix, amount, reference=reference) if lender.pix else ""


def _pix_reference(owed: Sequence[OwedInvoice]) -> str:
    """Return the reference of one invoice or of one request's; empty for several requests, which have none."""
    numbers = {invoice.request_number for invoice in owed}
    if len(numbers) > 1:
        return ""
    return pix_reference_of(owed[0].request_number, owed[0].number if len(owed) == 1 else None)


def _lines(words: Template, owed: Sequence[OwedInvoice], as_of: date, shared: Mapping[str, str]) -> list[str]:
    ordered = sorted(owed, key=lambda invoice: (invoice.request_number, invoice.effective_due_date, invoice.number))
    lines = []
    for request_number, invoices in groupby(ordered, key=lambda invoice: invoice.request_number):
        lines.append(fill(words.heading, {**shared, "contrato_ref": str(request_number)}))
        lines += [fill(words.line, {**shared, **_invoice_values(invoice, as_of)}) for invoice in invoices]
    return lines


def lender_values(lender: Lender) -> dict[str, str]:
    """Return what a text may name of who writes it."""
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


def fill(words: str, values: Mapping[str, str]) -> str:
    """Return the words with their placeholders filled; raise TemplateIncomplete for one whose value is missing."""

    # One pass over the template's own words: braces inside a name are never read as a placeholder.
    def value(match: re.Match[str]) -> str:
        found = values.get(match[1], "").strip()
        if not found:
            raise TemplateIncomplete(placeholder=match[1])
        return found

    return _FIELD.sub(value, words.replace("{assinatura}", _SIGNATURE))
