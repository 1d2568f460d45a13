"""The daily cycles in words: cards, marks of the last days, runs and what they did or would do."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TypedDict

from domain.cycles import CLOSED, WAITS_FOR, Cycle, RunStatus
from loanapp.components.badges import LOOKS, word_of
from loanapp.components.formats import brl_text, count_text, counted, date_text, instant_text, weekday_text
from loanapp.components.message_words import reason_word
from loanapp.queries.cycle_previews import ChangedContract, PreviewLines
from loanapp.queries.cycles import ChangedItem, CycleCounts, CycleOverview, DayMark, RequestedRun, RunLine

NAMES = {Cycle.OVERDUE: "Vencidos", Cycle.MORA: "Mora", Cycle.CHARGE: "Cobranças"}
WHEN = {
    Cycle.OVERDUE: "05:00, todos os dias",
    Cycle.MORA: "05:01, todos os dias",
    Cycle.CHARGE: "06:00, de segunda a sexta",
}
DOES = {
    Cycle.OVERDUE: "Marca as parcelas vencidas como Em atraso e aplica a multa uma única vez.",
    Cycle.MORA: "Atualiza a mora das parcelas em atraso até a data.",
    Cycle.CHARGE: "Põe na fila um lembrete por cliente com parcela vencendo hoje ou em atraso.",
}
ORIGINS = {"clock": "Sistema", "terminal": "Terminal", "screen": "Tela", "seed": "Livro de exemplo"}
# A day without a run on which none was due, or before the first one.
NOT_DUE = {"word": "Não prevista", "hue": "gray", "icon": "ban"}
SECONDS_PER_MINUTE = 60


class Mark(TypedDict):
    """One of the last days of a cycle: its number, how it looks, and all of it in words."""

    day: str
    hue: str
    icon: str
    text: str


class Card(TypedDict):
    """One cycle at a glance, as text ready to show."""

    name: str
    when: str
    does: str
    status: str
    ran_at: str
    counts: str
    progress: str
    run_to: str
    next_at: str
    closed: str
    waits: str
    marks: list[Mark]
    attention: str


class RunRow(TypedDict):
    """One run of the history."""

    name: str
    to: str
    business_date: str
    replay: str
    status: str
    who: str
    opened_at: str
    lasted: str
    processed: str
    failed: str
    has_failed: bool
    changed: str


class ChangeRow(TypedDict):
    """One contract, or one borrower, before and after."""

    title: str
    to: str
    client: str
    invoices: str
    before: str
    after: str
    why: str


class Fact(TypedDict):
    """One fact of a run or of a preview."""

    label: str
    value: str


def card(overview: CycleOverview, others: Sequence[CycleOverview], today: date) -> Card:
    """Return a cycle's card; `others` are all three, for what it waits for."""
    last = overview.last_run
    return Card(
        name=NAMES[overview.cycle],
        when=WHEN[overview.cycle] + (", menos feriados" if overview.skips_holidays else ""),
        does=DOES[overview.cycle],
        status=last.status.value if last else "",
        ran_at=f"{date_text(last.business_date)} · {lasted(last)}" if last else "",
        counts=processed(last) if last else "",
        progress=progress(last) if last and last.status is RunStatus.RUNNING else "",
        run_to=f"/rotinas/execucoes/{last.run_id}" if last else "",
        next_at=instant_text(overview.next_at),
        closed=_closed(overview),
        waits=_waits(overview, others, today),
        marks=[_mark(mark, today) for mark in overview.days],
        attention=_attention(overview.days),
    )


def closed_text(overviews: Sequence[CycleOverview]) -> str:
    """Write which business date is closed: the newest that `mora` closed, and so `overdue` before it."""
    mora = next(each for each in overviews if each.cycle is Cycle.MORA)
    closed = _closed(mora)
    return "Nenhuma data fechada ainda" if closed == "nenhuma" else f"Data fechada: {closed}"


def run_row(run: RequestedRun) -> RunRow:
    """Return one line of the history."""
    line = run.line
    return RunRow(
        name=NAMES[line.cycle],
        to=f"/rotinas/execucoes/{line.run_id}",
        business_date=date_text(line.business_date),
        replay=f"Reexecução {line.replay_number}" if line.replay_number else "",
        status=line.status.value,
        who=who(run),
        opened_at=instant_text(line.opened_at),
        lasted=lasted(line),
        processed=count_text(line.counts.examined),
        failed=count_text(line.counts.failed),
        has_failed=line.counts.failed > 0,
        changed=count_text(line.counts.changed),
    )


