"""The tabs of a client's record, and what those show that have no module of their own."""

import reflex as rx

from domain.permissions import Permission
from loanapp.components.badges import status_badge
from loanapp.components.buttons import link_button
from loanapp.components.explain import explained_amount
from loanapp.components.figures import fact, facts
from loanapp.components.filters import view_chips
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.states import empty_all_done, empty_first_use, error_card, table_skeleton
from loanapp.components.table import Column, caption, data_table, pagination
from loanapp.gate import AuthState
from loanapp.pages.clients.client_rows import InvoiceRow, LoanRow, Mark, TextRow
from loanapp.pages.clients.client_state import TABS, ClientState
from loanapp.pages.clients.documents import documents_section
from loanapp.pages.clients.privacy import privacy_section
from loanapp.pages.clients.timeline import timeline_section


def _loan_name(row: rx.Var[LoanRow]) -> rx.Component:
    return app_link(row["title"], to=row["to"])


def _overdue(row: rx.Var[LoanRow]) -> rx.Component:
    return rx.el.span(row["overdue"], class_name=rx.cond(row["is_overdue"], "overdue", ""))


def _explained(row: rx.Var[LoanRow] | rx.Var[InvoiceRow], tab: str) -> rx.Component:
    """Show what is open as the link to how it came about, over the tab that is open."""
    amount, explain = row["open"].to(str), row["explain"].to(str)
    return rx.cond(explain != "", explained_amount(amount, to=f"?aba={tab}&calculo={explain}"), amount)


LOAN_COLUMNS = (
    Column(header="Empréstimo", cell=_loan_name, on_phone="title"),
    Column(header="Situação", cell=lambda row: status_badge("request", row["status"].to(str))),
    Column(header="Pedido em", cell=lambda row: row["requested_on"], is_numeric=True, on_phone="none"),
    Column(header="Valor", cell=lambda row: row["principal"], is_numeric=True),
    Column(header="Pagas", cell=lambda row: row["paid"], is_numeric=True, on_phone="none"),
    Column(header="Em aberto", cell=lambda row: _explained(row, "emprestimos"), is_numeric=True),
    Column(header="Em atraso", cell=_overdue, is_numeric=True),
)


def _mark(mark: rx.Var[Mark]) -> rx.Component:
    return rx.el.li(
        glyph(mark["icon"].to(str), size=14),
        rx.el.span(mark["number"], aria_hidden="true"),
        rx.el.span("Parcela ", mark["number"], ": ", mark["word"], class_name="sr-only"),
        class_name=f"badge badge-{mark['hue']} tabular-nums",
        title=mark["word"],
    )


def _running_loan(row: rx.Var[LoanRow]) -> rx.Component:
    strip = rx.el.div(
        rx.el.ol(rx.foreach(row["marks"].to(list[Mark]), _mark), class_name="flex flex-wrap gap-1.5"),
        rx.cond(row["marks_note"] != "", rx.el.p(row["marks_note"], class_name="caption mt-1")),
    )
    return rx.el.li(
        rx.el.div(
            app_link(row["title"], to=row["to"], class_name="link title-small"),
            status_badge("request", row["status"].to(str)),
            class_name="flex flex-wrap items-center gap-3",
        ),
        facts(
            fact("Valor", row["principal"].to(str)),
            fact("Em aberto", _explained(row, "resumo")),
            fact("Em atraso", _overdue(row)),
            fact("Parcelas pagas", row["paid"].to(str)),
            fact("Vencimento mais antigo", row["next_due"].to(str)),
        ),
        rx.cond(row["marks"].to(list[Mark]).length() > 0, strip),
        class_name="panel flex flex-col gap-4",
    )


def _no_loans(text: str) -> rx.Component:
    may_open = (
        AuthState.permissions.contains(Permission.REQUESTS_OPEN.value)
        & (ClientState.record["status"] == "ACTIVE")
        & (ClientState.record["anonymised"] == "")
    )
    to = f"/emprestimos/novo?cliente={ClientState.record['id']}"
    return rx.cond(may_open, empty_first_use(text, "Nova solicitação", to), empty_first_use(text))


def _summary() -> rx.Component:
    running = rx.el.ul(rx.foreach(ClientState.running, _running_loan), class_name="flex flex-col gap-3")
    return rx.cond(ClientState.running.length() > 0, running, _no_loans("Nenhum empréstimo em andamento."))


