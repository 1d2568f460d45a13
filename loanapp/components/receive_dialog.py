"""The dialog “Registrar recebimento”, hung over every page by the composition root (ux.md §2.12)."""

import reflex as rx

from domain.payments import PaymentMethod
from loanapp.components.badges import status_badge
from loanapp.components.buttons import button, link_button, submit_button
from loanapp.components.cash_room import cash_room_note
from loanapp.components.dialogs import dialog
from loanapp.components.fields import choice_field, date_field, error_summary, money_field, text_field, tick_field
from loanapp.components.forms import once_form
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.pix import pix_panel
from loanapp.components.receipt_actions import receipt_actions
from loanapp.components.receive import FORM_ID, ReceiveState
from loanapp.components.receive_calculation import calculated_invoice
from loanapp.components.receive_texts import METHODS, Change, Choice, Share

# The key of a press that got no answer is read where it was made, and looked up by the server.
_ASK_BY_KEY = f"document.getElementById('{FORM_ID}').elements.namedItem('command_id').value"


def receive_dialog() -> rx.Component:
    """Draw the dialog; the address opens and closes it."""
    return dialog(
        "Registrar recebimento",
        rx.match(
            ReceiveState.step,
            ("choose", _choose()),
            ("form", _form()),
            ("done", _done()),
            _failed(),
        ),
        is_open=ReceiveState.step != "",
        on_open_change=ReceiveState.toggle,
        width="640px",
    )


def _choice(choice: rx.Var[Choice]) -> rx.Component:
    return rx.el.li(
        app_link(
            rx.el.span(choice["title"], class_name="font-medium"),
            rx.el.span(choice["detail"], class_name="muted"),
            rx.cond(choice["overdue"] != "", rx.el.span(choice["overdue"], class_name="overdue font-medium")),
            to=choice["to"],
            replace=True,
            class_name="flex flex-col gap-0.5 py-2 px-3 rounded-md hover:bg-[var(--c-row-hover)]",
        ),
        class_name="border-b border-[var(--c-line)]",
    )


def _choose() -> rx.Component:
    nothing = rx.cond(
        (ReceiveState.searched != "") & (ReceiveState.problem == ""),
        rx.el.p("Nenhum empréstimo em andamento para “", ReceiveState.searched, "”.", class_name="muted"),
    )
    return rx.el.div(
        text_field(
            "receive-search",
            "Cliente ou empréstimo",
            help_text="Nome, CPF/CNPJ, telefone ou número do empréstimo",
            type="search",
            on_change=ReceiveState.find.debounce(150),
        ),
        rx.cond(ReceiveState.problem != "", rx.el.p(ReceiveState.problem, role="alert")),
        rx.el.div(
            rx.cond(
                ReceiveState.choices.length() > 0,
                rx.el.ul(rx.foreach(ReceiveState.choices, _choice)),
                nothing,
            ),
            aria_live="polite",
        ),
        rx.el.div(rx.dialog.close(button("Cancelar")), class_name="flex justify-end"),
        class_name="flex flex-col gap-4",
    )


def _share(share: rx.Var[Share]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(share["title"], class_name="font-medium"),
            rx.el.span(share["rest"], class_name="muted"),
            class_name="flex flex-wrap justify-between gap-x-4",
        ),
        rx.el.div(share["parts"], class_name="tabular-nums"),
    )


def _distribution() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Distribuição", class_name="font-semibold"),
        rx.cond(ReceiveState.order_note != "", _note(ReceiveState.order_note)),
        rx.el.ul(rx.foreach(ReceiveState.shares, _share), class_name="flex flex-col gap-2"),
        rx.el.p(ReceiveState.after, class_name="font-medium"),
        class_name=rx.cond(ReceiveState.is_stale, "panel flex flex-col gap-2 muted", "panel flex flex-col gap-2"),
        custom_attrs={"aria-live": "polite", "aria-busy": rx.cond(ReceiveState.is_stale, "true", "false")},
    )


def _note(text: rx.Var[str]) -> rx.Component:
    return rx.el.p(glyph("info", class_name="shrink-0 mt-0.5"), text, class_name="notice rounded-md")


def _change(change: rx.Var[Change]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(change["title"], class_name="muted"),
        rx.el.dd(change["values"], class_name="tabular-nums text-right"),
        class_name="flex flex-wrap justify-between gap-x-4",
    )


def _backdating() -> rx.Component:
    """Show what counting from an earlier day changes, before it is confirmed (ux.md §2.12)."""
    state = ReceiveState
    effect = rx.el.section(
        rx.el.h2("Data anterior a hoje: os encargos são recontados", class_name="font-semibold"),
        rx.el.p(state.charges_change, class_name="font-medium tabular-nums"),
        rx.cond(state.changes.length() > 1, rx.el.dl(rx.foreach(state.changes, _change))),
        rx.cond(state.moved != "", rx.el.p(state.moved)),
        class_name=rx.cond(state.is_stale, "panel flex flex-col gap-2 muted", "panel flex flex-col gap-2"),
        custom_attrs={"aria-live": "polite"},
    )
    return rx.cond(state.charges_change != "", effect)


