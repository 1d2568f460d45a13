"""Ficha do cliente: who it is, what is owed, what can be done, and the tabs below."""

from typing import Any

import reflex as rx

from domain.permissions import Permission
from loanapp.components.badges import status_badge
from loanapp.components.buttons import button, link_button
from loanapp.components.dialogs import command_dialog
from loanapp.components.fields import text_area
from loanapp.components.figures import key_figure
from loanapp.components.page import page
from loanapp.components.states import not_found, page_failed, page_skeleton
from loanapp.gate import AuthState
from loanapp.pages.clients import contact_fields
from loanapp.pages.clients.assignment import supervisor_dialog, supervisor_line
from loanapp.pages.clients.client_state import BLOCK_FORM, CONTACT_FORM, REMIND_FORM, ClientState
from loanapp.pages.clients.client_tabs import tabs
from loanapp.pages.clients.documents import DocumentsState
from loanapp.pages.clients.privacy import PrivacyState
from loanapp.pages.clients.reveal import RevealState, identity, phones_to_edit
from loanapp.pages.clients.timeline_state import TimelineState
from loanapp.services.disclosure import Identity

RECORD = ClientState.record
IS_BLOCKED = RECORD["status"] == "BLOCKED"
TITLE = rx.cond(ClientState.is_loaded, RECORD["name"].to(str), "Cliente")


def _may(permission: Permission) -> rx.Var[bool]:
    return AuthState.permissions.contains(permission.value)


def _open(dialog: str) -> Any:
    return ClientState.open_dialog(dialog)


def _actions() -> rx.Component:
    # On a phone Receber and WhatsApp stand in the bar at the bottom.
    receive = link_button(
        "Receber", to=ClientState.receive_to, kind="primary", icon="banknote", class_name="max-md:!hidden"
    )
    remind = button("WhatsApp", icon="message-square", on_click=_open("remind"), class_name="max-md:!hidden")
    request = link_button("Nova solicitação", to=f"/emprestimos/novo?cliente={RECORD['id']}", icon="hand-coins")
    contact = button("Editar contato", icon="pencil-line", on_click=RevealState.edit_contact)
    block = button(rx.cond(IS_BLOCKED, "Desbloquear", "Bloquear"), icon="lock", on_click=_open("block"))
    allowed = rx.fragment(
        rx.cond(_may(Permission.PAYMENTS_REGISTER) & RECORD["owes"].to(bool), receive),
        rx.cond(_may(Permission.MESSAGES_SEND), remind),
        rx.cond(_may(Permission.REQUESTS_OPEN) & ~IS_BLOCKED, request),
        rx.cond(_may(Permission.CLIENTS_REGISTER), contact),
        rx.cond(_may(Permission.CLIENTS_BLOCK), block),
    )
    return rx.cond(ClientState.is_loaded & (RECORD["anonymised"] == ""), allowed)


def _identity() -> rx.Component:
    blocked = rx.el.p(
        status_badge("client", RECORD["status"].to(str)),
        rx.el.span(RECORD["blocked_reason"]),
        class_name="flex flex-wrap items-center gap-2 [overflow-wrap:anywhere]",
    )
    known = rx.el.p(
        identity("CPF ou CNPJ", Identity.TAX_ID, RECORD["tax_id"]),
        identity("telefone", Identity.PHONE, RECORD["phone"]),
        rx.cond(RECORD["other_phone"] != "", identity("outro telefone", Identity.OTHER_PHONE, RECORD["other_phone"])),
        rx.cond(RECORD["place"] != "", rx.el.span(RECORD["place"])),
        supervisor_line(),
        rx.cond(RECORD["accepts_messages"].to(bool), "", rx.el.span("Não aceita mensagens", class_name="overdue")),
        class_name="flex flex-wrap gap-x-4 gap-y-1 muted [overflow-wrap:anywhere]",
    )
    return rx.el.div(
        rx.cond(RECORD["anonymised"] == "", known, rx.el.p(RECORD["anonymised"], class_name="notice rounded-lg")),
        rx.cond(IS_BLOCKED, blocked),
        class_name="flex flex-col gap-2",
    )


def _figures() -> rx.Component:
    overdue = key_figure(
        "Em atraso", RECORD["overdue"].to(str), note=RECORD["days"].to(str), is_alarming=RECORD["is_overdue"].to(bool)
    )
    credit = key_figure("Crédito", RECORD["credit"].to(str), to=f"/clientes/{RECORD['id']}/credito")
    promise = key_figure("Promessa ativa", RECORD["promise"].to(str), note=RECORD["promise_until"].to(str))
    return rx.el.div(
        key_figure("Em aberto", RECORD["open"].to(str)),
        overdue,
        key_figure("Próximo vencimento", RECORD["next_due"].to(str)),
        rx.cond(RECORD["promise"] != "", promise),
        key_figure("Último contato", RECORD["last_contact"].to(str)),
        rx.cond(RECORD["credit"] != "", credit),
        class_name="grid grid-cols-2 md:grid-cols-[repeat(auto-fit,minmax(180px,1fr))] gap-3",
    )


