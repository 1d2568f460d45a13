"""Ledger: how many invoices of a request are open, kept with its other figures."""

import sqlalchemy as sa

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("requests", sa.Column("invoices_open", sa.BigInteger(), nullable=False, server_default="0"))
    # The terms tell how many instalments there are: not the down payment of an agreement, nor what a return added.
    op.execute("""
        UPDATE requests SET invoices_open = (
            SELECT count(*) FROM invoices i WHERE i.request_id = requests.id AND i.status IN ('OPEN', 'UNPAID')
        )
    """)
    op.alter_column("requests", "invoices_open", server_default=None)


def downgrade() -> None:
    op.drop_column("requests", "invoices_open")
