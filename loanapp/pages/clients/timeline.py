"""The tab Linha do tempo of a client's record: what to note on top, what is to come, what happened, newest first."""

from typing import Any

import reflex as rx

from domain.follow_ups import FollowUpKind
from domain.permissions import Permission
from loanapp.components.badges import status_badge
from loanapp.components.buttons import button, link_button
from loanapp.components.dialogs import command_dialog
from loanapp.components.fields import choice_field, date_field, money_field, select_field, text_area, text_field
from loanapp.components.filters import filter_bar, view_chips
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.receive import METHODS
from loanapp.components.states import empty_no_match, error_card, table_skeleton
from loanapp.gate import AuthState
from loanapp.pages.clients.client_state import ClientState
from loanapp.pages.clients.timeline_rows import OUTCOME_WORDS, TimelineRow
from loanapp.pages.clients.timeline_state import FORMS, SCOPES, UNDO_FORM, TimelineState

_IS_ANONYMISED = ClientState.record["anonymised"] != ""
_MAY_RECORD = AuthState.permissions.contains(Permission.FOLLOW_UPS_RECORD.value) & ~_IS_ANONYMISED
_COMPOSE = (
    (FollowUpKind.NOTE, "Nota", "pencil-line"),
    (FollowUpKind.CALL, "Ligação", "phone"),
    (FollowUpKind.VISIT, "Visita", "map-pin"),
    (FollowUpKind.PROMISE, "Promessa", "handshake"),
)


def timeline_section() -> rx.Component:
    """Show the timeline of the client whose record is open."""
    failed = error_card(TimelineState.fault, TimelineState.load)
    shown = rx.cond(TimelineState.fault != "", failed, _items())
    is_ready = TimelineState.shown_of == ClientState.record["id"].to(str)
    return rx.el.div(
        rx.cond(
            _IS_ANONYMISED, rx.el.p("O que houve fica aqui, sem textos. Nada mais é registrado.", class_name="muted")
        ),
        rx.cond(_MAY_RECORD, _compose()),
        view_chips(
            "Partes da linha do tempo",
            [(key, word, TimelineState.scope_links[key]) for key, (word, _) in SCOPES.items()],
            TimelineState.scope,
        ),
        _filters(),
        rx.cond(is_ready, shown, table_skeleton()),
        *(_dialog(kind, title) for kind, title, _ in _COMPOSE),
        _undo_dialog(),
        class_name="flex flex-col gap-4",
    )


def _compose() -> rx.Component:
    return rx.el.div(
        *(button(word, icon=icon, on_click=TimelineState.open_dialog(kind.value)) for kind, word, icon in _COMPOSE),
        class_name="grid grid-cols-2 md:flex gap-2 no-print",
        role="group",
        aria_label="Registrar",
    )


def _filters() -> rx.Component:
    now = TimelineState.filters
    bar = filter_bar(
        rx.el.input(type="hidden", name="antes", value=""),
        text_field("busca", "Buscar", value=now["busca"], class_name="md:w-[220px] max-md:w-full"),
        select_field("pessoa", "Pessoa", TimelineState.people, value=now["pessoa"], class_name="max-md:w-full"),
        date_field("de", "De", value=now["de"], today=TimelineState.today, help_text="", class_name="w-[130px]"),
        date_field(
            "ate_dia", "Até", value=now["ate_dia"], today=TimelineState.today, help_text="", class_name="w-[130px]"
        ),
        rx.cond(TimelineState.is_filtered, link_button("Limpar filtros", to=TimelineState.clear_to)),
    )
    # Uncontrolled fields show another address only in a new form.
    return rx.el.details(
        rx.el.summary(
            rx.cond(TimelineState.is_filtered, "Filtrar (com filtros)", "Filtrar"),
            class_name="link cursor-pointer py-1",
        ),
        rx.el.div(bar, class_name="pt-2"),
        key=f"{TimelineState.shown_of}{TimelineState.clear_to}{now['busca']}{now['pessoa']}{now['de']}{now['ate_dia']}",
        open=TimelineState.is_filtered,
        class_name="no-print",
    )


