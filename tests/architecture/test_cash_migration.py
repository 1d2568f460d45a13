"""The cash of before hand-ins existed is taken as handed in and counted, and the ceiling keeps its value."""

from sqlalchemy import Engine, text

from alembic import command
from loanapp.commands.schema import alembic_config

# Two people; of the first one's three payments in cash one was reversed; the second one took Pix alone.
BEFORE = """
    SET session_replication_role = replica;
    INSERT INTO users (id, email, name, password_hash, role, is_active, created_at)
    SELECT md5(name)::uuid, lower(name), name, '!', 'STREET_SUPERVISOR', true, now()
      FROM (VALUES ('Rita'), ('Saulo')) AS p (name);
    INSERT INTO payments (id, request_id, amount_cents, method, received_on, note, registered_by, business_date,
        registered_at)
    SELECT md5(name)::uuid, md5('r')::uuid, cents, method, '2026-01-02', '', md5(who)::uuid, day::date, day::timestamptz
      FROM (VALUES ('a', 1000, 'CASH', 'Rita', '2026-01-02 12:00Z'), ('b', 2500, 'CASH', 'Rita', '2026-01-03 12:00Z'),
                   ('c', 7000, 'CASH', 'Rita', '2026-01-04 12:00Z'), ('d', 9000, 'PIX', 'Saulo', '2026-01-02 12:00Z'),
                   ('e', 500, 'CASH', NULL, '2026-01-02 12:00Z')) AS p (name, cents, method, who, day);
    INSERT INTO reversals (id, payment_id, reason, business_date, reversed_at)
    VALUES (md5('u')::uuid, md5('c')::uuid, 'Engano', '2026-01-04', now());
    INSERT INTO role_limits (role, name, value, changed_at) VALUES ('STREET_SUPERVISOR', 'cash_day_cents', 7, now());
    SET session_replication_role = origin
"""
HAND_INS = """
    SELECT u.name, h.amount_cents, h.status, h.expected_cents, h.counted_cents, h.handed_in_by, h.checked_by,
           h.business_date::text, (SELECT count(*) FROM handed_in_payments p WHERE p.hand_in_id = h.id)
      FROM cash_hand_ins h JOIN users u ON u.id = h.holder_id
"""


def test_the_cash_of_before_is_closed_and_the_ceiling_keeps_its_value(scratch_database: Engine) -> None:
    config = alembic_config(scratch_database.url.render_as_string())
    command.upgrade(config, "0005")
    with scratch_database.begin() as connection:
        for statement in BEFORE.split(";\n"):
            connection.exec_driver_sql(statement)

    command.upgrade(config, "0006")

    with scratch_database.connect() as connection:
        assert connection.execute(text(HAND_INS)).all() == [
            ("Rita", 3500, "CHECKED", 3500, 3500, None, None, "2026-01-03", 2)
        ]
        assert connection.execute(text("SELECT name, value FROM role_limits")).all() == [("cash_in_hand_cents", 7)]
    command.downgrade(config, "0005")
    with scratch_database.connect() as connection:
        assert connection.execute(text("SELECT name, value FROM role_limits")).all() == [("cash_day_cents", 7)]
