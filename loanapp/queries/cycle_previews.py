"""What running a cycle for a date would do, before it runs: in all, and contract by contract.  Nothing is written.

The rule is the statement from which the run itself updates; for `charge`, the decision by which it queues.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text

from domain import templates
from domain.calendar import BusinessCalendar
from domain.cycles import CLOSED, Cycle, check_business_date
from domain.messages import DEBT_KINDS, MAY_HAVE_LEFT, Reason, reason_to_withhold
from domain.permissions import Permission
from domain.requests import RequestNotFound
from domain.templates import Lender
from domain.windows import opening, state_of
from loanapp.models import promises
from loanapp.models.company import CompanySettings
from loanapp.models.contracts import company_holidays
from loanapp.models.cycle_sql import Part, of_part, preview_contracts, preview_counts
from loanapp.models.cycles import IS_WHOLE, CycleRun, charge_holidays, part_parameters
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query
from loanapp.queries.cycles import CycleCounts

CONTRACTS_SHOWN = 50


@dataclass(frozen=True, kw_only=True)
class PreviewOf:
    """Which cycle for which business date; over one client, or over what the run `retry_of` had set aside."""

    cycle: Cycle
    business_date: date
    only_client_id: UUID | None = None
    retry_of: UUID | None = None

    @property
    def part(self) -> Part:
        """Over which clients the run would go."""
        return Part.FAILURES if self.retry_of else Part.CLIENT if self.only_client_id else Part.ALL


@dataclass(frozen=True, kw_only=True)
class ChangedContract:
    """What would become of one contract: its invoices that change, and their late fee or mora before and after.

    `newly_overdue` of them become overdue; `oldest_due_date` is the effective due date of the oldest.
    """

    request_number: int
    client_id: UUID
    client_name: str
    invoices: int
    cents_before: int
    cents_after: int
    newly_overdue: int
    oldest_due_date: date


@dataclass(frozen=True, kw_only=True)
class ChargedBorrower:
    """What the charge cycle would do about one borrower: queue a text, or withhold it for a reason."""

    client_id: UUID
    client_name: str
    oldest_due_date: date
    reason: str


@dataclass(frozen=True, kw_only=True)
class PreviewLines:
    """The contracts that would change most, or the borrowers who would get a text or a reason; 50 at most."""

    contracts: tuple[ChangedContract, ...] = ()
    borrowers: tuple[ChargedBorrower, ...] = ()


@query(Permission.CYCLES_VIEW)
def preview(tx: Tx, parameters: PreviewOf) -> CycleCounts:
    """Return what running a cycle for a date now would do; raise CycleInFuture or CycleNotDue.

    Dates missed before it would be run first: what is shown is what the date itself then adds.
    """
    _check(tx, parameters)
    if parameters.cycle is Cycle.CHARGE:
        return _charge_counts(tx, parameters)
    counts = tx.session.execute(preview_counts(parameters.cycle, parameters.part), _bounds(tx, parameters)).one()
    is_overdue = parameters.cycle is Cycle.OVERDUE
    return CycleCounts(
        examined=counts.examined,
        changed=counts.changed,
        late_fee_cents_delta=counts.delta_cents if is_overdue else 0,
        mora_cents_delta=0 if is_overdue else counts.delta_cents,
    )


@query(Permission.CYCLES_VIEW)
def preview_lines(tx: Tx, parameters: PreviewOf) -> PreviewLines:
    """Return which contracts would change, from what to what, the largest change first; raise as `preview` does."""
    _check(tx, parameters)
    if parameters.cycle is Cycle.CHARGE:
        undecided = _decisions(tx, parameters.business_date, _borrowers(tx, parameters))
        decided = sorted(undecided, key=lambda line: (line.reason != "", line.oldest_due_date, line.client_name))
        return PreviewLines(borrowers=tuple(decided[:CONTRACTS_SHOWN]))
    found = tx.session.execute(
        preview_contracts(parameters.cycle, parameters.part),
        {**_bounds(tx, parameters), "contracts": CONTRACTS_SHOWN},
    )
    return PreviewLines(
        contracts=tuple(
            ChangedContract(
                request_number=row.number, client_id=row.client_id, client_name=row.client_name,
                invoices=row.invoices, cents_before=row.cents_before, cents_after=row.cents_after,
                newly_overdue=row.newly_overdue, oldest_due_date=row.oldest_due_date,
            )
            for row in found
        )
    )  # fmt: skip


@query(Permission.CYCLES_VIEW)
def client_of_request(tx: Tx, number: int) -> UUID:
    """Return the client of the request with this number, for a run over one client; raise RequestNotFound."""
    return _client_of(tx, number)


@query(Permission.CYCLES_VIEW)
def preview_asked(tx: Tx, asked: tuple[PreviewOf, int | None]) -> PreviewOf:
    """Return what to preview, kept to the client of the request where its number is given; raise RequestNotFound."""
    parameters, number = asked
    return parameters if number is None else replace(parameters, only_client_id=_client_of(tx, number))


def _client_of(tx: Tx, number: int) -> UUID:
    client_id = tx.session.scalar(select(Request.client_id).where(Request.number == number))
    if client_id is None:
        raise RequestNotFound(field="request_number")
    return client_id


def _check(tx: Tx, parameters: PreviewOf) -> None:
    skipping = charge_holidays(tx.session)
    check_business_date(parameters.cycle, parameters.business_date, today=tx.business_date, skipping=skipping)


def _bounds(tx: Tx, parameters: PreviewOf) -> dict[str, Any]:
    part = part_parameters(parameters.retry_of, parameters.only_client_id)
    return {"date": parameters.business_date, "caught_up_to": _last_missed(tx, parameters), **part}


def _last_missed(tx: Tx, parameters: PreviewOf) -> date | None:
    """Return the date before, where it was not closed and would be run first; a cycle that never ran missed nothing."""
    closed = select(func.max(CycleRun.business_date)).where(
        CycleRun.cycle == parameters.cycle, CycleRun.status.in_(CLOSED), IS_WHOLE
    )
    last_closed = tx.session.scalar(closed)
    day_before = parameters.business_date - timedelta(days=1)
    return day_before if last_closed is not None and last_closed < day_before else None


# Whoever owes something due by the date, and has no charge text for it yet.
_BORROWERS = """
SELECT c.id, c.name, c.phone, c.state, c.phone_flag, c.accepts_messages, min(i.effective_due_date) AS oldest,
       m.id IS NOT NULL AS has_text,
       (SELECT count(*) FROM messages w
         WHERE w.client_id = c.id AND w.kind = ANY(:kinds) AND w.status = ANY(:may_have_left)
           AND w.business_date BETWEEN CAST(:date AS date) - 6 AND CAST(:date AS date)) AS charges_in_week
  FROM clients c
  JOIN requests r ON r.client_id = c.id AND r.status = 'ACTIVE'
  JOIN invoices i ON i.request_id = r.id AND i.status IN ('OPEN', 'UNPAID') AND i.effective_due_date <= :date
  LEFT JOIN messages m ON m.dedupe_key = 'charge:' || c.id || ':' || CAST(:date AS date)
 WHERE true {part}
 GROUP BY c.id, m.id
