"""The menu as data: what stands where, and for whom.  Only pages that exist are listed."""

from dataclasses import dataclass

from domain.permissions import Permission, Role


@dataclass(frozen=True)
class Item:
    """One entry of the menu, for all who hold the permission or, of these, for one role alone."""

    text: str
    path: str
    icon: str
    permission: Permission
    only_for: Role | None = None


MENU: tuple[tuple[str, tuple[Item, ...]], ...] = (
    (
        "Operação",
        (
            Item("Painel", "/painel", "layout-dashboard", Permission.DASHBOARD_VIEW),
            Item("Empréstimos", "/emprestimos", "hand-coins", Permission.REQUESTS_VIEW),
            Item("Parcelas", "/parcelas", "receipt-text", Permission.INVOICES_VIEW),
            Item("Recebimentos", "/recebimentos", "banknote", Permission.PAYMENTS_VIEW),
            Item("Renegociações", "/renegociacoes", "handshake", Permission.RENEGOTIATIONS_VIEW),
            Item("Meu caixa", "/campo/recebidos", "hand-coins", Permission.CASH_HAND_IN, Role.STREET_SUPERVISOR),
            Item("Mensagens", "/mensagens", "message-square", Permission.MESSAGES_VIEW),
            Item("Aprovações", "/aprovacoes", "badge-check", Permission.APPROVALS_VIEW),
        ),
    ),
    ("Cadastros", (Item("Clientes", "/clientes", "users", Permission.CLIENTS_VIEW),)),
    (
        "Gestão",
        (
            Item("Rotinas diárias", "/rotinas", "refresh-cw", Permission.CYCLES_VIEW),
            Item("Usuários", "/usuarios", "user-cog", Permission.USERS_VIEW),
            Item("Papéis", "/papeis", "shield-check", Permission.USERS_VIEW),
            Item("Auditoria", "/auditoria", "file-text", Permission.AUDIT_VIEW),
            Item("Configurações", "/configuracoes", "sliders-horizontal", Permission.COMPANY_MANAGE),
        ),
    ),
)

ROLE_NAMES = {
    Role.LOAN_MANAGEMENT.value: "Gestão de empréstimos",
    Role.RENEGOTIATION_ANALYST.value: "Analista de renegociação",
    Role.STREET_SUPERVISOR.value: "Supervisor de rua",
    Role.SUPER_ADMIN.value: "Administrador",
}


def home_of(role: Role) -> str:
    """Return where a role begins its day (ux.md §2.2)."""
    homes = {Role.RENEGOTIATION_ANALYST: "/parcelas?visao=em-atraso", Role.STREET_SUPERVISOR: "/clientes"}
    return homes.get(role, "/painel")
