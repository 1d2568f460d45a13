"""What the tab Dados says about privacy: consent, the borrower's copy, until when data is kept, and anonymising."""

import functools
from collections.abc import Mapping
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

import reflex as rx

from domain.permissions import Permission
from domain.privacy import AnonymiseNotConfirmed, ConsentOrigin
from loanapp import bridge
from loanapp.bridge import Outcome
from loanapp.components import address, feedback
from loanapp.components.buttons import button, download_button
from loanapp.components.dialogs import command_dialog
from loanapp.components.fields import choice_field, select_field, text_area, text_field
from loanapp.components.figures import fact
from loanapp.components.formats import counted, date_text
from loanapp.components.forms import settled
from loanapp.components.states import error_card, table_skeleton
from loanapp.gate import AuthState, requires
from loanapp.pages.clients.client_state import ClientState
from loanapp.queries.held_data import PrivacySummary, privacy_summary
from loanapp.services import privacy

TAB = "dados"
CONSENT_FORM, ANONYMISE_FORM = "client-consent", "client-anonymise"
DIALOGS = ("consent", "anonymise")
ORIGINS = [(origin.value, f"{origin.value[0].upper()}{origin.value[1:]}") for origin in ConsentOrigin]


class Privacy(TypedDict):
    """What the section shows, ready to read."""

    number: str
    held: str
    consent: str
    accepts: bool
    retention: str
    may_anonymise: bool
    anonymised: str
    json_to: str
    pdf_to: str


NOTHING_YET = Privacy(
    number="", held="", consent="", accepts=False, retention="", may_anonymise=False, anonymised="", json_to="",
    pdf_to="",
)  # fmt: skip


def privacy_of(client_id: UUID, summary: PrivacySummary) -> Privacy:
    """Return what the section shows of a client."""
    held = (
        counted(summary.requests, "empréstimo", "empréstimos"),
        counted(summary.messages, "mensagem", "mensagens"),
        counted(summary.follow_ups, "registro de contato", "registros de contato"),
        counted(summary.documents, "documento", "documentos"),
    )
    accepts = "Aceita" if summary.accepts_messages else "Não aceita"
    return Privacy(
        number=str(summary.client_number),
        held=" · ".join(held),
        consent=f"{accepts}, desde {date_text(summary.consent_on)} ({summary.consent_origin})",
        accepts=summary.accepts_messages,
        retention=_retention(summary),
        may_anonymise=summary.has_retention_ended and summary.anonymised_on is None,
        anonymised=date_text(summary.anonymised_on) if summary.anonymised_on else "",
        json_to=f"/exports/cliente/{client_id}.json",
        pdf_to=f"/exports/cliente/{client_id}.pdf",
    )


def _retention(summary: PrivacySummary) -> str:
    until, because = summary.retention.until, summary.retention.because.words
    if until is None:
        return f"Guardado sem data de fim, porque {because}."
    if summary.has_retention_ended:
        return f"O prazo de guarda terminou em {date_text(until)}."
    return f"Guardado até {date_text(until)}, porque {because}."


def read_consent(texts: Mapping[str, str], _today: date, *, client_id: UUID) -> privacy.SetConsent:
    """Read the form of the consent."""
    return privacy.SetConsent(
        client_id=client_id,
        accepts=texts["accepts"] == "sim",
        origin=texts["origin"],
        reason=texts["consent_reason"],
    )


def read_anonymise(texts: Mapping[str, str], _today: date, *, client_id: UUID, number: str) -> privacy.Anonymise:
    """Read the form that anonymises; raise AnonymiseNotConfirmed unless the client's number was typed."""
    if texts["number"].strip() != number:
        raise AnonymiseNotConfirmed(field="number", number=number)
    return privacy.Anonymise(client_id=client_id, reason=texts["anonymise_reason"])


