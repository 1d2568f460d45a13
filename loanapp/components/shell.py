"""The frame of every page: skip link, sidebar or drawer, top bar with search and user menu, sandbox strip."""

import functools
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import reflex as rx
from reflex.style import set_color_mode

from domain.permissions import Permission
from loanapp.components import address
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.native_form import native_form
from loanapp.components.navigation import MENU, ROLE_NAMES, Item
from loanapp.components.pending import PendingState, pending_approvals
from loanapp.components.search import search_box
from loanapp.gate import AuthState, requires

BRAND = "Carteira"


@dataclass
class Overlays:
    """What pages hang over every page, such as the payment dialog: its drawing, and what it does when a page loads."""

    components: list[Callable[[], rx.Component]] = field(default_factory=list)
    on_load: list[Any] = field(default_factory=list)


OVERLAYS = Overlays(on_load=[PendingState.count])


def overlay(*, on_load: Any) -> Callable[[Callable[[], rx.Component]], Callable[[], rx.Component]]:
    """Hang a component over every page of the shell; `on_load` is a handler that reads the address (`?receber=`)."""

    def register(component: Callable[[], rx.Component]) -> Callable[[], rx.Component]:
        OVERLAYS.components.append(component)
        OVERLAYS.on_load.append(on_load)
        return component

    return register


class ShellState(AuthState):
    """The shell's own handlers."""

    @rx.event
    @requires(Permission.PAYMENTS_REGISTER)
    async def receive(self) -> Any:
        """Open the payment dialog over the page, by its address."""
        return rx.redirect(address.address(address.local_path(self), **self._with_receive()))

    def _with_receive(self) -> dict[str, str]:
        now = {name: address.parameter(self, name) for name in self.router.url.query_parameters}
        return now | {"receber": "novo"}


def _menu_item(item: Item) -> rx.Component:
    path = rx.State.router.url.path.to(str)
    is_here = (path == item.path) | path.startswith(item.path + "/")
    link = app_link(
        glyph(item.icon, size=18),
        rx.el.span(item.text),
        pending_approvals() if item.permission is Permission.APPROVALS_VIEW else rx.fragment(),
        to=item.path,
        class_name="menu-item",
        title=item.text,
        aria_label=item.text,
        custom_attrs={"aria-current": rx.cond(is_here, "page", "false")},
    )
    may_see = AuthState.permissions.contains(item.permission.value)
    return rx.cond(may_see if item.only_for is None else may_see & (AuthState.role == item.only_for), rx.el.li(link))


def _menu() -> rx.Component:
    return rx.el.nav(*(_menu_group(name, items) for name, items in MENU), aria_label="Menu principal")


def _menu_group(name: str, items: Sequence[Item]) -> rx.Component:
    group = rx.el.div(
        rx.el.div(name, class_name="menu-heading"),
        rx.el.ul(*(_menu_item(item) for item in items), class_name="flex flex-col gap-0.5"),
    )
    some = functools.reduce(operator.or_, (AuthState.permissions.contains(item.permission.value) for item in items))
    return rx.cond(some, group)


def _brand() -> rx.Component:
    name = rx.cond(AuthState.company != "", AuthState.company, BRAND)
    return app_link(
        rx.el.img(src="/icon.svg", alt="", class_name="size-7 shrink-0"),
        rx.el.span(name, class_name="truncate"),
        to="/",
        class_name="brand flex items-center gap-3 px-1.5 py-1 text-base font-bold min-w-0",
        aria_label=f"{name}: início",
    )


def _sidebar() -> rx.Component:
    narrow = rx.el.button(
        glyph("panel-left", size=18),
        rx.el.span("Recolher menu"),
        type="button",
        class_name="menu-item w-full mt-4 muted !hidden lg:!flex",
        aria_label="Recolher menu, ou abrir",
        custom_attrs={"data-narrow": "1"},
    )
    return rx.el.aside(_brand(), _menu(), narrow, class_name="sidebar no-print")


def _drawer() -> rx.Component:
    trigger = rx.el.button(
        glyph("menu", size=24), type="button", aria_label="Abrir o menu", class_name="button button-quiet button-icon"
    )
    return rx.el.div(
        rx.drawer.root(
            rx.drawer.trigger(trigger, as_child=True),
            rx.drawer.overlay(z_index="30", background="rgb(0 0 0 / .5)"),
            rx.drawer.portal(
                rx.drawer.content(
                    rx.drawer.title("Menu", class_name="sr-only"),
                    rx.drawer.close(rx.el.div(_brand(), _menu())),
                    class_name="drawer",
                    height="100%",
                    width="280px",
                    padding="16px 12px",
                    background="var(--c-panel)",
                    z_index="30",
                    aria_describedby=rx.Var.create(None),
                )
            ),
            direction="left",
        ),
        class_name="md:hidden",
    )


