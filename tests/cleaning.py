"""How a test's rows are taken away, from append-only tables too: the tests' own superuser switches triggers off."""

import psycopg
from sqlalchemy import Engine, text

# One call does it all. Deleting beats truncating by far while tables are small; a big book is truncated, since what
# is deleted stays in the pages that the next test would scan.
_FUNCTION = """
CREATE FUNCTION test_clean() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  tables text[];
  name text;
BEGIN
  SET LOCAL session_replication_role = replica;
  SELECT array_agg(oid::regclass::text) INTO tables FROM pg_class
   WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version';
  IF (SELECT max(pg_relation_size(t::regclass)) FROM unnest(tables) t) > 1000000 THEN
    EXECUTE 'TRUNCATE ' || array_to_string(tables, ', ');
  ELSE
    FOREACH name IN ARRAY tables LOOP EXECUTE 'DELETE FROM ' || name; END LOOP;
  END IF;
  PERFORM setval(oid::regclass, 1, false) FROM pg_class
   WHERE relnamespace = 'public'::regnamespace AND relkind = 'S';
END $$
"""


def prepare_cleaning(connection: psycopg.Connection) -> None:
    """Put the cleaning function into the template of all test databases."""
    connection.execute(_FUNCTION)


def clean(engine: Engine) -> None:
    """Take every row of every table away and let the numbers start from one again."""
    with engine.begin() as connection:
        connection.execute(text("SELECT test_clean()"))
