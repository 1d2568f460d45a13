"""The search box of the top bar: one box for clients, loans and payments; each hit carries its next action.

Ctrl K and `/` focus it, arrows walk through the hits, Enter opens the first one: all in app.js, without a server round.
"""

import dataclasses
from typing import TypedDict

import reflex as rx

from loanapp import bridge
from loanapp.components import feedback
from loanapp.components.badges import status_badge
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.gate import AuthState, requires
from loanapp.queries import search
from loanapp.services.look_up import ReducedCard, look_up

SHORTEST_SEARCH = 2
PLACEHOLDER = "Buscar cliente, CPF/CNPJ, telefone, empréstimo ou valor"


class Hit(TypedDict):
    """One line of the results; the fields of `queries.search.SearchHit`."""

    kind: str
    group: str
    title: str
    detail: str
    status: str
    to: str
    action: str
    action_to: str


class SearchState(AuthState):
    """What was searched last in this tab, and what was found."""

    hits: list[Hit] = []  # noqa: RUF012 - Reflex copies the default for every tab.
    searched: str = ""
    search_problem: str = ""

    @rx.event(supersedes=True)
    @requires()
    async def look(self, text: str) -> None:
        """Find what matches; a newer text takes the place of an older one that still runs."""
        text = text.strip()[:100] if isinstance(text, str) else ""
        self.searched = text if len(text) >= SHORTEST_SEARCH else ""
        if not self.searched:
            self.hits, self.search_problem = [], ""
            return
        outcome = await bridge.read(search.search, text)
        self.search_problem = feedback.message(outcome)
        self.hits = [Hit(**dataclasses.asdict(hit)) for hit in outcome.value or ()]
        if bridge.actor().is_scoped and not self.hits:
            found = await bridge.run(look_up, text)
            self.search_problem = self.search_problem or feedback.message(found)
            self.hits = [_stranger(card) for card in found.value or () if card.client_id is None]


def _stranger(card: ReducedCard) -> Hit:
    """Show somebody who is not one's own: enough to ask the office for the client, and nothing to open."""
    whose = "atendido por outro supervisor" if card.is_assigned else "sem supervisor"
    detail = f"{card.district or 'Bairro não informado'} · {whose}. Peça à gestão para atender."
    return Hit(kind="card", group="Clientes", title=card.name, detail=detail, status="", to="", action="", action_to="")


def _hit(hit: rx.Var[Hit]) -> rx.Component:
    return rx.el.li(
        rx.cond(
            hit["to"] != "",
            app_link(
                *_words(hit), to=hit["to"], class_name="grow min-w-0 flex flex-col", custom_attrs={"data-hit": "1"}
            ),
            rx.el.div(*_words(hit), class_name="grow min-w-0 flex flex-col"),
        ),
        rx.match(
            hit["kind"],
            ("client", status_badge("client", hit["status"])),
            ("request", status_badge("request", hit["status"])),
            rx.fragment(),
        ),
        rx.cond(hit["action"] != "", app_link(hit["action"], to=hit["action_to"], class_name="link shrink-0 px-2")),
        class_name="search-hit",
    )


def _words(hit: rx.Var[Hit]) -> tuple[rx.Component, rx.Component]:
    return (
        rx.el.span(hit["title"], class_name="font-medium truncate"),
        rx.el.span(hit["detail"], class_name="caption truncate max-md:whitespace-normal"),
    )


def _results() -> rx.Component:
    nothing = rx.el.p(f"Nada encontrado para “{SearchState.searched}”.", class_name="p-3 muted")
    listed = rx.el.ul(rx.foreach(SearchState.hits, _hit))
    found = rx.cond(SearchState.hits.length() > 0, listed, nothing)
    return rx.cond(
        SearchState.searched != "",
        rx.el.div(
            rx.cond(SearchState.search_problem != "", rx.el.p(SearchState.search_problem, class_name="p-3"), found),
            id="search-results",
            class_name="search-results",
            aria_live="polite",
        ),
    )


def search_box() -> rx.Component:
    """Show the box and, while it has the focus, its results."""
    return rx.el.div(
        glyph("search"),
        rx.el.input(
            id="search",
            type="search",
            placeholder=PLACEHOLDER,
            aria_label=PLACEHOLDER,
            auto_complete="off",
            on_change=SearchState.look.debounce(150),
            class_name="input",
        ),
        rx.el.kbd("Ctrl K", aria_hidden="true"),
        _results(),
        class_name="search-box",
        role="search",
    )