def _items() -> rx.Component:
    nothing = rx.cond(
        TimelineState.is_filtered,
        empty_no_match(TimelineState.clear_to),
        rx.el.div(
            rx.el.p("Nenhum contato registrado."),
            rx.cond(
                _MAY_RECORD,
                button("Registrar primeiro contato", kind="primary", on_click=TimelineState.open_dialog("CALL")),
            ),
            class_name="panel flex flex-col items-center gap-3 py-10 text-center",
            role="status",
        ),
    )
    older = rx.cond(TimelineState.older_to != "", link_button("Mais antigos", to=TimelineState.older_to))
    newest = rx.cond(TimelineState.newest_to != "", link_button("Voltar aos mais novos", to=TimelineState.newest_to))
    return rx.el.div(
        rx.cond(TimelineState.planned.length() > 0, _planned()),
        rx.cond(
            TimelineState.rows.length() > 0,
            rx.el.ol(rx.foreach(TimelineState.rows, _row), class_name="flex flex-col gap-2"),
            nothing,
        ),
        rx.el.div(newest, older, class_name="flex flex-wrap gap-2"),
        class_name="flex flex-col gap-4",
    )


def _planned() -> rx.Component:
    listed = rx.foreach(
        TimelineState.planned,
        lambda pair: rx.el.li(
            glyph(pair[0], class_name="shrink-0"), rx.el.span(pair[1]), class_name="flex items-center gap-2"
        ),
    )
    return rx.el.section(
        rx.el.h2("A seguir", class_name="title-small"),
        rx.el.ul(listed, class_name="flex flex-col gap-1"),
        class_name="panel flex flex-col gap-2",
    )


def _row(row: rx.Var[TimelineRow]) -> rx.Component:
    head = rx.el.div(
        rx.cond(
            row["to"] != "",
            app_link(
                row["title"],
                to=row["to"].to(str),
                class_name=rx.cond(row["is_undone"].to(bool), "link font-medium line-through", "link font-medium"),
            ),
            rx.el.span(
                row["title"], class_name=rx.cond(row["is_undone"].to(bool), "font-medium line-through", "font-medium")
            ),
        ),
        rx.match(
            row["badge"],
            ("promise", status_badge("promise", row["status"].to(str))),
            ("message", status_badge("message", row["status"].to(str))),
            rx.fragment(),
        ),
        rx.cond(row["note"] != "", rx.el.span(row["note"])),
        class_name="flex flex-wrap items-center gap-x-3 gap-y-1",
    )
    words = rx.el.p(
        row["text"],
        class_name=rx.cond(
            row["is_undone"].to(bool),
            "whitespace-pre-wrap [overflow-wrap:anywhere] max-w-prose muted line-through",
            "whitespace-pre-wrap [overflow-wrap:anywhere] max-w-prose",
        ),
    )
    return rx.el.li(
        rx.el.span(glyph(row["icon"].to(str)), class_name="muted pt-0.5"),
        rx.el.div(
            head,
            rx.cond(row["text"] != "", rx.cond(row["badge"] == "message", _unfolding("Ver o texto", words), words)),
            rx.cond(row["moves"] != "", rx.el.p(row["moves"], class_name="caption")),
            rx.cond(row["folded"].to(list[list[str]]).length() > 0, _folded(row)),
            rx.el.p(
                rx.el.span(row["by"]),
                rx.el.span(" · "),
                rx.el.span(row["at"], class_name="tabular-nums"),
                class_name="caption",
            ),
            class_name="flex flex-col gap-1 min-w-0 [overflow-wrap:anywhere]",
        ),
        _undo(row),
        key=row["key"],
        # On a phone what takes back stands under what it takes back.
        class_name=(
            "panel !py-3 grid gap-x-3 gap-y-2 items-start grid-cols-[auto_minmax(0,1fr)]"
            " md:grid-cols-[auto_minmax(0,1fr)_auto]"
        ),
    )


