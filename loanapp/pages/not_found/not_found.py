"""The page for addresses that do not exist."""

import reflex as rx

from loanapp.components.buttons import link_button
from loanapp.components.page import bare_page


@bare_page("/404", title="Página não encontrada")
def not_found() -> rx.Component:
    """Draw the page."""
    return rx.el.main(
        rx.el.h1("Página não encontrada", class_name="title", tab_index=-1),
        rx.el.p("O endereço não existe ou mudou."),
        link_button("Ir para o início", to="/", kind="primary"),
        class_name="m-auto flex min-h-dvh max-w-prose flex-col items-start justify-center gap-4 p-6",
    )
