"""Perfil: one's own name, password, second factor, look and shortcuts of this browser, open sessions (ux.md §2.19)."""

from collections.abc import Sequence

import reflex as rx
from reflex.style import color_mode, set_color_mode

from domain.permissions import Permission
from loanapp.components.buttons import button, submit_button
from loanapp.components.fields import text_field
from loanapp.components.figures import fact, facts
from loanapp.components.glyphs import glyph
from loanapp.components.native_form import native_form
from loanapp.components.page import page
from loanapp.components.sessions import SessionRow, session_facts
from loanapp.components.states import page_failed, page_skeleton
from loanapp.pages.profile.profile_state import ProfileState
from loanapp.pages.profile.second_factor import second_factor

THEMES = (("system", "Sistema"), ("light", "Claro"), ("dark", "Escuro"))
DENSITIES = (("compact", "Compacta"), ("standard", "Padrão"), ("comfortable", "Confortável"))
SHORTCUTS = (("on", "Ligados"), ("off", "Desligados"))


def _section(title: str, *content: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.h2(title, class_name="title-small"), *content, class_name="panel flex flex-col gap-4 no-print"
    )


def _about() -> rx.Component:
    state = ProfileState
    return _section(
        "Dados",
        facts(fact("Nome", state.full_name), fact("E-mail", state.email), fact("Papel", state.role_name)),
        rx.el.p("Nome, e-mail e papel são mudados por um administrador.", class_name="muted"),
    )


def _password() -> rx.Component:
    """Draw a native form: the passwords go by an HTTP POST and never through Reflex (web/profile.py)."""
    state = ProfileState
    changed = rx.el.p(
        glyph("circle-check-big", class_name="mt-0.5 shrink-0"),
        "Senha alterada. As outras sessões foram encerradas.",
        class_name="notice notice-good rounded-md",
        role="status",
    )
    problem = rx.el.div(
        glyph("circle-alert"), rx.el.span(state.password_problem), class_name="summary field-error", role="alert"
    )
    form = native_form(
        text_field("atual", "Senha atual", type="password", auto_complete="current-password", required=True),
        rx.el.div(
            text_field(
                "nova", "Nova senha", type="password", auto_complete="new-password", required=True, min_length=8,
                help_text="Pelo menos 8 caracteres.",
            ),
            rx.el.button(
                "Mostrar senha",
                type="button",
                class_name="link self-start min-h-6 max-md:min-h-12",
                custom_attrs={"data-shows": "nova", "aria-pressed": "false"},
            ),
            class_name="flex flex-col gap-2",
        ),
        rx.el.div(submit_button("Alterar senha")),
        action="/auth/perfil/senha",
        method="POST",
        class_name="flex flex-col gap-4 w-full max-w-80",
    )  # fmt: skip
    return _section(
        "Senha",
        rx.cond(state.is_password_changed, changed),
        rx.cond(state.password_problem != "", problem),
        form,
        rx.el.p("Alterar a senha encerra as suas outras sessões.", class_name="muted"),
    )


def _choices(name: str, label: str, options: Sequence[tuple[str, str]], *, is_kept_here: bool = True) -> rx.Component:
    """Draw radio buttons that the browser keeps (assets/preferences.js), or those of the theme, which Reflex keeps."""
    radios = [
        rx.el.label(
            rx.el.input(
                type="radio",
                name=name,
                value=value,
                **(
                    {"custom_attrs": {"data-preference": name}}
                    if is_kept_here
                    else {"checked": color_mode == value, "on_change": set_color_mode(value)}
                ),
            ),
            text,
            class_name="choice",
        )
        for value, text in options
    ]
    return rx.el.fieldset(
        rx.el.legend(label, class_name="field-label mb-1"),
        rx.el.div(*radios, class_name="flex flex-wrap gap-2"),
        class_name="field",
    )


def _appearance() -> rx.Component:
    return _section(
        "Aparência e atalhos",
        _choices("theme", "Tema", THEMES, is_kept_here=False),
        _choices("density", "Densidade das tabelas", DENSITIES),
        rx.el.div(
            _choices("shortcuts", "Atalhos de uma letra", SHORTCUTS),
            rx.el.p(
                "/ busca · r registra um recebimento · g e depois p, e, a, l ou m abre Painel, Empréstimos, Parcelas, "
                "Clientes ou Mensagens. Ctrl K busca sempre.",
                class_name="muted mt-2",
            ),
        ),
        rx.el.p("Vale só neste navegador.", class_name="muted", on_mount=rx.call_script("preferences.show()")),
    )


def _session(row: rx.Var[SessionRow]) -> rx.Component:
    end = button(
        "Encerrar", aria_label=f"Encerrar {row['browser']}, {row['address']}", on_click=ProfileState.end_one(row["id"])
    )
    return rx.el.li(
        session_facts(row),
        rx.cond(row["is_own"], rx.fragment(), end),
        class_name="flex flex-wrap items-center justify-between gap-3 border-b border-(--c-line) last:border-0 pb-3 "
        "last:pb-0",
    )


def _sessions() -> rx.Component:
    others = rx.el.div(button("Encerrar as outras", icon="log-out", on_click=ProfileState.end_others))
    return _section(
        "Sessões abertas",
        rx.el.p("Onde você está conectado agora. Não reconhece alguma? Encerre e altere a senha.", class_name="muted"),
        rx.el.ul(rx.foreach(ProfileState.sessions, _session), class_name="flex flex-col gap-3"),
        rx.cond(ProfileState.sessions.length() > 1, others),
    )


def _loaded() -> rx.Component:
    return rx.el.div(
        rx.el.div(_about(), second_factor(), _sessions(), class_name="flex flex-col gap-4 min-w-0"),
        rx.el.div(_password(), _appearance(), class_name="flex flex-col gap-4 min-w-0"),
        class_name="grid lg:grid-cols-2 gap-4 items-start",
    )


@page("/perfil", title="Perfil", permission=Permission.SESSION_USE, on_load=[ProfileState.load])
def profile() -> rx.Component:
    """Show the sections."""
    state = ProfileState
    return rx.cond(
        state.fault != "", page_failed(state.fault, state.load), rx.cond(state.is_loaded, _loaded(), page_skeleton())
    )
