"""How migrations run: one at a time over all machines, with short timeouts, from DATABASE_URL.

There is no alembic.ini: the library's settings are `[tool.alembic]` in pyproject.toml.  There is no __init__.py here
either: it would hide the library (architecture.md §3.5).
"""

import importlib
import os
import pkgutil

from sqlalchemy import NullPool, create_engine, text

import loanapp.models
from alembic import context
from loanapp.models.base import Base

# Any number that nobody else uses: the lock that lets one migration run at a time.
MIGRATION_LOCK = 20_260_101

for module in pkgutil.iter_modules(loanapp.models.__path__):
    importlib.import_module(f"loanapp.models.{module.name}")


def run() -> None:
    """Run the migrations in one transaction, under the lock of migrations."""
    url = context.config.attributes.get("database_url") or os.environ["DATABASE_URL"]
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata)
        with context.begin_transaction():
            # Whoever comes second waits for the first, then finds nothing left to do.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            # A migration that cannot have its locks gives up soon, rather than queue everybody behind it.
            connection.execute(text("SET LOCAL lock_timeout = '4s'"))
            connection.execute(text("SET LOCAL statement_timeout = '5s'"))
            context.run_migrations()
    engine.dispose()


run()
