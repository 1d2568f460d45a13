"""The state of Papéis: the roles with who holds them, a change of limits from its fields to its review, the rule."""

from collections.abc import AsyncIterator, Mapping
from datetime import date
from functools import partial
from typing import Any, TypedDict

import reflex as rx

from domain.errors import Checks
from domain.money import format_brl
from domain.permissions import PERSON_ROLES, ROLE_LIMITS, Limit, Permission, Role
from loanapp import bridge
from loanapp.components import feedback
from loanapp.components.formats import brl_text, counted
from loanapp.components.forms import settled
from loanapp.components.navigation import ROLE_NAMES
from loanapp.gate import AuthState, requires
from loanapp.queries.users import LimitsAsked, LimitsPreview, RoleLine, Roles, preview_limits, roles
from loanapp.services.limits import ChangeLimits, ChangeSecurity, change_limits, change_security, parse_limit

LIMITS_FORM = "limits"
REVIEW_FORM = "limits-review"
SECURITY_FORM = "security"
NO_LIMIT = "Sem limite"
LIMIT_NAMES = {
    Limit.APPROVE_CENTS: "Aprovar empréstimos até",
    Limit.WRITE_OFF_CENTS: "Marcar como perdido até",
    Limit.WAIVE_PCT: "Dispensar multa e mora até",
    Limit.DISCOUNT_PCT: "Dar desconto até",
    Limit.CASH_IN_HAND_CENTS: "Ter em mãos em dinheiro até",
    Limit.BACKDATE_DAYS: "Registrar recebimentos com data de até",
}
NAMES_SHOWN = 6
CHANGEABLE = frozenset(role.value for role in PERSON_ROLES if role is not Role.SUPER_ADMIN)


class LimitFact(TypedDict):
    """A limit of a role: its name and its value as text."""

    label: str
    value: str


class RoleCard(TypedDict):
    """A role as its card shows it."""

    key: str
    name: str
    count: str
    holders: str
    limits: list[LimitFact]
    can_change: bool


class LimitChange(TypedDict):
    """One limit that a press would change."""

    label: str
    before: str
    after: str


def limit_text(limit: Limit, value: int | None) -> str:
    """Write a limit: `R$ 50.000,00`, `20%`, `3 dias atrás`, or that there is none."""
    if value is None:
        return NO_LIMIT
    if limit.value.endswith("_days"):
        return f"{counted(value, 'dia', 'dias')} atrás"
    return brl_text(value) if limit.value.endswith("_cents") else f"{value}%"


def names_text(names: tuple[str, ...]) -> str:
    """Write people's names as a sentence does; of many, the first and how many more."""
    shown = list(names[:NAMES_SHOWN])
    if len(names) > NAMES_SHOWN:
        shown.append(f"mais {len(names) - NAMES_SHOWN}")
    return " e ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def parse_limits(texts: Mapping[str, str], _today: date, *, role: Role) -> LimitsAsked:
    """Read the fields of the limits that the role has; raise what is wrong with each."""
    checks = Checks()
    values = {limit: checks.take(limit.value, parse_limit, limit, texts[limit.value]) for limit in ROLE_LIMITS[role]}
    checks.finish()
    return LimitsAsked(role=role, values=values)


