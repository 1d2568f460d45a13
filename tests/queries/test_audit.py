import ast
import re
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from domain import audit_words
from domain.audit import Origin
from domain.permissions import SYSTEM, TERMINAL, Actor, PermissionMissing, Role
from loanapp.models.base import Session
from loanapp.queries.audit import NOBODY, AuditAsked, AuditFilter, AuditPage, audit_chunk, audit_extent, audit_page
from loanapp.queries.audit_filter import filter_of, filter_words
from loanapp.services import clients, company, disclosure
from tests.build.book import Book, a_company, a_day, a_person, an_id, at, rows, run_cycles
from tests.build.counting import counted

pytestmark = pytest.mark.usefixtures("database")
DAY = "2026-02-12"


def page(actor: Actor, **asked: object) -> AuditPage:
    return audit_page(actor, at(DAY), AuditAsked(filter=AuditFilter(**asked)))  # type: ignore[arg-type]


def actions(found: AuditPage) -> list[str]:
    return [line.action for line in found.lines]


def a_book() -> Book:
    """Make the life of one loan, with an overdue day and a payment."""
    book = Book.opened()
    loan = book.a_loan(first_due="2026-02-10")
    run_cycles(DAY)
    book.pay(loan, "50,00", on=DAY)
    return book


def test_an_event_says_who_when_from_where_what_and_to_which_record() -> None:
    book = Book.opened()
    session_id = an_id()
    manager = Actor.of(
        Role.LOAN_MANAGEMENT, name="Ana Souza", user_id=book.manager.user_id, session_id=session_id, address="10.0.0.7"
    )
    client_id = book.a_client("Maria das Dores Silva")
    clients.block(manager, at(DAY), clients.BlockClient(client_id=client_id, reason="Documento falso"))

    line = page(manager).lines[0]

    assert (line.action, line.actor_name, line.role) == ("client.status_changed", "Ana Souza", Role.LOAN_MANAGEMENT)
    assert (line.session, line.address, line.origin) == (str(session_id), "10.0.0.7", Origin.SCREEN)
    assert (line.at, line.business_date) == (at(DAY).now, a_day(DAY))
    assert (line.client_name, line.record_kind, line.record_id) == ("Maria das Dores Silva", "client", str(client_id))
    assert (line.before, line.after, line.reason) == ({"status": "ACTIVE"}, {"status": "BLOCKED"}, "Documento falso")
    assert audit_words.changes(line.before, line.after) == (("situação", "ativo", "bloqueado"),)


def test_the_origin_tells_pages_routines_and_the_terminal_apart() -> None:
    book = a_book()
    company.add_holiday(TERMINAL, at(DAY), company.AddHoliday(day=a_day("2026-11-20"), name="Consciência Negra"))

    origins = {line.action: line.origin for line in page(book.manager).lines}

    assert origins["company.holiday_added"] is Origin.TERMINAL
    assert (origins["invoices.overdue"], origins["cycle_run.opened"]) == (Origin.ROUTINE, Origin.ROUTINE)
    assert origins["payment.registered"] is Origin.SCREEN


def test_events_of_loans_and_payments_carry_the_numbers_that_users_know() -> None:
    book = a_book()

    numbers = {line.action: (line.record_number, line.request_number) for line in page(book.manager).lines}

    assert (numbers["payment.registered"], numbers["request.opened"]) == ((1, 1), (1, 1))
    assert numbers["client.registered"] == (None, None)


def test_filters_keep_events_by_person_group_client_record_and_day() -> None:
    book = a_book()
    book.a_client("Zeferino Alves", on="2026-03-01")
    approver = str(book.approver.user_id)

    assert actions(page(book.manager, person=approver)) == ["request.approved"]
    assert {line.actor_name for line in page(book.manager, person=NOBODY).lines} == {"Sistema"}
    assert actions(page(book.manager, group="recebimentos")) == ["payment.registered"]
    assert set(actions(page(book.manager, group="emprestimos"))) == {
        "request.opened", "request.approved", "request.disbursed",
    }  # fmt: skip
    assert actions(page(book.manager, client="zeferino")) == ["client.registered"]
    assert "payment.registered" in actions(page(book.manager, record="1"))
    assert actions(page(book.manager, record="999")) == []
    assert actions(page(book.manager, first_day=a_day("2026-03-01"), last_day=a_day("2026-03-01"))) == [
        "client.registered"
    ]
    found = page(book.manager, last_day=a_day("2026-01-01"))
    assert (found.total, actions(found)) == (1, ["company.changed"])


def test_pages_go_back_and_forth_without_a_gap_or_a_double() -> None:
    a_company()
    admin = a_person(Role.SUPER_ADMIN)
    for day in range(1, 24):
        a_company(late_fee_pct=str(1 + day % 2))
        company.add_holiday(SYSTEM, at(DAY), company.AddHoliday(day=a_day(f"2026-03-{day:02d}"), name=f"Dia {day}"))
    everything = [int(str(row[0])) for row in rows("SELECT id FROM audit_events ORDER BY at DESC, id DESC")]

    def read(**bounds: int) -> AuditPage:
        return audit_page(admin, at(DAY), AuditAsked(size=20, **bounds))

    first = read()
    second = read(older_than=first.lines[-1].event_id)
    third = read(older_than=second.lines[-1].event_id)
    back = read(newer_than=third.lines[0].event_id)

    ids = [line.event_id for each in (first, second, third) for line in each.lines]
    assert ids == everything
    assert [line.event_id for line in back.lines] == [line.event_id for line in second.lines]
    assert [(each.has_newer, each.has_older) for each in (first, second, third, back)] == [
        (False, True), (True, True), (True, False), (True, True),
    ]  # fmt: skip
    assert {each.total for each in (first, second, third)} == {len(everything)}


