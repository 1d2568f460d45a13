"""The words and the reading of a plan's terms, shared by whatever form offers instalments."""

from enum import StrEnum
from typing import TypeVar

from domain.calendar import Step
from domain.instalments import MAX_COUNT, Plan, PlanCountOutOfRange

PLANS = ((Plan.FLAT.value, "Juros simples"), (Plan.PRICE.value, "Price"))
STEPS = (
    (Step.DAILY.value, "Diária"),
    (Step.WEEKLY.value, "Semanal"),
    (Step.BIWEEKLY.value, "A cada 2 semanas"),
    (Step.MONTHLY.value, "Mensal"),
)
PERIODS = {Step.DAILY: "ao dia", Step.WEEKLY: "à semana", Step.BIWEEKLY: "à quinzena", Step.MONTHLY: "ao mês"}
_LONGEST_COUNT = 4

Choice = TypeVar("Choice", bound=StrEnum)


def parse_count(text: str) -> int:
    """Read a number of instalments; raise PlanCountOutOfRange for anything that is no small whole number."""
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_COUNT):
        raise PlanCountOutOfRange(limit=MAX_COUNT)
    return int(text)


def chosen(choices: type[Choice], text: str, default: Choice) -> Choice:
    """Return the choice with a value; only a forged form names another one, which counts as the default."""
    return choices(text) if text in {choice.value for choice in choices} else default
