"""The database itself refuses wrong states: its columns, keys, checks and triggers are as the house demands."""

import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from alembic import command
from loanapp.commands.schema import alembic_config, migrate, newest_version, version
from loanapp.models.base import Base

PROJECT = Path(__file__).parents[2]
APPEND_ONLY = (
    "adjustments",
    "allocations",
    "audit_events",
    "credit_uses",
    "due_date_changes",
    "handed_in_payments",
    "message_events",
    "payments",
    "receipt_issues",
    "refunds",
    "returned_payments",
    "reversals",
    "settled_invoices",
)
# The cached aggregates keep the names of product.md; everything else that is money ends in `_cents`.
AGGREGATES = {"total_value_paid", "total_value_to_breakeven", "total_value_open", "total_value_overdue"}
MONEY_WORDS = ("cents", "amount", "value", "principal", "interest", "late_fee", "credit")
DATES = {"birth_date", "consent_on", "due_date", "effective_due_date", "first_due_date", "business_date"}


def _columns(engine: Engine) -> list[tuple[str, str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT table_name, column_name, data_type FROM information_schema.columns"
                " WHERE table_schema = 'public' AND table_name <> 'alembic_version' ORDER BY 1, 2"
            )
        )
        return [(table, column, kind) for table, column, kind in rows]


def _definitions(connection: Connection) -> set[str]:
    """Return every constraint, index and column of the database as the database itself words it."""
    found = connection.execute(
        text("""
            SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
             WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
            UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
            UNION ALL SELECT concat_ws(' ', table_name, column_name, data_type, numeric_precision, numeric_scale,
                             is_nullable, identity_generation, column_default, generation_expression)
                        FROM information_schema.columns WHERE table_schema = 'public'
            UNION ALL SELECT concat_ws(' ', relname, reloptions::text) FROM pg_class
                       WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        """)
    )
    return {definition for (definition,) in found if "alembic_version" not in definition}


def test_every_money_column_is_a_bigint_that_says_cents(database: Engine) -> None:
    wrong = [
        (table, column, kind)
        for table, column, kind in _columns(database)
        if any(word in column for word in MONEY_WORDS)
        and not column.endswith(("_pct", "_paid", "_overdue"))
        and not ((column in AGGREGATES or "cents" in column) and kind == "bigint")
        and column not in AGGREGATES
        # A limit's name says its unit, centavos or percent.
        and (table, column) != ("role_limits", "value")
    ]
    aggregates = {column for _, column, kind in _columns(database) if column in AGGREGATES and kind == "bigint"}

    assert wrong == []
    assert aggregates == AGGREGATES


def test_no_column_holds_a_binary_fraction(database: Engine) -> None:
    assert [row for row in _columns(database) if row[2] in ("real", "double precision", "money")] == []


def test_every_instant_knows_its_time_zone_and_ends_in_at(database: Engine) -> None:
    zoned = [row for row in _columns(database) if row[2] == "timestamp with time zone"]

    assert [row for row in _columns(database) if row[2] == "timestamp without time zone"] == []
    assert [row for row in zoned if not (row[1].endswith(("_at", "_until")) or row[1] == "at")] == []


def test_every_date_says_that_it_is_one(database: Engine) -> None:
    dates = [row for row in _columns(database) if row[2] == "date"]

    assert [r for r in dates if not (r[1].endswith(("_on", "_date", "_since", "_through")) or r[1] == "day")] == []


def test_every_foreign_key_leads_an_index(database: Engine) -> None:
    with database.connect() as connection:
        bare = connection.execute(
            text("""
                SELECT conrelid::regclass::text, conname FROM pg_constraint f
                 WHERE contype = 'f' AND NOT EXISTS (
                   SELECT FROM pg_index i WHERE i.indrelid = f.conrelid AND i.indpred IS NULL
                      AND (i.indkey::int2[])[0:cardinality(f.conkey) - 1] = f.conkey)
            """)
        ).all()

    assert bare == []


