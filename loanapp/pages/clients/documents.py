"""The tab Documentos of a client's record: what is kept, what is sent (files.js, `POST /files`), what is removed."""

import json
from typing import Any, TypedDict
from uuid import UUID

import reflex as rx

from domain.documents import FILE_TYPES, SIZE_BYTES_MAXIMUM
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.buttons import button, submit_button
from loanapp.components.dialogs import command_dialog
from loanapp.components.fields import select_field, text_area
from loanapp.components.formats import counted, instant_text
from loanapp.components.forms import settled
from loanapp.components.states import empty_all_done, error_card, table_skeleton
from loanapp.components.table import Column, caption, data_table
from loanapp.components.texts import TEXTS
from loanapp.gate import AuthState, requires
from loanapp.pages.clients.client_state import ClientState
from loanapp.pages.clients.timeline_rows import DOCUMENT_WORDS
from loanapp.queries.documents import DocumentLine, documents_of_client
from loanapp.services import documents

TAB = "documentos"
REMOVE_FORM = "document-remove"
_KILOBYTE = 1024
_ENDINGS = ",".join(ending for kind in FILE_TYPES for ending in kind.endings)
# The route answers with codes; the browser shows their words, `{name}` filled in.
_UPLOAD_TEXTS = {
    code: text for code, text in TEXTS.items() if code.startswith(("document.", "client.not_found", "not_a"))
}


class DocumentRow(TypedDict):
    """One paper, as text ready to show."""

    id: str
    name: str
    kind: str
    size: str
    sent: str
    removed: str


class DocumentsState(AuthState):
    """What the tab Documentos shows in this tab of the browser."""

    rows: list[DocumentRow] = []  # noqa: RUF012 - Reflex copies the defaults for every tab.
    summary: str = ""
    fault: str = ""
    shown_of: str = ""
    removing: DocumentRow = DocumentRow(id="", name="", kind="", size="", sent="", removed="")
    errors: dict[str, str] = {}  # noqa: RUF012
    _client_id: UUID | None = None

    @rx.event
    @requires(Permission.DOCUMENTS_VIEW)
    async def load(self) -> None:
        """Read the papers of the client that the address names, where their tab is the open one."""
        if address.parameter(self, "aba") != TAB:
            return
        client_id = address.identifier(address.local_path(self).rpartition("/")[2])
        if client_id != self._client_id:
            self.reset()
            self._client_id = client_id
        if client_id is None:
            return
        outcome = await bridge.read(documents_of_client, client_id)
        self.fault = feedback.message(outcome)
        if outcome.ok:
            self.rows = [_document_row(line) for line in outcome.result]
            kept = sum(not row["removed"] for row in self.rows)
            self.summary = counted(kept, "documento", "documentos")
        self.shown_of = str(client_id)

    @rx.event
    @requires(Permission.DOCUMENTS_REMOVE)
    async def ask_removal(self, document_id: str) -> None:
        """Ask why a paper is removed."""
        self.errors = {}
        self.removing = next((row for row in self.rows if row["id"] == document_id), _NOTHING)

    @rx.event
    @requires(Permission.DOCUMENTS_REMOVE)
    async def close_removal(self, is_open: bool) -> None:  # noqa: FBT001 - what a dialog sends.
        """Close the dialog."""
        if not is_open:
            self.removing = _NOTHING

    @rx.event(temporal=True)
    @requires(Permission.DOCUMENTS_REMOVE)
    async def remove(self, form: dict[str, Any]) -> Any:
        """Destroy the content of the paper that the dialog names."""
        document_id = address.identifier(self.removing["id"])
        if document_id is None:
            return settled(REMOVE_FORM, is_done=False)
        order = documents.RemoveDocument(document_id=document_id, reason=bridge.texts_of(form)["reason"])
        outcome = await bridge.run(documents.remove, order)
        self.errors = feedback.field_errors(outcome)
        if not outcome.ok:
            return settled(REMOVE_FORM, is_done=False)
        self.removing = _NOTHING
        return [settled(REMOVE_FORM, is_done=True), rx.toast.success("Documento removido."), DocumentsState.load]


_NOTHING = DocumentRow(id="", name="", kind="", size="", sent="", removed="")


def _document_row(line: DocumentLine) -> DocumentRow:
    removed = f"Removido por {line.removed_by or 'Sistema'} em {instant_text(line.removed_at)}: {line.removal_reason}"
    return DocumentRow(
        id=str(line.document_id),
        name=line.file_name,
        kind=DOCUMENT_WORDS[line.kind.value],
        size=size_text(line.size_bytes),
        sent=f"{instant_text(line.uploaded_at)} · {line.uploaded_by or 'Sistema'}",
        removed=removed if line.removed_at else "",
    )


