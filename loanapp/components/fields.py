"""Form fields: label above, help, error at the field; uncontrolled, formatted by app.js on leaving (ux.md §2.0).

Each field takes `errors`, the page state's `dict[str, str]` of field name to text (see feedback.py).  The inputs keep
what was typed whatever the server answers; a page resets them by giving its form a new `key`.
"""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from loanapp.components.glyphs import glyph

Errors = rx.Var[dict[str, str]]


def error_summary(errors: Errors) -> rx.Component:
    """Show the summary on top of a form, with links to its fields; app.js moves the focus to it."""
    count = errors.length()
    title = rx.cond(count == 1, "Há 1 problema nesta página", f"Há {count} problemas nesta página")
    return rx.cond(
        count > 0,
        rx.el.div(
            rx.el.h2(title, class_name="title-small"),
            rx.el.ul(
                rx.foreach(
                    errors,
                    lambda item: rx.el.li(rx.cond(item[0] == "", item[1], rx.el.a(item[1], href=f"#{item[0]}"))),
                ),
                class_name="mt-2 flex flex-col gap-1",
            ),
            class_name="summary",
            role="alert",
            tab_index=-1,
            custom_attrs={"data-summary": "1"},
        ),
    )


def _frame(
    name: str,
    label: str | rx.Var,
    control: rx.Component,
    errors: Errors | None,
    help_text: str | rx.Var,
    class_name: str,
) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=name, class_name="field-label"),
        rx.el.div(help_text, id=f"{name}-help", class_name="field-help") if help_text != "" else rx.fragment(),
        control,
        _error(name, errors),
        class_name=f"field {class_name}",
    )


def _error(name: str, errors: Errors | None) -> rx.Component:
    if errors is None:
        return rx.fragment()
    return rx.cond(
        errors.contains(name),
        rx.el.div(glyph("circle-alert"), rx.el.span(errors[name]), id=f"{name}-error", class_name="field-error"),
    )


def _described(name: str, errors: Errors | None, help_text: str | rx.Var) -> dict[str, Any]:
    help_id = f"{name}-help" if help_text != "" else ""
    attributes: dict[str, Any] = {"aria-describedby": help_id} if help_id else {}
    if errors is not None:
        wrong = errors.contains(name)
        attributes["aria-invalid"] = rx.cond(wrong, "true", "false")
        attributes["aria-describedby"] = rx.cond(wrong, f"{name}-error {help_id}".strip(), help_id)
    return attributes


def text_field(
    name: str,
    label: str | rx.Var,
    *,
    errors: Errors | None = None,
    help_text: str | rx.Var = "",
    class_name: str = "",
    value: str | rx.Var = "",
    prefix: str = "",
    suffix: str = "",
    data_format: str = "",
    **props: Any,
) -> rx.Component:
    """Show a one-line field named `name` (also its id); `value` is what it holds at first.

    The other fields below are this one with their keyboard and their format.
    """
    attributes = _described(name, errors, help_text)
    if data_format:
        attributes["data-format"] = data_format
    control = rx.el.input(
        id=name,
        name=name,
        default_value=value,
        class_name="input",
        custom_attrs=attributes | props.pop("custom_attrs", {}),
        **({"type": "text", "auto_complete": "off"} | props),
    )
    if prefix or suffix:
        beside = "input-with-prefix" + (" input-with-suffix" if suffix else "")
        control = rx.el.div(rx.el.span(prefix or suffix, aria_hidden="true"), control, class_name=beside)
    return _frame(name, label, control, errors, help_text, class_name)


def money_field(name: str, label: str, **options: Any) -> rx.Component:
    """Show a field for an amount: `R$` outside, `1.234,56` on leaving; parse with `money.parse_brl`."""
    return text_field(name, label, prefix="R$", data_format="money", input_mode="decimal", **options)


