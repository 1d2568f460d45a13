"""The nightly proof that the book is as it must be (money.md §6): what a difference is, and when a proof is due."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.calendar import BusinessCalendar
from domain.cycles import Cycle, is_due_on

# A proof that nobody finished for so long lost its worker: another begins it again.
ABANDONED_AFTER = timedelta(hours=1)
# Nobody reads more lines of one rule.
KEPT_PER_RULE = 50


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that is not as it must be: which invariant (money.md §6), which record, what was found and expected.

    `invariant` begins with the number of its rule; what waits too long begins with none.
    """

    invariant: str
    record: str
    found: str
    expected: str

    @property
    def rule(self) -> str:
        """The number of the rule; empty for what waits too long."""
        first = self.invariant[:1]
        return first if first.isdigit() else ""


def kept_of(differences: Sequence[Difference]) -> list[Difference]:
    """Return the first differences of each rule: a book that is wrong all over says so by its number.

    Each rule keeps its own, so that one that broke a thousand times hides no other that broke once.
    """
    seen: Counter[str] = Counter()
    kept = []
    for difference in differences:
        seen[difference.rule] += 1
        if seen[difference.rule] <= KEPT_PER_RULE:
            kept.append(difference)
    return kept


def date_to_prove(
    last_closed: Mapping[Cycle, date | None], *, today: date, skipping: BusinessCalendar | None = None
) -> date | None:
    """Return the business date whose cycles are through, to be proven next; None while they are not.

    The newest date that `mora` closed; `charge` of today is waited for where it is due.
    """
    through = last_closed.get(Cycle.MORA)
    if through is None:
        return None
    charged = last_closed.get(Cycle.CHARGE)
    is_charge_awaited = through >= today and is_due_on(Cycle.CHARGE, through, skipping)
    return None if is_charge_awaited and (charged is None or charged < through) else through
