"""Lives the past of an invented book, day after day, through the use cases: the same calls that people and beat make.

Each business date starts with its three cycles; then comes what people did.  What is invented is in `loans.py`,
`seed.py` and `demo.py`; here is only how it comes to pass.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from heapq import heappop, heappush
from itertools import count

from domain.clients import TaxId
from domain.cycles import TRIGGERS, Cycle, is_due_on
from domain.permissions import SYSTEM, Actor, Role
from loanapp.clock import Moment, on
from loanapp.services import _runner, company, cycles, users
from loanapp.services.company import ChangeCompany, ChangePix
from loanapp.services.cycles import OpenRun
from loanapp.services.users import AddUser

COMPANY = ChangeCompany(
    name="Crédito Exemplo",
    tax_id=TaxId.completed("12ABC3450001").formatted,
    address="Rua Direita, 250, Centro, São Paulo/SP, CEP 01002-000",
    support_channel="(11) 4000-0000",
    support_hours="segunda a sexta, 9h às 18h",
    email="contato@creditoexemplo.com.br",
)
PIX = ChangePix(pix_key="pix@creditoexemplo.com.br", pix_city="São Paulo")

Deed = Callable[[Moment], None]


@dataclass(frozen=True)
class Login:
    """A user to be added: their e-mail, name and role."""

    email: str
    name: str
    role: Role


def add_staff(moment: Moment, logins: tuple[Login, ...], password: str) -> tuple[Actor, ...]:
    """Add the users and return them as actors, in order; raise `auth.email_taken` where one exists."""
    actors = []
    for login in logins:
        order = AddUser(email=login.email, name=login.name, role=login.role, password=password)
        actors.append(Actor.of(login.role, name=login.name, user_id=users.add_user(SYSTEM, moment, order)))
    return tuple(actors)


def set_company(moment: Moment) -> None:
    """Write who lends in an invented book, and the late charges that its requests copy."""
    company.change_company(SYSTEM, moment, COMPANY)
    company.change_pix(SYSTEM, moment, PIX)


@dataclass
class Past:
    """What happens from `first` until `last`, a business date whose cycles run only as far as `present` has come.

    No cycle runs before `cycles_from`: what falls due until then is brought up to date by its first run.
    A charge text of a past date is recorded and never sent: its cycle is run in the night after, when its day is over.
    The days in `sends` are different: their cycle runs at 06:00 and whoever plans them sends the texts or ends them.
    """

    first: date
    last: date
    present: Moment
    cycles_from: date = date.min
    sends: frozenset[date] = frozenset()
    runs: int = 0
    _deeds: list[tuple[date, int, int, Deed]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=count)

    def plan(self, day: date, minute_of_day: int, deed: Deed) -> None:
        """Let something happen on a day; what is planned for one minute happens in the order of planning."""
        heappush(self._deeds, (day, minute_of_day, next(self._order), deed))

    def live(self, day_passed: Callable[[int], None]) -> None:
        """Let all of it happen; `day_passed` hears 1 after each day."""
        day = self.first
        while day <= self.last:
            self._cycles(day)
            self._do(day)
            if day not in self.sends:
                self._charge_after(day)
            day_passed(1)
            day += timedelta(days=1)

    def _cycles(self, day: date) -> None:
        self._do(day, before_minute=5 * 60)
        self._run(Cycle.OVERDUE, day, self._at(day, Cycle.OVERDUE))
        self._run(Cycle.MORA, day, self._at(day, Cycle.MORA))
        if day in self.sends or day == self.present.business_date:
            self._run(Cycle.CHARGE, day, self._at(day, Cycle.CHARGE))

    def _charge_after(self, day: date) -> None:
        if day < self.present.business_date:
            self._run(Cycle.CHARGE, day, on(day + timedelta(days=1), 0, 30))

    def _at(self, day: date, cycle: Cycle) -> Moment:
        return on(day, TRIGGERS[cycle].hour, TRIGGERS[cycle].minute)

    def _run(self, cycle: Cycle, day: date, moment: Moment) -> None:
        has_come = self._at(day, cycle).now <= self.present.now
        if day < self.cycles_from or not is_due_on(cycle, day) or not has_come:
            return
        order = OpenRun(cycle=cycle, business_date=day, origin="seed")
        _runner.drive(SYSTEM, lambda: moment, cycles.open_run(SYSTEM, moment, order))
        self.runs += 1

    def _do(self, day: date, before_minute: int = 24 * 60) -> None:
        while self._deeds and self._deeds[0][:2] < (day, before_minute):
            planned_on, minute, _, deed = heappop(self._deeds)
            deed(on(planned_on, minute // 60, minute % 60))
