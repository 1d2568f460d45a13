"""Configurações: who lends, on what late charges, its holidays and its Pix key (ux.md §2.19)."""

from typing import Any

import reflex as rx

from domain.permissions import Permission
from loanapp.components.buttons import submit_button
from loanapp.components.fields import (
    date_field,
    error_summary,
    percent_field,
    tax_id_field,
    text_area,
    text_field,
    tick_field,
)
from loanapp.components.forms import once_form
from loanapp.components.glyphs import glyph
from loanapp.components.page import page
from loanapp.components.states import page_failed, page_skeleton
from loanapp.pages.settings.settings_state import (
    CHARGE_DAYS_FORM,
    CHARGES_FORM,
    COMPANY_FORM,
    HOLIDAY_FORM,
    PIX_FORM,
    HolidayRow,
    SettingsState,
)


def _section(title: str, text: str, *body: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2(title, class_name="title-small"),
            rx.el.p(text, class_name="muted max-w-[75ch]"),
            class_name="flex flex-col gap-1",
        ),
        *body,
        class_name="panel flex flex-col gap-4",
        aria_label=title,
    )


def _save(text: str) -> rx.Component:
    return rx.el.div(submit_button(text), class_name="flex max-md:[&>*]:grow")


def _summary(form_id: str) -> rx.Component:
    """Show the problems of a form where it was the one that was sent: the page has five."""
    return rx.cond(SettingsState.sent_form == form_id, error_summary(SettingsState.errors))


def _pair(*fields: rx.Component) -> rx.Component:
    return rx.el.div(*fields, class_name="grid gap-4 md:grid-cols-2")


def _company() -> rx.Component:
    state, now, errors = SettingsState, SettingsState.now, SettingsState.errors
    return _section(
        "Empresa",
        "Nome, CNPJ e endereço aparecem em cobranças, contratos e recibos.",
        once_form(
            _summary(COMPANY_FORM),
            _pair(
                text_field("name", "Nome ou razão social", errors=errors, value=now["name"]),
                tax_id_field("tax_id", "CNPJ ou CPF", errors=errors, value=now["tax_id"]),
            ),
            text_field("address", "Endereço", errors=errors, value=now["address"]),
            _pair(
                text_field(
                    "email", "E-mail (opcional)", errors=errors, value=now["email"], type="email",
                    help_text="Aparece em contratos e propostas",
                ),
                text_field(
                    "support_channel", "Canal de atendimento", errors=errors, value=now["support_channel"],
                    help_text="Telefone ou outro contato",
                ),
            ),
            text_field(
                "support_hours", "Horário de atendimento", errors=errors, value=now["support_hours"],
                help_text="Exemplo: segunda a sexta, das 9h às 18h",
            ),
            _save("Salvar empresa"),
            id=COMPANY_FORM,
            on_submit=state.save_company,
        ),
    )  # fmt: skip


def _charges() -> rx.Component:
    state, now, errors = SettingsState, SettingsState.now, SettingsState.errors
    follow = state.follow_charges.debounce(300)
    example = rx.el.p(
        "Parcela de R$ 100,00 com 10 dias de atraso: ",
        rx.el.strong(state.example, class_name="tabular-nums"),
        role="status",
    )
    guard = rx.cond(
        (state.guard != "") | errors.contains("reason"),
        rx.el.div(
            rx.el.p(glyph("triangle-alert", class_name="shrink-0 mt-0.5"), state.guard, class_name="notice rounded-md"),
            text_area("reason", "Motivo", errors=errors, help_text="Fica na auditoria, com o seu nome."),
            class_name="flex flex-col gap-3",
        ),
    )
    return _section(
        "Encargos por atraso",
        "Vale para empréstimos aprovados a partir de agora. Contratos existentes não mudam.",
        once_form(
            _summary(CHARGES_FORM),
            _pair(
                percent_field(
                    "late_fee_pct", "Multa", period="uma vez", errors=errors, value=now["late_fee_pct"],
                    help_text="Pessoa física: até 2%. Empresa: até 10%", on_change=follow,
                ),
                percent_field(
                    "mora_pct_month", "Mora", period="ao mês", errors=errors, value=now["mora_pct_month"],
                    help_text="Pessoa física: até 1% ao mês", on_change=follow,
                ),
            ),
            example,
            guard,
            _save("Salvar encargos"),
            id=CHARGES_FORM,
            on_submit=state.save_charges,
        ),
    )  # fmt: skip


