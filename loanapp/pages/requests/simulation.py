"""“Simulação”: what a plan costs, with dates and amounts; shared by the new request's form and the loan's record."""

from typing import TypedDict

import reflex as rx

from loanapp.components.figures import fact, facts
from loanapp.components.formats import brl_text, counted, percent_text, weekday_text
from loanapp.queries.requests import Simulation

ROWS_SHOWN = 60


class SimulatedRow(TypedDict):
    """One instalment, as shown."""

    number: str
    due: str
    principal: str
    interest: str
    value: str


class Simulated(TypedDict):
    """A simulation, as shown; `headline` is empty before the first one."""

    headline: str
    instalments: str
    principal: str
    interest: str
    total: str
    cost: str
    last: str
    rows: list[SimulatedRow]
    more: str


NO_SIMULATION = Simulated(
    headline="", instalments="", principal="", interest="", total="", cost="", last="", rows=[], more=""
)


def simulated_texts(simulation: Simulation) -> Simulated:
    """Return what is shown of a simulation."""
    first, last = simulation.instalments[0], simulation.instalments[-1]
    count = len(simulation.instalments)
    instalments = f"{count} \N{MULTIPLICATION SIGN} {brl_text(first.original_cents)}"
    hidden = simulation.instalments[ROWS_SHOWN:]
    is_last_other = last.original_cents != first.original_cents
    return Simulated(
        headline=f"{instalments} · total {brl_text(simulation.total_cents)}",
        instalments=instalments,
        principal=brl_text(simulation.principal_cents),
        interest=brl_text(simulation.interest_cents),
        total=brl_text(simulation.total_cents),
        cost=f"{percent_text(simulation.annual_cost_pct)} ao ano",
        last=f"A última parcela é de {brl_text(last.original_cents)}: fica com os centavos." if is_last_other else "",
        rows=[
            SimulatedRow(
                number=str(each.number),
                due=weekday_text(each.due_date),
                principal=brl_text(each.principal_cents),
                interest=brl_text(each.interest_cents),
                value=brl_text(each.original_cents),
            )
            for each in simulation.instalments[:ROWS_SHOWN]
        ],
        more=f"e mais {counted(len(hidden), 'parcela', 'parcelas')}, até {weekday_text(last.due_date)}"
        if hidden
        else "",
    )


def simulation_details(simulation: rx.Var[Simulated]) -> rx.Component:
    """Show the figures of a simulation, total before instalment, and its dates and amounts with a row of totals."""
    return rx.el.div(
        facts(
            fact("Total a pagar", simulation["total"]),
            fact("Parcelas", simulation["instalments"]),
            fact("Juros", simulation["interest"]),
            fact("CET", simulation["cost"]),
        ),
        rx.cond(simulation["last"] != "", rx.el.p(simulation["last"], class_name="muted")),
        _table(simulation),
        rx.cond(simulation["more"] != "", rx.el.p(simulation["more"], class_name="muted")),
        class_name="flex flex-col gap-3",
    )


def _table(simulation: rx.Var[Simulated]) -> rx.Component:
    """Keep the rows of a table on a phone too: they are short, and they are read as one list with its total."""
    wide = "text-right tabular-nums max-xl:hidden py-1 px-2"
    amount = "text-right tabular-nums py-1 pl-2"
    head = rx.el.tr(
        rx.el.th("Nº", scope="col", class_name="text-left font-medium pr-2"),
        rx.el.th("Vencimento", scope="col", class_name="text-left font-medium"),
        rx.el.th("Principal", scope="col", class_name=f"{wide} font-medium"),
        rx.el.th("Juros", scope="col", class_name=f"{wide} font-medium"),
        rx.el.th("Valor", scope="col", class_name=f"{amount} font-medium"),
        class_name="caption",
    )
    body = rx.foreach(
        simulation["rows"].to(list[SimulatedRow]),
        lambda row: rx.el.tr(
            rx.el.td(row["number"], class_name="tabular-nums pr-2"),
            rx.el.td(row["due"], class_name="tabular-nums whitespace-nowrap"),
            rx.el.td(row["principal"], class_name=wide),
            rx.el.td(row["interest"], class_name=wide),
            rx.el.td(row["value"], class_name=amount),
            class_name="border-t border-[var(--c-line)]",
        ),
    )
    foot = rx.el.tr(
        rx.el.td("Total", col_span=2),
        rx.el.td(simulation["principal"], class_name=wide),
        rx.el.td(simulation["interest"], class_name=wide),
        rx.el.td(simulation["total"], class_name=amount),
        class_name="font-semibold border-t border-[var(--c-input-border)]",
    )
    return rx.el.table(
        rx.el.caption("Datas e valores das parcelas", class_name="sr-only"),
        rx.el.thead(head),
        rx.el.tbody(body),
        rx.el.tfoot(foot),
        class_name="w-full",
    )
