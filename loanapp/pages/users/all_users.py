"""Usuários: who signs in, with their role, clients and standing; a row unfolds to the sessions and what can be done."""

import reflex as rx

from domain.permissions import Permission
from loanapp.components.badges import status_badge
from loanapp.components.buttons import button
from loanapp.components.filters import view_chips
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.page import page
from loanapp.components.sessions import session_facts
from loanapp.components.states import empty_all_done, page_failed, table_skeleton
from loanapp.components.table import Column, caption, data_table, pagination
from loanapp.gate import AuthState
from loanapp.pages.users.user_dialogs import user_dialogs
from loanapp.pages.users.user_rows import UserRow
from loanapp.pages.users.users_state import UsersState

MAY_MANAGE = AuthState.permissions.contains(Permission.USERS_MANAGE.value)


def _name(row: rx.Var[UserRow]) -> rx.Component:
    own = rx.el.span("você", class_name="caption")
    return rx.el.div(
        rx.el.div(
            app_link(
                row["name"], to=row["to"], replace=True,
                custom_attrs={"aria-expanded": rx.cond(row["is_open"], "true", "false")},
            ),
            rx.cond(row["is_self"], own),
            class_name="flex items-baseline gap-2",
        ),
        rx.el.div(row["email"], class_name="caption"),
        class_name="min-w-0 max-w-80 [overflow-wrap:anywhere]",
    )  # fmt: skip


def _unfold(row: rx.Var[UserRow]) -> rx.Component:
    return app_link(
        rx.cond(row["is_open"], "Fechar", "Detalhes"),
        glyph("chevron-down", class_name=rx.cond(row["is_open"], "rotate-180", "")),
        to=row["to"],
        replace=True,
        class_name="button button-secondary",
        aria_label=rx.cond(row["is_open"], "Fechar ", "Detalhes de ") + row["name"].to(str),
    )


COLUMNS = (
    Column(header="Nome", cell=_name, on_phone="title"),
    Column(header="Papel", cell=lambda row: row["role"]),
    Column(header="Clientes atribuídos", cell=lambda row: row["clients"], is_numeric=True, on_phone="none"),
    Column(header="Último acesso", cell=lambda row: row["seen"], is_numeric=True),
    Column(header="Segundo fator", cell=lambda row: row["factor"], on_phone="none"),
    Column(header="Situação", cell=lambda row: status_badge("user", row["standing"].to(str))),
    Column(header="Ação", cell=_unfold, on_phone="action"),
)


def _ask(text: str | rx.Var, dialog: str, row: rx.Var[UserRow], kind: str = "secondary") -> rx.Component:
    return button(text, kind=kind, on_click=UsersState.ask(dialog, row["id"]))


def _actions(row: rx.Var[UserRow]) -> rx.Component:
    is_other = ~row["is_self"].to(bool)
    is_gone = row["standing"] == "DEACTIVATED"
    is_active = row["standing"] == "ACTIVE"
    at_work = rx.fragment(
        _ask(rx.cond(is_active, "Redefinir senha", "Reenviar convite"), "renew", row),
        rx.cond(is_other, _ask("Mudar papel", "role", row)),
        rx.cond(row["sessions"].to(int) > 0, _ask("Encerrar sessões", "sessions", row)),
        rx.cond(is_other & row["has_factor"].to(bool), _ask("Redefinir segundo fator", "factor", row)),
        rx.cond(is_other, _ask("Desativar", "deactivate", row, "danger")),
    )
    return rx.el.div(
        rx.cond(is_gone, _ask("Reativar", "reactivate", row, "primary"), at_work), class_name="flex flex-wrap gap-3"
    )


def _detail(row: rx.Var[UserRow]) -> rx.Component:
    sessions = rx.el.ul(
        rx.foreach(UsersState.sessions, lambda session: rx.el.li(session_facts(session))),
        class_name="flex flex-col gap-3",
    )
    own = rx.el.p("O seu próprio papel e acesso são mudados por outro administrador.", class_name="muted")
    return rx.el.div(
        rx.el.div(
            rx.el.h2("Sessões abertas", class_name="font-semibold"),
            rx.cond(UsersState.sessions.length() > 0, sessions, rx.el.p("Nenhuma sessão aberta.", class_name="muted")),
            class_name="flex flex-col gap-2",
        ),
        rx.cond(MAY_MANAGE, _actions(row)),
        rx.cond(row["is_self"], own),
        class_name="flex flex-col gap-4 py-3 text-left",
    )


def _views() -> rx.Component:
    texts = {"todos": "Todos", "ativos": "Ativos", "convidados": "Convidados", "desativados": "Desativados"}
    views = [(key, text, UsersState.view_links[key]) for key, text in texts.items()]
    return view_chips("Visões", views, UsersState.view)


def _invite() -> rx.Component:
    invite = button("Convidar usuário", kind="primary", icon="user-plus", on_click=UsersState.ask("invite", ""))
    return rx.cond(MAY_MANAGE, invite)


def _results() -> rx.Component:
    nothing = rx.match(
        UsersState.view,
        ("convidados", empty_all_done("Nenhum convite em aberto.")),
        ("desativados", empty_all_done("Nenhum usuário desativado.")),
        empty_all_done("Nenhum usuário."),
    )
    table = rx.fragment(
        caption(UsersState.summary),
        data_table(COLUMNS, UsersState.rows, label="Usuários", detail=_detail),
        pagination(UsersState.place),
    )
    return rx.cond(UsersState.is_loaded, rx.cond(UsersState.rows.length() > 0, table, nothing), table_skeleton())


@page(
    "/usuarios",
    title="Usuários",
    permission=Permission.USERS_VIEW,
    on_load=[UsersState.load],
    actions=_invite,
    skeleton=table_skeleton,
)
def all_users() -> rx.Component:
    """Show the list under its views."""
    return rx.el.div(
        _views(),
        rx.cond(UsersState.fault != "", page_failed(UsersState.fault, UsersState.load), _results()),
        user_dialogs(),
        class_name="flex flex-col gap-4",
    )