def run_facts(run: RequestedRun) -> list[Fact]:
    """Return who ran it, when, how long, and its totals."""
    line = run.line
    return [
        Fact(label="Data de referência", value=weekday_text(line.business_date)),
        Fact(label="Execução", value=f"Reexecução {line.replay_number}" if line.replay_number else "Primeira"),
        Fact(label="Quem", value=who(run)),
        Fact(label="Início", value=instant_text(line.opened_at)),
        Fact(label="Fim", value=instant_text(line.finished_at)),
        Fact(label="Duração", value=lasted(line)),
        Fact(label="Clientes", value=progress(line)),
        *count_facts(line.cycle, line.counts, would=False),
        Fact(label="Falhas", value=count_text(line.counts.failed)),
    ]


def count_facts(cycle: Cycle, counts: CycleCounts, *, would: bool) -> list[Fact]:
    """Return what a run did, or with `would` what it would do, in numbers and amounts."""
    right = count_text(counts.examined - counts.changed)
    if cycle is Cycle.CHARGE:
        return [
            Fact(label="Clientes analisados", value=count_text(counts.examined)),
            Fact(label="Já tinham mensagem desta data", value=right),
            Fact(label="Mensagens que iriam para a fila" if would else "Mensagens postas na fila",
                 value=count_text(counts.messages_queued)),
            Fact(label="Não enviadas (regra)", value=_withheld(counts)),
        ]  # fmt: skip
    amount = counts.late_fee_cents_delta if cycle is Cycle.OVERDUE else counts.mora_cents_delta
    return [
        Fact(label="Parcelas analisadas", value=count_text(counts.examined)),
        Fact(label="Mudariam" if would else "Mudaram", value=count_text(counts.changed)),
        Fact(label="Já estão certas" if would else "Já estavam certas", value=right),
        Fact(label="Multa" if cycle is Cycle.OVERDUE else "Mora", value=signed(amount)),
        Fact(label="Mensagens", value="Nenhuma"),
    ]


def preview_rows(cycle: Cycle, lines: PreviewLines) -> list[ChangeRow]:
    """Return what a preview would change, contract by contract, for `charge` borrower by borrower, with the reason."""
    if cycle is Cycle.CHARGE:
        return [
            ChangeRow(
                title=each.client_name, to=f"/clientes/{each.client_id}", client="",
                invoices=f"desde {date_text(each.oldest_due_date)}", before="—",
                after="Não enviada" if each.reason else "Na fila",
                why=reason_word(each.reason) if each.reason else "Vence hoje ou está em atraso",
            )
            for each in lines.borrowers
        ]  # fmt: skip
    return [
        ChangeRow(
            title=f"Empréstimo {each.request_number}", to=f"/emprestimos/{each.request_number}",
            client=each.client_name, invoices=count_text(each.invoices),
            before=brl_text(each.cents_before), after=brl_text(each.cents_after), why=_why(cycle, each),
        )
        for each in lines.contracts
    ]  # fmt: skip


def changed_rows(items: Sequence[ChangedItem]) -> list[ChangeRow]:
    """Return what a replay changed, contract by contract."""
    return [
        ChangeRow(
            title=f"Empréstimo {each.request_number}", to=f"/emprestimos/{each.request_number}",
            client=each.client_name, invoices=count_text(each.invoices),
            before=brl_text(each.cents_before), after=brl_text(each.cents_after), why="",
        )
        for each in items
    ]  # fmt: skip


def _why(cycle: Cycle, each: ChangedContract) -> str:
    since = f"vencida em {date_text(each.oldest_due_date)}"
    if cycle is Cycle.MORA:
        return f"Mora até a data; a mais antiga {since}"
    if each.newly_overdue:
        return f"{counted(each.newly_overdue, 'passa', 'passam')} a Em atraso; a mais antiga {since}"
    return f"Multa diferente da regra; a mais antiga {since}"


def pace(line: RunLine, now: datetime) -> str:
    """Write how fast a run goes and how long it will still take: `120 clientes por segundo · faltam cerca de 3 min`."""
    elapsed = (now - line.opened_at).total_seconds()
    if elapsed < 1 or not line.clients_done:
        return "Começando…"
    speed = line.clients_done / elapsed
    seconds_left = round(max(0, line.clients_total - line.clients_done) / speed)
    minutes, seconds = divmod(seconds_left, SECONDS_PER_MINUTE)
    left = f"{minutes} min" if minutes else f"{seconds} s"
    return f"{counted(round(speed), 'cliente', 'clientes')} por segundo · faltam cerca de {left}"


