"""One number for all that the database holds: equal before and after an attack, nothing changed."""

from collections.abc import Collection

from sqlalchemy import Engine, text

# When a session was last seen is no change that anybody made.
_ROWS = "SELECT md5(coalesce(string_agg(row, '' ORDER BY row), '')) FROM (SELECT (to_jsonb(t) - 'seen_at')::text AS row"

_OTHERS = "WHERE to_jsonb(t) ->> 'action' IS DISTINCT FROM :action"


def digest(engine: Engine, *, without: Collection[str] = (), own_action: str = "") -> dict[str, str]:
    """Return a digest of the rows of each table, except for some tables and for the events of one action."""
    with engine.connect() as connection:
        tables = connection.scalars(
            text("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
        )
        return {
            table: str(
                connection.scalar(text(f"{_ROWS} FROM {table} t {_OTHERS}) AS all_rows"), {"action": own_action})
            )
            for table in sorted(tables)
            if table not in without
        }
