from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from domain.calendar import BusinessCalendar
from domain.windows import Hours, opening, state_of

MONDAY = date(2026, 11, 23)
SATURDAY = date(2026, 11, 28)
SUNDAY = date(2026, 11, 29)
CALENDAR = BusinessCalendar()


def at(hour: int, minute: int = 0, *, day: date = MONDAY, zone: str = "America/Sao_Paulo") -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("state", "now", "opens_at"),
    [
        ("", at(6), at(9)),
        ("MG", at(6), at(9)),
        ("SP", at(6), at(8)),
        ("RJ", at(6), at(9)),
        ("ES", at(6), at(8)),
        ("AL", at(6), at(8)),
        ("AM", at(6), at(10)),  # 9h in Manaus.
        ("AC", at(6), at(11)),  # 9h in Rio Branco.
        ("MT", at(6), at(10)),
        ("SP", at(15, 30), at(15, 30)),
        ("SP", at(19, 59), at(19, 59)),
        ("SP", at(20), None),
        ("RJ", at(19), None),
        ("ES", at(18, 59), at(18, 59)),
        ("AM", at(19, 30), at(19, 30)),  # 18h30 in Manaus.
    ],
)
def test_a_weekday_opens_by_the_borrower_s_clock(state: str, now: datetime, opens_at: datetime | None) -> None:
    assert opening(now, MONDAY, state, CALENDAR) == opens_at


@pytest.mark.parametrize(
    ("state", "opens_at"), [("SP", at(8, day=SATURDAY)), ("AL", at(8, day=SATURDAY)), ("RJ", None)]
)
def test_saturday_opens_in_two_states_only(state: str, opens_at: datetime | None) -> None:
    assert opening(at(6, day=SATURDAY), SATURDAY, state, CALENDAR) == opens_at
    assert opening(at(14, day=SATURDAY), SATURDAY, state, CALENDAR) is None


def test_sundays_and_holidays_never_open() -> None:
    christmas = date(2026, 12, 25)
    assert opening(at(10, day=SUNDAY), SUNDAY, "SP", CALENDAR) is None
    assert opening(at(10, day=christmas), christmas, "SP", CALENDAR) is None
    own = BusinessCalendar(frozenset({MONDAY}))
    assert opening(at(10), MONDAY, "SP", own) is None


def test_a_text_s_own_hours_narrow_the_state_s() -> None:
    morning = Hours(time(9), time(11))
    assert opening(at(6), MONDAY, "SP", CALENDAR, morning) == at(9)
    assert opening(at(10, 59), MONDAY, "SP", CALENDAR, morning) == at(10, 59)
    assert opening(at(11), MONDAY, "SP", CALENDAR, morning) is None


def test_the_state_is_the_address_s_else_the_area_code_s() -> None:
    assert state_of("RJ", "+5511987654321") == "RJ"
    assert state_of("", "+5592987654321") == "AM"
