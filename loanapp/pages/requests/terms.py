"""From the texts of a new loan's form to its terms, the same for the simulation and for the request itself."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from domain.calendar import Step, parse_date
from domain.errors import Checks, DomainError, SeveralProblems
from domain.instalments import Plan, PlanTerms
from domain.money import parse_brl, parse_percent
from domain.requests import BorrowerMissing
from loanapp.components.address import identifier
from loanapp.components.plan_terms import chosen, parse_count
from loanapp.pages.requests.guarantor import typed_guarantor
from loanapp.services.requests import OpenRequest


def parse_terms(texts: Mapping[str, str], today: date) -> PlanTerms:
    """Read the terms of a plan as typed; raise what is wrong at its field, all of it at once."""
    checks = Checks()
    principal = checks.take("principal", parse_brl, texts["principal"])
    count = checks.take("count", parse_count, texts["count"])
    rate_pct = checks.take("rate_pct", parse_percent, texts["rate_pct"])
    first_due_date = checks.take("first_due_date", parse_date, texts["first_due_date"], today)
    checks.finish()
    assert principal is not None
    assert count is not None
    assert rate_pct is not None
    assert first_due_date is not None
    step = chosen(Step, texts["step"], Step.MONTHLY)
    return PlanTerms(
        principal=principal,
        plan=chosen(Plan, texts["plan"], Plan.FLAT),
        step=step,
        count=count,
        rate_pct=rate_pct,
        first_due_date=first_due_date,
        # The ticks are hidden, and forgotten, where the plan is not a daily one.
        skip_sundays=step is Step.DAILY and texts["skip_sundays"] == "on",
        skip_holidays=step is Step.DAILY and texts["skip_holidays"] == "on",
    )


def parse_request(texts: Mapping[str, str], today: date) -> OpenRequest:
    """Read a whole new request, its id being the key that the form made in the browser."""
    client_id = identifier(texts["client_id"])
    missing = () if client_id else (BorrowerMissing(field="client_id"),)
    try:
        terms = parse_terms(texts, today)
    except SeveralProblems as several:
        raise SeveralProblems((*missing, *several.problems)) from several
    except DomainError as problem:
        raise SeveralProblems((*missing, problem)) from problem
    if client_id is None:
        raise missing[0]
    return OpenRequest(
        request_id=UUID(texts["command_id"]),
        client_id=client_id,
        principal=terms.principal,
        plan=terms.plan,
        step=terms.step,
        instalment_count=terms.count,
        rate_pct=terms.rate_pct,
        first_due_date=terms.first_due_date,
        skip_sundays=terms.skip_sundays,
        skip_holidays=terms.skip_holidays,
        note=texts["note"],
        guarantor=typed_guarantor(texts),
    )
