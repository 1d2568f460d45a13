"""Papéis: who holds which role, how far it goes, who may do what, and the rule about second factors (ux.md §2.19)."""

import reflex as rx

from domain.permissions import PERSON_ROLES, ROLE_LIMITS, Limit, Permission, Role
from loanapp.components.buttons import button, submit_button
from loanapp.components.dialogs import command_dialog, dialog
from loanapp.components.fields import error_summary, money_field, text_field
from loanapp.components.figures import fact
from loanapp.components.forms import once_form
from loanapp.components.glyphs import glyph
from loanapp.components.navigation import ROLE_NAMES
from loanapp.components.page import page
from loanapp.components.states import page_failed, page_skeleton
from loanapp.gate import AuthState
from loanapp.pages.users.permission_words import matrix
from loanapp.pages.users.roles_state import (
    LIMIT_NAMES,
    LIMITS_FORM,
    REVIEW_FORM,
    SECURITY_FORM,
    RoleCard,
    RolesState,
)

SHORT_NAMES = {
    Role.LOAN_MANAGEMENT: "Gestão",
    Role.RENEGOTIATION_ANALYST: "Análise",
    Role.STREET_SUPERVISOR: "Rua",
    Role.SUPER_ADMIN: "Admin.",
}
MAY_CHANGE = AuthState.permissions.contains(Permission.LIMITS_MANAGE.value)


def _card(card: rx.Var[RoleCard]) -> rx.Component:
    change = button(
        "Alterar limites",
        icon="pencil-line",
        aria_label=f"Alterar limites de {card['name']}",
        on_click=RolesState.open_limits(card["key"]),
        class_name="self-start mt-auto",
    )
    unlimited = rx.el.p("Este papel pode tudo, sem limites.", class_name="muted")
    limits = rx.el.dl(
        rx.foreach(card["limits"], lambda limit: fact(limit["label"], limit["value"])), class_name="flex flex-col gap-2"
    )
    return rx.el.section(
        rx.el.h3(card["name"], class_name="font-semibold"),
        rx.el.p(rx.el.strong(card["count"], class_name="font-medium"), rx.el.br(), card["holders"], class_name="muted"),
        rx.cond(card["can_change"], limits, unlimited),
        rx.cond(card["can_change"] & MAY_CHANGE, change),
        class_name="panel flex flex-col gap-3 min-w-0",
    )


def _security() -> rx.Component:
    state = RolesState
    word = rx.cond(state.is_required, "Obrigatório para administradores", "Opcional para administradores")
    missing = rx.el.p("Ainda não ativaram: ", rx.el.strong(state.missing), ".", class_name="muted")
    text = rx.cond(state.is_required, "Deixar de exigir…", "Exigir segundo fator…")
    return rx.el.section(
        rx.el.h2("Segurança", class_name="title-small"),
        rx.el.div(
            glyph("shield-check", size=20, class_name="mt-0.5 shrink-0"),
            rx.el.div(
                rx.el.div("Segundo fator: ", rx.el.strong(word)),
                rx.cond(state.missing != "", missing),
                class_name="grow min-w-0",
            ),
            rx.cond(
                AuthState.permissions.contains(Permission.COMPANY_MANAGE.value),
                button(text, on_click=state.ask_security),
            ),
            class_name="panel flex flex-wrap items-start gap-3",
        ),
        class_name="flex flex-col gap-3",
    )


def _mark(*, may: bool) -> rx.Component:
    if may:
        return rx.el.td(glyph("check", size=18), rx.el.span("Pode", class_name="sr-only"), class_name="may")
    return rx.el.td(rx.el.span("—", aria_hidden="true"), rx.el.span("Não pode", class_name="sr-only"))


def _matrix() -> rx.Component:
    heads = (
        rx.el.th(
            rx.el.span(ROLE_NAMES[role.value], class_name="hidden lg:inline"),
            rx.el.span(SHORT_NAMES[role], aria_hidden="true", class_name="lg:hidden"),
            rx.el.span(ROLE_NAMES[role.value], class_name="sr-only lg:hidden"),
            scope="col",
        )
        for role in PERSON_ROLES
    )
    bodies = (
        rx.el.tbody(
            rx.el.tr(rx.el.th(noun, col_span=len(PERSON_ROLES) + 1, scope="rowgroup")),
            *(
                rx.el.tr(rx.el.th(action, scope="row"), *(_mark(may=may) for may in allowed))
                for action, allowed in actions
            ),
        )
        for noun, actions in matrix()
    )
    return rx.el.section(
        rx.el.h2("Quem pode o quê", class_name="title-small"),
        rx.el.p(
            "O supervisor de rua vê e atende só os clientes atribuídos a ele. Os papéis são fixos; mudam os limites e "
            "quem tem cada papel.",
            class_name="muted",
        ),
        rx.el.div(
            rx.el.table(
                rx.el.thead(rx.el.tr(rx.el.th("Ação", scope="col"), *heads)),
                *bodies,
                class_name="matrix",
                aria_label="Quem pode o quê",
            ),
            class_name="table-frame",
        ),
        class_name="flex flex-col gap-3",
    )


