"""What is shown of an offer, and how its form is read: the same words in the simulator and on the offer's record."""

from collections.abc import Mapping
from datetime import date
from typing import TypedDict
from uuid import UUID

from domain.calendar import Step, parse_date
from domain.errors import Checks
from domain.instalments import Plan, PlanTerms
from domain.money import Money, fraction_of, parse_brl, parse_percent
from domain.renegotiations import WHOLE_PCT, Offer
from loanapp.components.formats import brl_text, counted, date_text, percent_text, weekday_text
from loanapp.components.plan_terms import chosen, parse_count
from loanapp.components.texts import text_of
from loanapp.queries.debt_changes import Cause, CauseKind
from loanapp.queries.renegotiations import OfferRecord, Proposal
from loanapp.services.renegotiations import DraftOffer

LETTERS = ("A", "B", "C")


class Shown(TypedDict):
    """One proposal in its column."""

    letter: str
    headline: str
    discount: str
    down_payment: str
    instalments: str
    total: str
    difference: str
    last_due: str
    income: str
    base: str
    cost: str
    valid_through: str
    needs_approval: bool
    problem: str
    is_lowest: bool
    rows: list[list[str]]


BLANK = Shown(
    letter="", headline="", discount="", down_payment="", instalments="", total="", difference="", last_due="",
    income="", base="", cost="", valid_through="", needs_approval=False, problem="", is_lowest=False, rows=[],
)  # fmt: skip


def shown(letter: str, proposal: Proposal, *, is_lowest: bool = False) -> Shown:
    """Return what a column shows of a proposal, or the problem that it has instead."""
    rows = [
        ["Entrada" if not each.number else str(each.number), weekday_text(each.due_date), brl_text(each.amount_cents)]
        for each in proposal.instalments
    ]
    return Shown(
        letter=letter,
        headline=_headline(proposal),
        discount=brl_text(proposal.discount_cents),
        down_payment=brl_text(proposal.down_payment_cents),
        instalments=_instalments(proposal),
        total=brl_text(proposal.total_cents),
        difference=_signed(proposal.difference_cents),
        last_due=date_text(proposal.last_due_date),
        income=f"{proposal.income_pct}%" if proposal.income_pct is not None else "—",
        base=brl_text(proposal.mora_base_cents),
        cost=f"{percent_text(proposal.annual_cost_pct)} ao ano",
        valid_through=date_text(proposal.offer.valid_through),
        needs_approval=proposal.needs_approval,
        problem=text_of(proposal.error.code, proposal.error.values) if proposal.error else "",
        is_lowest=is_lowest,
        rows=rows,
    )


def lowest(proposals: tuple[Proposal, ...]) -> str:
    """Name the proposal with the lowest total in words; empty where all cost the same."""
    possible = [(each.total_cents, letter) for letter, each in zip(LETTERS, proposals, strict=True) if not each.error]
    if len({cents for cents, _ in possible}) < len(LETTERS[:2]):
        return ""
    cents, letter = min(possible)
    return f"Proposta {letter}: o menor total, {brl_text(cents)}."


_CAUSES = {CauseKind.WAIVER: "dispensa de encargos", CauseKind.DUE_DATE: "vencimento alterado"}


def changed_text(found: OfferRecord) -> str:
    """Say that the debt is no longer that of the offer, and what changed it; nothing where it is."""
    if found.recounted_cents == found.line.debt_cents:
        return ""
    causes = ", ".join(dict.fromkeys(_cause(each) for each in found.causes))
    why = f" ({causes})" if causes else ""
    now = brl_text(found.recounted_cents)
    return f"A dívida mudou de {brl_text(found.line.debt_cents)} para {now}{why}. Nada foi alterado."


def _cause(cause: Cause) -> str:
    if cause.kind is CauseKind.PAYMENT:
        return f"recebimento nº {cause.payment_number}"
    if cause.kind is CauseKind.REVERSAL:
        return f"estorno do recebimento nº {cause.payment_number}"
    return _CAUSES[cause.kind]


