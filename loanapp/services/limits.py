"""Use cases of how far the roles go: their limits, and whether administrators need a second factor."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from domain.errors import Checks, Conflict, Invalid, NotAllowed, NotFound
from domain.money import AMOUNT_MAXIMUM, parse_brl
from domain.permissions import PERSON_ROLES, ROLE_LIMITS, Limit, Permission, Role
from loanapp.models import locks
from loanapp.models.auth import RoleLimit
from loanapp.models.company import CompanySettings
from loanapp.services import _audit
from loanapp.services._use_case import Tx, use_case

PERCENT_MAXIMUM = 100
DAYS_MAXIMUM = 3650
_PERCENTAGES = frozenset(map(str, range(PERCENT_MAXIMUM + 1)))
_DAYS = frozenset(str(days) for days in range(DAYS_MAXIMUM + 1))


class LimitOutOfRange(Invalid):
    """The limit is below zero, above 100%, or above R$ 100.000.000,00."""

    code = "limits.out_of_range"


class PercentNotWhole(Invalid):
    """The text is no whole percentage from 0 to 100."""

    code = "limits.percent_not_whole"


class DaysNotWhole(Invalid):
    """The text is no whole number of days from 0 to ten years."""

    code = "limits.days_not_whole"


class LimitNotOfRole(Invalid):
    """The role has no such limit: what it may not do at all has no amount."""

    code = "limits.not_of_role"


class RoleWithoutLimits(NotAllowed):
    """The role is none, or the administrator's, whom no limit binds."""

    code = "limits.role_without_limits"


class LimitsChanged(Conflict):
    """Somebody else changed the role's limits since they were shown."""

    code = "limits.changed"


class CompanyMissing(NotFound):
    """The company's settings were never written."""

    code = "company.missing"


def parse_limit(limit: Limit, text: str) -> int | None:
    """Read a limit as typed: reais or days where it counts them (empty: no limit), else a whole percentage.

    Raises PercentNotWhole, DaysNotWhole, or what `parse_brl` raises.
    """
    typed = text.strip().removesuffix("%").rstrip()
    if limit.value.endswith("_cents"):
        return parse_brl(typed).cents if typed else None
    if limit.value.endswith("_days"):
        if typed and typed not in _DAYS:
            raise DaysNotWhole
        return int(typed) if typed else None
    if typed not in _PERCENTAGES:
        raise PercentNotWhole
    return int(typed)


@dataclass(frozen=True, kw_only=True)
class ChangeLimits:
    """Set some limits of a role, in centavos, whole percent or days (None: no limit).

    `seen` is what the person who decides was shown: where it no longer holds, nothing is changed.
    """

    role: str
    values: Mapping[Limit, int | None]
    seen: Mapping[Limit, int | None] | None = None


@dataclass(frozen=True, kw_only=True)
class ChangeSecurity:
    """Say whether administrators need a second factor to sign in."""

    is_second_factor_required: bool


@use_case(Permission.LIMITS_MANAGE)
def change_limits(tx: Tx, command: ChangeLimits) -> None:
    """Set limits of a role; they bite at the next event of whoever holds it.

    Raises RoleWithoutLimits, LimitNotOfRole, LimitOutOfRange or LimitsChanged. Values that hold already change nothing.
    """
    if command.role not in PERSON_ROLES or command.role == Role.SUPER_ADMIN:
        raise RoleWithoutLimits(field="role")
    role = Role(command.role)
    checks = Checks()
    for limit, value in command.values.items():
        checks.take(limit.value, _check, role, limit, value)
    checks.finish()
    # The chain's lock first: of two administrators, the second sees what the first one wrote.
    locks.system_chain(tx.session)
    rows = {Limit(row.name): row for row in tx.session.scalars(select(RoleLimit).where(RoleLimit.role == role)).all()}
    now = ROLE_LIMITS[role] | {limit: row.value for limit, row in rows.items()}
    changed = {limit: value for limit, value in command.values.items() if now[limit] != value}
    if not changed:
        return
    if command.seen is not None and any(now.get(limit, 0) != value for limit, value in command.seen.items()):
        raise LimitsChanged
    for limit, value in changed.items():
        row = rows.get(limit) or RoleLimit(role=role, name=limit)
        row.value, row.changed_at, row.changed_by = value, tx.now, tx.actor.user_id
        tx.session.add(row)
    _audit.note(
        tx,
        None,
        "limits.changed",
        "role",
        role.value,
        before={limit.value: now[limit] for limit in changed},
        after={limit.value: value for limit, value in changed.items()},
    )


@use_case(Permission.COMPANY_MANAGE)
def change_security(tx: Tx, command: ChangeSecurity) -> None:
    """Write whether administrators need a second factor; raise `CompanyMissing` before the company is set up.

    Nobody is locked out: an administrator without one still signs in, to set it up and nothing else.
    """
    locks.system_chain(tx.session)
    company = tx.session.get(CompanySettings, 1)
    if company is None:
        raise CompanyMissing
    before, after = company.is_second_factor_required, command.is_second_factor_required
    if before == after:
        return
    company.is_second_factor_required = after
    company.updated_at = tx.now
    key = "is_second_factor_required"
    _audit.note(tx, None, "company.security_changed", "company", 1, before={key: before}, after={key: after})


def _check(role: Role, limit: Limit, value: int | None) -> None:
    if limit not in ROLE_LIMITS[role]:
        raise LimitNotOfRole
    if value is not None and not 0 <= value <= _maximum(limit):
        raise LimitOutOfRange


def _maximum(limit: Limit) -> int:
    if limit.value.endswith("_cents"):
        return AMOUNT_MAXIMUM.cents
    return DAYS_MAXIMUM if limit.value.endswith("_days") else PERCENT_MAXIMUM
