"""The Pix that pays a loan or an invoice: QR code, the code to copy, the amount, and until when it is right.

It confirms nothing: whoever receives registers the payment on seeing it in the bank (brazil.md §9).
"""

from typing import TypedDict

import reflex as rx

from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import feedback
from loanapp.components.buttons import button
from loanapp.components.formats import brl_text, date_text
from loanapp.components.glyphs import glyph
from loanapp.components.targets import target
from loanapp.gate import AuthState, requires
from loanapp.queries.pix import PixOf, PixShown, pix_of

NO_CODE = "Nada a pagar, ou a empresa ainda não tem chave Pix (Configurações)."


class Pix(TypedDict):
    """A Pix as shown; `code` is empty where there is none."""

    code: str
    image: str
    amount: str
    until: str


NO_PIX = Pix(code="", image="", amount="", until="")


def shown_of(pix: PixShown | None) -> Pix:
    """Return a Pix as shown."""
    if pix is None:
        return NO_PIX
    return Pix(
        code=pix.copy_and_paste,
        image=pix.qr_svg,
        amount=brl_text(pix.amount.cents),
        until=f"Válido até hoje, {date_text(pix.valid_until)}",
    )


class PixState(AuthState):
    """The Pix that one tab shows beside `about` (`12` a loan, `12-3` its invoice 3); of a loan what is due, or all."""

    about: str = ""
    pix: Pix = NO_PIX
    is_whole: bool = False
    problem: str = ""

    @rx.event
    @requires(Permission.PAYMENTS_VIEW)
    async def show(self, about: str, is_whole: bool = False) -> None:  # noqa: FBT001, FBT002 - what the page sends.
        """Show the Pix of today's total."""
        self.reset()
        asked = target(about) if isinstance(about, str) else None
        if asked is None:
            return
        self.about, self.is_whole = about, is_whole is True
        order = PixOf(
            request_number=asked.number,
            invoice_number=asked.invoice_number,
            is_whole=self.is_whole,
        )
        outcome = await bridge.read(pix_of, order)
        self.pix, self.problem = shown_of(outcome.value), feedback.message(outcome)
        if outcome.ok and outcome.value is None:
            self.problem = NO_CODE

    @rx.event
    @requires(Permission.PAYMENTS_VIEW)
    async def hide(self) -> None:
        """Show none."""
        self.reset()


def pix_panel(pix: rx.Var[Pix]) -> rx.Component:
    """Show a Pix to be paid: the picture for a phone, the code for whoever pays on this one."""
    image = rx.el.img(
        src=pix["image"],
        alt="QR code do Pix",
        class_name="size-48 max-md:size-56 shrink-0 rounded-md border border-(--c-line) bg-white",
    )
    words = rx.el.div(
        rx.el.p("Pix de ", rx.el.strong(pix["amount"], class_name="tabular-nums")),
        rx.el.p(pix["until"], class_name="muted"),
        rx.el.code(
            pix["code"],
            class_name="block font-mono caption [overflow-wrap:anywhere] max-h-24 overflow-y-auto",
            tab_index=0,
        ),
        button(
            "Copiar código Pix",
            icon="copy",
            on_click=[rx.set_clipboard(pix["code"]), rx.toast.success("Código Pix copiado.")],
            class_name="self-start max-md:self-stretch",
        ),
        class_name="flex flex-col gap-2 min-w-0",
    )
    return rx.el.section(
        image,
        words,
        class_name="panel flex max-md:flex-col max-md:items-center gap-4",
        aria_label="Pix para pagar",
    )


def pix_offer(about: rx.Var[str], *, has_more: bool = False) -> rx.Component:
    """Offer the Pix of a loan or an invoice, shown in the same place; `has_more` lets all that is open be paid."""
    state = PixState
    other = rx.cond(
        state.is_whole,
        button("Só o que venceu ou a próxima parcela", on_click=state.show(about, False)),
        button("Tudo o que está em aberto", on_click=state.show(about, True)),
    )
    opened = rx.el.div(
        rx.cond(state.pix["code"] != "", pix_panel(state.pix)),
        rx.cond(
            state.problem != "", rx.el.p(glyph("info"), state.problem, class_name="notice rounded-md", role="status")
        ),
        rx.el.div(
            rx.cond(state.pix["code"] != "", other) if has_more else rx.fragment(),
            button("Fechar Pix", on_click=state.hide),
            class_name="flex flex-wrap gap-3",
        ),
        class_name="flex flex-col gap-3 no-print",
        aria_live="polite",
    )
    closed = button(
        "Mostrar Pix",
        icon="qr-code",
        on_click=state.show(about, False),
        class_name="self-start no-print",
    )
    return rx.cond(state.about == about, opened, closed)