def _twin() -> rx.Component:
    """Ask before what may be the same money a second time; also after the server refused it for that."""
    state = ReceiveState
    asked = rx.el.div(
        rx.cond(state.twin != "", _note(state.twin)),
        tick_field("is_another", "Sim, é outro recebimento"),
        class_name="flex flex-col gap-2",
    )
    return rx.cond((state.twin != "") | state.errors.contains("is_another"), asked)


def _memory() -> rx.Component:
    """Show the invoice that receives first with its calculation, the others folded behind one press."""
    state = ReceiveState
    others = rx.el.details(
        rx.el.summary(
            state.others, class_name="cursor-pointer font-medium flex items-center min-h-[var(--control)] link"
        ),
        rx.foreach(state.invoices[1:], lambda invoice: calculated_invoice(invoice, is_open=False)),
        rx.cond(state.more_invoices != "", rx.el.p(state.more_invoices, class_name="muted pt-2")),
    )
    return rx.el.section(
        rx.foreach(state.invoices[:1], lambda invoice: calculated_invoice(invoice, is_open=True)),
        rx.cond(state.others != "", others),
        aria_label="Parcelas em aberto",
    )


def _form() -> rx.Component:
    state = ReceiveState
    return rx.el.div(
        once_form(
            error_summary(state.errors),
            rx.el.div(
                rx.el.p(state.title, class_name="font-medium"),
                status_badge("request", state.status),
                class_name="flex flex-wrap items-center gap-2",
            ),
            _memory(),
            rx.el.div(
                money_field(
                    "amount", "Valor recebido", errors=state.errors, value=state.amount, required=True,
                    on_change=state.count_amount.debounce(300),
                ),
                date_field(
                    "received_on", "Data", errors=state.errors, value=state.received_on, today=state.today,
                    help_text="", on_change=state.count_date.debounce(300),
                ),
                class_name="grid gap-4 md:grid-cols-2",
            ),
            choice_field(
                "payment_method", "Forma", [(value, word) for value, word, _ in METHODS],
                value=state.method, on_change=state.choose_method,
            ),
            cash_room_note(state.method == PaymentMethod.CASH),
            rx.cond((state.pix["code"] != "") & ~state.is_stale, pix_panel(state.pix)),
            _distribution(),
            rx.cond(state.remainder != "", tick_field("waive_remainder", state.remainder)),
            _backdating(),
            text_field(
                "payment_note",
                rx.cond(state.charges_change != "", "Por que a data é anterior a hoje", "Observação (opcional)"),
                errors=state.errors,
            ),
            tick_field("send_receipt", "Enviar recibo pelo WhatsApp"),
            _twin(),
            rx.el.div(
                rx.dialog.close(button("Cancelar")),
                submit_button(
                    rx.cond(
                        state.is_stale,
                        "Confirmar recebimento",
                        f"Confirmar {state.amount_shown} {state.method_phrase}",
                    )
                ),
                class_name="dialog-foot",
            ),
            id=FORM_ID,
            on_submit=state.submit,
            on_doubt=rx.call_script(_ASK_BY_KEY, callback=state.check),
        ),
        # A new key gives the fields of another loan their own first values.
        key=state.opened.to_string(),
    )  # fmt: skip


def _done() -> rx.Component:
    done = ReceiveState.done
    return rx.el.div(
        rx.el.h2(
            glyph("circle-check-big", size=20),
            done["title"],
            id="receive-done",
            tab_index=-1,
            class_name="title-small flex items-center gap-2 outline-none",
        ),
        rx.el.p(done["summary"], class_name="font-medium", role="status"),
        rx.el.div(
            rx.el.span(done["client"]),
            status_badge("request", done["status"]),
            rx.el.span(done["rest"], class_name="muted"),
            class_name="flex flex-wrap items-center gap-2",
        ),
        rx.cond(done["cancelled"] != "", rx.el.p(done["cancelled"], class_name="muted")),
        receipt_actions(done["payment_id"], done["number"]),
        rx.el.div(
            rx.dialog.close(button("Fechar")),
            link_button("Ver recebimento", to=f"/recebimentos/{done['number']}"),
            link_button("Ver empréstimo", to=done["loan"]),
            link_button("Receber outro", to=done["another"], kind="primary"),
            class_name="flex flex-wrap justify-end gap-3",
        ),
        class_name="flex flex-col gap-4",
    )


def _failed() -> rx.Component:
    return rx.el.div(
        rx.el.p(ReceiveState.problem, role="alert"),
        rx.el.div(rx.dialog.close(button("Fechar")), class_name="flex justify-end"),
        class_name="flex flex-col gap-4",
    )