def _named(outcome: Outcome[Any], field: str) -> dict[str, str]:
    """Return the errors with the use case's `reason` under the name that this form gives it."""
    return {field if name == "reason" else name: text for name, text in feedback.field_errors(outcome).items()}


class PrivacyState(AuthState):
    """What the section shows in this tab of the browser."""

    shown: Privacy = NOTHING_YET
    is_loaded: bool = False
    fault: str = ""
    dialog: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012 - Reflex copies the default for every tab.
    _client_id: UUID | None = None

    @rx.event
    @requires(Permission.CLIENTS_VIEW)
    async def load(self) -> None:
        """Read the section when its tab is open."""
        client_id = address.identifier(address.local_path(self).rpartition("/")[2])
        if client_id != self._client_id:
            self.reset()
            self._client_id = client_id
        if client_id is None or address.parameter(self, "aba") != TAB:
            return
        outcome = await bridge.read(privacy_summary, client_id)
        self.fault = feedback.message(outcome)
        if outcome.ok:
            self.shown, self.is_loaded = privacy_of(client_id, outcome.result), True

    @rx.event
    @requires(Permission.CLIENTS_VIEW)
    async def open_dialog(self, dialog: str) -> None:
        """Open one of the dialogs."""
        self.errors = {}
        self.dialog = dialog if dialog in DIALOGS else ""

    @rx.event
    @requires(Permission.CLIENTS_VIEW)
    async def close_dialog(self, is_open: bool) -> None:  # noqa: FBT001 - what a dialog sends.
        """Close the open dialog."""
        if not is_open:
            self.dialog = ""

    @rx.event(temporal=True)
    @requires(Permission.CONSENT_CHANGE)
    async def set_consent(self, form: dict[str, Any]) -> Any:
        """Write down what the client said about messages."""
        if self._client_id is None:
            return settled(CONSENT_FORM, is_done=False)
        parse = functools.partial(read_consent, client_id=self._client_id)
        outcome = await bridge.submit(privacy.set_consent, parse, form)
        self.errors = _named(outcome, "consent_reason")
        return self._after(CONSENT_FORM, outcome, "Aceite de mensagens registrado.")

    @rx.event(temporal=True)
    @requires(Permission.CLIENTS_ANONYMISE)
    async def anonymise(self, form: dict[str, Any]) -> Any:
        """Take the person out of the record."""
        if self._client_id is None:
            return settled(ANONYMISE_FORM, is_done=False)
        parse = functools.partial(read_anonymise, client_id=self._client_id, number=self.shown["number"])
        outcome = await bridge.submit(privacy.anonymise, parse, form)
        self.errors = _named(outcome, "anonymise_reason")
        return self._after(ANONYMISE_FORM, outcome, "Cliente anonimizado.")

    def _after(self, form_id: str, outcome: Outcome[Any], done: str) -> Any:
        """Close the dialog and read everything again, or leave it open with what is wrong."""
        if not outcome.ok:
            return settled(form_id, is_done=False)
        self.dialog = ""
        return [settled(form_id, is_done=True), rx.toast.success(done), ClientState.load, PrivacyState.load]


SHOWN = PrivacyState.shown


def _may(permission: Permission) -> rx.Var[bool]:
    return AuthState.permissions.contains(permission.value)


def _actions() -> rx.Component:
    anonymise = button(
        "Anonimizar",
        kind="danger",
        icon="shield-ban",
        disabled=~SHOWN["may_anonymise"].to(bool),
        title=SHOWN["retention"].to(str),
        on_click=PrivacyState.open_dialog("anonymise"),
    )
    return rx.el.div(
        rx.cond(
            _may(Permission.CONSENT_CHANGE),
            button("Alterar aceite", icon="message-square", on_click=PrivacyState.open_dialog("consent")),
        ),
        rx.cond(
            _may(Permission.CLIENTS_EXPORT),
            rx.fragment(
                download_button("Exportar JSON", to=SHOWN["json_to"].to(str)),
                download_button("Exportar PDF", to=SHOWN["pdf_to"].to(str), icon="file-text"),
            ),
        ),
        rx.cond(_may(Permission.CLIENTS_ANONYMISE), anonymise),
        class_name="flex flex-wrap gap-2",
    )


