"""Entrar: a native form, so that the password goes by an HTTP POST and never through Reflex (web/sign_in.py)."""

import reflex as rx

from loanapp.components import address
from loanapp.components.buttons import submit_button
from loanapp.components.feedback import fault_text
from loanapp.components.fields import text_field
from loanapp.components.glyphs import glyph
from loanapp.components.native_form import native_form
from loanapp.components.page import bare_page
from loanapp.components.shell import BRAND, sandbox_strip
from loanapp.components.texts import text_of
from loanapp.gate import AuthState, public


class SignInState(AuthState):
    """What the address says: where to go afterwards, and why the last try failed."""

    next_path: str = ""
    problem: str = ""

    @rx.event
    @public
    async def load(self) -> rx.event.EventSpec:
        """Read the address; the route that receives the form checks `next` itself."""
        self.next_path = address.parameter(self, "next")
        reason = address.parameter(self, "erro")
        is_reference = len(reason) == len("7F3A") and reason.isalnum()
        fault = fault_text(reason) if is_reference else ""
        self.problem = text_of("auth.credentials_wrong", {}) if reason == "senha" else fault
        return rx.call_script("loanapp.rememberedEmail()")


def _problem() -> rx.Component:
    return rx.cond(
        SignInState.problem != "",
        rx.el.div(
            glyph("circle-alert"),
            rx.el.span(SignInState.problem),
            id="sign-in-problem",
            class_name="summary field-error",
            role="alert",
        ),
    )


def _form() -> rx.Component:
    described = {"aria-describedby": "sign-in-problem"}
    return native_form(
        _problem(),
        text_field(
            "email", "E-mail", type="email", auto_complete="username", auto_focus=True, required=True,
            custom_attrs=described,
        ),
        rx.el.div(
            text_field(
                "senha", "Senha", type="password", auto_complete="current-password", required=True,
                custom_attrs=described,
            ),
            rx.el.button(
                "Mostrar senha",
                type="button",
                class_name="link self-start min-h-6 max-md:min-h-12",
                custom_attrs={"data-shows": "senha", "aria-pressed": "false"},
            ),
            class_name="flex flex-col gap-2",
        ),
        rx.el.input(type="hidden", name="next", value=SignInState.next_path, read_only=True),
        submit_button("Entrar", busy="Entrando…", class_name="w-full"),
        id="sign-in",
        action="/auth/entrar",
        method="POST",
        class_name="flex flex-col gap-4",
    )  # fmt: skip


@bare_page("/entrar", title="Entrar", on_load=[SignInState.load])
def sign_in() -> rx.Component:
    """Draw the page."""
    card = rx.el.main(
        rx.el.div(
            rx.el.img(src="/icon.svg", alt="", class_name="size-10"),
            rx.el.span(BRAND, class_name="title-small"),
            class_name="flex items-center gap-3",
        ),
        rx.el.h1("Entrar", class_name="title", tab_index=-1),
        _form(),
        rx.el.p("Esqueceu a senha? Peça um novo acesso a um administrador.", class_name="muted"),
        class_name="panel !p-6 flex flex-col gap-5 w-full max-w-[400px] [--control:48px]",
    )
    return rx.el.div(
        sandbox_strip(), rx.el.div(card, class_name="grow grid place-items-center p-4"),
        class_name="min-h-dvh flex flex-col",
    )  # fmt: skip