class RolesState(AuthState):
    """Papéis in this tab; `review` holds what the next press would change, and is empty while fields are filled in."""

    is_loaded: bool = False
    fault: str = ""
    cards: list[RoleCard] = []  # noqa: RUF012 - Reflex copies the defaults for every tab.
    dialog: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012
    role_key: str = ""
    role_name: str = ""
    affected: str = ""
    typed: dict[str, str] = {}  # noqa: RUF012
    review: list[LimitChange] = []  # noqa: RUF012
    is_required: bool = False
    missing: str = ""
    _order: ChangeLimits | None = None

    @rx.event
    @requires(Permission.USERS_VIEW)
    async def load(self) -> None:
        """Read the roles."""
        self.dialog = ""
        await self._read()

    @rx.event
    @requires(Permission.USERS_VIEW)
    async def fold(self, is_open: bool) -> None:  # noqa: FBT001 - what the dialog sends.
        """Close the open dialog; nothing was changed."""
        self.dialog = self.dialog if is_open is True else ""

    @rx.event
    @requires(Permission.LIMITS_MANAGE)
    async def open_limits(self, role: str) -> None:
        """Open the fields of a role's limits, as they stand now."""
        found = await self._read()
        if found is None or role not in CHANGEABLE:
            return
        line = next(line for line in found.lines if line.role == role)
        self.typed = {limit.value: _typed(limit, value) for limit, value in line.limits.items()}
        self.role_key, self.role_name = line.role.value, ROLE_NAMES[line.role.value]
        self.errors, self.review, self._order, self.dialog = {}, [], None, "limits"

    @rx.event
    @requires(Permission.LIMITS_MANAGE)
    async def review_limits(self, form: dict[str, Any]) -> Any:
        """Show what the typed limits would change, and for whom; nothing is written."""
        if self.role_key not in CHANGEABLE:
            return None
        self.typed = dict(bridge.texts_of(form))
        outcome = await bridge.submit(preview_limits, partial(parse_limits, role=Role(self.role_key)), form)
        self.errors = feedback.field_errors(outcome)
        if outcome.ok and not outcome.result.changes:
            self.errors = {"": "Nada muda: estes são os limites de agora."}
        if not self.errors:
            self._show_review(outcome.result)
        return settled(LIMITS_FORM, is_done=not self.errors)

    @rx.event
    @requires(Permission.LIMITS_MANAGE)
    async def back(self) -> None:
        """Go back to the fields, with what was typed."""
        self.review, self._order, self.errors = [], None, {}

    @rx.event(temporal=True)
    @requires(Permission.LIMITS_MANAGE)
    async def save_limits(self, form: dict[str, Any]) -> AsyncIterator[Any]:  # noqa: ARG002 - what a form sends.
        """Set the limits that were reviewed, unless somebody else changed them meanwhile."""
        order = self._order
        if order is None:
            self.errors = {"": "Confira os limites antes."}
            yield settled(REVIEW_FORM, is_done=False)
            return
        outcome = await bridge.run(change_limits, order)
        self.errors = feedback.field_errors(outcome)
        yield settled(REVIEW_FORM, is_done=outcome.ok)
        if outcome.ok:
            self.dialog, self._order = "", None
            await self._read()
            yield rx.toast.success(f"Limites de {self.role_name} alterados. Valem a partir de agora.")

    @rx.event
    @requires(Permission.COMPANY_MANAGE)
    async def ask_security(self) -> None:
        """Open the dialog of the rule about second factors."""
        await self._read()
        self.errors, self.dialog = {}, "security"

    @rx.event(temporal=True)
    @requires(Permission.COMPANY_MANAGE)
    async def save_security(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Turn the rule to what the dialog's button said."""
        is_required = bridge.texts_of(form)["is_required"] == "true"
        outcome = await bridge.run(change_security, ChangeSecurity(is_second_factor_required=is_required))
        self.errors = feedback.field_errors(outcome)
        yield settled(SECURITY_FORM, is_done=outcome.ok)
        if outcome.ok:
            self.dialog = ""
            await self._read()
            done = "O segundo fator é obrigatório" if is_required else "O segundo fator é opcional"
            yield rx.toast.success(f"{done} para administradores.")

    def _show_review(self, preview: LimitsPreview) -> None:
        before = preview.line.limits
        self.review = [
            LimitChange(
                label=LIMIT_NAMES[limit], before=limit_text(limit, before[limit]), after=limit_text(limit, value)
            )
            for limit, value in preview.changes.items()
        ]
        self.affected = _affected(preview.line)
        self._order = ChangeLimits(
            role=preview.line.role,
            values=dict(preview.changes),
            seen={limit: before[limit] for limit in preview.changes},
        )

    async def _read(self) -> Roles | None:
        outcome = await bridge.read(roles, None)
        self.fault = outcome.reference
        if not outcome.ok:
            return None
        self.cards = [_card(line) for line in outcome.result.lines]
        self.is_required = outcome.result.is_second_factor_required
        self.missing = names_text(outcome.result.admins_without_second_factor)
        self.is_loaded = True
        return outcome.result


def _card(line: RoleLine) -> RoleCard:
    return RoleCard(
        key=line.role.value,
        name=ROLE_NAMES[line.role.value],
        count=counted(len(line.holders), "pessoa", "pessoas"),
        holders=names_text(line.holders) or "Ninguém tem este papel.",
        limits=[
            LimitFact(label=LIMIT_NAMES[limit], value=limit_text(limit, line.limits[limit])) for limit in line.limits
        ],
        can_change=line.role in CHANGEABLE,
    )


def _affected(line: RoleLine) -> str:
    if not line.holders:
        return "Ninguém tem este papel agora."
    return f"Vale já para {counted(len(line.holders), 'pessoa', 'pessoas')}: {names_text(line.holders)}."


def _typed(limit: Limit, value: int | None) -> str:
    if value is None:
        return ""
    return format_brl(value).removeprefix("R$").strip() if limit.value.endswith("_cents") else str(value)
