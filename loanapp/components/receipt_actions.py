"""What can be done with a payment's receipt: send it, save it, print it, hand out a link, take its links back.

Hung under a payment just registered and on a payment's record.  A link is shown once, to whoever made it.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import reflex as rx

from domain.payments import PaymentNotFound
from domain.permissions import Permission
from loanapp import bridge
from loanapp.bridge import Outcome
from loanapp.components import address, feedback
from loanapp.components.buttons import button, download_button, submit_button
from loanapp.components.fields import text_field
from loanapp.components.formats import counted, date_text
from loanapp.components.forms import once_form, settled
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.gate import AuthState, fleeting, requires
from loanapp.queries.receipts import receipt_links
from loanapp.services.receipts import (
    MakeReceiptLink,
    RevokeReceiptLinks,
    SendReceipt,
    make_receipt_link,
    revoke_receipt_links,
    send_receipt,
)
from loanapp.settings import SAO_PAULO

_LINK = "receipt-link"
# Where the browser keeps its clipboard closed, the field with the link stays to copy from.
_COPY = f"navigator.clipboard.writeText(document.getElementById('{_LINK}').value).then(() => true, () => false)"
_SHARE = f"navigator.share?.({{ title: 'Recibo', url: document.getElementById('{_LINK}').value }})?.catch(() => null)"


def _ids_of(texts: Mapping[str, str]) -> tuple[UUID, UUID]:
    """Return the payment and the key of a press; raise PaymentNotFound for what names none."""
    payment_id, key = address.identifier(texts["payment_id"]), address.identifier(texts["command_id"])
    if payment_id is None or key is None:
        raise PaymentNotFound
    return payment_id, key


def parse_send(texts: Mapping[str, str], _today: date) -> SendReceipt:
    """Read the press of “Enviar recibo pelo WhatsApp”."""
    payment_id, key = _ids_of(texts)
    return SendReceipt(payment_id=payment_id, message_id=key)


def parse_link(texts: Mapping[str, str], _today: date) -> MakeReceiptLink:
    """Read the press of “Copiar link”."""
    payment_id, key = _ids_of(texts)
    return MakeReceiptLink(link_id=key, payment_id=payment_id)


def parse_revoke(texts: Mapping[str, str], _today: date) -> RevokeReceiptLinks:
    """Read the press of “Revogar links”."""
    return RevokeReceiptLinks(payment_id=_ids_of(texts)[0])


@fleeting
class ReceiptState(AuthState):
    """What one tab did with the receipt of `about`; `open_links` are all that open it now, whoever made them."""

    about: str = ""
    link: str = ""
    link_until: str = ""
    open_links: int = 0
    open_until: str = ""
    said: str = ""
    problem: str = ""

    @rx.event
    @requires(Permission.PAYMENTS_VIEW)
    async def look(self, payment_id: str) -> None:
        """Forget what was done with another receipt, and count the links to this one."""
        self.reset()
        self.about = payment_id if isinstance(payment_id, str) else ""
        await self._count()

    @rx.event(temporal=True)
    @requires(Permission.RECEIPTS_SHARE)
    async def send(self, form: dict[str, Any]) -> Any:
        """Queue the text that brings the receipt."""
        outcome = await bridge.submit(send_receipt, parse_send, form)
        queued = "Recibo na fila: sai pelo WhatsApp em instantes."
        withheld = "O recibo não sai: complete os dados da empresa nas configurações."
        await self._tell(outcome, (withheld if outcome.result.is_withheld else queued) if outcome.ok else "")
        return settled("receipt-send", is_done=True)

    @rx.event(temporal=True)
    @requires(Permission.RECEIPTS_SHARE)
    async def make_link(self, form: dict[str, Any]) -> Any:
        """Make a link, show it, and put it into the clipboard where the browser lets us."""
        outcome = await bridge.submit(make_receipt_link, parse_link, form)
        if outcome.ok:
            made = outcome.result
            self.link, self.link_until = made.address, date_text(made.expires_at.astimezone(SAO_PAULO).date())
        await self._tell(outcome, "Link criado." if outcome.ok else "")
        yield settled("receipt-make", is_done=True)
        if outcome.ok:
            yield rx.call_script(_COPY, callback=ReceiptState.copied)

    @rx.event
    @requires(Permission.RECEIPTS_SHARE)
    async def copied(self, is_copied: bool) -> None:  # noqa: FBT001 - what the browser answers.
        """Say whether the link is in the clipboard."""
        self.said = "Link copiado." if is_copied is True else "Copie o link do campo abaixo."

    @rx.event(temporal=True)
    @requires(Permission.RECEIPTS_SHARE)
    async def revoke(self, form: dict[str, Any]) -> Any:
        """Let no link to the receipt open any more."""
        outcome = await bridge.submit(revoke_receipt_links, parse_revoke, form)
        revoked = counted(outcome.value or 0, "link revogado: não abre mais.", "links revogados: não abrem mais.")
        if outcome.ok:
            self.link, self.link_until = "", ""
        await self._tell(outcome, revoked)
        return settled("receipt-revoke", is_done=True)

    async def _tell(self, outcome: Outcome[Any], done: str) -> None:
        self.problem = feedback.message(outcome)
        self.said = "" if self.problem else done
        await self._count()

    async def _count(self) -> None:
        payment_id = address.identifier(self.about)
        outcome = await bridge.read(receipt_links, payment_id) if payment_id else None
        links = outcome.value if outcome else None
        self.open_links = links.open if links else 0
        until = links.expires_at if links else None
        self.open_until = date_text(until.astimezone(SAO_PAULO).date()) if until else ""


def receipt_actions(payment_id: rx.Var[str], number: rx.Var[int]) -> rx.Component:
    """Show what can be done with the receipt of a payment, named by its id and by its receipt's number."""
    state = ReceiptState
    paper = app_link(
        glyph("printer"),
        "Imprimir",
        to=f"/recibos/{number}",
        class_name="button button-secondary",
        reload_document=True,
        discover="none",
        target="_blank",
        rel="noopener",
    )
    return rx.el.section(
        rx.el.h3("Recibo", class_name="font-semibold"),
        rx.el.div(
            _press("receipt-send", state.send, payment_id, "Enviar recibo pelo WhatsApp", busy="Enviando…"),
            download_button("Baixar PDF", to=f"/pdf/recibos/{number}"),
            paper,
            _press("receipt-make", state.make_link, payment_id, "Copiar link", busy="Criando…"),
            class_name="flex flex-wrap gap-3",
        ),
        rx.el.p(state.said, class_name="font-medium empty:hidden", role="status"),
        rx.cond(state.problem != "", rx.el.p(state.problem, class_name="field-error", role="alert")),
        rx.cond(state.link != "", _link()),
        rx.cond(state.open_links > 0, _links(payment_id)),
        class_name="flex flex-col gap-3",
        on_mount=state.look(payment_id),
    )