def percent_field(name: str, label: str, *, period: str, **options: Any) -> rx.Component:
    """Show a field for a rate; it always says the period (`ao mês`); parse with `money.parse_percent`."""
    return text_field(name, label, suffix=f"% {period}", data_format="percent", input_mode="decimal", **options)


def date_field(name: str, label: str, *, today: str | rx.Var = "", **options: Any) -> rx.Component:
    """Show a field for a date; `today` is the business date in ISO; parse with `calendar.parse_date`."""
    attributes = options.pop("custom_attrs", {}) | {"data-today": today}
    options.setdefault("help_text", "Exemplo: 22/7, 22/07/2025 ou hoje")
    return text_field(name, label, data_format="date", input_mode="text", custom_attrs=attributes, **options)


def tax_id_field(name: str, label: str = "CPF ou CNPJ", **options: Any) -> rx.Component:
    """Show a field for a CPF or a CNPJ (which may have letters); parse with `clients.TaxId`."""
    return text_field(name, label, data_format="tax-id", auto_capitalize="characters", **options)


def phone_field(name: str, label: str, **options: Any) -> rx.Component:
    """Show a field for a Brazilian phone number; parse with `clients.Phone`."""
    return text_field(name, label, **({"type": "tel", "data_format": "phone", "auto_complete": "tel"} | options))


def text_area(
    name: str,
    label: str,
    *,
    errors: Errors | None = None,
    help_text: str | rx.Var = "",
    class_name: str = "",
    value: str | rx.Var = "",
) -> rx.Component:
    """Show a field of several lines."""
    control = rx.el.textarea(
        id=name,
        name=name,
        default_value=value,
        rows="3",
        class_name="input",
        custom_attrs=_described(name, errors, help_text),
    )
    return _frame(name, label, control, errors, help_text, class_name)


def select_field(
    name: str,
    label: str,
    options: Sequence[tuple[str, str]] | rx.Var,
    *,
    errors: Errors | None = None,
    help_text: str | rx.Var = "",
    class_name: str = "",
    value: str | rx.Var = "",
    **props: Any,
) -> rx.Component:
    """Show a native choice of (value, text) pairs."""
    listed = (
        rx.foreach(options, lambda pair: rx.el.option(pair[1], value=pair[0]))
        if isinstance(options, rx.Var)
        else rx.fragment(*(rx.el.option(text, value=stored) for stored, text in options))
    )
    control = rx.el.select(
        listed,
        id=name,
        name=name,
        default_value=value,
        class_name="input",
        custom_attrs=_described(name, errors, help_text),
        **props,
    )
    return _frame(name, label, control, errors, help_text, class_name)


def choice_field(
    name: str,
    label: str,
    options: Sequence[tuple[str, str]],
    *,
    errors: Errors | None = None,
    value: str | rx.Var = "",
    class_name: str = "",
    **props: Any,
) -> rx.Component:
    """Show a few (value, text) pairs as large radio buttons.

    The frame has the field's name as its id, no radio has it: what Reflex sends for a field is the value of the element
    with that id, which for a frame is that of its checked radio, for a radio its own, checked or not.
    """
    radios = [
        rx.el.label(
            rx.el.input(
                type="radio",
                name=name,
                value=stored,
                id=f"{name}-{stored}",
                default_checked=value == stored,
                **props,
            ),
            text,
            class_name="choice",
        )
        for stored, text in options
    ]
    return rx.el.fieldset(
        rx.el.legend(label, class_name="field-label mb-1"),
        rx.el.div(*radios, class_name="flex flex-wrap gap-2"),
        _error(name, errors),
        id=name,
        tab_index=-1,
        class_name=f"field {class_name}",
    )


def tick_field(name: str, label: str | rx.Var, *, is_on: bool | rx.Var = False, **props: Any) -> rx.Component:
    """Show a tick box; the form holds `name` = `on` when it is ticked."""
    return rx.el.label(
        rx.el.input(type="checkbox", name=name, id=name, default_checked=is_on, **props), label, class_name="tick"
    )
