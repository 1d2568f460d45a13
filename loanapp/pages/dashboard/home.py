"""Painel: the day's figures, what asks for attention, the aging and the weeks, all from one read (ux.md §2.3)."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypedDict

import reflex as rx

from domain.cycles import Cycle, RunStatus
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address
from loanapp.components.figures import key_figure
from loanapp.components.formats import brl_text, count_text, counted, date_text, instant_text
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.page import page
from loanapp.components.states import empty_first_use, error_card, page_skeleton
from loanapp.gate import AuthState, requires
from loanapp.pages.dashboard.charts import AgingBar, WeekBar, aging_chart, weeks_chart
from loanapp.queries.dashboard import Dashboard, RunTrouble, dashboard
from loanapp.queries.invoices import Aging
from loanapp.queries.proofs import ProofLine
from loanapp.settings import SAO_PAULO

_DASH = "\N{EN DASH}"
AGING = {
    Aging.NOT_OVERDUE: ("A vencer", "a-vencer"),
    Aging.DAYS_1_TO_15: (f"1{_DASH}15", "1-15"),
    Aging.DAYS_16_TO_30: (f"16{_DASH}30", "16-30"),
    Aging.DAYS_31_TO_60: (f"31{_DASH}60", "31-60"),
    Aging.DAYS_61_TO_90: (f"61{_DASH}90", "61-90"),
    Aging.DAYS_OVER_90: ("90+", "90+"),
}
CYCLES = {Cycle.OVERDUE: "Vencidos", Cycle.MORA: "Mora", Cycle.CHARGE: "Cobranças"}
TROUBLES = {None: "não executada", RunStatus.FAILED: "falhou", RunStatus.PARTIAL: "concluída com falhas"}
TROUBLES_SHOWN = 3
THOUSAND_CENTS = 100_000


class Figures(TypedDict):
    """The key figures, as text ready to show, and where the day's receipts are listed."""

    due: str
    due_note: str
    received: str
    received_note: str
    received_to: str
    overdue: str
    overdue_note: str
    at_risk: str
    at_risk_note: str
    open: str
    open_note: str
    to_breakeven: str
    to_breakeven_note: str


class Matter(TypedDict):
    """One thing that asks for attention, and its list; without `to` it is only told."""

    text: str
    icon: str
    to: str


NO_FIGURES = Figures(
    due="", due_note="", received="", received_note="", received_to="", overdue="", overdue_note="", at_risk="",
    at_risk_note="", open="", open_note="", to_breakeven="", to_breakeven_note="",
)  # fmt: skip


class DashboardState(AuthState):
    """The dashboard as it stood when it was read last."""

    updated: str = ""
    proven: str = ""
    figures: Figures = NO_FIGURES
    is_overdue: bool = False
    matters: list[Matter] = []  # noqa: RUF012 - Reflex copies the default for every tab.
    aging: list[AgingBar] = []  # noqa: RUF012
    aging_summary: str = ""
    weeks: list[WeekBar] = []  # noqa: RUF012
    weeks_summary: str = ""
    has_loans: bool = False
    is_loaded: bool = False
    fault: str = ""

    @rx.event
    @requires(Permission.DASHBOARD_VIEW)
    async def load(self) -> None:
        """Read the dashboard: when the page opens, when a dialog over it closes, and when the window gets the focus."""
        outcome = await bridge.read(dashboard, None)
        self.fault = outcome.reference
        if outcome.ok:
            self._show(outcome.result)

    def _show(self, found: Dashboard) -> None:
        updated_at = found.portfolio.updated_at
        self.has_loans = updated_at is not None
        self.updated = _updated(updated_at, found.business_date) if updated_at else ""
        self.proven = _proven(found.last_proof)
        self.figures = _figures(found)
        self.is_overdue = found.portfolio.overdue_cents > 0
        self.matters = _matters(found, self.permissions)
        self.aging, self.aging_summary = _aging_bars(found), _aging_summary(found)
        self.weeks, self.weeks_summary = _week_bars(found), _weeks_summary(found)
        self.is_loaded = True


def _updated(updated_at: datetime, today: date) -> str:
    local = updated_at.astimezone(SAO_PAULO)
    return f"Atualizado às {local:%H:%M}" if local.date() == today else f"Atualizado em {local:%d/%m às %H:%M}"


def _proven(proof: ProofLine | None) -> str:
    """Write when the book was last proven to be as it must be; a proof that found something is a matter of its own."""
    if proof is None or proof.finished_at is None:
        return "Carteira ainda não conferida"
    result = counted(proof.differences, "diferença", "diferenças") if proof.differences else "tudo certo"
    return f"Carteira conferida em {instant_text(proof.finished_at)}: {result}"