def _press(
    form_id: str, on_submit: Any, payment_id: rx.Var[str], text: str | rx.Var[str], *, busy: str
) -> rx.Component:
    """Show one button as a form of its own, so that a double press is one order."""
    return once_form(
        rx.el.input(type="hidden", name="payment_id", default_value=payment_id, key=payment_id),
        submit_button(text, kind="secondary", busy=busy),
        id=form_id,
        on_submit=on_submit,
        class_name="flex flex-col gap-2",
    )


def _link() -> rx.Component:
    state = ReceiptState
    return rx.el.div(
        text_field(
            _LINK, "Link do recibo", value=state.link, read_only=True, key=state.link,
            help_text=f"Abre sem senha até {state.link_until}. Aparece só agora: quem tem o link vê o recibo.",
            custom_attrs={"data-selects": "1"},
        ),
        rx.el.div(
            button("Copiar de novo", icon="copy", on_click=rx.call_script(_COPY, callback=state.copied)),
            button("Compartilhar", icon="send", class_name="md:hidden", on_click=rx.call_script(_SHARE)),
            class_name="flex flex-wrap gap-3",
        ),
        class_name="panel flex flex-col gap-3",
    )  # fmt: skip


def _links(payment_id: rx.Var[str]) -> rx.Component:
    state = ReceiptState
    is_one = state.open_links == 1
    return rx.el.div(
        rx.el.p(
            rx.cond(
                is_one,
                f"1 link abre este recibo, até {state.open_until}.",
                f"{state.open_links} links abrem este recibo, até {state.open_until}.",
            ),
            class_name="muted",
        ),
        _press(
            "receipt-revoke", state.revoke, payment_id, rx.cond(is_one, "Revogar link", "Revogar links"),
            busy="Revogando…",
        ),
        class_name="flex flex-wrap items-center justify-between gap-3",
    )  # fmt: skip