def signed(cents: int) -> str:
    """Write a change of an amount with its sign."""
    return f"+{brl_text(cents)}" if cents > 0 else brl_text(cents)


def processed(line: RunLine) -> str:
    """Write `412 processados · 3 falhas`."""
    return (
        f"{counted(line.counts.examined, 'processado', 'processados')}"
        f" · {counted(line.counts.failed, 'falha', 'falhas')}"
    )


def progress(line: RunLine) -> str:
    """Write `128 de 412`; a run visits a client that came meanwhile too, so the total follows."""
    return f"{count_text(line.clients_done)} de {count_text(max(line.clients_total, line.clients_done))}"


def percent_done(line: RunLine) -> int:
    """Return how much of a run is done; an empty one is done at once."""
    return 100 if not line.clients_total else min(100, 100 * line.clients_done // line.clients_total)


def who(run: RequestedRun) -> str:
    """Return who asked for a run: a person's name, or the system's part that did."""
    return run.requested_by_name or ORIGINS.get(run.line.origin, run.line.origin)


def lasted(line: RunLine) -> str:
    """Write how long a run took: `menos de 1 s`, `12 s`, `1 min 05 s`; since when, while it runs."""
    if line.finished_at is None:
        return f"desde {instant_text(line.opened_at)[-5:]}"
    return _duration(line.finished_at, line.opened_at)


def _duration(end: datetime, start: datetime) -> str:
    elapsed: timedelta = end - start
    minutes, seconds = divmod(int(elapsed.total_seconds()), SECONDS_PER_MINUTE)
    if minutes:
        return f"{minutes} min {seconds:02d} s"
    return f"{seconds} s" if seconds else "menos de 1 s"


def _withheld(counts: CycleCounts) -> str:
    if not counts.messages_skipped:
        return "0"
    reasons = " · ".join(f"{number} {reason_word(reason)}" for reason, number in counts.messages_skipped.items())
    return f"{count_text(sum(counts.messages_skipped.values()))}: {reasons}"


def _status_on(overview: CycleOverview, day: date) -> RunStatus | None:
    return next((mark.status for mark in overview.days if mark.business_date == day), None)


def _closed(overview: CycleOverview) -> str:
    closed = [mark.business_date for mark in overview.days if mark.status in CLOSED]
    if closed:
        return date_text(max(closed))
    last = overview.last_run
    return date_text(last.business_date) if last and last.status in CLOSED else "nenhuma"


def _waits(overview: CycleOverview, others: Sequence[CycleOverview], today: date) -> str:
    before = WAITS_FOR[overview.cycle]
    if before is None or not overview.days[-1].is_due or _status_on(overview, today) in CLOSED:
        return ""
    earlier = next(other for other in others if other.cycle is before)
    is_held = _status_on(earlier, today) in (RunStatus.RUNNING, RunStatus.FAILED) or earlier.days[-1].is_missed
    day = f"{today:%d/%m}"
    return f"{NAMES[overview.cycle]} de {day} espera {NAMES[before]} de {day}." if is_held else ""


def _mark(mark: DayMark, today: date) -> Mark:
    state = "MISSED" if mark.is_missed else mark.status.value if mark.status else ""
    if not state and mark.business_date == today and mark.is_due:
        state = RunStatus.SCHEDULED.value
    look = LOOKS["run"].get(state, NOT_DUE)
    return Mark(
        day=f"{mark.business_date:%d}",
        hue=look["hue"],
        icon=look["icon"],
        text=f"{weekday_text(mark.business_date)}: {look['word']}",
    )


def _attention(days: Sequence[DayMark]) -> str:
    """Name the days that need a look, each with its state; a mark alone is easily overlooked."""
    states: dict[str, list[str]] = {"MISSED": [], RunStatus.FAILED.value: [], RunStatus.PARTIAL.value: []}
    for mark in days:
        state = "MISSED" if mark.is_missed else mark.status.value if mark.status else ""
        if state in states:
            states[state].append(f"{mark.business_date:%d/%m}")
    return ". ".join(f"{word_of('run', state)}: {', '.join(named)}" for state, named in states.items() if named)
