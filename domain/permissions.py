"""Who may do what: the vocabulary of permissions, the roles and their limits, as one screen of data (ux.md §2.1).

The check itself is `Actor.require`; which permission a use case or a read asks for is declared where it is defined.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from domain.errors import NotAllowed


class Permission(StrEnum):
    """One thing an actor may do, named `noun.verb`."""

    SIGN_IN = "auth.sign_in"
    SESSION_USE = "auth.use_session"
    USERS_VIEW = "users.view"
    USERS_MANAGE = "users.manage"
    COMPANY_MANAGE = "company.manage"
    DASHBOARD_VIEW = "dashboard.view"
    CLIENTS_VIEW = "clients.view"
    CLIENTS_REGISTER = "clients.register"
    CLIENTS_BLOCK = "clients.block"
    REQUESTS_VIEW = "requests.view"
    REQUESTS_OPEN = "requests.open"
    REQUESTS_DECIDE = "requests.decide"
    REQUESTS_DISBURSE = "requests.disburse"
    INVOICES_VIEW = "invoices.view"
    PAYMENTS_VIEW = "payments.view"
    PAYMENTS_REGISTER = "payments.register"
    MESSAGES_VIEW = "messages.view"
    MESSAGES_SEND = "messages.send"
    MESSAGES_DELIVER = "messages.deliver"
    INBOUND_STORE = "inbound.store"
    INBOUND_APPLY = "inbound.apply"
    CYCLES_VIEW = "cycles.view"
    CYCLES_RUN = "cycles.run"
    BOOK_VERIFY = "book.verify"


class Role(StrEnum):
    """The departments of `product.md`, and the two actors that are no person."""

    LOAN_MANAGEMENT = "LOAN_MANAGEMENT"
    RENEGOTIATION_ANALYST = "RENEGOTIATION_ANALYST"
    STREET_SUPERVISOR = "STREET_SUPERVISOR"
    SUPER_ADMIN = "SUPER_ADMIN"
    SYSTEM = "SYSTEM"
    NOBODY = "NOBODY"


PERSON_ROLES = (Role.LOAN_MANAGEMENT, Role.RENEGOTIATION_ANALYST, Role.STREET_SUPERVISOR, Role.SUPER_ADMIN)

_P = Permission
_OFFICE = {
    _P.SESSION_USE,
    _P.DASHBOARD_VIEW,
    _P.CLIENTS_VIEW,
    _P.REQUESTS_VIEW,
    _P.INVOICES_VIEW,
    _P.PAYMENTS_VIEW,
    _P.PAYMENTS_REGISTER,
    _P.MESSAGES_VIEW,
    _P.MESSAGES_SEND,
}
_MANAGEMENT = _OFFICE | {
    _P.CLIENTS_REGISTER,
    _P.CLIENTS_BLOCK,
    _P.REQUESTS_OPEN,
    _P.REQUESTS_DECIDE,
    _P.REQUESTS_DISBURSE,
    _P.CYCLES_VIEW,
}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.LOAN_MANAGEMENT: frozenset(_MANAGEMENT),
    Role.RENEGOTIATION_ANALYST: frozenset(_OFFICE),
    Role.STREET_SUPERVISOR: frozenset({_P.SESSION_USE}),
    Role.SUPER_ADMIN: frozenset(
        _MANAGEMENT | {_P.USERS_VIEW, _P.USERS_MANAGE, _P.COMPANY_MANAGE, _P.CYCLES_RUN, _P.BOOK_VERIFY}
    ),
    Role.SYSTEM: frozenset(
        {
            _P.MESSAGES_DELIVER,
            _P.INBOUND_STORE,
            _P.INBOUND_APPLY,
            _P.CYCLES_RUN,
            _P.CYCLES_VIEW,
            _P.BOOK_VERIFY,
            _P.PAYMENTS_REGISTER,
            _P.PAYMENTS_VIEW,
            _P.USERS_MANAGE,
            _P.USERS_VIEW,
            _P.COMPANY_MANAGE,
            _P.MESSAGES_VIEW,
            _P.REQUESTS_VIEW,
        }
    ),
    Role.NOBODY: frozenset({_P.SIGN_IN, _P.INBOUND_STORE}),
}

# The largest principal a role may approve, in centavos; None means no limit.
APPROVAL_LIMIT_CENTS: dict[Role, int | None] = {Role.LOAN_MANAGEMENT: 5_000_000, Role.SUPER_ADMIN: None}


class PermissionMissing(NotAllowed):
    """The actor's role does not hold the permission that the use case declares."""

    code = "not_allowed.permission"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts: a signed-in user, the system's own jobs, or nobody."""

    role: Role
    name: str
    user_id: UUID | None = None
    permissions: frozenset[Permission] = field(default_factory=frozenset)

    @classmethod
    def of(cls, role: Role, *, name: str, user_id: UUID | None = None) -> "Actor":
        """Build the actor that holds what `ROLE_PERMISSIONS` lists for the role."""
        return cls(role=role, name=name, user_id=user_id, permissions=ROLE_PERMISSIONS[role])

    def require(self, permission: Permission) -> None:
        """Raise `PermissionMissing` unless the actor holds the permission."""
        if permission not in self.permissions:
            raise PermissionMissing(permission=permission.value)


NOBODY = Actor.of(Role.NOBODY, name="Ninguém")
SYSTEM = Actor.of(Role.SYSTEM, name="Sistema")
