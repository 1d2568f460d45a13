"""The dialog “Quitar”: each open invoice with the interest that comes off, the total, how and when it was paid."""

import reflex as rx

from loanapp.components.buttons import button, link_button, submit_button
from loanapp.components.dialog_steps import done_step, failed_step
from loanapp.components.dialogs import dialog
from loanapp.components.fields import choice_field, date_field, error_summary, text_field, tick_field
from loanapp.components.forms import form_held, once_form
from loanapp.components.receive_texts import METHODS
from loanapp.pages.requests.settle import FORM_ID, SettleLine, SettleState

# The key of a press that got no answer is read where it was made, and looked up by the server.
_ASK_BY_KEY = f"document.getElementById('{FORM_ID}').elements.namedItem('command_id').value"


def settle_dialog() -> rx.Component:
    """Draw the dialog; the address opens and closes it."""
    state = SettleState
    return dialog(
        "Quitar antecipadamente",
        rx.match(state.step, ("form", _form()), ("done", _done()), failed_step(state.problem)),
        is_open=state.step != "",
        on_open_change=state.toggle,
        width="640px",
    )


def _row(line: rx.Var[SettleLine]) -> rx.Component:
    count = form_held(FORM_ID, callback=SettleState.count)
    return rx.el.li(
        rx.el.label(
            rx.el.input(
                type="checkbox", name=line["field"], id=line["field"], default_checked=True, on_change=count,
            ),
            rx.el.span(line["title"], rx.el.span(" · vence ", line["due"], class_name="muted font-normal")),
            class_name="tick grow min-w-0 tabular-nums",
        ),
        rx.el.div(
            rx.cond(
                line["discount"] != "",
                rx.el.div(
                    rx.el.span(line["open"]), rx.el.span(line["discount"]),
                    class_name="muted flex flex-wrap justify-end gap-x-1 max-md:flex-col",
                ),
            ),
            rx.el.div(line["to_pay"], class_name="font-medium"),
            class_name="text-right tabular-nums shrink-0 whitespace-nowrap",
        ),
        class_name="flex items-center justify-between gap-3 py-2 border-b border-[var(--c-line)]",
    )  # fmt: skip


def _quote() -> rx.Component:
    state = SettleState
    return rx.el.section(
        rx.el.p("Valor com encargos, menos os juros que ainda não correram:", class_name="muted"),
        rx.el.ul(rx.foreach(state.lines, _row), class_name="md:max-h-72 md:overflow-y-auto md:px-1"),
        rx.el.dl(
            rx.el.div(rx.el.dt("Juros retirados"), rx.el.dd(state.discount), class_name="flex justify-between gap-4"),
            rx.el.div(
                rx.el.dt("Para quitar"),
                rx.el.dd(state.total),
                class_name="flex justify-between gap-4 font-semibold",
            ),
            class_name="tabular-nums flex flex-col gap-1 pt-2",
        ),
        rx.el.p(state.after, class_name="font-medium"),
        class_name="panel flex flex-col gap-2",
        aria_label="Parcelas a quitar",
        custom_attrs={"aria-live": "polite"},
    )


def _form() -> rx.Component:
    state = SettleState
    form = once_form(
        error_summary(state.errors),
        rx.el.p(state.title, class_name="font-medium [overflow-wrap:anywhere]"),
        _quote(),
        date_field(
            "settled_on", "Data do recebimento", errors=state.errors, value=state.day, today=state.today,
            on_change=form_held(FORM_ID, callback=state.count).debounce(300),
        ),
        rx.cond(
            state.is_backdated,
            text_field("settle_note", "Por que com data anterior?", errors=state.errors),
        ),
        choice_field(
            "settle_method", "Forma", [(value, word) for value, word, _ in METHODS],
            value=state.method, on_change=state.choose_method,
        ),
        tick_field("settle_receipt", "Enviar recibo pelo WhatsApp"),
        rx.el.div(
            rx.dialog.close(button("Cancelar")),
            submit_button(f"Quitar por {state.total} {state.method_phrase}"),
            class_name="dialog-foot",
        ),
        id=FORM_ID,
        on_submit=state.submit,
        on_doubt=rx.call_script(_ASK_BY_KEY, callback=state.check),
    )  # fmt: skip
    # A new key gives the fields of another loan their own first values.
    return rx.el.div(form, key=state.opened.to_string())


def _done() -> rx.Component:
    state = SettleState
    return done_step(
        rx.el.p(state.summary, class_name="font-medium tabular-nums", role="status"),
        rx.el.div(link_button("Ver recebimento", to=state.payment_to, icon="receipt-text")),
        title=state.done,
        id="settle-done",
    )