def _consent_dialog() -> rx.Component:
    errors = PrivacyState.errors
    return command_dialog(
        "Mensagens por WhatsApp",
        rx.el.p("Hoje: ", SHOWN["consent"], "."),
        choice_field(
            "accepts",
            "O cliente aceita mensagens?",
            [("sim", "Aceita"), ("nao", "Não aceita")],
            errors=errors,
            value=rx.cond(SHOWN["accepts"].to(bool), "nao", "sim"),
        ),
        select_field("origin", "Como o cliente avisou", ORIGINS, errors=errors, value=ConsentOrigin.PHONE.value),
        text_area("consent_reason", "Observação (opcional)", errors=errors),
        rx.el.p(
            "Se não aceita, o que está na fila é cancelado agora. A dívida continua, por outros meios de contato.",
            class_name="caption",
        ),
        verb="Registrar aceite",
        form_id=CONSENT_FORM,
        is_open=PrivacyState.dialog == "consent",
        on_open_change=PrivacyState.close_dialog,
        on_submit=PrivacyState.set_consent,
        errors=errors,
    )


def _anonymise_dialog() -> rx.Component:
    errors = PrivacyState.errors
    return command_dialog(
        "Anonimizar cliente",
        rx.el.p(
            "Nome, CPF ou CNPJ, telefones, endereço, renda, textos das mensagens, anotações e documentos são apagados"
            " para sempre. Valores, datas e a trilha de auditoria ficam, sem dizer de quem são."
        ),
        rx.el.p("Não há como desfazer, e nada mais poderá ser feito neste cadastro.", class_name="font-medium"),
        text_area("anonymise_reason", "Motivo", errors=errors),
        text_field(
            "number",
            rx.Var.create(f"Para confirmar, digite o número do cliente: {SHOWN['number']}"),
            errors=errors,
            input_mode="numeric",
        ),
        verb="Anonimizar cliente",
        form_id=ANONYMISE_FORM,
        is_open=PrivacyState.dialog == "anonymise",
        on_open_change=PrivacyState.close_dialog,
        on_submit=PrivacyState.anonymise,
        errors=errors,
        kind="danger",
        busy="Anonimizando…",
    )


def _section() -> rx.Component:
    is_early = _may(Permission.CLIENTS_ANONYMISE) & ~SHOWN["may_anonymise"].to(bool)
    kept = rx.el.dl(
        fact("O que há sobre o cliente", SHOWN["held"].to(str)),
        fact("Mensagens por WhatsApp", SHOWN["consent"].to(str)),
        fact("Prazo de guarda", SHOWN["retention"].to(str)),
        class_name="grid gap-4 md:grid-cols-3",
    )
    waits = rx.el.p("Anonimizar só é possível depois do prazo de guarda.", class_name="caption")
    return rx.el.section(
        rx.el.h2("Privacidade (LGPD)", class_name="title-small", id="privacidade"),
        kept,
        _actions(),
        rx.cond(is_early, waits),
        _consent_dialog(),
        _anonymise_dialog(),
        aria_labelledby="privacidade",
        class_name="panel flex flex-col gap-4 [overflow-wrap:anywhere]",
    )


def privacy_section() -> rx.Component:
    """Show consent, copy and retention of the open record; a failure leaves the rest of the tab standing."""
    failed = error_card(PrivacyState.fault, PrivacyState.load)
    # Of who was anonymised the head of the record says all there is.
    section = rx.cond(SHOWN["anonymised"] == "", _section())
    return rx.cond(PrivacyState.fault != "", failed, rx.cond(PrivacyState.is_loaded, section, table_skeleton()))