def size_text(size_bytes: int) -> str:
    """Write a size: `12 KB`, `3,4 MB`."""
    if size_bytes < _KILOBYTE**2:
        return f"{max(1, round(size_bytes / _KILOBYTE))} KB"
    return f"{size_bytes / _KILOBYTE**2:.1f} MB".replace(".", ",")


def documents_section() -> rx.Component:
    """Show the papers of the client whose record is open."""
    failed = error_card(DocumentsState.fault, DocumentsState.load)
    table = rx.fragment(caption(DocumentsState.summary), data_table(_COLUMNS, DocumentsState.rows, label="Documentos"))
    listed = rx.cond(DocumentsState.rows.length() > 0, table, empty_all_done("Nenhum documento ainda."))
    is_ready = DocumentsState.shown_of == ClientState.record["id"].to(str)
    return rx.el.div(
        rx.cond(
            ClientState.record["anonymised"] == "",
            rx.cond(AuthState.permissions.contains(Permission.DOCUMENTS_ATTACH.value), _upload()),
            rx.el.p("Os documentos foram apagados. Nenhum outro pode ser enviado.", class_name="muted"),
        ),
        rx.cond(is_ready, rx.cond(DocumentsState.fault != "", failed, listed), table_skeleton()),
        _removal_dialog(),
        class_name="flex flex-col gap-4",
    )


def _upload() -> rx.Component:
    """Show the form that files.js takes over; the browser keeps what failed beside what went through."""
    chosen = rx.el.div(
        rx.el.label("Arquivos", html_for="files", class_name="field-label"),
        rx.el.input(
            type="file", id="files", multiple=True, accept=_ENDINGS, class_name="input !py-1",
            custom_attrs={"aria-describedby": "files-help"},
        ),
        class_name="field grow md:max-w-[360px]",
    )  # fmt: skip
    limits = f"PDF, JPG, PNG ou WebP, até {SIZE_BYTES_MAXIMUM // _KILOBYTE**2} MB cada."
    return rx.el.form(
        rx.el.div(
            select_field("document_kind", "Tipo", list(DOCUMENT_WORDS.items()), class_name="max-md:w-full"),
            chosen,
            submit_button("Enviar", busy="Enviando…"),
            class_name="flex flex-wrap items-end gap-3",
        ),
        rx.el.p(limits, id="files-help", class_name="field-help"),
        rx.el.ul(
            class_name="flex flex-col gap-2 empty:hidden", custom_attrs={"data-uploads": "1", "aria-live": "polite"}
        ),
        rx.el.button(type="button", hidden=True, on_click=DocumentsState.load, custom_attrs={"data-uploaded": "1"}),
        id="document-upload",
        no_validate=True,
        class_name="panel flex flex-col gap-3 no-print",
        custom_attrs={
            "data-client": ClientState.record["id"].to(str),
            "data-texts": json.dumps(_UPLOAD_TEXTS, ensure_ascii=False),
            "data-most-bytes": str(SIZE_BYTES_MAXIMUM),
        },
    )


def _name(row: rx.Var[DocumentRow]) -> rx.Component:
    link = rx.el.a(row["name"], href=f"/files/{row['id']}", target="_blank", rel="noopener", class_name="link")
    gone = rx.el.span(
        rx.el.span(row["name"], class_name="line-through muted"),
        rx.el.br(),
        rx.el.span(row["removed"], class_name="caption"),
    )
    return rx.el.span(rx.cond(row["removed"] == "", link, gone), class_name="[overflow-wrap:anywhere]")


def _action(row: rx.Var[DocumentRow]) -> rx.Component:
    may_remove = AuthState.permissions.contains(Permission.DOCUMENTS_REMOVE.value) & (row["removed"] == "")
    return rx.cond(may_remove, button("Remover", on_click=DocumentsState.ask_removal(row["id"].to(str))))


_COLUMNS = (
    Column(header="Documento", cell=_name, on_phone="title"),
    Column(header="Tipo", cell=lambda row: row["kind"]),
    Column(header="Tamanho", cell=lambda row: row["size"], is_numeric=True),
    Column(header="Enviado", cell=lambda row: row["sent"]),
    Column(header="Ação", cell=_action, on_phone="action"),
)


def _removal_dialog() -> rx.Component:
    row = DocumentsState.removing
    return command_dialog(
        "Remover documento",
        rx.el.p(
            rx.el.span(row["name"], class_name="font-medium"), ", ", row["kind"],
            class_name="[overflow-wrap:anywhere]",
        ),
        rx.el.p("O arquivo é apagado para sempre. Ficam o nome, quem removeu e o motivo."),
        text_area("reason", "Motivo", errors=DocumentsState.errors),
        verb="Remover documento",
        form_id=REMOVE_FORM,
        is_open=row["id"] != "",
        on_open_change=DocumentsState.close_removal,
        on_submit=DocumentsState.remove,
        errors=DocumentsState.errors,
        kind="danger",
        busy="Removendo…",
    )  # fmt: skip
