"""The state of Configurações: what stands now, the forms that change it, and what the late charges would come to."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypedDict

import reflex as rx

from domain import charges
from domain.calendar import parse_date
from domain.clients import ClientKind, TaxId
from domain.errors import Checks, DomainError
from domain.money import Money, format_percent, parse_percent
from domain.permissions import Permission
from domain.pix import shown_key
from loanapp import bridge
from loanapp.components import feedback
from loanapp.components.formats import brl_text, weekday_text
from loanapp.components.forms import form_held, held, settled
from loanapp.components.texts import text_of
from loanapp.gate import AuthState, requires
from loanapp.queries.company import CompanyShown, company_shown
from loanapp.services import company as services
from loanapp.services.company import AddHoliday, ChangeCharges, ChangeCompany, ChangePix, SkipChargeOnHolidays

COMPANY_FORM, CHARGES_FORM, HOLIDAY_FORM, PIX_FORM = "company", "charges", "holiday", "pix"
CHARGE_DAYS_FORM = "charge_days"
EXAMPLE = Money(10_000)
EXAMPLE_DAYS = 10


class Settings(TypedDict):
    """What the forms hold at first, as typed."""

    name: str
    tax_id: str
    address: str
    email: str
    support_channel: str
    support_hours: str
    late_fee_pct: str
    mora_pct_month: str
    pix_key: str
    pix_city: str


class HolidayRow(TypedDict):
    """One holiday as shown; `has_passed` greys it."""

    day: str
    name: str
    has_passed: bool


NO_SETTINGS = Settings(
    name="", tax_id="", address="", email="", support_channel="", support_hours="", late_fee_pct="",
    mora_pct_month="", pix_key="", pix_city="",
)  # fmt: skip


def parse_company(texts: Mapping[str, str], _today: date) -> ChangeCompany:
    """Read the form of who lends."""
    names = ("name", "tax_id", "address", "email", "support_channel", "support_hours")
    return ChangeCompany(**{name: texts[name] for name in names})


def parse_charges(texts: Mapping[str, str], _today: date) -> ChangeCharges:
    """Read the form of the late charges; raise `percent.*` at its fields."""
    checks = Checks()
    late_fee_pct = checks.take("late_fee_pct", parse_percent, texts["late_fee_pct"])
    mora_pct_month = checks.take("mora_pct_month", parse_percent, texts["mora_pct_month"])
    checks.finish()
    assert late_fee_pct is not None
    assert mora_pct_month is not None
    return ChangeCharges(late_fee_pct=late_fee_pct, mora_pct_month=mora_pct_month, reason=texts["reason"])


def parse_holiday(texts: Mapping[str, str], today: date) -> AddHoliday:
    """Read the form of a holiday; raise `date.*` at its field."""
    checks = Checks()
    day = checks.take("day", parse_date, texts["day"], today)
    checks.finish()
    assert day is not None
    return AddHoliday(day=day, name=texts["holiday_name"])


def parse_charge_days(texts: Mapping[str, str], _today: date) -> SkipChargeOnHolidays:
    """Read the form of the days without reminders."""
    return SkipChargeOnHolidays(is_on=texts["skips_charge_on_holidays"] == "on")


def parse_pix(texts: Mapping[str, str], _today: date) -> ChangePix:
    """Read the form of the Pix key."""
    return ChangePix(pix_key=texts["pix_key"], pix_city=texts["pix_city"])


def example_text(late_fee_pct: Decimal, mora_pct_month: Decimal) -> str:
    """Say what an instalment of R$ 100,00 costs ten days late, by the rule that charges it."""
    late_fee = charges.late_fee(EXAMPLE, late_fee_pct)
    mora = charges.mora(EXAMPLE, mora_pct_month, EXAMPLE_DAYS)
    parts = f"{brl_text(EXAMPLE.cents)} + multa {brl_text(late_fee.cents)} + mora {brl_text(mora.cents)}"
    return f"{parts} = {brl_text((EXAMPLE + late_fee + mora).cents)}"


def guard_of(late_fee_pct: Decimal, mora_pct_month: Decimal) -> str:
    """Return why the rates need a reason; empty where they are within what a person may be charged."""
    try:
        charges.check_rates(ClientKind.PERSON, late_fee_pct, mora_pct_month, is_override_allowed=False)
    except DomainError as problem:
        return text_of(problem.code, problem.values)
    return ""


class SettingsState(AuthState):
    """Configurações in this tab; `guard` says why the typed rates need a reason, `sent_form` whose the errors are."""

    is_loaded: bool = False
    fault: str = ""
    now: Settings = NO_SETTINGS
    holidays: list[HolidayRow] = []  # noqa: RUF012 - Reflex copies the defaults for every tab.
    skips_charge_on_holidays: bool = False
    today: str = ""
    example: str = ""
    guard: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012
    sent_form: str = ""

    @rx.event
    @requires(Permission.COMPANY_MANAGE)
    async def load(self) -> None:
        """Read the settings."""
        self.errors = {}
        await self._read()

    @rx.event
    @requires(Permission.COMPANY_MANAGE)
    async def follow_charges(self) -> Any:
        """Ask the browser what the rates are now."""
        return form_held(CHARGES_FORM, callback=SettingsState.count_charges)

    @rx.event(supersedes=True)
    @requires(Permission.COMPANY_MANAGE)
    async def count_charges(self, form_as_json: str) -> None:
        """Show what the typed rates come to; what is no rate yet leaves the last example standing."""
        texts = held(form_as_json)
        try:
            rates = (parse_percent(texts["late_fee_pct"]), parse_percent(texts["mora_pct_month"]))
        except DomainError:
            return
        self.example, self.guard = example_text(*rates), guard_of(*rates)

    @rx.event(temporal=True)
    @requires(Permission.COMPANY_MANAGE)
    async def save_company(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Write who lends."""
        async for event in self._save(COMPANY_FORM, services.change_company, parse_company, form, "Empresa alterada."):
            yield event

    @rx.event(temporal=True)
    @requires(Permission.COMPANY_MANAGE)
    async def save_charges(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Write the late charges of the loans approved from now on."""
        done = "Encargos alterados. Valem para empréstimos aprovados a partir de agora."
        async for event in self._save(CHARGES_FORM, services.change_charges, parse_charges, form, done):
            yield event

    @rx.event(temporal=True)
    @requires(Permission.COMPANY_MANAGE)
    async def save_holiday(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Add a holiday; what falls due on it moves."""
        async for event in self._save(HOLIDAY_FORM, services.add_holiday, parse_holiday, form, "Feriado incluído."):
            yield event

    @rx.event(temporal=True)
    @requires(Permission.COMPANY_MANAGE)
    async def save_charge_days(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Say whether reminders leave on holidays."""
        use_case, done = services.skip_charge_on_holidays, "Dias de cobrança alterados."
        async for event in self._save(CHARGE_DAYS_FORM, use_case, parse_charge_days, form, done):
            yield event

    @rx.event(temporal=True)
    @requires(Permission.COMPANY_MANAGE)
    async def save_pix(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Write the key on which the company receives."""
        async for event in self._save(PIX_FORM, services.change_pix, parse_pix, form, "Chave Pix alterada."):
            yield event

    async def _save(
        self, form_id: str, use_case: Any, parse: Callable[..., Any], form: dict[str, Any], done: str
    ) -> AsyncIterator[Any]:
        outcome = await bridge.submit(use_case, parse, form)
        problems = feedback.field_errors(outcome)
        # The page has a name of the company and one of the holiday: a field's id says whose it is.
        is_holiday = form_id == HOLIDAY_FORM
        self.errors = {
            "holiday_name" if is_holiday and field == "name" else field: problems[field] for field in problems
        }
        self.sent_form = form_id
        yield settled(form_id, is_done=outcome.ok)
        if outcome.ok:
            await self._read()
            yield rx.toast.success(done)

    async def _read(self) -> None:
        outcome = await bridge.read(company_shown, None)
        self.fault = outcome.reference
        if not outcome.ok:
            return
        shown = outcome.result
        self.now, self.today = _typed(shown), shown.today.isoformat()
        self.skips_charge_on_holidays = shown.skips_charge_on_holidays
        self.holidays = [
            HolidayRow(day=weekday_text(line.day), name=line.name, has_passed=line.day < shown.today)
            for line in shown.holidays
        ]
        self.example = example_text(shown.late_fee_pct, shown.mora_pct_month)
        self.guard = guard_of(shown.late_fee_pct, shown.mora_pct_month)
        self.is_loaded = True


def _typed(shown: CompanyShown) -> Settings:
    return Settings(
        name=shown.name,
        tax_id=TaxId(shown.tax_id).formatted,
        address=shown.address,
        email=shown.email,
        support_channel=shown.support_channel,
        support_hours=shown.support_hours,
        late_fee_pct=format_percent(shown.late_fee_pct.normalize()),
        mora_pct_month=format_percent(shown.mora_pct_month.normalize()),
        pix_key=shown_key(shown.pix_key),
        pix_city=shown.pix_city,
    )
