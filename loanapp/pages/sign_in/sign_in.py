"""Entrar: native forms, so that password and code go by an HTTP POST and never through Reflex (web/sign_in.py)."""

import reflex as rx

from loanapp.components import address
from loanapp.components.buttons import submit_button
from loanapp.components.feedback import fault_text
from loanapp.components.fields import text_field
from loanapp.components.links import app_link
from loanapp.components.native_form import native_form
from loanapp.components.page import bare_page
from loanapp.components.texts import text_of
from loanapp.gate import AuthState, public
from loanapp.pages.sign_in.card import card, password_field, problem_box

_LONGEST_MINUTES = 4
_PROBLEMS = {
    "senha": text_of("auth.credentials_wrong", {}),
    "codigo": text_of("auth.code_wrong", {}),
    "prazo": "O prazo do código passou. Entre de novo com a senha.",
}
_NOTICES = {"senha": "Senha definida. Entre com ela."}


def problem_text(reason: str, minutes: str) -> str:
    """Return what the page says for `erro` and `minutos` of its address, which are hostile text; empty if neither."""
    if reason == "bloqueio" and minutes.isascii() and minutes.isdigit() and len(minutes) <= _LONGEST_MINUTES:
        return text_of("auth.too_many_attempts", {"minutes": int(minutes)})
    is_reference = len(reason) == len("7F3A") and reason.isalnum()
    return _PROBLEMS.get(reason) or (fault_text(reason) if is_reference else "")


class SignInState(AuthState):
    """What the address says: where to go afterwards, which step it is, and why the last try failed."""

    next_path: str = ""
    problem: str = ""
    notice: str = ""
    is_code_asked: bool = False

    @rx.event
    @public
    async def load(self) -> rx.event.EventSpec:
        """Read the address; the route that receives the form checks `next` itself."""
        self.next_path = address.parameter(self, "next")
        self.problem = problem_text(address.parameter(self, "erro"), address.parameter(self, "minutos"))
        self.notice = _NOTICES.get(address.parameter(self, "aviso"), "")
        self.is_code_asked = address.parameter(self, "passo") == "codigo"
        return rx.call_script("loanapp.rememberedEmail()")


def _next() -> rx.Component:
    return rx.el.input(type="hidden", name="next", value=SignInState.next_path, read_only=True)


def _password_form() -> rx.Component:
    described = {"aria-describedby": "problem"}
    return native_form(
        problem_box(SignInState.problem),
        rx.cond(SignInState.notice != "", rx.el.p(SignInState.notice, class_name="notice notice-good", role="status")),
        text_field(
            "email", "E-mail", type="email", auto_complete="username", auto_focus=True, required=True,
            custom_attrs=described,
        ),
        password_field("Senha", auto_complete="current-password"),
        _next(),
        submit_button("Entrar", busy="Entrando…", class_name="w-full"),
        id="sign-in",
        action="/auth/entrar",
        method="POST",
        class_name="flex flex-col gap-4",
    )  # fmt: skip


def _code_form() -> rx.Component:
    return native_form(
        problem_box(SignInState.problem),
        text_field(
            "codigo", "Código", auto_complete="one-time-code", auto_focus=True, required=True,
            auto_capitalize="characters", custom_attrs={"aria-describedby": "codigo-help problem"},
            help_text="Os 6 números do aplicativo autenticador, ou um código de recuperação.",
        ),
        _next(),
        submit_button("Confirmar", busy="Entrando…", class_name="w-full"),
        id="sign-in-code",
        action="/auth/codigo",
        method="POST",
        class_name="flex flex-col gap-4",
    )  # fmt: skip


@bare_page("/entrar", title="Entrar", on_load=[SignInState.load])
def sign_in() -> rx.Component:
    """Draw the page."""
    password_step = rx.fragment(
        _password_form(), rx.el.p("Esqueceu a senha? Peça um novo acesso a um administrador.", class_name="muted")
    )
    code_step = rx.fragment(
        _code_form(),
        rx.el.p(
            "Sem o celular e sem códigos? Peça ajuda a um administrador, ou ",
            app_link("entre com outro usuário", to="/entrar", class_name="link"),
            ".",
            class_name="muted",
        ),
    )
    heading = rx.cond(SignInState.is_code_asked, "Confirme que é você", "Entrar")
    return card(heading, rx.cond(SignInState.is_code_asked, code_step, password_step))
