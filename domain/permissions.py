"""Who may do what: the vocabulary of permissions, the roles and their limits, as data (ux.md §2.1).

The check itself is `Actor.require`; which permission a use case or a read asks for is declared where it is defined.
What a role may do up to an amount is a `Limit`; `SUPER_ADMIN` changes the limits, so an actor carries its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self
from uuid import UUID

from domain.errors import NotAllowed


class Role(StrEnum):
    """The departments of `product.md`, and the two actors that are no person."""

    LOAN_MANAGEMENT = "LOAN_MANAGEMENT"
    RENEGOTIATION_ANALYST = "RENEGOTIATION_ANALYST"
    STREET_SUPERVISOR = "STREET_SUPERVISOR"
    SUPER_ADMIN = "SUPER_ADMIN"
    SYSTEM = "SYSTEM"
    NOBODY = "NOBODY"


PERSON_ROLES = (Role.LOAN_MANAGEMENT, Role.RENEGOTIATION_ANALYST, Role.STREET_SUPERVISOR, Role.SUPER_ADMIN)


class Permission(StrEnum):
    """One thing an actor may do: its name `noun.verb`, the letters of the roles that hold it, what others are told.

    M `LOAN_MANAGEMENT`, R `RENEGOTIATION_ANALYST`, S `STREET_SUPERVISOR` (on assigned clients only, `models/scope.py`),
    A `SUPER_ADMIN`, J the system's own jobs, N nobody.
    """

    _value_: str
    holders: str
    denial: str

    def __new__(cls, name: str, holders: str, denial: str) -> Self:
        """Make the member that equals its name."""
        member = str.__new__(cls, name)
        member._value_, member.holders, member.denial = name, holders, denial
        return member

    SIGN_IN = "auth.sign_in", "N", "Saia antes de entrar com outro usuário."
    LINK_USE = "auth.use_link", "N", "Saia antes de usar este link."
    SESSION_USE = "auth.use_session", "MRSA", "Entre no sistema para continuar."
    USERS_VIEW = "users.view", "AJ", "Só um administrador vê os usuários."
    USERS_MANAGE = "users.manage", "AJ", "Só um administrador convida e altera usuários."
    LIMITS_MANAGE = "limits.manage", "A", "Só um administrador altera os limites dos papéis."
    COMPANY_MANAGE = "company.manage", "AJ", "Só um administrador altera as configurações da empresa."
    AUDIT_VIEW = "audit.view", "MA", "Seu papel não dá acesso à auditoria. Peça a um administrador."
    DASHBOARD_VIEW = "dashboard.view", "MRA", "Seu papel não dá acesso ao painel. Peça a um administrador."
    CLIENTS_VIEW = "clients.view", "MRSA", "Seu papel não dá acesso aos clientes. Peça a um administrador."
    CLIENTS_LOOK_UP = "clients.look_up", "MRSA", "Seu papel não procura clientes por CPF ou telefone."
    CLIENTS_REVEAL = "clients.reveal", "MRSA", "Seu papel não mostra o CPF e o telefone completos."
    CLIENTS_REGISTER = "clients.register", "MA", "Só a gestão de empréstimos cadastra e altera clientes."
    CLIENTS_BLOCK = "clients.block", "MA", "Só a gestão de empréstimos bloqueia clientes."
    CLIENTS_ASSIGN = "clients.assign", "MA", "Só a gestão de empréstimos define o supervisor de um cliente."
    CLIENTS_EXPORT = "clients.export", "MAJ", "Só a gestão de empréstimos exporta os dados de um cliente."
    CLIENTS_ANONYMISE = "clients.anonymise", "A", "Só um administrador anonimiza um cliente."
    CONSENT_CHANGE = "consent.change", "MRSA", "Seu papel não altera o consentimento do cliente."
    TIMELINE_VIEW = "timeline.view", "MRSA", "Seu papel não dá acesso à linha do tempo."
    FOLLOW_UPS_RECORD = "follow_ups.record", "MRSA", "Seu papel não registra contatos."
    DOCUMENTS_VIEW = "documents.view", "MRSA", "Seu papel não dá acesso aos documentos."
    DOCUMENTS_ATTACH = "documents.attach", "MRSA", "Seu papel não anexa documentos."
    DOCUMENTS_REMOVE = "documents.remove", "MA", "Só a gestão de empréstimos remove documentos."
    REQUESTS_VIEW = "requests.view", "MRSAJ", "Seu papel não dá acesso aos empréstimos. Peça a um administrador."
    PAPERS_ISSUE = "papers.issue", "MRSAJ", "Seu papel não emite contratos, carnês e extratos."
    REQUESTS_OPEN = "requests.open", "MA", "Só a gestão de empréstimos cria solicitações."
    REQUESTS_DECIDE = "requests.decide", "MA", "Só a gestão de empréstimos aprova ou reprova solicitações."
    REQUESTS_DISBURSE = "requests.disburse", "MA", "Só a gestão de empréstimos libera dinheiro."
    REQUESTS_WRITE_OFF = "requests.write_off", "MAJ", "Só a gestão de empréstimos marca um empréstimo como perdido."
    REQUESTS_REOPEN = "requests.reopen", "MA", "Só a gestão de empréstimos pede para reabrir um empréstimo perdido."
    REQUESTS_CANCEL = "requests.cancel", "MA", "Só a gestão de empréstimos pede para cancelar uma liberação."
    APPROVALS_VIEW = "approvals.view", "MRA", "Seu papel não dá acesso às aprovações."
    APPROVALS_DECIDE = "approvals.decide", "MA", "Só a gestão de empréstimos decide aprovações."
    INVOICES_VIEW = "invoices.view", "MRSA", "Seu papel não dá acesso às parcelas. Peça a um administrador."
    PAYMENTS_VIEW = "payments.view", "MRSAJ", "Seu papel não dá acesso aos recebimentos. Peça a um administrador."
    PAYMENTS_REGISTER = "payments.register", "MRSAJ", "Seu papel não registra recebimentos. Peça a um administrador."
    RENEGOTIATIONS_VIEW = "renegotiations.view", "MRAJ", "Seu papel não dá acesso às renegociações."
    RENEGOTIATIONS_OFFER = "renegotiations.offer", "MRAJ", "Seu papel não faz propostas de renegociação."
    RENEGOTIATIONS_APPROVE = (
        "renegotiations.approve",
        "MA",
        "Só a gestão de empréstimos aprova descontos acima do limite.",
    )
    RENEGOTIATIONS_ACCEPT = "renegotiations.accept", "MRAJ", "Seu papel não confirma acordos."
    RENEGOTIATIONS_EXPIRE = "renegotiations.expire", "J", "Só o sistema encerra propostas vencidas."
    PAYMENTS_REVERSE = "payments.reverse", "MRSAJ", "Seu papel não estorna recebimentos. Peça à gestão."
    PAYMENTS_RETURN = "payments.return", "MAJ", "Só a gestão de empréstimos registra um recebimento devolvido."
    PAYMENTS_SETTLE = "payments.settle", "MRAJ", "Seu papel não quita empréstimos antecipadamente. Peça à gestão."
    CHARGES_WAIVE = "charges.waive", "MRAJ", "Seu papel não dispensa multa e mora. Peça à gestão."
    INVOICES_CHANGE_DUE_DATE = "invoices.change_due_date", "MAJ", "Só a gestão de empréstimos altera vencimentos."
    CREDIT_USE = "credit.use", "MRAJ", "Seu papel não usa o crédito de clientes. Peça à gestão."
    CREDIT_REFUND = "credit.refund", "MAJ", "Só a gestão de empréstimos devolve o crédito de clientes."
    RECEIPTS_SHARE = "receipts.share", "MRSA", "Seu papel não entrega recibos. Peça à gestão."
    RECEIPTS_OPEN = "receipts.open", "N", "Saia antes de abrir o link de um recibo."
    CASH_HAND_IN = "cash.hand_in", "MRSA", "Seu papel não entrega caixa. Peça à gestão."
    CASH_CHECK = "cash.check", "MA", "Só a gestão de empréstimos confere caixas."
    MESSAGES_VIEW = "messages.view", "MRAJ", "Seu papel não dá acesso às mensagens. Peça a um administrador."
    MESSAGES_SEND = "messages.send", "MRA", "Seu papel não envia mensagens. Peça a um administrador."
    MESSAGES_DELIVER = "messages.deliver", "J", "Só o sistema entrega mensagens."
    INBOUND_STORE = "inbound.store", "JN", "Só o WhatsApp entrega respostas."
    INBOUND_APPLY = "inbound.apply", "J", "Só o sistema trata as respostas do WhatsApp."
    CYCLES_VIEW = "cycles.view", "MAJ", "Seu papel não dá acesso às rotinas diárias. Peça a um administrador."
    CYCLES_RUN = "cycles.run", "AJ", "Só um administrador executa as rotinas diárias."
    BOOK_VERIFY = "book.verify", "AJ", "Só um administrador confere a carteira."


_LETTERS = {
    Role.LOAN_MANAGEMENT: "M",
    Role.RENEGOTIATION_ANALYST: "R",
    Role.STREET_SUPERVISOR: "S",
    Role.SUPER_ADMIN: "A",
    Role.SYSTEM: "J",
    Role.NOBODY: "N",
}
ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    role: frozenset(permission for permission in Permission if letter in permission.holders)
    for role, letter in _LETTERS.items()
}


class Limit(StrEnum):
    """How far a role may go, in the unit that the name ends with: centavos, percent of what is open, or days back."""

    APPROVE_CENTS = "approve_cents"
    WRITE_OFF_CENTS = "write_off_cents"
    WAIVE_PCT = "waive_pct"
    DISCOUNT_PCT = "discount_pct"
    CASH_IN_HAND_CENTS = "cash_in_hand_cents"
    BACKDATE_DAYS = "backdate_days"


# The limits of a new company.  None: no limit; a limit that a role does not list is 0, it may not at all.
ROLE_LIMITS: dict[Role, dict[Limit, int | None]] = {
    Role.LOAN_MANAGEMENT: {
        Limit.APPROVE_CENTS: 5_000_000,
        Limit.WRITE_OFF_CENTS: 500_000,
        Limit.WAIVE_PCT: 20,
        Limit.DISCOUNT_PCT: 20,
        Limit.CASH_IN_HAND_CENTS: None,
        Limit.BACKDATE_DAYS: 90,
    },
    Role.RENEGOTIATION_ANALYST: {
        Limit.WAIVE_PCT: 10,
        Limit.DISCOUNT_PCT: 20,
        Limit.CASH_IN_HAND_CENTS: None,
        Limit.BACKDATE_DAYS: 30,
    },
    Role.STREET_SUPERVISOR: {Limit.CASH_IN_HAND_CENTS: 300_000, Limit.BACKDATE_DAYS: 3},
    Role.SUPER_ADMIN: dict.fromkeys(Limit),
    Role.SYSTEM: dict.fromkeys(Limit),
    Role.NOBODY: {},
}


class PermissionMissing(NotAllowed):
    """The actor's role does not hold the permission that the use case declares."""

    code = "not_allowed.permission"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts, and from where: a signed-in user, the system's own jobs, or nobody.

    `session_id` and `address` go to the audit trail.  `limits` are those of the role as they stand now.
    """

    role: Role
    name: str
    user_id: UUID | None = None
    permissions: frozenset[Permission] = field(default_factory=frozenset)
    limits: Mapping[Limit, int | None] = field(default_factory=dict)
    session_id: UUID | None = None
    address: str = ""

    @classmethod
    def of(
        cls,
        role: Role,
        *,
        name: str,
        user_id: UUID | None = None,
        limits: Mapping[Limit, int | None] | None = None,
        session_id: UUID | None = None,
        address: str = "",
    ) -> "Actor":
        """Build the actor that holds what `ROLE_PERMISSIONS` lists for the role; `limits` replace single limits."""
        return cls(
            role=role,
            name=name,
            user_id=user_id,
            permissions=ROLE_PERMISSIONS[role],
            limits=ROLE_LIMITS[role] | dict(limits or {}),
            session_id=session_id,
            address=address,
        )

    @property
    def is_scoped(self) -> bool:
        """Whether this actor sees and acts on the clients assigned to it only."""
        return self.role is Role.STREET_SUPERVISOR

    def require(self, permission: Permission) -> None:
        """Raise `PermissionMissing`, with the words for the person, unless the actor holds the permission."""
        if permission not in self.permissions:
            raise PermissionMissing(permission=permission.value, denial=permission.denial)

    def is_within(self, limit: Limit, amount: int) -> bool:
        """Whether an amount, in the limit's unit, is one this actor may decide alone."""
        most = self.limits.get(limit, 0)
        return most is None or amount <= most


NOBODY = Actor.of(Role.NOBODY, name="Ninguém")
SYSTEM = Actor.of(Role.SYSTEM, name="Sistema")
TERMINAL = Actor.of(Role.SYSTEM, name="Sistema", address="terminal")