def _headline(proposal: Proposal) -> str:
    count = proposal.offer.terms.count
    if count == 1 and not proposal.down_payment_cents:
        return "À vista"
    return f"Entrada e {counted(count, 'parcela', 'parcelas')}" if proposal.down_payment_cents else f"{count} parcelas"


def _instalments(proposal: Proposal) -> str:
    later = [each for each in proposal.instalments if each.number]
    if not later:
        return "—"
    text = f"{len(later)} \N{MULTIPLICATION SIGN} {brl_text(later[0].amount_cents)}"
    is_last_other = later[-1].amount_cents != later[0].amount_cents
    return f"{text} (a última {brl_text(later[-1].amount_cents)})" if is_last_other else text


def _signed(cents: int) -> str:
    return f"+ {brl_text(cents)}" if cents > 0 else brl_text(cents)


class Terms(TypedDict):
    """The fields of the form, as texts."""

    down_payment: str
    count: str
    step: str
    first_due_date: str
    rate_pct: str
    mora_discount_pct: str
    late_fee_discount_pct: str
    original_discount_pct: str
    valid_through: str


NO_TERMS = Terms(
    down_payment="", count="", step="", first_due_date="", rate_pct="", mora_discount_pct="", late_fee_discount_pct="",
    original_discount_pct="", valid_through="",
)  # fmt: skip


def terms_of(offer: Offer) -> Terms:
    """Write an offer into the form's fields."""
    return Terms(
        down_payment=brl_text(offer.down_payment.cents).removeprefix("R$").strip("\N{NO-BREAK SPACE} "),
        count=str(offer.terms.count),
        step=offer.terms.step.value,
        first_due_date=date_text(offer.terms.first_due_date),
        rate_pct=percent_text(offer.terms.rate_pct).removesuffix("%"),
        mora_discount_pct=percent_text(offer.mora_discount_pct).removesuffix("%"),
        late_fee_discount_pct=percent_text(offer.late_fee_discount_pct).removesuffix("%"),
        original_discount_pct=percent_text(offer.original_discount_pct).removesuffix("%"),
        valid_through=date_text(offer.valid_through),
    )


def parse_offer(texts: Mapping[str, str], today: date, *, owed: Money) -> Offer:
    """Read an offer as typed; raise what is wrong at its field, all of it at once.

    The down payment is an amount, or a share of what is owed (`20%`).
    """
    checks = Checks()
    amounts = checks.take("down_payment", _amount, texts["down_payment"], owed)
    count = checks.take("count", parse_count, texts["count"])
    rate_pct = checks.take("rate_pct", parse_percent, texts["rate_pct"])
    first_due_date = checks.take("first_due_date", parse_date, texts["first_due_date"], today)
    valid_through = checks.take("valid_through", parse_date, texts["valid_through"], today)
    discounts = {
        name: checks.take(name, parse_percent, texts[name] or "0")
        for name in ("mora_discount_pct", "late_fee_discount_pct", "original_discount_pct")
    }
    checks.finish()
    assert amounts is not None
    assert count is not None
    assert rate_pct is not None
    assert first_due_date is not None
    assert valid_through is not None
    return Offer(
        offered_on=today,
        valid_through=valid_through,
        down_payment=amounts,
        terms=PlanTerms(
            principal=Money.ZERO,
            plan=Plan.FLAT,
            step=chosen(Step, texts["step"], Step.MONTHLY),
            count=count,
            rate_pct=rate_pct,
            first_due_date=first_due_date,
        ),
        **{name: value for name, value in discounts.items() if value is not None},
    )


def _amount(text: str, owed: Money) -> Money:
    written = text.strip()
    if written.endswith("%"):
        return fraction_of(owed, parse_percent(written.removesuffix("%")), WHOLE_PCT)
    return parse_brl(written) if written else Money.ZERO


def parse_draft(texts: Mapping[str, str], today: date, *, request_id: UUID, owed: Money) -> DraftOffer:
    """Read a whole offer, its id being the key that the form made in the browser."""
    return DraftOffer(
        renegotiation_id=UUID(texts["command_id"]), request_id=request_id, offer=parse_offer(texts, today, owed=owed)
    )