def _limit_field(limit: Limit) -> rx.Component:
    state = RolesState
    if limit.value.endswith("_cents"):
        field = money_field(
            limit.value, LIMIT_NAMES[limit], errors=state.errors, value=state.typed[limit.value],
            help_text="Vazio: sem limite.",
        )  # fmt: skip
    elif limit.value.endswith("_days"):
        field = text_field(
            limit.value, LIMIT_NAMES[limit], errors=state.errors, value=state.typed[limit.value],
            suffix="dias atrás", input_mode="numeric", help_text="Vazio: sem limite. 0: só com a data de hoje.",
        )  # fmt: skip
    else:
        field = text_field(
            limit.value, LIMIT_NAMES[limit], errors=state.errors, value=state.typed[limit.value], suffix="%",
            input_mode="numeric", help_text="De 0 a 100, do que estiver em aberto.",
        )  # fmt: skip
    roles = [role.value for role in PERSON_ROLES if role is not Role.SUPER_ADMIN and limit in ROLE_LIMITS[role]]
    return rx.cond(rx.Var.create(roles).contains(state.role_key), field)


def _fields() -> rx.Component:
    return once_form(
        error_summary(RolesState.errors),
        *(_limit_field(limit) for limit in Limit),
        rx.el.div(
            rx.dialog.close(button("Cancelar")), submit_button("Conferir mudanças", busy="Conferindo…"),
            class_name="dialog-foot",
        ),
        id=LIMITS_FORM,
        on_submit=RolesState.review_limits,
    )  # fmt: skip


def _reviewed() -> rx.Component:
    state = RolesState
    changes = rx.foreach(
        state.review,
        lambda change: rx.el.div(
            rx.el.dt(change["label"], class_name="muted"),
            rx.el.dd(
                change["before"],
                rx.el.span(" → ", aria_hidden="true"),
                rx.el.span(" passa a ", class_name="sr-only"),
                rx.el.strong(change["after"]),
            ),
        ),
    )
    return once_form(
        error_summary(state.errors),
        rx.el.dl(changes, class_name="flex flex-col gap-3 tabular-nums"),
        rx.el.p(glyph("users", class_name="mt-0.5 shrink-0"), state.affected, class_name="notice rounded-md"),
        rx.el.div(
            button("Voltar", on_click=state.back), submit_button("Salvar limites", busy="Salvando…"),
            class_name="dialog-foot",
        ),
        id=REVIEW_FORM,
        on_submit=state.save_limits,
    )  # fmt: skip


def _limits_dialog() -> rx.Component:
    return dialog(
        f"Limites: {RolesState.role_name}",
        rx.cond(RolesState.review.length() > 0, _reviewed(), _fields()),
        is_open=RolesState.dialog == "limits",
        on_open_change=RolesState.fold,
    )


def _security_dialog() -> rx.Component:
    state = RolesState
    turned_on = rx.fragment(
        rx.el.p("Cada administrador passa a entrar com a senha e um código do celular."),
        rx.cond(
            state.missing != "",
            rx.el.p(
                "Ainda sem segundo fator: ", rx.el.strong(state.missing), ". No próximo acesso, só o Perfil abre, para "
                "ativar. Ninguém fica de fora.",
            ),
        ),
    )  # fmt: skip
    turned_off = rx.el.p("Quem já usa o segundo fator continua usando. Quem não usa entra só com a senha.")
    return command_dialog(
        rx.cond(state.is_required, "Deixar de exigir o segundo fator", "Exigir o segundo fator"),
        rx.el.input(
            type="hidden", name="is_required", value=rx.cond(state.is_required, "false", "true"), read_only=True
        ),
        rx.cond(state.is_required, turned_off, turned_on),
        verb=rx.cond(state.is_required, "Deixar de exigir", "Exigir segundo fator"),
        form_id=SECURITY_FORM,
        is_open=state.dialog == "security",
        on_open_change=state.fold,
        on_submit=state.save_security,
        errors=state.errors,
        busy="Salvando…",
    )


def _loaded() -> rx.Component:
    return rx.fragment(
        rx.el.div(rx.foreach(RolesState.cards, _card), class_name="grid sm:grid-cols-2 xl:grid-cols-4 gap-4"),
        _security(),
        _matrix(),
        _limits_dialog(),
        _security_dialog(),
    )


@page("/papeis", title="Papéis", permission=Permission.USERS_VIEW, on_load=[RolesState.load])
def roles() -> rx.Component:
    """Show the roles as cards, the rule about second factors, and the matrix."""
    return rx.el.div(
        rx.cond(
            RolesState.fault != "",
            page_failed(RolesState.fault, RolesState.load),
            rx.cond(RolesState.is_loaded, _loaded(), page_skeleton()),
        ),
        class_name="flex flex-col gap-8",
    )
