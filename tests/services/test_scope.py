"""A scoped actor's transaction sees the rows of its own clients only, however a statement is written."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Select, delete, exists, func, literal_column, select, text, true, union, update
from sqlalchemy.orm import DeclarativeBase, Session, aliased

from domain.permissions import Actor, Role
from loanapp.models import base, locks, scope
from loanapp.models.audit import AuditEvent, AuditHead
from loanapp.models.base import Base
from loanapp.models.clients import Client
from loanapp.models.cycles import Proof, ProofDifference
from loanapp.models.inbound import InboundEvent
from loanapp.models.invoices import Invoice
from loanapp.models.messages import Message, WhatsappInstance
from loanapp.models.payments import Allocation, CreditUse, Payment, Reversal
from loanapp.models.requests import Request
from loanapp.models.scope import UnscopedStatement
from tests.build.book import Book, a_person, assign, rows
from tests.build.kept import an_answer

pytestmark = pytest.mark.usefixtures("database")


@dataclass(frozen=True)
class Two:
    """Two clients with a loan and a payment each; the first is the supervisor's."""

    session: Session
    supervisor: Actor
    mine: UUID
    other: UUID
    mine_loan: UUID
    other_loan: UUID


@pytest.fixture
def two() -> Iterator[Two]:
    book = Book.opened()
    supervisor = a_person(Role.STREET_SUPERVISOR)
    mine, other = book.a_client("Maria Minha"), book.a_client("Otto Outro")
    loans = [book.a_loan(client_id) for client_id in (mine, other)]
    for loan in loans:
        book.pay(loan, "10,00", on="2026-01-15")
    assign(mine, supervisor)
    with base.Session() as session:
        scope.limit(session, supervisor)
        yield Two(session, supervisor, mine, other, loans[0].request_id, loans[1].request_id)


_OTHER = aliased(Request)
_OWED = select(Request.client_id, func.sum(Request.principal_cents)).group_by(Request.client_id).subquery("owed")
_FOUND = select(Client.id, func.count().over().label("total")).cte("found")
_DUE = (
    select(Invoice.number, Request.number.label("request_number"))
    .join(Request, Request.id == Invoice.request_id)
    .where(Request.client_id == Client.id)
    .lateral("due")
)
ONE_ROW = {
    "the class": select(Client),
    "columns": select(Client.name),
    "a class one step away": select(Request.number),
    "a class two steps away": select(Invoice.open_cents),
    "a class three steps away": select(Allocation.id),
    "the trail": select(AuditEvent.client_id).distinct(),
    "a join": select(Payment.id, Client.name)
    .join(Request, Request.id == Payment.request_id)
    .join(Client, Client.id == Request.client_id),
    "an outer join": select(Client.name, Request.number).outerjoin(Request, Request.client_id == Client.id),
    "an alias": select(_OTHER.number),
    "a join with an alias": select(Request.number, _OTHER.number).join(_OTHER, _OTHER.id == Request.root_id),
    "a subquery": select(_OWED),
    "a common table expression": select(_FOUND),
    "its join": select(_FOUND.c.total, Client.name).join(_FOUND, _FOUND.c.id == Client.id).where(_FOUND.c.total == 1),
    "a lateral join": select(Client.name, _DUE.c.request_number).outerjoin(_DUE, true()),
    "a union": union(select(Client.id), select(Request.client_id)),
    "a union inside": select(union(select(Client.id), select(Request.client_id)).subquery()),
    "a condition's subquery": select(Client.id).where(Client.id.in_(select(Request.client_id))),
    "no column of the class": select(literal_column("1")).select_from(Client),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE_ROW)
def test_a_select_returns_the_supervisors_own_row(two: Two, name: str) -> None:
    assert len(two.session.execute(ONE_ROW[name]).all()) == 1


def test_counts_and_sums_are_of_the_supervisors_own_rows(two: Two) -> None:
    session = two.session

    assert session.scalar(select(func.count()).select_from(Client)) == 1
    assert session.scalar(select(func.count()).select_from(Client).join(Request, Request.client_id == Client.id)) == 1
    assert session.scalar(select(select(func.sum(Payment.amount_cents)).scalar_subquery())) == 1000


def test_what_is_somebody_elses_does_not_exist(two: Two) -> None:
    session = two.session

    assert session.scalar(select(exists().where(Client.id == two.other))) is False
    assert session.scalar(select(select(Request.id).where(Request.client_id == two.other).exists())) is False
    assert session.get(Client, two.other) is None
    assert session.get(Request, two.other_loan) is None
    assert locks.client(session, two.other) is None
    assert locks.client_of_request(session, two.other_loan) is None


def test_what_is_the_supervisors_own_is_found_and_locked(two: Two) -> None:
    session = two.session

    assert session.get_one(Client, two.mine).name == "Maria Minha"
    assert session.get_one(Client, two.mine, populate_existing=True).name == "Maria Minha"
    assert locks.client(session, two.mine) is not None
    assert locks.client_of_request(session, two.mine_loan) is not None
    session.refresh(session.get_one(Client, two.mine))


