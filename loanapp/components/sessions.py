"""Open sessions as rows: where somebody is signed in, in words (Usuários and Perfil)."""

from collections.abc import Iterable
from typing import TypedDict

import reflex as rx

from loanapp.components.browsers import browser_text
from loanapp.components.formats import instant_text
from loanapp.queries.users import SessionLine


class SessionRow(TypedDict):
    """One open session, as text ready to show."""

    id: str
    browser: str
    address: str
    since: str
    seen: str
    is_own: bool


def session_rows(lines: Iterable[SessionLine]) -> list[SessionRow]:
    """Write sessions as rows."""
    return [
        SessionRow(
            id=str(line.id),
            browser=browser_text(line.user_agent),
            address=line.address or "endereço desconhecido",
            since=instant_text(line.created_at),
            seen=instant_text(line.seen_at),
            is_own=line.is_own,
        )
        for line in lines
    ]


def session_facts(row: rx.Var[SessionRow]) -> rx.Component:
    """Show one session: its browser, whether it is this one, from where, since when and when last seen."""
    own = rx.el.span("Esta sessão", class_name="badge badge-indigo ml-2")
    return rx.el.div(
        rx.el.div(rx.el.span(row["browser"], class_name="font-medium"), rx.cond(row["is_own"], own)),
        rx.el.div(
            f"{row['address']} · desde {row['since']} · visto em {row['seen']}",
            class_name="muted [overflow-wrap:anywhere]",
        ),
        class_name="min-w-0",
    )
