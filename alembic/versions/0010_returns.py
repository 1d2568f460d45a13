"""Returns: payments of renegotiated requests that failed, and what takes such a return back."""

import sqlalchemy as sa

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ONE_OF_THREE = "num_nonnulls(payment_id, adjustment_id, refund_id) = 1"
_ONE_OF_FOUR = "num_nonnulls(payment_id, adjustment_id, refund_id, returned_payment_id) = 1"


def upgrade() -> None:
    op.create_table(
        "returned_payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_returned_payments_reason")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_returned_payments_invoice_id_invoices")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_returned_payments_payment_id_payments")),
        sa.ForeignKeyConstraint(["recorded_by"], ["users.id"], name=op.f("fk_returned_payments_recorded_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returned_payments")),
        sa.UniqueConstraint("invoice_id", name=op.f("uq_returned_payments_invoice_id")),
        sa.UniqueConstraint("number", name=op.f("uq_returned_payments_number")),
    )
    op.create_index(op.f("ix_returned_payments_payment_id"), "returned_payments", ["payment_id"], unique=False)
    op.create_index(op.f("ix_returned_payments_recorded_by"), "returned_payments", ["recorded_by"], unique=False)
    op.execute("""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON returned_payments
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history()
    """)
    op.add_column("reversals", sa.Column("returned_payment_id", sa.Uuid(), nullable=True))
    op.create_unique_constraint(op.f("uq_reversals_returned_payment_id"), "reversals", ["returned_payment_id"])
    op.create_foreign_key(
        op.f("fk_reversals_returned_payment_id_returned_payments"),
        "reversals",
        "returned_payments",
        ["returned_payment_id"],
        ["id"],
    )
    op.drop_constraint(op.f("ck_reversals_one_target"), "reversals")
    op.create_check_constraint(op.f("ck_reversals_one_target"), "reversals", _ONE_OF_FOUR)


def downgrade() -> None:
    op.drop_constraint(op.f("ck_reversals_one_target"), "reversals")
    op.drop_constraint(op.f("fk_reversals_returned_payment_id_returned_payments"), "reversals", type_="foreignkey")
    op.drop_constraint(op.f("uq_reversals_returned_payment_id"), "reversals")
    op.drop_column("reversals", "returned_payment_id")
    op.create_check_constraint(op.f("ck_reversals_one_target"), "reversals", _ONE_OF_THREE)
    op.drop_table("returned_payments")
