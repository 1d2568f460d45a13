"""What somebody changes in the trail by hand, as a superuser with the triggers off, is found and named by its row."""

import json
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from domain.audit import link
from domain.permissions import SYSTEM, Actor, PermissionMissing, Role
from loanapp.queries.trail import TrailAsked, check_trail
from loanapp.queries.verification import verify
from tests.build.book import Book, a_person, at, rows, run_cycles

DAY = "2026-02-12"
CHANGED = 3


@pytest.fixture(autouse=True)
def chain(database: Engine) -> str:  # noqa: ARG001 - the database first.
    """Make a client with six events, the fifth linked by a cycle's statement; return the chain's name."""
    book = Book.opened()
    loan = book.a_loan(first_due="2026-02-10")
    run_cycles(DAY)
    book.pay(loan, "50,00", on=DAY)
    book.a_client()
    return str(rows("SELECT chain FROM audit_events WHERE action = 'payment.registered'")[0][0])


def found() -> list[str]:
    """Return where the trail differs, as `verify` prints it."""
    differences, _ = verify(SYSTEM, lambda: at(DAY), lambda _checked: None)
    return [each.record for each in differences if each.invariant == "5 audit chain"]


def row_ids(chain: str) -> dict[int, int]:
    found = rows("SELECT chain_number, id FROM audit_events WHERE chain = :chain", chain=chain)
    return {int(str(number)): int(str(row_id)) for number, row_id in found}


def by_hand(database: Engine, work: Callable[[Connection], object]) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        work(connection)


def change(database: Engine, statement: str, **parameters: object) -> None:
    def run(connection: Connection) -> None:
        assert connection.execute(text(statement), parameters).rowcount > 0, statement

    by_hand(database, run)


def relink(connection: Connection, chain: str) -> None:
    """Compute the hashes of a chain anew, as somebody who covers the tracks does."""
    head = ""
    events = connection.execute(
        text("SELECT id, text, hash FROM audit_events WHERE chain = :chain ORDER BY chain_number"), {"chain": chain}
    ).all()
    for row_id, event, stored in events:
        head = link(head, event)
        if stored != head:
            connection.execute(
                text("UPDATE audit_events SET hash = :head WHERE id = :id"), {"head": head, "id": row_id}
            )


def test_a_whole_trail_has_no_difference_also_where_a_statement_linked_the_event(chain: str) -> None:
    actions = [row[0] for row in rows("SELECT action FROM audit_events WHERE chain = :c ORDER BY 1", c=chain)]

    assert "invoices.overdue" in actions
    assert len(actions) == 6
    assert found() == []


COLUMNS = {
    "text": 'text = replace(text, \'"reason":""\', \'"reason":"x"\')',
    "text that is no JSON": "text = 'nothing'",
    "hash": "hash = repeat('0', 64)",
    "actor_id": "actor_id = NULL",
    "actor_name": "actor_name = 'Outra Pessoa'",
    "action": "action = 'request.unapproved'",
    "record_kind": "record_kind = 'invoice'",
    "record_id": "record_id = '00000000-0000-0000-0000-000000000000'",
    "client_id": "client_id = (SELECT id FROM clients WHERE number = 2)",
    "no client_id": "client_id = NULL",
    "at": "at = at - interval '1 second'",
    "business_date": "business_date = business_date - 1",
}


@pytest.mark.parametrize("assignment", COLUMNS.values(), ids=COLUMNS)
def test_a_column_changed_by_hand_names_chain_event_and_row(database: Engine, chain: str, assignment: str) -> None:
    row_id = row_ids(chain)[CHANGED]

    change(database, f"UPDATE audit_events SET {assignment} WHERE id = :id", id=row_id)  # noqa: S608

    assert found()[0].startswith(f"client 1, chain {chain}, event {CHANGED}, audit_events.id {row_id}")


def test_an_event_that_was_moved_to_another_place_in_its_chain_is_named(database: Engine, chain: str) -> None:
    row_id = row_ids(chain)[CHANGED]

    change(database, "UPDATE audit_events SET chain_number = 99 WHERE id = :id", id=row_id)

    assert found()[0] == f"client 1, chain {chain}, event {CHANGED}, audit_events.id {row_id}"


