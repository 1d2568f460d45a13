"""How long what is kept about a borrower must stay, and what says why."""

from datetime import date

import pytest

from domain.privacy import (
    RequestFact,
    RetentionFacts,
    RetentionOpen,
    RetentionReason,
    RetentionRunning,
    retention_of,
)
from domain.requests import RequestStatus

DAY = date(2020, 3, 12)


def a_request(status: RequestStatus, *, on: date = DAY, was_disbursed: bool = True, open_cents: int = 0) -> RequestFact:
    return RequestFact(status=status, was_disbursed=was_disbursed, open_cents=open_cents, last_on=on)


def facts(
    *requests: RequestFact, credit_cents: int = 0, pending: bool = False, contact: date = DAY, years: int = 5
) -> RetentionFacts:
    return RetentionFacts(
        requests=requests,
        credit_cents=credit_cents,
        has_pending_approval=pending,
        last_contact_on=contact,
        retention_years=years,
    )


def test_a_settled_contract_is_kept_for_the_company_s_years_after_its_last_fact() -> None:
    retention = retention_of(facts(a_request(RequestStatus.PAID)))

    assert (retention.because, retention.until) == (RetentionReason.CONTRACT, date(2025, 3, 12))


def test_the_last_day_is_still_one_of_keeping() -> None:
    retention = retention_of(facts(a_request(RequestStatus.PAID)))

    assert [retention.has_ended(day) for day in (date(2025, 3, 11), date(2025, 3, 12), date(2025, 3, 13))] == [
        False, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "because"),
    [
        (facts(a_request(RequestStatus.OPEN, was_disbursed=False)), RetentionReason.REQUEST_WAITS),
        (facts(a_request(RequestStatus.APPROVED, was_disbursed=False)), RetentionReason.REQUEST_WAITS),
        (facts(a_request(RequestStatus.ACTIVE, open_cents=1)), RetentionReason.DEBT_OPEN),
        (facts(a_request(RequestStatus.LOST, open_cents=1)), RetentionReason.DEBT_OPEN),
        (facts(a_request(RequestStatus.PAID), credit_cents=1), RetentionReason.CREDIT_LEFT),
        (facts(a_request(RequestStatus.PAID), pending=True), RetentionReason.APPROVAL_PENDING),
    ],
)
def test_what_still_runs_keeps_the_data_without_an_end(facts: RetentionFacts, because: RetentionReason) -> None:
    retention = retention_of(facts)

    assert (retention.because, retention.until) == (because, None)
    assert not retention.has_ended(date(2199, 12, 31))
    with pytest.raises(RetentionOpen) as refusal:
        retention.check_ended(date(2199, 12, 31))
    assert refusal.value.values == {"because": because.words}


@pytest.mark.parametrize("status", [RequestStatus.PAID, RequestStatus.RENEGOTIATED, RequestStatus.LOST])
def test_a_contract_closed_without_a_debt_has_an_end(status: RequestStatus) -> None:
    assert retention_of(facts(a_request(status))).until == date(2025, 3, 12)


def test_who_was_declined_is_kept_for_half_a_year_after_the_decision() -> None:
    retention = retention_of(facts(a_request(RequestStatus.UNAPPROVED, was_disbursed=False), contact=date(2020, 1, 2)))

    assert (retention.because, retention.until) == (RetentionReason.PROPOSAL, date(2020, 9, 12))


def test_a_disbursement_that_failed_was_a_contract() -> None:
    retention = retention_of(facts(a_request(RequestStatus.UNAPPROVED)))

    assert (retention.because, retention.until) == (RetentionReason.CONTRACT, date(2025, 3, 12))


def test_who_never_asked_for_anything_is_kept_for_half_a_year_after_the_last_contact() -> None:
    retention = retention_of(facts())

    assert (retention.because, retention.until) == (RetentionReason.CONTACT, date(2020, 9, 12))


def test_the_latest_end_counts() -> None:
    paid, declined = (
        a_request(RequestStatus.PAID, on=date(2020, 3, 12)),
        a_request(RequestStatus.UNAPPROVED, on=date(2025, 1, 20), was_disbursed=False),
    )

    retention = retention_of(facts(paid, declined))

    assert (retention.because, retention.until) == (RetentionReason.PROPOSAL, date(2025, 7, 20))


@pytest.mark.parametrize(
    ("last", "until"),
    [
        (date(2024, 2, 29), date(2029, 3, 1)),
        (date(2019, 2, 28), date(2024, 2, 28)),
        (date(2020, 12, 31), date(2025, 12, 31)),
    ],
)
def test_a_day_that_the_last_year_lacks_is_the_next_one(last: date, until: date) -> None:
    assert retention_of(facts(a_request(RequestStatus.PAID, on=last), contact=last)).until == until


@pytest.mark.parametrize(
    ("last", "until"),
    [
        (date(2025, 8, 31), date(2026, 3, 1)),
        (date(2025, 3, 31), date(2025, 10, 1)),
        (date(2025, 7, 31), date(2026, 1, 31)),
    ],
)
def test_half_a_year_from_the_end_of_a_month_ends_on_the_first_of_the_next(last: date, until: date) -> None:
    assert retention_of(facts(contact=last)).until == until


def test_a_running_retention_says_until_when_and_why() -> None:
    retention = retention_of(facts(a_request(RequestStatus.PAID)))

    with pytest.raises(RetentionRunning) as refusal:
        retention.check_ended(date(2025, 3, 12))
    retention.check_ended(date(2025, 3, 13))

    assert refusal.value.values == {
        "until": date(2025, 3, 12),
        "because": "corre o prazo de guarda desde o último fato de um contrato encerrado",
    }