def _figures(found: Dashboard) -> Figures:
    today, portfolio = found.today, found.portfolio
    return Figures(
        due=brl_text(today.due_cents),
        due_note=counted(today.due_count, "parcela", "parcelas"),
        received=brl_text(today.received_cents),
        received_note=f"{_percent(today.received_pct)} do previsto"
        if today.received_pct is not None
        else "Nada previsto",
        received_to=address.address("/parcelas", recebida_em=found.business_date.isoformat()),
        overdue=brl_text(portfolio.overdue_cents),
        overdue_note=f"{_percent(portfolio.overdue_pct)} da carteira",
        at_risk=_percent(portfolio.at_risk_pct),
        at_risk_note=brl_text(portfolio.at_risk_cents),
        open=brl_text(portfolio.open_cents),
        open_note=counted(portfolio.active_count, "empréstimo", "empréstimos"),
        to_breakeven=brl_text(portfolio.to_breakeven_cents),
        to_breakeven_note=f"Total recebido {brl_text(portfolio.paid_cents)}",
    )


def _percent(share: Decimal | None) -> str:
    return "—" if share is None else f"{share:.1f}%".replace(".", ",")


def _matters(found: Dashboard, permissions: Collection[str]) -> list[Matter]:
    matters = []
    if found.portfolio.in_analysis:
        late = found.portfolio.long_in_analysis
        text = counted(found.portfolio.in_analysis, "empréstimo em análise", "empréstimos em análise")
        waiting = f" · {late} há mais de 24 h" if late else ""
        matters.append(Matter(text=text + waiting, icon="clock", to="/emprestimos?situacao=em-analise"))
    if found.messages_failed:
        text = counted(found.messages_failed, "mensagem com falha", "mensagens com falha")
        matters.append(Matter(text=f"{text} em 7 dias", icon="triangle-alert", to="/mensagens?visao=falhas"))
    if found.messages_unknown:
        text = counted(found.messages_unknown, "mensagem sem confirmação", "mensagens sem confirmação")
        matters.append(Matter(text=f"{text} em 7 dias", icon="circle-help", to="/mensagens?visao=sem-confirmacao"))
    if found.hand_ins_open:
        text = counted(found.hand_ins_open, "caixa de rua não conferido", "caixas de rua não conferidos")
        to_desk = "/recebimentos/caixa" if Permission.CASH_CHECK in permissions else ""
        matters.append(Matter(text=text, icon="hand-coins", to=to_desk))
    to_runs = "/rotinas" if Permission.CYCLES_VIEW in permissions else ""
    if found.last_proof and found.last_proof.differences:
        text = counted(found.last_proof.differences, "diferença na conferência", "diferenças na conferência")
        to_proof = "/rotinas/conferencia" if to_runs else ""
        matters.append(Matter(text=text, icon="shield-alert", to=to_proof))
    shown = [Matter(text=_trouble(each), icon="calendar-x-2", to=to_runs) for each in found.run_troubles]
    more = len(shown) - TROUBLES_SHOWN
    if more > 0:
        rest = counted(more, "outra rotina com falha", "outras rotinas com falha")
        shown = [*shown[:TROUBLES_SHOWN], Matter(text=rest, icon="calendar-x-2", to=to_runs)]
    return matters + shown


def _trouble(trouble: RunTrouble) -> str:
    return f"Rotina {CYCLES[trouble.cycle]} de {trouble.business_date:%d/%m} {TROUBLES[trouble.status]}"


def _aging_bars(found: Dashboard) -> list[AgingBar]:
    return [
        AgingBar(
            bucket=AGING[line.bucket][0],
            to=address.address("/parcelas", atraso=AGING[line.bucket][1]),
            number=count_text(line.count),
            noun=" parcela" if line.count == 1 else " parcelas",
            open=brl_text(line.open_cents),
            short=_short(line.open_cents),
            cents=line.open_cents,
        )
        for line in found.aging
    ]


def _short(cents: int) -> str:
    """Write an amount at a bar, in thousands where it has them: `92,1 mil`."""
    if cents < THOUSAND_CENTS:
        return f"{cents // 100}"
    return f"{Decimal(cents) / THOUSAND_CENTS:.1f}\N{NO-BREAK SPACE}mil".replace(".", ",")


def _aging_summary(found: Dashboard) -> str:
    overdue = [line for line in found.aging if line.bucket is not Aging.NOT_OVERDUE and line.count]
    if not overdue:
        return "Nenhuma parcela em atraso."
    largest = max(overdue, key=lambda line: line.open_cents)
    count = counted(sum(line.count for line in overdue), "parcela em atraso", "parcelas em atraso")
    total = brl_text(sum(line.open_cents for line in overdue))
    return f"{count}, {total}; a maior parte há {AGING[largest.bucket][0]} dias ({brl_text(largest.open_cents)})."


def _week_bars(found: Dashboard) -> list[WeekBar]:
    return [
        WeekBar(
            week=f"{week.monday:%d/%m}",
            expected=brl_text(week.expected_cents),
            received=brl_text(week.received_cents if week.monday <= found.business_date else None),
            expected_cents=week.expected_cents,
            received_cents=week.received_cents,
        )
        for week in found.weeks
    ]


