"""The words and figures of a calculation, and mora by day: never a rounded value per day."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.explanations import MoraDay, effective_due_words, explained_lines, mora_base_words, mora_by_day

TIMES = "\N{MULTIPLICATION SIGN}"
NBSP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class AStretch:
    base_cents: int
    since: date
    until: date
    days: int
    amount_cents: int


@dataclass(frozen=True)
class AnInvoice:
    stretches: tuple[AStretch, ...] = ()
    effective_due_date: date = date(2026, 2, 10)
    principal_cents: int = 29000
    interest_cents: int = 6000
    original_cents: int = 35000
    late_fee_base_cents: int = 35000
    late_fee_cents: int = 700
    waived_cents: int = 0
    paid_cents: int = 0
    open_cents: int = 35700


# 350,00 for 6 days is 0,70; 142,30 of it were paid on the 16th, and 207,70 run for 10 days more.
STRETCHES = (
    AStretch(35000, date(2026, 2, 10), date(2026, 2, 16), 6, 70),
    AStretch(20770, date(2026, 2, 16), date(2026, 2, 26), 10, 69),
)


def lines(invoice: AnInvoice) -> list[tuple[str, int, bool]]:
    told = explained_lines(
        invoice, late_fee_pct=Decimal("2.00"), mora_pct_month=Decimal("1.00"), total_label="Total hoje"
    )
    return [(line.label.replace(NBSP, " "), line.cents, line.is_sum) for line in told]


def test_an_invoice_that_owes_no_charge_is_its_original_value() -> None:
    assert lines(AnInvoice(late_fee_cents=0, open_cents=35000)) == [
        ("Principal", 29000, False),
        ("Juros", 6000, False),
        ("Valor original", 35000, True),
        ("Total hoje", 35000, True),
    ]


def test_the_fee_says_its_rule_and_day_and_mora_its_base_rate_and_days() -> None:
    one = (AStretch(35000, date(2026, 2, 10), date(2026, 2, 22), 12, 140),)

    assert lines(AnInvoice(stretches=one, open_cents=35840))[3:5] == [
        ("Multa 2,00% (uma vez, em 11/02)", 700, False),
        (f"Mora 1,00% ao mês ÷ 30 {TIMES} 12 dias sobre R$ 350,00", 140, False),
    ]


def test_after_a_partial_payment_there_is_a_line_of_mora_per_stretch() -> None:
    told = lines(AnInvoice(stretches=STRETCHES, paid_cents=15000, waived_cents=200, open_cents=20639))

    assert told[4:] == [
        (f"Mora 1,00% ao mês ÷ 30 {TIMES} 6 dias sobre R$ 350,00 (até 16/02, congelada)", 70, False),
        (
            f"Mora 1,00% ao mês ÷ 30 {TIMES} 10 dias sobre R$ 207,70 (desde 16/02, sobre o que restou)", 69, False,
        ),
        ("Dispensado", -200, False),
        ("Pago", -15000, False),
        ("Total hoje", 20639, True),
    ]  # fmt: skip


def test_a_fee_on_less_than_the_original_value_says_on_what() -> None:
    told = lines(AnInvoice(late_fee_base_cents=20000, late_fee_cents=400, open_cents=35400))

    assert told[3] == ("Multa 2,00% (uma vez, em 11/02) sobre R$ 200,00", 400, False)


def test_mora_by_day_is_what_it_had_grown_to_and_its_newest_day_is_the_whole() -> None:
    days = mora_by_day(STRETCHES, Decimal(1), most=12)

    # 0,70 until the 16th; 207,70 grow by 0,0692… a day, each day rounded once: 0,77 is no 0,70 + 0,07 + … added up.
    assert [(each.day.day, each.cents) for each in days] == [
        (26, 139), (25, 132), (24, 125), (23, 118), (22, 112), (21, 105), (20, 98), (19, 91), (18, 84), (17, 77),
        (16, 70), (15, 58),
    ]  # fmt: skip
    assert mora_by_day((), Decimal(1), most=5) == ()
    assert mora_by_day(STRETCHES, Decimal(1), most=1) == (MoraDay(day=date(2026, 2, 26), cents=139),)


def test_a_due_date_on_a_holiday_says_until_when_it_is_free_and_an_agreement_on_what_its_mora_counts() -> None:
    assert effective_due_words(date(2026, 2, 17), date(2026, 2, 18)) == "17/02/2026 · sem encargos até 18/02"
    assert effective_due_words(date(2026, 2, 10), date(2026, 2, 10)) == "10/02/2026"
    assert mora_base_words(512) == "Base da mora: o que faltava pagar do valor original do empréstimo nº 512."


def test_what_an_agreement_closed_is_said_to_be_owed_there() -> None:
    assert lines(AnInvoice(open_cents=0))[4:] == [("Levado para o novo acordo", -35700, False), ("Total hoje", 0, True)]