def _folded(row: rx.Var[TimelineRow]) -> rx.Component:
    listed = rx.foreach(
        row["folded"].to(list[list[str]]),
        lambda pair: rx.el.li(rx.el.span(pair[0], class_name="caption tabular-nums"), " ", rx.el.span(pair[1])),
    )
    return _unfolding("Mostrar", rx.el.ul(listed, class_name="flex flex-col gap-1 pt-1"))


def _unfolding(word: str, *content: rx.Component) -> rx.Component:
    """Hide what is long behind a word: the browser unfolds it by itself."""
    summary = rx.el.summary(word, class_name="link cursor-pointer w-fit py-1 max-md:py-3")
    return rx.el.details(summary, *content)


def _undo(row: rx.Var[TimelineRow]) -> rx.Component:
    place = "max-md:col-start-2 justify-self-start"
    own = button("Desfazer", icon="undo-2", on_click=TimelineState.take_back_own(row["id"].to(str)), class_name=place)
    other = button("Desfazer", icon="undo-2", on_click=TimelineState.ask_reason(row["id"].to(str)), class_name=place)
    return rx.cond(_MAY_RECORD, rx.match(row["undo"], ("OWN", own), ("OTHER", other), rx.fragment()))


def _frame(title: str, *body: rx.Component, is_open: Any, form_id: str, on_submit: Any, verb: str) -> rx.Component:
    return command_dialog(
        title,
        # files.js keeps what was typed while the dialog is closed or the page is left.
        rx.el.span(hidden=True, custom_attrs={"data-draft": "1"}),
        *body,
        verb=verb,
        form_id=form_id,
        is_open=is_open,
        on_open_change=TimelineState.close_dialog,
        on_submit=on_submit,
        errors=TimelineState.errors,
    )


def _dialog(kind: FollowUpKind, title: str) -> rx.Component:
    errors = TimelineState.errors
    fields: list[rx.Component] = [rx.el.input(type="hidden", name="kind", value=kind.value)]
    if kind is FollowUpKind.PROMISE:
        fields += [
            date_field("promised_on", "Vai pagar até", errors=errors, today=TimelineState.today),
            money_field("promised", "Valor", errors=errors),
            choice_field(
                "promised_method", "Como vai pagar", [(value, word) for value, word, _ in METHODS],
                errors=errors, value=METHODS[0][0],
            ),
            rx.el.p(
                "As cobranças automáticas e manuais param até esta data e voltam no dia seguinte. Uma promessa nova"
                " substitui a que está ativa.",
                class_name="muted",
            ),
            text_area("text", "Observação (opcional)", errors=errors),
        ]  # fmt: skip
    elif kind is FollowUpKind.NOTE:
        fields.append(text_area("text", "Nota", errors=errors))
    else:
        outcomes = list(OUTCOME_WORDS[kind.value].items())
        fields += [
            choice_field("outcome", "Resultado", outcomes, errors=errors),
            text_area("text", "Observação (opcional)", errors=errors),
        ]
    return _frame(
        f"Registrar {title.lower()}",
        *fields,
        is_open=TimelineState.dialog == kind.value,
        form_id=FORMS[kind.value],
        on_submit=TimelineState.record,
        verb=f"Registrar {title.lower()}",
    )


def _undo_dialog() -> rx.Component:
    return _frame(
        "Desfazer registro de outra pessoa",
        rx.el.p("O registro continua na linha do tempo, riscado, com o seu nome."),
        text_area("reason", "Motivo", errors=TimelineState.errors),
        is_open=TimelineState.undoing != "",
        form_id=UNDO_FORM,
        on_submit=TimelineState.take_back,
        verb="Desfazer registro",
    )