def test_a_bulk_update_or_delete_reaches_the_supervisors_own_rows_only(two: Two) -> None:
    session = two.session

    assert session.execute(update(Client).values(district="Centro")).rowcount == 1
    assert session.execute(update(Request).where(Request.id.in_(select(_OTHER.id))).values(note="x")).rowcount == 1
    assert session.execute(delete(Message)).rowcount == 0
    session.commit()

    assert rows("SELECT name FROM clients WHERE district = 'Centro'") == [("Maria Minha",)]
    assert rows("SELECT client_id FROM requests WHERE note = 'x'") == [(two.mine,)]


_TABLE = Client.__table__
REFUSED = {
    "raw SQL": text("SELECT name FROM clients"),
    "raw SQL with columns": text("SELECT name FROM clients").columns(Client.name),
    "a class from raw SQL": select(Client).from_statement(text("SELECT * FROM clients")),
    "raw SQL in a condition": select(Request.id).where(text("1 = 1")),
    "a bare table": select(_TABLE),
    "a bare column": select(_TABLE.c.name),
    "a bare table's alias": select(_TABLE.alias().c.name),
    "a count of a bare table": select(func.count()).select_from(_TABLE),
    "a join with a bare table": select(Request.id).join(_TABLE, _TABLE.c.id == Request.client_id),
    "a join with a bare table on true": select(Request.id).join(_TABLE, true()),
    "a bare column in a subquery": select(Request.id).where(Request.client_id.in_(select(_TABLE.c.id))),
    "a bare table that exists": select(exists(_TABLE.select())),
    "a bare table's update": update(_TABLE).values(district="Centro"),
    "a bare table's delete": delete(_TABLE),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_scope_can_not_reach_is_refused(two: Two, name: str) -> None:
    with pytest.raises(UnscopedStatement):
        two.session.execute(REFUSED[name])


def test_an_update_by_a_list_of_keys_is_refused(two: Two) -> None:
    with pytest.raises(UnscopedStatement):
        two.session.execute(update(Request), [{"id": two.other_loan, "note": "x"}])


def test_one_statement_that_says_so_sees_beyond_the_scope(two: Two) -> None:
    beyond: Select[Any] = scope.outside(select(Client.name).order_by(Client.name))

    assert two.session.scalars(beyond).all() == ["Maria Minha", "Otto Outro"]
    assert two.session.scalars(select(Client.name)).all() == ["Maria Minha"]


def test_tables_that_lead_to_no_client_show_nothing_unless_they_are_open_to_all(two: Two) -> None:
    with base.Session.begin() as session:
        session.add(AuditHead(chain="x", count=0, head=""))
        session.add(WhatsappInstance(name="i", state_changed_at=func.now()))

    assert two.session.scalar(select(func.count()).select_from(WhatsappInstance)) == 0
    assert two.session.scalar(select(func.count()).select_from(AuditHead).where(AuditHead.chain == "x")) == 1


def test_an_answer_is_seen_by_who_has_the_client_and_one_of_nobody_knows_whom_by_nobody(two: Two) -> None:
    an_answer("da minha", key="IN1", client_id=two.mine)
    an_answer("do outro", key="IN2", client_id=two.other)
    an_answer("de ninguém", key="IN3")

    text_of = InboundEvent.payload["data"]["message"]["conversation"].astext
    assert two.session.scalars(select(text_of)).all() == ["da minha"]


def test_a_supervisor_without_a_user_and_one_without_clients_see_nobody(two: Two) -> None:
    assert two.mine
    for actor in (Actor.of(Role.STREET_SUPERVISOR, name="Rua"), a_person(Role.STREET_SUPERVISOR, "Nova")):
        with base.Session() as session:
            scope.limit(session, actor)
            assert session.scalars(select(Client.name)).all() == []


@pytest.mark.parametrize("role", [Role.LOAN_MANAGEMENT, Role.RENEGOTIATION_ANALYST, Role.SUPER_ADMIN, Role.SYSTEM])
def test_the_other_roles_see_everybody(two: Two, role: Role) -> None:
    assert two.mine
    with base.Session() as session:
        scope.limit(session, Actor.of(role, name="Alguém"))
        assert len(session.scalars(select(Client.name)).all()) == 2


def test_every_table_leads_to_a_client_or_is_open_to_all_with_a_reason_or_shows_nothing() -> None:
    paths = {
        mapper.class_: scope.path_to_client(mapper.local_table)  # type: ignore[arg-type]
        for mapper in Base.registry.mappers
    }
    astray: set[type[DeclarativeBase]] = {cls for cls, path in paths.items() if path is None}

    assert astray - scope.OPEN_TO_ALL.keys() == {Proof, ProofDifference, WhatsappInstance}
    assert scope.OPEN_TO_ALL.keys() <= astray
    assert [key.name for key in paths[Allocation] or ()] == ["invoice_id", "request_id", "client_id"]
    assert paths[Client] == ()


def test_of_keys_that_a_row_may_lack_each_is_a_way_and_one_that_every_row_has_is_the_only() -> None:
    ways = {
        cls: [path[0].name for path in scope.paths_to_client(cls.__table__)]  # type: ignore[arg-type]
        for cls in (Reversal, CreditUse, Allocation, AuditEvent)
    }

    assert ways == {
        Reversal: ["adjustment_id", "payment_id", "refund_id", "returned_payment_id"],
        CreditUse: ["source_payment_id"], Allocation: ["invoice_id"], AuditEvent: ["client_id"],
    }  # fmt: skip
