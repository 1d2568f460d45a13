"""Guarantors: who answers for the loans of a chain, by the first request of it."""

import sqlalchemy as sa

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guarantors",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tax_id", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("phone = '' OR phone ~ '^[+]55[0-9]{10,11}$'", name=op.f("ck_guarantors_phone")),
        sa.CheckConstraint(
            "tax_id = '' OR tax_id ~ '^[0-9]{11}$' OR tax_id ~ '^[0-9A-Z]{12}[0-9]{2}$'",
            name=op.f("ck_guarantors_tax_id"),
        ),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_guarantors_request_id_requests")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_guarantors")),
    )


def downgrade() -> None:
    op.drop_table("guarantors")