"""


def _charge_counts(tx: Tx, parameters: PreviewOf) -> CycleCounts:
    borrowers = _borrowers(tx, parameters)
    decided = list(_decisions(tx, parameters.business_date, borrowers))
    reasons = Counter(line.reason for line in decided if line.reason)
    return CycleCounts(
        examined=len(borrowers),
        changed=len(decided),
        messages_queued=len(decided) - reasons.total(),
        messages_skipped=dict(sorted(reasons.items())),
    )


def _borrowers(tx: Tx, parameters: PreviewOf) -> Sequence[Row[*tuple[Any, ...]]]:
    bounds = {
        "date": parameters.business_date,
        "kinds": [kind.value for kind in DEBT_KINDS],
        "may_have_left": [status.value for status in MAY_HAVE_LEFT],
        **part_parameters(parameters.retry_of, parameters.only_client_id),
    }
    return tx.session.execute(text(_BORROWERS.format(part=of_part(parameters.part, "c.id"))), bounds).all()


def _decisions(tx: Tx, business_date: date, borrowers: Sequence[Row[*tuple[Any, ...]]]) -> Iterator[ChargedBorrower]:
    """Yield what the cycle would decide about each borrower who has no text for the date yet."""
    promised = set(tx.session.scalars(promises.standing(business_date)))
    calendar = BusinessCalendar(company_holidays(tx.session))
    lender = _lender(tx)
    for borrower in borrowers:
        if borrower.has_text:
            continue
        step = templates.step_for(max(0, (business_date - borrower.oldest).days))
        state = state_of(borrower.state, borrower.phone)
        reason = reason_to_withhold(
            is_past=business_date < tx.business_date,
            accepts_messages=borrower.accepts_messages,
            is_number_flagged=bool(borrower.phone_flag),
            has_promise=borrower.id in promised,
            needs_approval=step.needs_approval,
            charges_in_week=borrower.charges_in_week,
            opens_at=opening(tx.now, business_date, state, calendar, step.hours),
        )
        if not templates.is_lender_known(templates.LATEST[step.template], lender):
            reason = Reason.INCOMPLETE
        yield ChargedBorrower(
            client_id=borrower.id, client_name=borrower.name, oldest_due_date=borrower.oldest,
            reason=reason.value if reason else "",
        )  # fmt: skip


def _lender(tx: Tx) -> Lender:
    company = tx.session.get(CompanySettings, 1)
    names = ("name", "tax_id", "address", "support_channel", "support_hours")
    name, tax_id, address, support_channel, support_hours = (getattr(company, name, "") for name in names)
    return Lender(
        name=name, tax_id=tax_id, address=address, support_channel=support_channel, support_hours=support_hours
    )
