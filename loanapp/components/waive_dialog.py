"""The dialog “Dispensar encargos”: each open charge with its field, the person's limit, the effect (ux.md §2.11)."""

import reflex as rx

from loanapp.components.buttons import button, submit_button
from loanapp.components.dialog_steps import done_step, failed_step
from loanapp.components.dialogs import dialog
from loanapp.components.fields import error_summary, money_field, text_area
from loanapp.components.forms import form_held, once_form
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.waive import FORM_ID, ChargeField, WaiveState

# What a field may hold stands on it, so that one press fills them all in the browser.
_FILL = (
    "document.querySelectorAll('#waive input[data-{amount}]').forEach((field) => "
    "{{ field.value = field.dataset.{amount} === '0,00' ? '' : field.dataset.{amount}; }})"
)


def waive_dialog() -> rx.Component:
    """Draw the dialog; the address opens and closes it."""
    state = WaiveState
    return dialog(
        "Dispensar encargos",
        rx.match(state.step, ("form", _form()), ("done", _done()), failed_step(state.problem)),
        is_open=state.step != "",
        on_open_change=state.toggle,
        width="560px",
    )


def _field(charge: rx.Var[ChargeField]) -> rx.Component:
    return money_field(
        charge["field"],
        charge["label"],
        errors=WaiveState.errors,
        custom_attrs={"data-open": charge["open"], "data-alone": charge["alone"]},
        on_change=form_held(FORM_ID, callback=WaiveState.count).debounce(300),
    )


def _fill(text: str, amount: str) -> rx.Component:
    return button(
        text,
        kind="quiet",
        on_click=[rx.call_script(_FILL.format(amount=amount)), form_held(FORM_ID, callback=WaiveState.count)],
    )


def _form() -> rx.Component:
    state = WaiveState
    nothing = rx.el.div(
        rx.el.p("Não há multa nem mora em aberto.", class_name="muted"),
        rx.el.div(rx.dialog.close(button("Fechar")), class_name="dialog-foot"),
        class_name="flex flex-col gap-4",
    )
    waiting = rx.el.p(
        glyph("clock", class_name="shrink-0 mt-0.5"),
        rx.el.span("Uma dispensa deste empréstimo já aguarda a segunda pessoa. ", app_link("Ver", to="/aprovacoes")),
        class_name="notice rounded-md",
    )
    fill = rx.el.div(
        _fill("Preencher tudo", "open"), rx.cond(state.has_limit, _fill("Até o meu limite", "alone")),
        class_name="flex flex-wrap gap-3",
    )  # fmt: skip
    form = once_form(
        error_summary(state.errors),
        rx.el.p(state.title, class_name="font-medium [overflow-wrap:anywhere]"),
        rx.el.p(state.limit, class_name="muted"),
        rx.cond(state.is_asked, waiting),
        fill,
        rx.el.div(rx.foreach(state.fields, _field), class_name="grid gap-4 sm:grid-cols-2"),
        rx.cond(state.more != "", rx.el.p(state.more, class_name="muted")),
        rx.el.p(state.effect, class_name="panel font-medium tabular-nums", aria_live="polite"),
        text_area("waive_reason", "Motivo", errors=state.errors, help_text="Fica no extrato com o seu nome."),
        rx.el.div(
            rx.dialog.close(button("Cancelar")),
            submit_button(state.verb, busy="Registrando…"),
            class_name="dialog-foot",
        ),
        id=FORM_ID,
        on_submit=state.submit,
    )
    # A new key gives the fields of another loan their own first values.
    return rx.el.div(rx.cond(state.fields.length() > 0, form, nothing), key=state.opened.to_string())


def _done() -> rx.Component:
    state = WaiveState
    return done_step(
        rx.el.p(state.title, class_name="[overflow-wrap:anywhere]"),
        rx.cond(state.rest != "", rx.el.p(state.rest, class_name="tabular-nums", role="status")),
        title=state.done,
        id="waive-done",
    )
