"""What the framework would say in English: lost connection, a crash of the page, a fault of a handler."""

import logging
import secrets

import reflex as rx
from reflex.event import noop
from reflex.vars.function import ArgsFunctionOperation
from reflex_components_core.base.error_boundary import ErrorBoundary
from reflex_components_core.core.banner import has_connection_errors

from loanapp.components.feedback import fault_text

log = logging.getLogger(__name__)


def connection_bar() -> rx.Component:
    """Show the amber bar while the socket is down and the green one for three seconds after; app.js decides which."""
    bar = rx.el.div(
        rx.el.span("Sem conexão. Tentando reconectar…", class_name="when-lost"),
        rx.el.span("Conexão restabelecida", class_name="when-back"),
        id="connection",
        class_name="connection no-print",
        role="status",
        custom_attrs={"data-lost": rx.cond(has_connection_errors, "true", "false")},
    )
    # Reflex puts the page inside what an app wrap returns: a fragment leaves it beside the bar.
    return rx.fragment(bar)


def error_boundary(*, is_stateful: bool) -> rx.Component:
    """Wrap the app, so that a crash in the browser shows a way out instead of an empty page."""
    crashed = rx.el.div(
        rx.el.h1("Não foi possível mostrar esta página", class_name="title"),
        rx.el.p("Nada foi alterado. Recarregue a página; se continuar, avise um administrador."),
        rx.el.a("Recarregar", href="", class_name="button button-primary"),
        class_name="m-auto flex min-h-dvh max-w-prose flex-col items-start justify-center gap-4 p-6",
    )
    handler = {} if is_stateful else {"on_error": noop()}
    return ErrorBoundary.create(
        fallback_render=ArgsFunctionOperation.create(("_error",), rx.Var.create(crashed)), **handler
    )


def report_fault(exception: Exception) -> rx.event.EventSpec:
    """Log what a handler raised under a reference, and show the reference."""
    reference = secrets.token_hex(2).upper()
    log.error("fault %s", reference, exc_info=exception)
    return rx.toast.error(fault_text(reference), duration=10_000)