def test_an_event_that_was_moved_to_a_chain_of_nobody_is_named(database: Engine, chain: str) -> None:
    row_id = row_ids(chain)[CHANGED]

    change(database, "UPDATE audit_events SET chain = 'client:nobody' WHERE id = :id", id=row_id)

    assert f"chain client:nobody, event {CHANGED}, audit_events.id {row_id}" in found()
    assert f"client 1, chain {chain}, event {CHANGED}, audit_events.id missing" in found()


def test_two_events_that_changed_places_are_named_by_the_first(database: Engine, chain: str) -> None:
    ids = row_ids(chain)

    def swap(connection: Connection) -> None:
        for row_id, number in ((ids[CHANGED], 1000), (ids[CHANGED + 1], CHANGED), (ids[CHANGED], CHANGED + 1)):
            connection.execute(
                text("UPDATE audit_events SET chain_number = :number WHERE id = :id"), {"number": number, "id": row_id}
            )

    by_hand(database, swap)

    assert found()[0] == f"client 1, chain {chain}, event {CHANGED}, audit_events.id {ids[CHANGED + 1]}"


def test_a_deleted_event_is_named_by_its_number_and_the_row_after_it(database: Engine, chain: str) -> None:
    ids = row_ids(chain)

    change(database, "DELETE FROM audit_events WHERE id = :id", id=ids[CHANGED])

    differences, _ = verify(SYSTEM, lambda: at(DAY), lambda _checked: None)
    assert differences[0].record == f"client 1, chain {chain}, event {CHANGED}, audit_events.id missing"
    assert differences[0].found == f"missing before audit_events.id {ids[CHANGED + 1]}"


def test_a_tail_that_was_cut_is_named_by_the_number_that_follows_the_last_row(database: Engine, chain: str) -> None:
    ids = row_ids(chain)

    change(database, "DELETE FROM audit_events WHERE chain = :chain AND chain_number >= 5", chain=chain)

    assert found()[0] == f"client 1, chain {chain}, event 5, audit_events.id missing after {ids[4]}"


def test_a_whole_chain_that_was_deleted_is_named(database: Engine, chain: str) -> None:
    change(database, "DELETE FROM audit_events WHERE chain = :chain", chain=chain)

    assert found()[0] == f"client 1, chain {chain}, event 1, audit_events.id missing after none"


def test_an_event_that_was_inserted_at_the_end_is_named(database: Engine, chain: str) -> None:
    copied = "client_id, actor_id, actor_name, action, record_kind, record_id, business_date, at, text, hash"
    change(
        database,
        f"INSERT INTO audit_events (chain, chain_number, {copied}) SELECT chain, 7, {copied} FROM audit_events"  # noqa: S608
        " WHERE chain = :chain AND chain_number = 6",
        chain=chain,
    )

    row_id = row_ids(chain)[7]
    assert found()[0] == f"client 1, chain {chain}, event 7, audit_events.id {row_id}"


def test_an_event_that_was_inserted_with_a_right_link_is_named_by_the_head(database: Engine, chain: str) -> None:
    head = rows("SELECT audit_head FROM clients WHERE number = 1")[0][0]
    event = json.dumps({"action": "x", "actor": "Sistema", "business_date": DAY, "run": "r"})
    change(
        database,
        """INSERT INTO audit_events (chain, chain_number, client_id, actor_name, action, record_kind, record_id,
                                     business_date, at, text, hash)
           SELECT chain, 7, client_id, 'Sistema', 'x', 'cycle_run', 'r', :day, at, :event, :hash
             FROM audit_events WHERE chain = :chain AND chain_number = 6""",
        chain=chain, day=DAY, event=event, hash=link(str(head), event),
    )  # fmt: skip

    assert found() == [f"client 1, chain {chain}, event 7, audit_events.id {row_ids(chain)[7]}"]


def test_a_tail_with_new_hashes_is_named_from_its_first_row_on(database: Engine, chain: str) -> None:
    row_id = row_ids(chain)[CHANGED]

    def forge(connection: Connection) -> None:
        connection.execute(
            text('UPDATE audit_events SET text = replace(text, \'"reason":""\', \'"reason":"x"\') WHERE id = :id'),
            {"id": row_id},
        )
        relink(connection, chain)

    by_hand(database, forge)

    assert found() == [f"client 1, chain {chain}, event {CHANGED}, audit_events.id {row_id}"]


