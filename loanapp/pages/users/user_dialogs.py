"""The dialogs of Usuários: inviting, the one-time link, another role, and taking access away (ux.md §2.19)."""

from typing import Any

import reflex as rx

from domain.permissions import PERSON_ROLES
from loanapp.components.buttons import Kind, button
from loanapp.components.dialogs import command_dialog, dialog
from loanapp.components.fields import select_field, text_area, text_field
from loanapp.components.glyphs import glyph
from loanapp.components.navigation import ROLE_NAMES
from loanapp.pages.users.users_state import FORM_ID, UsersState

ROLE_CHOICES = [(role.value, ROLE_NAMES[role.value]) for role in PERSON_ROLES]


def user_dialogs() -> rx.Component:
    """Draw the dialog that is open."""
    return rx.fragment(
        _invite(), _link(), _renew(), _change_role(), _end_sessions(), _reset_factor(), _deactivate(), _reactivate()
    )


def _about(
    name: str, title: str | rx.Var, *body: rx.Component, verb: str | rx.Var, on_submit: Any, busy: str,
    kind: Kind = "primary",
) -> rx.Component:  # fmt: skip
    return command_dialog(
        title,
        *body,
        verb=verb,
        form_id=FORM_ID,
        is_open=UsersState.dialog == name,
        on_open_change=UsersState.fold,
        on_submit=on_submit,
        errors=UsersState.errors,
        kind=kind,
        busy=busy,
    )


def _who(*text: str | rx.Var | rx.Component) -> rx.Component:
    return rx.el.p(rx.el.strong(UsersState.chosen["name"]), f" ({UsersState.chosen['email']}) ", *text)


def _invite() -> rx.Component:
    return _about(
        "invite",
        "Convidar usuário",
        text_field("name", "Nome", errors=UsersState.errors),
        text_field("email", "E-mail", type="email", errors=UsersState.errors),
        select_field("role", "Papel", [("", "Escolha"), *ROLE_CHOICES], errors=UsersState.errors),
        rx.el.p("O sistema não envia e-mail: você recebe um link e o entrega à pessoa.", class_name="muted"),
        verb="Criar convite",
        on_submit=UsersState.invite,
        busy="Criando…",
    )


def _link() -> rx.Component:
    state = UsersState
    invitation = "Com este link a pessoa cria a própria senha e entra."
    reset = "Com este link a pessoa escolhe uma nova senha. A senha atual vale até lá."
    return dialog(
        rx.cond(state.is_invitation, f"Convite de {state.link_for}", f"Nova senha de {state.link_for}"),
        rx.el.div(
            rx.el.p(rx.cond(state.is_invitation, invitation, reset)),
            text_field(
                "one-time-link", "Link de uso único", value=state.link, read_only=True, key=state.link,
                help_text=f"Vale até {state.link_until}.", custom_attrs={"data-selects": "1"},
            ),
            rx.el.p(
                glyph("triangle-alert", class_name="mt-0.5 shrink-0"),
                "O link aparece só agora. Entregue-o direto à pessoa: quem tem o link, tem o acesso.",
                class_name="notice rounded-md",
            ),
            rx.el.div(
                rx.dialog.close(button("Fechar")),
                button(
                    "Copiar link", kind="primary", icon="copy",
                    on_click=[rx.set_clipboard(state.link), rx.toast.success("Link copiado.")],
                ),
                class_name="dialog-foot",
            ),
            class_name="flex flex-col gap-4",
        ),
        is_open=state.dialog == "link",
        on_open_change=state.fold,
    )  # fmt: skip


def _renew() -> rx.Component:
    is_invited = UsersState.chosen["standing"] == "INVITED"
    return _about(
        "renew",
        rx.cond(is_invited, "Reenviar convite", "Redefinir senha"),
        _who(rx.cond(is_invited, "recebe um novo convite.", "recebe um link para escolher uma nova senha.")),
        rx.el.p("Um link anterior deixa de valer. Você entrega o novo link à pessoa."),
        verb="Criar link",
        on_submit=UsersState.renew,
        busy="Criando…",
    )


def _change_role() -> rx.Component:
    return _about(
        "role",
        "Mudar papel",
        _who("é ", UsersState.chosen["role"], "."),
        select_field("role", "Novo papel", ROLE_CHOICES, value=UsersState.chosen["role_key"], errors=UsersState.errors),
        rx.el.p("Vale no próximo clique da pessoa, em todas as sessões abertas.", class_name="muted"),
        verb="Mudar papel",
        on_submit=UsersState.change_role,
        busy="Mudando…",
    )


def _end_sessions() -> rx.Component:
    return _about(
        "sessions",
        "Encerrar sessões",
        _who("sai de todos os navegadores e precisa entrar de novo. O que estava digitado não se perde."),
        verb="Encerrar sessões",
        on_submit=UsersState.end_sessions,
        busy="Encerrando…",
        kind="danger",
    )


def _reset_factor() -> rx.Component:
    return _about(
        "factor",
        "Redefinir segundo fator",
        _who("passa a entrar só com a senha até ativar um novo segundo fator. As sessões abertas são encerradas."),
        rx.el.p("Confirme antes que é a própria pessoa quem pede.", class_name="notice rounded-md"),
        verb="Redefinir segundo fator",
        on_submit=UsersState.reset_factor,
        busy="Redefinindo…",
        kind="danger",
    )


def _deactivate() -> rx.Component:
    state = UsersState
    count = state.chosen["client_count"].to(int)
    heir = select_field(
        "heir_id", f"Quem fica com os clientes atribuídos ({count})", state.chosen_heirs, errors=state.errors
    )
    return _about(
        "deactivate",
        "Desativar usuário",
        _who("perde o acesso já: as sessões são encerradas e os links deixam de valer. O histórico fica."),
        rx.cond(count > 0, heir),
        text_area("reason", "Motivo", errors=state.errors, help_text="Fica na auditoria."),
        verb="Desativar usuário",
        on_submit=state.deactivate,
        busy="Desativando…",
        kind="danger",
    )  # fmt: skip


def _reactivate() -> rx.Component:
    return _about(
        "reactivate",
        "Reativar usuário",
        _who("volta a entrar com a senha e o papel que tinha: ", UsersState.chosen["role"], "."),
        verb="Reativar usuário",
        on_submit=UsersState.reactivate,
        busy="Reativando…",
    )