def _weeks_summary(found: Dashboard) -> str:
    monday = found.business_date - timedelta(days=found.business_date.weekday())
    week = next(week for week in found.weeks if week.monday == monday)
    expected, received = brl_text(week.expected_cents), brl_text(week.received_cents)
    return f"Na semana de {date_text(monday)}: {received} recebidos de {expected} previstos."


def _key_figures() -> rx.Component:
    shown = DashboardState.figures
    loans = "/emprestimos?situacao=em-andamento"
    # Three a line, not six: the sums of a large book need the room.
    return rx.el.div(
        key_figure(
            "A receber hoje", shown["due"], note=shown["due_note"], to="/parcelas?visao=vencem-hoje",
            definition="O que ainda está em aberto das parcelas que vencem hoje.",
        ),
        key_figure(
            "Recebido hoje", shown["received"], note=shown["received_note"], to=shown["received_to"],
            definition="Todo o dinheiro com data de hoje, também o de parcelas atrasadas ou adiantadas. O previsto é o"
            " valor original das parcelas que vencem hoje.",
        ),
        key_figure(
            "Em atraso", shown["overdue"], note=shown["overdue_note"], to="/parcelas?visao=em-atraso",
            is_alarming=DashboardState.is_overdue,
            definition="O que está em aberto de parcelas vencidas, com multa e mora, e quanto isso é do saldo devedor.",
        ),
        key_figure(
            "PAR 30", shown["at_risk"], note=shown["at_risk_note"], to="/parcelas?atraso=30%2B",
            definition="Saldo devedor dos empréstimos com parcela há mais de 30 dias em atraso ÷ saldo devedor total."
            " A lista mostra essas parcelas.",
        ),
        key_figure(
            "Carteira ativa", shown["open"], note=shown["open_note"], to=loans,
            definition="Saldo devedor dos empréstimos em andamento: tudo o que falta receber, com multa e mora.",
        ),
        key_figure(
            "Falta recuperar do emprestado", shown["to_breakeven"], note=shown["to_breakeven_note"], to=loans,
            definition="Dos empréstimos em andamento: o que foi liberado menos o que já foi recebido, nunca abaixo de"
            " zero em cada um.",
        ),
        class_name="grid grid-cols-1 min-[420px]:grid-cols-2 lg:grid-cols-3 gap-3",
    )  # fmt: skip


def _matter(matter: rx.Var[Matter]) -> rx.Component:
    text = rx.cond(matter["to"] != "", app_link(matter["text"], to=matter["to"]), rx.el.span(matter["text"]))
    return rx.el.li(
        glyph(matter["icon"], size=18, class_name="muted shrink-0"),
        text,
        class_name="flex items-center gap-3 min-h-[var(--control)]",
    )


def _attention() -> rx.Component:
    listed = rx.el.ul(rx.foreach(DashboardState.matters, _matter), class_name="flex flex-col gap-1")
    return rx.el.section(
        rx.el.h2("Pedem sua atenção", class_name="title-small mb-2"),
        rx.cond(DashboardState.matters.length() > 0, listed, rx.el.p("Nada pendente.", class_name="muted")),
        class_name="panel",
    )


def _first_use() -> rx.Component:
    text = "Os números aparecem depois do primeiro empréstimo liberado."
    return rx.cond(
        AuthState.permissions.contains(Permission.REQUESTS_OPEN.value),
        empty_first_use(text, "Nova solicitação", "/emprestimos/novo"),
        empty_first_use(text),
    )


def _numbers() -> rx.Component:
    charts = rx.el.div(
        aging_chart(DashboardState.aging, DashboardState.aging_summary),
        weeks_chart(DashboardState.weeks, DashboardState.weeks_summary),
        class_name="grid grid-cols-1 xl:grid-cols-2 gap-4",
    )
    return rx.el.div(
        rx.cond(DashboardState.has_loans, _key_figures(), _first_use()),
        _attention(),
        rx.cond(DashboardState.has_loans, charts),
        class_name="flex flex-col gap-4",
    )


@page(
    "/painel",
    title="Painel",
    permission=Permission.DASHBOARD_VIEW,
    on_load=[DashboardState.load],
    actions=lambda: rx.el.div(
        rx.el.span(DashboardState.updated, role="status"),
        rx.el.span(DashboardState.proven),
        class_name="muted flex flex-wrap gap-x-4",
    ),
)
def home() -> rx.Component:
    """Show the figures, what asks for attention, and the charts."""
    fault = error_card("Não foi possível carregar os números.", DashboardState.load, reference=DashboardState.fault)
    loaded = rx.cond(DashboardState.is_loaded, _numbers(), page_skeleton())
    return rx.el.div(
        rx.window_event_listener(on_focus=DashboardState.load),
        rx.cond(DashboardState.fault != "", fault, loaded),
    )
