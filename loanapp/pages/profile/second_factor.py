"""The second factor in Perfil: off, its key being scanned, its recovery codes shown once, on."""

import reflex as rx

from loanapp.components.buttons import button, submit_button
from loanapp.components.dialogs import dialog
from loanapp.components.fields import error_summary, text_field
from loanapp.components.forms import once_form
from loanapp.components.glyphs import glyph
from loanapp.components.native_form import native_form
from loanapp.pages.profile.profile_state import FACTOR_FORM, FACTOR_TITLE, ProfileState


def second_factor() -> rx.Component:
    """Draw the section in the state that it is in."""
    state = ProfileState
    return rx.el.section(
        rx.el.h2("Segundo fator", id=FACTOR_TITLE, tab_index=-1, class_name="title-small outline-none"),
        rx.cond(
            state.recovery_codes.length() > 0,
            _codes(),
            rx.cond(state.key_text != "", _enrolment(), rx.cond(state.has_factor, _on(), _off())),
        ),
        _removal(),
        class_name="panel flex flex-col gap-4",
    )


def _off() -> rx.Component:
    required = rx.el.p(
        glyph("triangle-alert", class_name="mt-0.5 shrink-0"),
        "Sua empresa exige o segundo fator dos administradores. Ative agora: até lá, só esta página abre.",
        class_name="notice rounded-md",
    )
    return rx.fragment(
        rx.cond(ProfileState.must_have_factor, required),
        rx.el.p(
            "Desligado. Com ele, além da senha, você digita um código do celular ao entrar. Use um aplicativo como "
            "Google Authenticator, Microsoft Authenticator ou Aegis.",
            class_name="max-w-[75ch]",
        ),
        rx.el.div(
            button("Ativar segundo fator", kind="primary", icon="shield-check", on_click=ProfileState.start_factor)
        ),
    )


def _enrolment() -> rx.Component:
    state = ProfileState
    image = rx.el.img(
        src=state.key_image, alt="QR code da chave", class_name="size-48 rounded-md border border-(--c-line) bg-white"
    )
    key = rx.el.div(
        rx.el.div("Ou digite a chave no aplicativo:", class_name="muted"),
        rx.el.code(state.key_text, class_name="font-mono [overflow-wrap:anywhere]", id="second-factor-key"),
        rx.el.div(
            button(
                "Copiar chave",
                icon="copy",
                on_click=[rx.set_clipboard(state.key_text), rx.toast.success("Chave copiada.")],
            ),
            rx.el.a(
                "Abrir no aplicativo deste celular", href=state.key_uri, class_name="button button-quiet md:!hidden"
            ),
            class_name="flex flex-wrap gap-3 mt-2",
        ),
        class_name="min-w-0",
    )
    form = once_form(
        error_summary(state.errors),
        text_field(
            "code", "Código de 6 números do aplicativo", errors=state.errors, input_mode="numeric",
            auto_complete="one-time-code", class_name="w-full max-w-60",
        ),
        rx.el.div(
            submit_button("Confirmar e ativar", busy="Confirmando…"),
            button("Cancelar", on_click=state.leave_factor),
            class_name="flex flex-wrap gap-3",
        ),
        id=FACTOR_FORM,
        on_submit=state.confirm_factor,
    )  # fmt: skip
    return rx.fragment(
        rx.el.ol(
            rx.el.li(
                rx.el.div("1. Leia este código com o aplicativo", class_name="font-medium mb-2"),
                rx.el.div(image, key, class_name="flex flex-wrap gap-4"),
            ),
            rx.el.li(rx.el.div("2. Digite o código que ele mostra", class_name="font-medium mb-2"), form),
            class_name="flex flex-col gap-6",
        ),
    )


def _codes() -> rx.Component:
    state = ProfileState
    return rx.fragment(
        rx.el.p(
            glyph("circle-check-big", class_name="mt-0.5 shrink-0"), "Segundo fator ligado.",
            class_name="notice notice-good rounded-md", role="status",
        ),
        rx.el.p(
            "Guarde estes códigos de recuperação fora do celular. Cada um entra uma vez no lugar do aplicativo. ",
            rx.el.strong("Eles aparecem só agora."), class_name="max-w-[75ch]",
        ),
        rx.el.ul(
            rx.foreach(state.recovery_codes, rx.el.li),
            class_name="font-mono grid sm:grid-cols-2 gap-x-8 gap-y-1 max-w-[60ch]",
            id="recovery-codes",
        ),
        rx.el.div(
            button(
                "Copiar códigos", icon="copy",
                on_click=[rx.set_clipboard(state.recovery_codes.join("\n")), rx.toast.success("Códigos copiados.")],
            ),
            button("Imprimir", icon="printer", on_click=rx.call_script("window.print()")),
            button("Já guardei os códigos", kind="primary", on_click=state.leave_factor),
            class_name="flex flex-wrap gap-3 no-print",
        ),
    )  # fmt: skip


def _on() -> rx.Component:
    state = ProfileState
    left = rx.cond(
        state.codes_left == 1, "Resta 1 código de recuperação.", f"Restam {state.codes_left} códigos de recuperação."
    )
    return rx.fragment(
        rx.el.p(
            glyph("circle-check-big", class_name="mt-0.5 shrink-0"),
            rx.el.span("Ligado. ", left),
            class_name="flex gap-2",
        ),
        rx.el.p("Para novos códigos, ou outro celular, remova o segundo fator e ative de novo.", class_name="muted"),
        rx.el.div(button("Remover segundo fator…", on_click=state.ask_removal(True))),
    )


def _removal() -> rx.Component:
    """Ask for the password with a native form: it goes by an HTTP POST and never through Reflex (web/profile.py)."""
    state = ProfileState
    problem = rx.el.div(
        glyph("circle-alert"),
        rx.el.span(state.removal_problem),
        class_name="summary field-error",
        role="alert",
        id="removal-problem",
    )
    warning = rx.el.p(
        "Sua empresa exige o segundo fator: depois de remover, só esta página abre até você ativar outro.",
        class_name="notice rounded-md",
    )
    return dialog(
        "Remover segundo fator",
        native_form(
            rx.cond(state.removal_problem != "", problem),
            rx.el.p("Você passa a entrar só com a senha. Os códigos de recuperação deixam de valer."),
            rx.cond(state.must_have_factor, warning),
            text_field("senha", "Sua senha", type="password", auto_complete="current-password", required=True),
            rx.el.div(
                rx.dialog.close(button("Cancelar")), submit_button("Remover", kind="danger"), class_name="dialog-foot"
            ),
            action="/auth/perfil/segundo-fator",
            method="POST",
            class_name="flex flex-col gap-4",
        ),
        is_open=state.is_removing,
        on_open_change=state.ask_removal,
    )