def _holiday(row: rx.Var[HolidayRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(row["day"], class_name="tabular-nums"),
        rx.el.span(row["name"], class_name="[overflow-wrap:anywhere]"),
        class_name=rx.cond(row["has_passed"], "flex flex-wrap gap-x-4 py-1 muted", "flex flex-wrap gap-x-4 py-1"),
    )


def _holidays() -> rx.Component:
    state, errors = SettingsState, SettingsState.errors
    return _section(
        "Feriados",
        "Além dos feriados bancários nacionais. Parcela que vence num feriado passa para o próximo dia útil, se ainda "
        "não venceu.",
        rx.cond(
            state.holidays.length() > 0,
            rx.el.ul(rx.foreach(state.holidays, _holiday), aria_label="Feriados da empresa"),
            rx.el.p("Nenhum feriado próprio ainda.", class_name="muted"),
        ),
        once_form(
            _summary(HOLIDAY_FORM),
            _pair(
                date_field("day", "Data", errors=errors, today=state.today),
                text_field("holiday_name", "Nome", errors=errors, help_text="Exemplo: Aniversário da cidade"),
            ),
            _save("Incluir feriado"),
            id=HOLIDAY_FORM,
            on_submit=state.save_holiday,
        ),
        once_form(
            _summary(CHARGE_DAYS_FORM),
            tick_field("skips_charge_on_holidays", "Não cobrar em feriados", is_on=state.skips_charge_on_holidays),
            rx.el.p(
                "A rotina Cobranças roda de segunda a sexta; com esta opção, também não roda nos feriados nacionais e "
                "nos da empresa.",
                class_name="muted max-w-[75ch]",
            ),
            _save("Salvar dias de cobrança"),
            id=CHARGE_DAYS_FORM,
            on_submit=state.save_charge_days,
        ),
    )


def _pix() -> rx.Component:
    state, now, errors = SettingsState, SettingsState.now, SettingsState.errors
    return _section(
        "Pix",
        "Com a chave, cobranças, carnês e a tela de recebimento trazem o código e o QR do valor do dia. Deixe a chave "
        "vazia para parar.",
        once_form(
            _summary(PIX_FORM),
            _pair(
                text_field(
                    "pix_key", "Chave Pix (opcional)", errors=errors, value=now["pix_key"],
                    help_text="CPF, CNPJ, e-mail, +55 telefone ou aleatória",
                ),
                text_field(
                    "pix_city", "Cidade da conta", errors=errors, value=now["pix_city"],
                    help_text="O banco do pagador mostra até 15 letras",
                ),
            ),
            _save("Salvar Pix"),
            id=PIX_FORM,
            on_submit=state.save_pix,
        ),
    )  # fmt: skip


def _keyed(section: rx.Component, key: Any) -> rx.Component:
    """Give the fields of a section what was saved, such as a formatted CNPJ, and leave the other forms as typed."""
    return rx.el.div(section, key=key)


@page(
    "/configuracoes",
    title="Configurações",
    permission=Permission.COMPANY_MANAGE,
    on_load=[SettingsState.load],
)
def settings() -> rx.Component:
    """Show the settings, a form for each subject."""
    state, now = SettingsState, SettingsState.now
    company = (
        now["name"] + now["tax_id"] + now["address"] + now["email"] + now["support_channel"] + now["support_hours"]
    )
    return rx.cond(
        state.fault != "",
        page_failed(state.fault, state.load),
        rx.cond(
            state.is_loaded,
            rx.el.div(
                _keyed(_company(), company),
                _keyed(_charges(), now["late_fee_pct"] + now["mora_pct_month"]),
                _keyed(_holidays(), state.holidays.length().to_string() + state.skips_charge_on_holidays.to_string()),
                _keyed(_pix(), now["pix_key"] + now["pix_city"]),
                class_name="flex flex-col gap-6 max-w-3xl",
            ),
            page_skeleton(),
        ),
    )