def _loans() -> rx.Component:
    table = rx.fragment(
        caption(ClientState.loans_summary), data_table(LOAN_COLUMNS, ClientState.loans, label="Empréstimos do cliente")
    )
    return rx.cond(ClientState.loans.length() > 0, table, _no_loans("Nenhum empréstimo ainda."))


def _invoice_status(row: rx.Var[InvoiceRow]) -> rx.Component:
    return status_badge("invoice", row["status"].to(str), row["note"].to(str))


def _receive(row: rx.Var[InvoiceRow]) -> rx.Component:
    may_receive = AuthState.permissions.contains(Permission.PAYMENTS_REGISTER.value) & (row["receive_to"] != "")
    return rx.cond(may_receive, link_button("Receber", to=row["receive_to"].to(str)))


INVOICE_COLUMNS = (
    Column(
        header="Parcela",
        cell=lambda row: rx.el.span(row["title"], " · ", app_link(row["loan"], to=row["loan_to"])),
        on_phone="title",
        class_name="whitespace-nowrap",
    ),
    Column(header="Vencimento", cell=lambda row: row["due"]),
    Column(header="Situação", cell=_invoice_status),
    Column(header="Valor original", cell=lambda row: row["original"], is_numeric=True, on_phone="none"),
    Column(header="Multa + mora", cell=lambda row: row["charges"], is_numeric=True, on_phone="none"),
    Column(header="Pago", cell=lambda row: row["paid"], is_numeric=True, on_phone="none"),
    Column(header="Em aberto", cell=lambda row: _explained(row, "parcelas"), is_numeric=True),
    Column(header="Ação", cell=_receive, on_phone="action"),
)


def _invoices() -> rx.Component:
    table = rx.fragment(
        caption(ClientState.invoices_summary),
        data_table(INVOICE_COLUMNS, ClientState.invoices, label="Parcelas do cliente"),
        pagination(ClientState.place),
    )
    return rx.cond(ClientState.invoices.length() > 0, table, empty_all_done("Nenhuma parcela ainda."))


def _text(row: rx.Var[TextRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(row["title"], class_name="font-medium"),
            status_badge("message", row["status"].to(str)),
            rx.cond(row["reason"] != "", rx.el.span(row["reason"])),
            rx.el.span(row["at"], class_name="caption tabular-nums"),
            class_name="flex flex-wrap items-center gap-3",
        ),
        rx.el.p(row["body"], class_name="whitespace-pre-wrap [overflow-wrap:anywhere] max-w-prose"),
        rx.el.p(row["moves"], class_name="caption"),
        class_name="panel flex flex-col gap-2",
    )


def _texts() -> rx.Component:
    listed = rx.el.ol(rx.foreach(ClientState.texts, _text), class_name="flex flex-col gap-3")
    return rx.cond(ClientState.texts.length() > 0, listed, empty_all_done("Nenhuma mensagem enviada."))


def _data() -> rx.Component:
    listed = rx.foreach(ClientState.record["facts"].to(list[list[str]]), lambda pair: fact(pair[0], pair[1]))
    return rx.el.div(
        rx.el.div(facts(listed), class_name="panel [overflow-wrap:anywhere]"),
        privacy_section(),
        class_name="flex flex-col gap-4",
    )


def tabs() -> rx.Component:
    """Show the names of the tabs as links, and the open one; its failure leaves the head of the record standing."""
    names = [(key, text, ClientState.tab_links[key]) for key, text in TABS.items()]
    shown = rx.match(
        ClientState.tab,
        ("emprestimos", _loans()),
        ("parcelas", _invoices()),
        ("mensagens", _texts()),
        ("linha-do-tempo", timeline_section()),
        ("documentos", documents_section()),
        ("dados", _data()),
        _summary(),
    )
    failed = error_card(ClientState.tab_fault, ClientState.load_tab)
    is_ready = ClientState.tab_shown == ClientState.tab
    return rx.el.div(
        view_chips("Partes do cadastro", names, ClientState.tab),
        rx.cond(is_ready, rx.cond(ClientState.tab_fault != "", failed, shown), table_skeleton()),
        class_name="flex flex-col gap-4",
    )
