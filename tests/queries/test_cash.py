"""What one's own cash shows, what the desk of management shows, and what a supervisor never sees of others."""

import pytest
from sqlalchemy import Engine

from domain.cash import HandInStatus
from domain.permissions import Actor, Limit, PermissionMissing, Role
from loanapp.queries.cash import CashRoom, cash_room, my_cash
from loanapp.queries.cash_desk import CountedOf, cash_desk, counted_page
from loanapp.queries.dashboard import dashboard
from loanapp.services import reversals
from loanapp.services.limits import ChangeLimits, change_limits
from loanapp.services.reversals import ReversePayment
from tests.build.book import Book, a_day, a_person, an_id, assign, at, rows
from tests.build.cash import DAY, a_street, count, hand_in, take
from tests.build.counting import counted

pytestmark = pytest.mark.usefixtures("database")


def test_the_room_is_the_ceiling_less_what_is_held_and_no_ceiling_is_no_room() -> None:
    book = Book.opened()
    supervisor, (one, _) = a_street(book)
    take(supervisor, one, 124_000)

    assert cash_room(supervisor, at(DAY), None) == CashRoom(
        in_hand_cents=124_000, ceiling_cents=300_000, left_cents=176_000
    )
    lowered = Actor.of(
        Role.STREET_SUPERVISOR, name="Rita", user_id=supervisor.user_id, limits={Limit.CASH_IN_HAND_CENTS: 100_000}
    )
    assert cash_room(lowered, at(DAY), None) == CashRoom(in_hand_cents=124_000, ceiling_cents=100_000, left_cents=0)
    assert cash_room(book.manager, at(DAY), None) is None


def test_ones_own_cash_tells_what_is_held_handed_in_counted_and_reversed() -> None:
    book = Book.opened()
    supervisor, (one, other) = a_street(book)
    take(supervisor, one, 1_000, on="2026-02-03", hour=9)
    count(book.manager, hand_in(supervisor, 1_000, on="2026-02-03"), 900, reason="Faltou troco", on="2026-02-03")
    take(supervisor, one, 10_000, on="2026-02-04", hour=9)
    hand_in(supervisor, 10_000, on="2026-02-04")
    take(supervisor, other, 20_000, hour=9)
    wrong = take(supervisor, other, 4_000, hour=9)
    reversals.reverse_payment(
        book.manager, at(DAY, 9), ReversePayment(reversal_id=an_id(), payment_id=wrong.payment_id, reason="Engano")
    )
    take(supervisor, one, 3_000, hour=12)
    take(supervisor, one, 7_000, hour=12, method="PIX")
    take(book.manager, one, 5_000)

    shown = my_cash(supervisor, at(DAY, 12), None)

    assert (shown.in_hand_cents, shown.to_hand_in_cents, shown.to_hand_in_count) == (33_000, 23_000, 2)
    assert shown.room == CashRoom(in_hand_cents=33_000, ceiling_cents=300_000, left_cents=267_000)
    assert shown.by_method == {"CASH": 23_000, "PIX": 7_000}
    assert [
        (line.amount_cents, line.method, line.is_reversed, line.is_handed_in, line.is_counted, line.may_reverse)
        for line in shown.lines
    ] == [
        (7_000, "PIX", False, False, False, True),
        (3_000, "CASH", False, False, False, True),
        (4_000, "CASH", True, False, False, False),
        (20_000, "CASH", False, False, False, False),
        (10_000, "CASH", False, True, False, False),
    ]
    assert [
        (each.number, each.amount_cents, each.status, each.counted_cents, each.difference_cents, each.reason)
        for each in shown.hand_ins
    ] == [(2, 10_000, HandInStatus.OPEN, 0, 0, ""), (1, 1_000, HandInStatus.CHECKED, 900, -100, "Faltou troco")]


def test_a_receipt_from_a_client_who_went_to_another_supervisor_counts_and_names_nobody() -> None:
    supervisor, (one, _) = a_street(Book.opened())
    take(supervisor, one, 10_000)
    [(client_id,)] = rows("SELECT client_id FROM requests WHERE id = :id", id=one.request_id)
    assign(client_id, a_person(Role.STREET_SUPERVISOR, "Saulo Rua"))  # type: ignore[arg-type]

    shown = my_cash(supervisor, at(DAY), None)

    (line,) = shown.lines
    assert (shown.in_hand_cents, line.client_name, line.request_number, line.may_reverse) == (10_000, "", 0, False)


