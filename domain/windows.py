"""When a collection text may reach a borrower: by the state of their address and in their own time (brazil.md §7)."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from domain.calendar import BusinessCalendar
from domain.clients import STATE_OF_AREA_CODE

SATURDAY = 5
SUNDAY = 6


@dataclass(frozen=True)
class Hours:
    """The wall-clock hours from `start` up to, not including, `end`."""

    start: time
    end: time


@dataclass(frozen=True)
class Week:
    """The hours of Monday to Friday, and those of Saturday where there are any; never on Sundays and holidays."""

    weekdays: Hours
    saturday: Hours | None = None


_SAFE = Week(weekdays=Hours(time(9), time(19)))
_LONG = Week(weekdays=Hours(time(8), time(20)), saturday=Hours(time(8), time(14)))

# Lei SP 15.426/2014, RJ 7.868/2018, ES 10.626/2017, AM 306/2016, AL 7.782/2016; every other state: the safe choice.
WEEKS: dict[str, Week] = {
    "SP": _LONG,
    "RJ": _SAFE,
    "ES": Week(weekdays=Hours(time(8), time(19))),
    "AM": _SAFE,
    "AL": _LONG,
}

_SAO_PAULO = ZoneInfo("America/Sao_Paulo")
_ZONES: dict[str, ZoneInfo] = {
    "AC": ZoneInfo("America/Rio_Branco"),
    "AM": ZoneInfo("America/Manaus"),
    "RR": ZoneInfo("America/Boa_Vista"),
    "RO": ZoneInfo("America/Porto_Velho"),
    "MT": ZoneInfo("America/Cuiaba"),
    "MS": ZoneInfo("America/Campo_Grande"),
}


def state_of(state: str, phone: str) -> str:
    """Return the borrower's state: that of the address, else that of the phone's area code (E.164), else nothing."""
    return state or STATE_OF_AREA_CODE.get(phone[3:5], "")


def opening(
    now: datetime, day: date, state: str, calendar: BusinessCalendar, within: Hours | None = None
) -> datetime | None:
    """Return the first instant from `now` on at which a text may reach the borrower on `day`, None when there is none.

    `within` narrows the state's hours further, for a text that has hours of its own.
    """
    week = WEEKS.get(state, _SAFE)
    if day.weekday() == SUNDAY or calendar.is_holiday(day):
        return None
    hours = week.saturday if day.weekday() == SATURDAY else week.weekdays
    if hours is None:
        return None
    zone = _ZONES.get(state, _SAO_PAULO)
    start = max(hours.start, within.start) if within else hours.start
    end = min(hours.end, within.end) if within else hours.end
    opens_at = max(now, datetime.combine(day, start, tzinfo=zone).astimezone(now.tzinfo))
    return opens_at if opens_at < datetime.combine(day, end, tzinfo=zone) else None