def _theme_choice() -> rx.Component:
    choices = (("system", "Sistema"), ("light", "Claro"), ("dark", "Escuro"))
    return rx.menu.sub(
        rx.menu.sub_trigger("Tema"),
        rx.menu.sub_content(*(rx.menu.item(text, on_select=set_color_mode(mode)) for mode, text in choices)),
    )


def _user_menu() -> rx.Component:
    trigger = rx.el.button(
        glyph("circle-user-round", size=20),
        rx.el.span(AuthState.name, class_name="hidden lg:inline max-w-40 truncate"),
        type="button",
        aria_label=f"{AuthState.name}: menu do usuário",
        class_name="button button-quiet",
    )
    sign_out = rx.menu.item("Sair", on_select=rx.call_script("document.getElementById('sign-out').requestSubmit()"))
    role = rx.Var.create(ROLE_NAMES)[AuthState.role].to(str)
    return rx.fragment(
        rx.menu.root(
            rx.menu.trigger(trigger),
            rx.menu.content(
                rx.el.div(
                    rx.el.div(AuthState.name, class_name="font-medium"),
                    rx.el.div(role, class_name="caption"),
                    class_name="px-3 py-2",
                ),
                rx.menu.separator(),
                rx.menu.item("Perfil", on_select=rx.redirect("/perfil")),
                _theme_choice(),
                sign_out,
            ),
            modal=False,
        ),
        native_form(id="sign-out", action="/auth/sair", method="POST", hidden=True),
    )


def _receive_button() -> rx.Component:
    return rx.cond(
        AuthState.permissions.contains(Permission.PAYMENTS_REGISTER.value),
        rx.el.button(
            glyph("banknote"),
            rx.el.span("Registrar recebimento", class_name="hidden md:inline"),
            rx.el.span("Receber", class_name="md:hidden sr-only"),
            type="button",
            id="receive-open",
            on_click=ShellState.receive,
            class_name="button button-primary shrink-0",
        ),
    )


def sandbox_strip() -> rx.Component:
    """Say on every page that messages go to the test phone, and what the test clock shows."""
    clock = AuthState.sandbox_clock
    ticking = rx.el.span(
        "Relógio de testes: ",
        rx.el.span(
            class_name="tabular-nums",
            custom_attrs={
                "data-clock-start": clock[0].to_string(),
                "data-clock-anchor": clock[1].to_string(),
                "data-clock-speed": clock[2].to_string(),
            },
        ),
        f" (x{clock[2]})",
    )
    return rx.cond(
        AuthState.sandbox_address != "",
        rx.el.aside(
            glyph("flask-conical", class_name="mt-0.5 shrink-0"),
            rx.el.div(
                rx.el.span(
                    "Ambiente de testes: as mensagens vão para o ",
                    rx.el.a("celular de testes", href=AuthState.sandbox_address, target="_blank", rel="noopener"),
                    ".",
                    class_name="grow",
                ),
                rx.cond(clock.length() > 0, ticking),
                class_name="flex flex-wrap grow gap-x-4",
            ),
            class_name="notice no-print md:!px-6",
            aria_label="Ambiente de testes",
        ),
    )


def _enrol_notice() -> rx.Component:
    """Say to who must set up a second factor why nothing else is open."""
    return rx.cond(
        AuthState.must_enrol,
        rx.el.aside(
            glyph("shield-check", class_name="mt-0.5 shrink-0"),
            rx.el.span(
                "A empresa pede um segundo fator aos administradores. ",
                app_link("Ative o seu em Perfil", to="/perfil"),
                " para continuar.",
            ),
            class_name="notice no-print md:!px-6",
            aria_label="Segundo fator",
        ),
    )


def shell(*content: rx.Component) -> rx.Component:
    """Frame a page's content."""
    search = rx.cond(AuthState.permissions.contains(Permission.CLIENTS_VIEW.value), search_box())
    top = rx.el.header(_drawer(), search, rx.el.div(class_name="hidden md:block grow"), _receive_button(), _user_menu())
    top.class_name = "topbar no-print"
    return rx.el.div(
        rx.el.a("Ir para o conteúdo", href="#conteudo", class_name="skip-link"),
        _sidebar(),
        rx.el.div(
            top,
            sandbox_strip(),
            _enrol_notice(),
            rx.el.main(*content, id="conteudo", tab_index=-1, class_name="content"),
            class_name="min-w-0",
        ),
        *(component() for component in OVERLAYS.components),
        class_name="shell",
    )