def test_the_system_s_chain_is_checked_alike(database: Engine) -> None:
    row_id = row_ids("system")[1]

    change(database, "UPDATE audit_events SET actor_name = 'Outra Pessoa' WHERE id = :id", id=row_id)

    assert found() == [f"chain system, event 1, audit_events.id {row_id}, column actor_name"]


def test_events_from_before_sessions_and_origins_were_noted_are_whole(database: Engine) -> None:
    old: dict[str, object] = {
        "action": "company.changed",
        "actor": "Sistema",
        "actor_id": None,
        "after": {},
        "at": "2026-01-01T15:00:00+00:00",
        "before": {},
        "business_date": "2026-01-01",
        "reason": "",
        "record": "company:1",
        "role": "SYSTEM",
    }
    older: dict[str, object] = {
        "action": "invoices.overdue",
        "actor": "Sistema",
        "business_date": "2026-01-01",
        "run": "r",
        "invoices": [],
    }

    def replace(connection: Connection) -> None:
        connection.execute(text("DELETE FROM audit_events WHERE chain = 'system'"))
        head = ""
        for number, facts in enumerate((old, older), start=1):
            event = json.dumps(facts)
            head = link(head, event)
            kind, _, record_id = str(facts.get("record", "cycle_run:r")).partition(":")
            connection.execute(
                text(
                    """INSERT INTO audit_events (chain, chain_number, actor_name, action, record_kind, record_id,
                                                 business_date, at, text, hash)
                       VALUES ('system', :number, 'Sistema', :action, :kind, :record_id, '2026-01-01',
                               '2026-01-01T15:00:00+00:00', :text, :hash)"""
                ),
                {"number": number, "action": facts["action"], "kind": kind, "record_id": record_id, "text": event,
                 "hash": head},
            )  # fmt: skip
        connection.execute(text("UPDATE audit_heads SET count = 2, head = :head"), {"head": head})

    by_hand(database, replace)

    assert found() == []


def test_the_page_s_check_finds_what_verify_finds_and_counts_the_events(database: Engine, chain: str) -> None:
    row_id = row_ids(chain)[CHANGED]
    manager = a_person(Role.LOAN_MANAGEMENT)
    checked = check_trail(manager, at(DAY), TrailAsked())
    assert (checked.differences, checked.events, checked.last_id) == (
        (),
        len(rows("SELECT id FROM audit_events")),
        None,
    )

    change(database, "UPDATE audit_events SET hash = '' WHERE id = :id", id=row_id)

    assert [each.record for each in check_trail(manager, at(DAY), TrailAsked()).differences] == found()


@pytest.mark.parametrize("role", [Role.STREET_SUPERVISOR, Role.RENEGOTIATION_ANALYST])
def test_only_management_and_administrators_check_the_trail(role: Role) -> None:
    with pytest.raises(PermissionMissing):
        check_trail(Actor.of(role, name="Rui"), at(DAY), TrailAsked())


@pytest.mark.parametrize("statement", ["UPDATE audit_events SET text = ''", "DELETE FROM audit_events",
                                       "TRUNCATE audit_events"])  # fmt: skip
def test_a_role_that_owns_nothing_is_refused_to_change_history(database: Engine, statement: str) -> None:
    events = rows("SELECT id, text FROM audit_events ORDER BY id")
    with pytest.raises(DBAPIError) as refusal, database.begin() as connection:
        connection.exec_driver_sql("CREATE ROLE app_user NOLOGIN NOSUPERUSER")
        connection.exec_driver_sql("GRANT ALL ON ALL TABLES IN SCHEMA public TO app_user")
        connection.exec_driver_sql("SET LOCAL ROLE app_user")
        connection.exec_driver_sql(statement)

    assert refusal.value.orig.sqlstate == "23001"  # type: ignore[union-attr]
    assert rows("SELECT id, text FROM audit_events ORDER BY id") == events
