"""Primeiro acesso and Redefinir senha: the pages of one-time links.

The token stands in the address's fragment: the browser keeps it to itself, and assets/app.js hands it to the form when
it is sent.  Neither the token nor the password enters Reflex.
"""

import reflex as rx

from domain.sign_in import SHORTEST_PASSWORD
from loanapp.components import address
from loanapp.components.buttons import link_button, submit_button
from loanapp.components.feedback import fault_text
from loanapp.components.native_form import native_form
from loanapp.components.page import bare_page
from loanapp.components.texts import text_of
from loanapp.gate import AuthState, public
from loanapp.pages.sign_in.card import card, password_field, problem_box

_LINK_OVER = text_of("auth.link_not_good", {})
_PROBLEMS = {
    "link": _LINK_OVER,
    "curta": text_of("auth.password_too_short", {"least": SHORTEST_PASSWORD}),
    "facil": text_of("auth.password_easy", {}),
}


class NewPasswordState(AuthState):
    """What the address says about the last try."""

    problem: str = ""
    is_link_over: bool = False

    @rx.event
    @public
    async def load(self) -> rx.event.EventSpec:
        """Read the address."""
        reason = address.parameter(self, "erro")
        is_reference = len(reason) == len("7F3A") and reason.isalnum() and reason not in _PROBLEMS
        self.problem = fault_text(reason) if is_reference else _PROBLEMS.get(reason, "")
        self.is_link_over = reason == "link"
        return rx.call_script("loanapp.takeLink()")


def _form(path: str) -> rx.Component:
    return native_form(
        problem_box(NewPasswordState.problem),
        password_field(
            "Nova senha",
            auto_complete="new-password",
            help_text=f"Pelo menos {SHORTEST_PASSWORD} caracteres. Uma frase curta é fácil de lembrar.",
        ),
        rx.el.input(type="hidden", name="token"),
        rx.el.input(type="hidden", name="pagina", value=path, read_only=True),
        submit_button("Salvar senha", busy="Salvando…", class_name="w-full"),
        id="new-password",
        action="/auth/senha",
        method="POST",
        class_name="flex flex-col gap-4 with-link",
    )


def _link_over(text: str, *, class_name: str = "") -> rx.Component:
    return rx.el.div(
        rx.el.p(text, role="status", class_name="mb-4"),
        link_button("Ir para Entrar", to="/entrar", class_name="w-full"),
        class_name=class_name,
    )


def _page(path: str, heading: str, explanation: str) -> rx.Component:
    fresh = rx.fragment(
        rx.el.p(explanation, class_name="muted with-link"),
        _form(path),
        _link_over("Abra o link inteiro que você recebeu do administrador.", class_name="without-link"),
    )
    return card(heading, rx.cond(NewPasswordState.is_link_over, _link_over(_LINK_OVER), fresh))


@bare_page("/primeiro-acesso", title="Primeiro acesso", on_load=[NewPasswordState.load])
def first_access() -> rx.Component:
    """Draw the page of an invitation."""
    return _page("/primeiro-acesso", "Crie sua senha", "Você vai entrar com o seu e-mail e esta senha.")


@bare_page("/redefinir-senha", title="Redefinir senha", on_load=[NewPasswordState.load])
def reset_password() -> rx.Component:
    """Draw the page of a password reset."""
    explanation = "A senha antiga deixa de valer, e as sessões abertas terminam."
    return _page("/redefinir-senha", "Escolha uma nova senha", explanation)