def test_the_cash_of_a_colleague_is_not_ones_own() -> None:
    supervisor, (one, _) = a_street(Book.opened())
    take(supervisor, one, 10_000)
    hand_in(supervisor, 10_000)
    colleague = a_person(Role.STREET_SUPERVISOR, "Saulo Rua")

    shown = my_cash(colleague, at(DAY), None)

    assert (shown.in_hand_cents, shown.lines, shown.hand_ins, shown.by_method) == (0, (), (), {})


def test_the_desk_lists_what_waits_with_its_payments_and_who_holds_cash() -> None:
    book = Book.opened()
    supervisor, (one, other) = a_street(book)
    wrong = take(supervisor, one, 4_000, on="2026-02-04")
    take(supervisor, other, 6_000)
    hand_in(supervisor, 10_000)
    take(supervisor, one, 500)
    take(book.manager, one, 90_000)
    reversals.reverse_payment(
        book.manager, at(DAY), ReversePayment(reversal_id=an_id(), payment_id=wrong.payment_id, reason="Engano")
    )

    desk = cash_desk(book.manager, at(DAY), None)

    (waiting,) = desk.waiting
    assert (waiting.holder, waiting.amount_cents, waiting.expected_cents, waiting.is_own) == (
        "Rita Rua", 10_000, 6_000, False,
    )  # fmt: skip
    assert [(each.number, each.amount_cents, each.is_reversed) for each in desk.payments[waiting.hand_in_id]] == [
        (1, 4_000, True),
        (2, 6_000, False),
    ]
    # The manager's own cash is the office's: that role has no ceiling.
    (holder,) = desk.holders
    assert (holder.name, holder.cents, holder.count, holder.since, holder.ceiling_cents, holder.is_own) == (
        "Rita Rua", 500, 1, a_day(DAY), 300_000, False,
    )  # fmt: skip
    assert desk.counted == 0


def test_a_role_that_gets_a_ceiling_is_among_those_who_hold_cash() -> None:
    book = Book.opened()
    take(book.manager, book.a_loan(), 9_000)
    order = ChangeLimits(role=Role.LOAN_MANAGEMENT, values={Limit.CASH_IN_HAND_CENTS: 5_000})
    change_limits(book.admin, at(DAY), order)

    desk = cash_desk(book.manager, at(DAY), None)

    assert [(each.name, each.cents, each.ceiling_cents, each.is_own) for each in desk.holders] == [
        ("Ana Souza", 9_000, 5_000, True)
    ]


def test_what_was_counted_is_paged_the_newest_first() -> None:
    book = Book.opened()
    supervisor, (one, _) = a_street(book)
    for hour, cents in ((8, 1_000), (9, 2_000), (10, 3_000)):
        take(supervisor, one, cents, hour=hour)
        count(book.manager, hand_in(supervisor, cents), cents)

    first = counted_page(book.manager, at(DAY), CountedOf(page=1, size=2))
    last = counted_page(book.manager, at(DAY), CountedOf(page=99, size=2))

    assert (first.total, [line.amount_cents for line in first.lines]) == (3, [3_000, 2_000])
    assert [(line.amount_cents, line.checked_by) for line in last.lines] == [(1_000, "Ana Souza")]
    assert [len(payments) for payments in last.payments.values()] == [1]


def test_the_dashboard_counts_the_hand_ins_that_wait() -> None:
    book = Book.opened()
    supervisor, (one, other) = a_street(book)
    take(supervisor, one, 1_000)
    first = hand_in(supervisor, 1_000)
    take(supervisor, other, 2_000)
    hand_in(supervisor, 2_000)

    assert dashboard(book.manager, at(DAY), None).hand_ins_open == 2
    count(book.manager, first, 1_000)
    assert dashboard(book.manager, at(DAY), None).hand_ins_open == 1


def test_the_desk_is_managements_alone() -> None:
    book = Book.opened()
    for role in (Role.STREET_SUPERVISOR, Role.RENEGOTIATION_ANALYST):
        for read, parameters in ((cash_desk, None), (counted_page, CountedOf())):
            with pytest.raises(PermissionMissing):
                read(a_person(role), at(DAY), parameters)
    assert cash_desk(book.manager, at(DAY), None).waiting == ()


def test_ones_own_cash_takes_as_many_statements_however_much_there_is(database: Engine) -> None:
    book = Book.opened()
    supervisor, (one, other) = a_street(book)
    take(supervisor, one, 1_000)
    with counted(database) as few:
        my_cash(supervisor, at(DAY), None)
    for cents in range(1_001, 1_020):
        take(supervisor, other, cents)
    with counted(database) as many:
        my_cash(supervisor, at(DAY), None)

    assert len(many) == len(few)
