"""Approvals: waivers above a limit, taking a loss or a disbursement back; what is asked in detail, and decided when."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# The day of the decision, where only the instant was kept: that of São Paulo's clock.
_DECIDED_ON = "UPDATE approvals SET decided_on = (decided_at AT TIME ZONE 'America/Sao_Paulo')::date"


def upgrade() -> None:
    op.add_column(
        "approvals",
        sa.Column("details", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'::jsonb")),
    )
    op.alter_column("approvals", "details", server_default=None)
    op.add_column("approvals", sa.Column("decided_on", sa.Date(), nullable=True))
    op.execute(_DECIDED_ON + " WHERE decided_at IS NOT NULL")
    op.drop_constraint("ck_approvals_kind", "approvals")
    op.create_check_constraint(
        op.f("ck_approvals_kind"), "approvals", "kind IN ('WRITE_OFF', 'WAIVER', 'REOPENING', 'CANCELLATION')"
    )
    op.drop_constraint("ck_approvals_amount", "approvals")
    op.create_check_constraint(
        op.f("ck_approvals_amount"), "approvals", "amount_cents > 0 OR amount_cents = 0 AND kind = 'REOPENING'"
    )
    op.create_check_constraint(
        op.f("ck_approvals_decided_on"), "approvals", "(status = 'PENDING') = (decided_on IS NULL)"
    )


def downgrade() -> None:
    op.drop_constraint("ck_approvals_decided_on", "approvals")
    op.drop_constraint("ck_approvals_amount", "approvals")
    op.create_check_constraint(op.f("ck_approvals_amount"), "approvals", "amount_cents > 0")
    op.drop_constraint("ck_approvals_kind", "approvals")
    op.create_check_constraint(op.f("ck_approvals_kind"), "approvals", "kind IN ('WRITE_OFF')")
    op.drop_column("approvals", "decided_on")
    op.drop_column("approvals", "details")
