"""The table of what a run would change, or changed: before and after, contract by contract."""

import reflex as rx

from loanapp.components.links import app_link
from loanapp.components.table import Column, data_table
from loanapp.pages.cycles.cycle_rows import ChangeRow


def _who(row: rx.Var[ChangeRow]) -> rx.Component:
    return rx.el.div(
        app_link(row["title"], to=row["to"].to(str), class_name="link tabular-nums"),
        rx.cond(row["client"] != "", rx.el.div(row["client"], class_name="caption")),
    )


def changes(rows: rx.Var[list[ChangeRow]], *, label: str, has_reasons: bool) -> rx.Component:
    """Show the rows; `has_reasons` adds why each changes."""
    columns = [
        Column(header="Empréstimo ou cliente", cell=_who, on_phone="title"),
        Column(header="Parcelas", cell=lambda row: row["invoices"], is_numeric=True),
        Column(header="Antes", cell=lambda row: row["before"], is_numeric=True),
        Column(header="Depois", cell=lambda row: row["after"], is_numeric=True),
    ]
    if has_reasons:
        columns.append(Column(header="Por quê", cell=lambda row: row["why"]))
    return data_table(columns, rows, label=label)
