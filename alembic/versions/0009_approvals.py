"""Approvals: waivers above a limit, taking a loss or a disbursement back; and what is asked in detail."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "approvals",
        sa.Column("details", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'::jsonb")),
    )
    op.alter_column("approvals", "details", server_default=None)
    op.drop_constraint("ck_approvals_kind", "approvals")
    op.create_check_constraint(
        op.f("ck_approvals_kind"), "approvals", "kind IN ('WRITE_OFF', 'WAIVER', 'REOPENING', 'CANCELLATION')"
    )
    op.drop_constraint("ck_approvals_amount", "approvals")
    op.create_check_constraint(
        op.f("ck_approvals_amount"), "approvals", "amount_cents > 0 OR amount_cents = 0 AND kind = 'REOPENING'"
    )


def downgrade() -> None:
    op.drop_constraint("ck_approvals_amount", "approvals")
    op.create_check_constraint(op.f("ck_approvals_amount"), "approvals", "amount_cents > 0")
    op.drop_constraint("ck_approvals_kind", "approvals")
    op.create_check_constraint(op.f("ck_approvals_kind"), "approvals", "kind IN ('WRITE_OFF')")
    op.drop_column("approvals", "details")