def _phone_bar() -> rx.Component:
    return rx.el.div(
        rx.cond(
            _may(Permission.PAYMENTS_REGISTER) & RECORD["owes"].to(bool),
            link_button("Receber", to=ClientState.receive_to, kind="primary", class_name="flex-1 !px-2"),
        ),
        rx.cond(
            _may(Permission.MESSAGES_SEND), button("WhatsApp", on_click=_open("remind"), class_name="flex-1 !px-2")
        ),
        rx.cond(
            _may(Permission.CLIENTS_REVEAL),
            button("Ligar", icon="phone", on_click=RevealState.call, class_name="flex-1 !px-2"),
        ),
        class_name=(
            "md:hidden fixed inset-x-0 bottom-0 z-20 flex gap-2 p-3 no-print"
            " bg-[var(--c-panel)] border-t border-[var(--c-line)]"
        ),
    )


def _dialog(name: str, title: str | rx.Var, *body: rx.Component, **options: Any) -> rx.Component:
    return command_dialog(
        title,
        *body,
        is_open=ClientState.dialog == name,
        on_open_change=ClientState.close_dialog,
        errors=ClientState.errors,
        **options,
    )


def _block_dialog() -> rx.Component:
    effect = rx.cond(
        IS_BLOCKED,
        "O cliente volta a poder pedir empréstimos.",
        "O cliente não poderá pedir novos empréstimos. Os que estão em andamento continuam.",
    )
    return _dialog(
        "block",
        rx.cond(IS_BLOCKED, "Desbloquear cliente", "Bloquear cliente"),
        rx.el.p(RECORD["name"], class_name="font-medium [overflow-wrap:anywhere]"),
        rx.el.p(effect),
        text_area("reason", "Motivo", errors=ClientState.errors),
        verb=rx.cond(IS_BLOCKED, "Desbloquear cliente", "Bloquear cliente"),
        form_id=BLOCK_FORM,
        on_submit=ClientState.block,
        kind="danger",
    )


def _remind_dialog() -> rx.Component:
    return _dialog(
        "remind",
        "Enviar lembrete pelo WhatsApp",
        rx.el.p(
            "Para ", rx.el.span(RECORD["name"], class_name="font-medium"), ", ", RECORD["phone"], ".",
            class_name="[overflow-wrap:anywhere]",
        ),
        rx.el.p(
            "O texto lista o que vence hoje e o que está em atraso. Sai no máximo uma cobrança por dia e três por"
            " semana, dentro do horário permitido."
        ),
        verb="Enviar lembrete",
        form_id=REMIND_FORM,
        on_submit=ClientState.remind,
        busy="Enviando…",
    )  # fmt: skip


def _contact_dialog() -> rx.Component:
    now, errors = RECORD["contact"].to(dict[str, str]), ClientState.errors
    return _dialog(
        "contact",
        "Editar contato",
        contact_fields.phones(errors, phones_to_edit()),
        contact_fields.consent(is_on=RECORD["accepts_messages"].to(bool)),
        contact_fields.home(errors, now),
        contact_fields.income(errors, now),
        verb="Salvar contato",
        form_id=CONTACT_FORM,
        on_submit=ClientState.change_contact,
        busy="Salvando…",
    )


def _record() -> rx.Component:
    return rx.el.div(
        _identity(),
        _figures(),
        tabs(),
        rx.cond(RECORD["anonymised"] == "", _phone_bar()),
        _block_dialog(),
        supervisor_dialog(),
        _remind_dialog(),
        _contact_dialog(),
        on_unmount=RevealState.hide,
        class_name="flex flex-col gap-4 pb-20 md:pb-0",
    )


@page(
    "/clientes/[client_id]",
    title=TITLE,
    permission=Permission.CLIENTS_VIEW,
    on_load=[
        RevealState.hide,
        ClientState.load,
        ClientState.load_tab,
        TimelineState.load,
        DocumentsState.load,
        PrivacyState.load,
    ],
    actions=_actions,
)
def client() -> rx.Component:
    """Show the record, or why it can't be shown."""
    failed = rx.cond(ClientState.fault != "", page_failed(ClientState.fault, ClientState.load), page_skeleton())
    absent = rx.cond(ClientState.is_missing, not_found("Este cliente não existe."), failed)
    return rx.cond(ClientState.is_loaded & (ClientState.fault == ""), _record(), absent)
