"""Receipts: the copies that were handed out, and the links by which borrowers open them."""

import sqlalchemy as sa

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "receipt_issues",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("copy_number", sa.BigInteger(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("copy_number > 0", name=op.f("ck_receipt_issues_copy_number")),
        sa.CheckConstraint("way IN ('PDF', 'PRINT', 'LINK', 'WHATSAPP')", name=op.f("ck_receipt_issues_way")),
        sa.ForeignKeyConstraint(["issued_by"], ["users.id"], name=op.f("fk_receipt_issues_issued_by_users")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_receipt_issues_payment_id_payments")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_issues")),
        sa.UniqueConstraint("payment_id", "copy_number", name=op.f("uq_receipt_issues_payment_id_copy_number")),
    )
    op.create_index(op.f("ix_receipt_issues_issued_by"), "receipt_issues", ["issued_by"], unique=False)
    op.execute("""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON receipt_issues
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history()
    """)
    op.create_table(
        "receipt_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("issue_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("revoked_by IS NULL OR revoked_at IS NOT NULL", name=op.f("ck_receipt_links_revoked")),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["receipt_issues.id"], name=op.f("fk_receipt_links_issue_id_receipt_issues")
        ),
        sa.ForeignKeyConstraint(["revoked_by"], ["users.id"], name=op.f("fk_receipt_links_revoked_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_links")),
        sa.UniqueConstraint("issue_id", name=op.f("uq_receipt_links_issue_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_receipt_links_token_hash")),
    )
    op.create_index(op.f("ix_receipt_links_revoked_by"), "receipt_links", ["revoked_by"], unique=False)


def downgrade() -> None:
    op.drop_table("receipt_links")
    op.drop_table("receipt_issues")
