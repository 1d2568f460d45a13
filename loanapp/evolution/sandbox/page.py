"""The sandbox's page: what arrived on each phone, and a box to answer as the borrower. Everything shown is escaped."""

import base64
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from domain.clients import Phone
from domain.errors import DomainError
from domain.messages import Ack
from loanapp.evolution.sandbox.hooks import Hooks
from loanapp.evolution.sandbox.look import SCRIPT, STYLE
from loanapp.evolution.sandbox.state import Bubble, State, new_key
from loanapp.settings import SAO_PAULO

LONGEST_ANSWER = 1000
LONGEST_FORM = 8000
_ANSWERS = ("SAIR", "Já paguei", "Número errado")
_WEEKDAYS = ("seg", "ter", "qua", "qui", "sex", "sáb", "dom")
_ICON = '<svg class="tick" viewBox="0 0 18 12" aria-hidden="true">{}</svg>'
_ONE_TICK = _ICON.format('<path d="M5 6.5l3 3L14.5 2.5"/>')
_TWO_TICKS = _ICON.format('<path d="M1.5 6.5l3 3L11 2.5M8 9l.5.5 6.5-7"/>')
_CLOCK = _ICON.format('<circle cx="9" cy="6" r="5"/><path d="M9 3.5V6l2 1"/>')
_TICKS = {
    Ack.PENDING: (_CLOCK, "saindo"),
    Ack.SERVER_ACK: (_ONE_TICK, "enviada"),
    Ack.DELIVERY_ACK: (_TWO_TICKS, "entregue"),
    Ack.READ: (_TWO_TICKS, "lida"),
    Ack.PLAYED: (_TWO_TICKS, "lida"),
    Ack.ERROR: ("", "recusada"),
}


def _allowed(inline: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}'"


_POLICY = (
    f"default-src 'none'; style-src {_allowed(STYLE)}; script-src {_allowed(SCRIPT)}; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, kw_only=True)
class Page:
    """The page's routes over the sandbox's memory."""

    state: State
    hooks: Hooks
    moment: Callable[[], datetime]

    def routes(self) -> list[Route]:
        """Return the routes of the page and of its form."""
        return [Route("/", self.show), Route("/reply", self.reply, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        """Show the phones, and the texts of the chosen one."""
        html = render(self.state, request.query_params.get("phone", ""))
        return HTMLResponse(html, headers={"content-security-policy": _POLICY, "cache-control": "no-store"})

    async def reply(self, request: Request) -> Response:
        """Write as the borrower of a phone that got a text; another site's form is refused."""
        origin = request.headers.get("origin", "")
        if origin and urlsplit(origin).netloc != request.headers.get("host"):
            return PlainTextResponse("Forbidden", status_code=403)
        form = parse_qs((await request.body())[:LONGEST_FORM].decode("utf-8", "replace"))
        digits, text = form.get("phone", [""])[0], form.get("text", [""])[0].strip()[:LONGEST_ANSWER]
        if digits not in self.state.phones:
            return PlainTextResponse("Not Found", status_code=404)
        if text:
            bubble = self.state.arrive(digits, Bubble(text=text, at=self.moment(), key=new_key()))
            self.hooks.reply(digits, bubble)
        return RedirectResponse(f"/?phone={digits}", status_code=303)


def render(state: State, chosen: str) -> str:
    """Return the page. On a wide screen the phone with the newest text shows when none was chosen."""
    newest_first = list(reversed(state.phones))
    is_chosen = chosen in state.phones
    shown = chosen if is_chosen else next(iter(newest_first), "")
    connection = "conectado" if state.is_open else "desconectado"
    status = f"Instância {escape(state.instance)}: {connection} · telefones: {len(state.phones)}"
    return f"""<!doctype html>
<html lang="pt-BR"><head><meta charset="utf-8"><title>WhatsApp de teste</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>{STYLE}</style></head>
<body class="{"chosen" if is_chosen else ""}">
<header><h1>WhatsApp de teste</h1><span class="note">Nenhum texto sai desta máquina</span>
<span class="state" id="state">{status}</span></header>
<main><nav id="phones" aria-label="Telefones">{_phones(state, newest_first, shown)}</nav>
<section class="chat">{_chat(state, shown)}</section></main>
<script>{SCRIPT}</script></body></html>"""


def _phones(state: State, newest_first: Iterable[str], shown: str) -> str:
    links = []
    for digits in newest_first:
        last = state.phones[digits][-1]
        current = ' aria-current="true"' if digits == shown else ""
        you = "Você: " if last.is_from_borrower else ""
        links.append(
            f'<a href="/?phone={escape(digits)}"{current}><span class="top">{escape(_formatted(digits))}'
            f"<time>{_local(last.at):%H:%M}</time></span>"
            f'<span class="last">{you}{escape(last.text.partition(chr(10))[0])}</span></a>'
        )
    return "".join(links) or '<p class="empty">Nenhum texto chegou ainda.</p>'


def _chat(state: State, digits: str) -> str:
    if not digits:
        return (
            '<p class="empty">Quando o sistema enviar um texto, ele aparece aqui, no telefone do cliente, e você pode'
            " responder como ele.</p>"
        )
    phone = f'<input type="hidden" name="phone" value="{escape(digits)}">'
    answers = "".join(f'<button name="text" value="{escape(text)}">{escape(text)}</button>' for text in _ANSWERS)
    return (
        f'<div class="phone"><div class="bar"><a class="back" href="/" aria-label="Voltar aos telefones">&#8249;</a>'
        f'{escape(_formatted(digits))}</div><div class="texts" id="texts" aria-live="polite">'
        f"{_texts(state.phones[digits])}</div>"
        f'<form class="answers" method="post" action="/reply">{phone}{answers}</form>'
        f'<form class="answer" method="post" action="/reply">{phone}<input name="text" maxlength="{LONGEST_ANSWER}"'
        ' autocomplete="off" required placeholder="Responder como o cliente" aria-label="Responder como o cliente">'
        "<button>Enviar</button></form></div>"
    )


def _texts(bubbles: Iterable[Bubble]) -> str:
    parts, day = [], None
    for bubble in bubbles:
        at = _local(bubble.at)
        if at.date() != day:
            day = at.date()
            parts.append(f'<span class="day">{_WEEKDAYS[day.weekday()]}, {day:%d/%m/%Y}</span>')
        mine = " mine" if bubble.is_from_borrower else ""
        parts.append(
            f'<div class="text{mine}"><p>{escape(bubble.text)}</p><div class="foot"><time>{at:%H:%M}</time>'
            f"{_tick(bubble.ack)}</div></div>"
        )
    return "".join(parts)


def _tick(ack: Ack | None) -> str:
    if ack is None:
        return ""
    drawing, words = _TICKS[ack]
    return f'<span class="{ack}">{words}</span><span class="{ack}">{drawing}</span>'


def _formatted(digits: str) -> str:
    try:
        return Phone.parse(digits).formatted
    except DomainError:
        return f"+{digits}"


def _local(at: datetime) -> datetime:
    return at.astimezone(SAO_PAULO)