def test_every_state_is_held_to_its_legal_values_by_a_check(database: Engine) -> None:
    with database.connect() as connection:
        unchecked = connection.execute(
            text("""
                SELECT c.table_name, c.column_name FROM information_schema.columns c
                 WHERE c.table_schema = 'public' AND c.data_type = 'text'
                   AND c.column_name IN ('status', 'kind', 'role', 'plan', 'step', 'method', 'cycle',
                                         'disbursement_method')
                   AND NOT EXISTS (SELECT FROM pg_constraint k
                                    WHERE k.conrelid = c.table_name::regclass
                                      AND k.conname = 'ck_' || c.table_name || '_' || c.column_name)
            """)
        ).all()

    assert unchecked == []


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {column} = {column}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_history_refuses_to_be_changed(database: Engine, table: str, statement: str) -> None:
    with pytest.raises(DBAPIError) as refusal, database.begin() as connection:
        column = {"message_events": "at", "settled_invoices": "invoice_id", "handed_in_payments": "hand_in_id"}.get(
            table, "business_date"
        )
        connection.execute(text(statement.format(table, column=column)))

    assert refusal.value.orig is not None
    assert refusal.value.orig.sqlstate == "23001"  # type: ignore[attr-defined]


def test_no_other_table_is_append_only_by_accident(database: Engine) -> None:
    with database.connect() as connection:
        tables = connection.scalars(
            text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'append_only' ORDER BY 1")
        ).all()

    assert tuple(tables) == APPEND_ONLY


def test_a_row_that_breaks_a_check_is_not_stored(database: Engine) -> None:
    with pytest.raises(DBAPIError, match="ck_users_role"), database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO users (id, email, name, password_hash, role, is_active, created_at)"
                " VALUES (:id, 'a@b.c', 'A', 'x', 'KING', true, now())"
            ),
            {"id": uuid4()},
        )

    with database.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM users")) == 0


def test_the_migrations_make_exactly_the_schema_of_the_models(database: Engine, scratch_database: Engine) -> None:
    with scratch_database.begin() as connection:
        connection.execute(text("CREATE EXTENSION pg_trgm"))
        Base.metadata.create_all(connection)

    with database.connect() as migrated, scratch_database.connect() as modelled:
        assert _definitions(migrated) == _definitions(modelled)


def test_alembic_finds_nothing_left_to_migrate(database: Engine) -> None:
    command.check(alembic_config(database.url.render_as_string()))


def test_the_schema_goes_down_to_nothing_and_up_again(scratch_database: Engine) -> None:
    config = alembic_config(scratch_database.url.render_as_string())
    command.upgrade(config, "head")
    with scratch_database.connect() as connection:
        first = _definitions(connection)

    command.downgrade(config, "base")
    with scratch_database.connect() as connection:
        left = connection.scalars(
            text(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')"
                " UNION ALL SELECT proname FROM pg_proc WHERE proname = 'refuse_to_change_history'"
            )
        ).all()
    command.upgrade(config, "head")

    assert left == ["alembic_version"]
    with scratch_database.connect() as connection:
        assert _definitions(connection) == first


def test_migrating_again_changes_nothing(scratch_database: Engine) -> None:
    url = scratch_database.url.render_as_string()
    before = version(url)
    migrate(url)
    first = version(url)
    migrate(url)

    assert (before, first, version(url)) == ("", newest_version(), newest_version())


def test_two_that_migrate_at_once_migrate_once(scratch_database: Engine) -> None:
    url = scratch_database.url.render_as_string()
    program = "import sys; from loanapp.commands.schema import migrate; migrate(sys.argv[1])"
    both = [subprocess.Popen([sys.executable, "-c", program, url], cwd=PROJECT) for _ in range(2)]

    assert [process.wait(60) for process in both] == [0, 0]
    assert version(url) == newest_version()


def test_the_newest_version_is_the_one_at_the_head_of_the_migrations() -> None:
    script = ScriptDirectory.from_config(alembic_config("postgresql://"))

    assert newest_version() == script.get_current_head()


def test_our_alembic_folder_does_not_hide_the_library() -> None:
    assert not (PROJECT / "alembic" / "__init__.py").exists()