def test_a_page_with_every_filter_is_at_most_six_statements(database: Engine) -> None:
    book = a_book()

    with counted(database) as seen:
        page(book.manager, person=str(book.manager.user_id), group="emprestimos", client="maria", record="1",
             first_day=a_day("2026-01-01"), last_day=a_day(DAY))  # fmt: skip

    assert len(seen) == 6


def test_a_page_of_a_hundred_thousand_events_is_read_along_the_index() -> None:
    book = a_book()
    with Session.begin() as session:
        session.execute(
            text("""INSERT INTO audit_events (chain, chain_number, actor_name, action, record_kind, record_id,
                                              business_date, at, text, hash)
                    SELECT 'x', n, 'Sistema', 'message.queued', 'message', n::text, '2026-01-01',
                           timestamptz '2026-01-01' + n * interval '1 second', '{}', ''
                      FROM generate_series(1, 100000) n""")
        )
    with Session() as session:
        session.execute(text("ANALYZE audit_events"))
        plan = "\n".join(
            row[0]
            for row in session.execute(
                text("EXPLAIN SELECT id FROM audit_events WHERE (at, id) < (timestamptz '2026-01-01 12:00', 50000)"
                     " ORDER BY at DESC, id DESC LIMIT 51")
            )
        )  # fmt: skip

    assert "ix_audit_events_at_id" in plan
    found = audit_page(book.manager, at(DAY), AuditAsked(older_than=50_000))
    assert (len(found.lines), found.total > 100_000) == (50, True)


def test_an_export_holds_what_there_was_when_it_began() -> None:
    book = a_book()
    extent = audit_extent(book.manager, at(DAY), AuditFilter())
    company.add_holiday(SYSTEM, at(DAY), company.AddHoliday(day=a_day("2026-11-20"), name="Feriado"))

    lines = audit_chunk(book.manager, at(DAY), AuditAsked(size=1000))

    assert len([line for line in lines if line.event_id <= extent.newest_id]) == extent.total
    assert len(lines) == extent.total + 1


def test_the_last_check_is_told_with_what_it_showed() -> None:
    book = a_book()
    assert page(book.manager).last_check is None

    disclosure.note_check(book.manager, at(DAY, 15), disclosure.NoteCheck(events=12, differences=0))

    check = page(book.manager).last_check
    assert check is not None
    assert (check.at, check.by, check.events, check.differences) == (at(DAY, 15).now, "Ana Souza", 12, 0)


@pytest.mark.parametrize("role", [Role.STREET_SUPERVISOR, Role.RENEGOTIATION_ANALYST])
def test_the_trail_is_read_by_management_and_administrators_only(role: Role) -> None:
    with pytest.raises(PermissionMissing):
        page(Actor.of(role, name="Rui"))


def test_hostile_parameters_count_as_not_asked() -> None:
    hostile = {"pessoa": "x' OR 1=1", "grupo": "nada", "de": "9999-99-99", "ate_dia": "0001-01-01"}

    assert filter_of(hostile) == AuditFilter()
    person = UUID(int=7)
    asked = filter_of({"pessoa": str(person), "grupo": "acesso", "de": "1/2/2026", "ate_dia": "2026-02-28"})
    assert asked == AuditFilter(
        person=str(person), group="acesso", first_day=a_day("2026-02-01"), last_day=a_day("2026-02-28")
    )
    assert filter_words(asked) == f"Pessoa: {person} · Grupo: Acesso · De: 01/02/2026 · Até: 28/02/2026"


def noted_actions() -> set[str]:
    """Return the actions that the use cases note: texts `noun.verb` handed to a function, or bound to a name first."""
    shape = re.compile(r"[a-z_]+\.[a-z_]+")
    found = {"invoices.overdue"}
    for path in Path("loanapp/services").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        handed = [
            each for node in ast.walk(tree) if isinstance(node, ast.Call) for each in (*node.args, *node.keywords)
        ]
        bound = [
            node for node in ast.walk(tree) if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        ]
        bound = [node for node in bound if node.targets[0].id != "code"]  # type: ignore[attr-defined]
        for node in (*handed, *bound):
            found |= {
                leaf.value
                for leaf in ast.walk(node)
                if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str) and shape.fullmatch(leaf.value)
            }
    return found - {"send.message"}


def test_every_action_that_the_code_notes_has_its_word_and_a_group_that_finds_it() -> None:
    known = noted_actions()
    prefixes = tuple(prefix for _, begins in audit_words.GROUPS.values() for prefix in begins)

    assert known - audit_words.ACTIONS.keys() == set()
    assert audit_words.ACTIONS.keys() - known == set()
    assert [action for action in known if not action.startswith(prefixes)] == []
