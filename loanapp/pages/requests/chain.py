"""The chain of a renegotiated loan on each of its records: where it came from, where it went, “Acordo em atraso”."""

from typing import TypedDict

import reflex as rx

from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address
from loanapp.components.badges import status_badge
from loanapp.components.formats import brl_text, date_text
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.gate import AuthState, requires
from loanapp.queries.chains import ChainLink, chain


class Link(TypedDict):
    """One loan of the chain."""

    number: str
    to: str
    detail: str
    status: str
    offer: str
    offer_to: str
    is_here: bool


class ChainState(AuthState):
    """The chain of the loan whose record this is; nothing where it stands alone."""

    links: list[Link] = []  # noqa: RUF012 - Reflex copies the default for every tab.
    broken: str = ""
    newest_to: str = ""

    @rx.event
    @requires(Permission.REQUESTS_VIEW)
    async def load(self) -> None:
        """Read the chain of the loan whose number the address ends with."""
        number = address.number(address.local_path(self).rsplit("/", 1)[-1])
        outcome = await bridge.read(chain, number)
        found = outcome.value or ()
        self.links = [_link(each, here=number) for each in found]
        newest = found[-1] if found else None
        is_broken = newest is not None and newest.overdue_since is not None
        self.broken = f"Acordo em atraso desde {date_text(newest.overdue_since)}." if newest and is_broken else ""
        self.newest_to = f"/emprestimos/{newest.number}" if newest and newest.number != number else ""


def _link(each: ChainLink, *, here: int) -> Link:
    return Link(
        number=f"nº {each.number}",
        to=f"/emprestimos/{each.number}",
        detail=f"{brl_text(each.principal_cents)} · {date_text(each.disbursed_on)}",
        status=each.status,
        offer=f"Proposta nº {each.offer_number}" if each.offer_number else "",
        offer_to=f"/renegociacoes/{each.offer_number}" if each.offer_number else "",
        is_here=each.number == here,
    )


def chain_panel() -> rx.Component:
    """Show the chain, with a warning where its newest agreement is in arrears."""
    state = ChainState
    may_see_offers = AuthState.permissions.contains(Permission.RENEGOTIATIONS_VIEW.value)
    warning = rx.el.p(
        glyph("triangle-alert", class_name="shrink-0 mt-0.5"),
        state.broken,
        rx.cond(state.newest_to != "", app_link("Abrir o acordo", to=state.newest_to)),
        class_name="notice rounded-md flex flex-wrap gap-2",
        role="status",
    )

    def link(each: rx.Var[Link]) -> rx.Component:
        number = rx.cond(
            each["is_here"],
            rx.el.span(each["number"], " (este)", class_name="font-semibold"),
            app_link(each["number"], to=each["to"].to(str)),
        )
        return rx.el.li(
            number,
            status_badge("request", each["status"].to(str)),
            rx.el.span(each["detail"], class_name="muted tabular-nums"),
            rx.cond(may_see_offers & (each["offer"] != ""), app_link(each["offer"], to=each["offer_to"].to(str))),
            class_name="flex flex-wrap items-center gap-x-3 gap-y-1",
            custom_attrs={"aria-current": rx.cond(each["is_here"], "true", "false")},
        )

    listed = rx.el.section(
        rx.el.h2("Renegociações deste empréstimo", class_name="title-small mb-2"),
        rx.el.ol(rx.foreach(state.links, link), class_name="flex flex-col gap-2"),
        class_name="panel",
    )
    return rx.cond(
        state.links.length() > 0,
        rx.el.div(rx.cond(state.broken != "", warning), listed, class_name="flex flex-col gap-4"),
    )
