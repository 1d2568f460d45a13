"""Renegotiations: offers, and the day on which the charges of a request that an agreement closed end."""

import sqlalchemy as sa

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "renegotiations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("offered_on", sa.Date(), nullable=False),
        sa.Column("valid_through", sa.Date(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("instalment_count", sa.BigInteger(), nullable=False),
        sa.Column("rate_pct", sa.Numeric(precision=12, scale=6), nullable=False),
        sa.Column("first_due_date", sa.Date(), nullable=False),
        sa.Column("skip_sundays", sa.Boolean(), nullable=False),
        sa.Column("skip_holidays", sa.Boolean(), nullable=False),
        sa.Column("mora_discount_pct", sa.Numeric(precision=12, scale=6), nullable=False),
        sa.Column("late_fee_discount_pct", sa.Numeric(precision=12, scale=6), nullable=False),
        sa.Column("original_discount_pct", sa.Numeric(precision=12, scale=6), nullable=False),
        sa.Column("down_payment_cents", sa.BigInteger(), nullable=False),
        sa.Column("debt_original_cents", sa.BigInteger(), nullable=False),
        sa.Column("debt_late_fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("debt_mora_cents", sa.BigInteger(), nullable=False),
        sa.Column("promised_total_cents", sa.BigInteger(), nullable=False),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("drafted_by", sa.Uuid(), nullable=True),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approval_reason", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("new_request_id", sa.Uuid(), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing_reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(status = 'ACCEPTED') = (accepted_on IS NOT NULL)", name=op.f("ck_renegotiations_accepted_has_date")
        ),
        sa.CheckConstraint(
            "(status = 'ACCEPTED') = (new_request_id IS NOT NULL)", name=op.f("ck_renegotiations_accepted_has_request")
        ),
        sa.CheckConstraint("plan IN ('FLAT', 'PRICE')", name=op.f("ck_renegotiations_plan")),
        sa.CheckConstraint(
            "status IN ('DRAFT', 'PROPOSED', 'ACCEPTED', 'REJECTED', 'EXPIRED')", name=op.f("ck_renegotiations_status")
        ),
        sa.CheckConstraint("step IN ('DAILY', 'WEEKLY', 'BIWEEKLY', 'MONTHLY')", name=op.f("ck_renegotiations_step")),
        sa.CheckConstraint("approved_by <> drafted_by", name=op.f("ck_renegotiations_second_person")),
        sa.CheckConstraint(
            "down_payment_cents >= 0 AND instalment_count > 0 AND rate_pct >= 0", name=op.f("ck_renegotiations_terms")
        ),
        sa.CheckConstraint(
            "mora_discount_pct BETWEEN 0 AND 100 AND late_fee_discount_pct BETWEEN 0 AND 100 AND original_discount_pct BETWEEN 0 AND 100",
            name=op.f("ck_renegotiations_discounts"),
        ),
        sa.CheckConstraint("valid_through > offered_on", name=op.f("ck_renegotiations_validity")),
        sa.ForeignKeyConstraint(["approved_by"], ["users.id"], name=op.f("fk_renegotiations_approved_by_users")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_renegotiations_client_id_clients")),
        sa.ForeignKeyConstraint(["closed_by"], ["users.id"], name=op.f("fk_renegotiations_closed_by_users")),
        sa.ForeignKeyConstraint(["drafted_by"], ["users.id"], name=op.f("fk_renegotiations_drafted_by_users")),
        sa.ForeignKeyConstraint(
            ["new_request_id"], ["requests.id"], name=op.f("fk_renegotiations_new_request_id_requests")
        ),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_renegotiations_request_id_requests")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renegotiations")),
        sa.UniqueConstraint("new_request_id", name=op.f("uq_renegotiations_new_request_id")),
        sa.UniqueConstraint("number", name=op.f("uq_renegotiations_number")),
    )
    op.create_index(op.f("ix_renegotiations_approved_by"), "renegotiations", ["approved_by"], unique=False)
    op.create_index(op.f("ix_renegotiations_client_id"), "renegotiations", ["client_id"], unique=False)
    op.create_index(op.f("ix_renegotiations_closed_by"), "renegotiations", ["closed_by"], unique=False)
    op.create_index(op.f("ix_renegotiations_drafted_by"), "renegotiations", ["drafted_by"], unique=False)
    op.create_index(op.f("ix_renegotiations_request_id"), "renegotiations", ["request_id"], unique=False)
    op.create_index("ix_renegotiations_status_drafted_at", "renegotiations", ["status", "drafted_at"], unique=False)
    op.create_index(
        "uq_renegotiations_accepted",
        "renegotiations",
        ["request_id"],
        unique=True,
        postgresql_where=sa.text("status = 'ACCEPTED'"),
    )
    op.add_column("requests", sa.Column("charges_end_on", sa.Date(), nullable=True))
    op.create_check_constraint(
        op.f("ck_requests_renegotiated_has_end"), "requests", "(status = 'RENEGOTIATED') = (charges_end_on IS NOT NULL)"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_requests_renegotiated_has_end"), "requests")
    op.drop_column("requests", "charges_end_on")
    op.drop_index(
        "uq_renegotiations_accepted", table_name="renegotiations", postgresql_where=sa.text("status = 'ACCEPTED'")
    )
    op.drop_index("ix_renegotiations_status_drafted_at", table_name="renegotiations")
    op.drop_index(op.f("ix_renegotiations_request_id"), table_name="renegotiations")
    op.drop_index(op.f("ix_renegotiations_drafted_by"), table_name="renegotiations")
    op.drop_index(op.f("ix_renegotiations_closed_by"), table_name="renegotiations")
    op.drop_index(op.f("ix_renegotiations_client_id"), table_name="renegotiations")
    op.drop_index(op.f("ix_renegotiations_approved_by"), table_name="renegotiations")
    op.drop_table("renegotiations")
