"""Cycles: runs over a part of the book, what a replay changed, proofs of the book, and no reminders on holidays."""

import sqlalchemy as sa

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "company_settings",
        sa.Column("skips_charge_on_holidays", sa.Boolean(), nullable=False, server_default=sa.text("false")),
    )
    op.alter_column("company_settings", "skips_charge_on_holidays", server_default=None)
    op.add_column("cycle_runs", sa.Column("retry_of", sa.Uuid(), nullable=True))
    op.add_column("cycle_runs", sa.Column("only_client_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_cycle_runs_retry_of_cycle_runs"), "cycle_runs", "cycle_runs", ["retry_of"], ["id"])
    op.create_foreign_key(
        op.f("fk_cycle_runs_only_client_id_clients"), "cycle_runs", "clients", ["only_client_id"], ["id"]
    )
    op.create_check_constraint(
        op.f("ck_cycle_runs_one_part"), "cycle_runs", "retry_of IS NULL OR only_client_id IS NULL"
    )
    op.create_index(op.f("ix_cycle_runs_retry_of"), "cycle_runs", ["retry_of"])
    op.create_index(op.f("ix_cycle_runs_only_client_id"), "cycle_runs", ["only_client_id"])
    op.create_table(
        "cycle_items",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("invoices", sa.BigInteger(), nullable=False),
        sa.Column("cents_before", sa.BigInteger(), nullable=False),
        sa.Column("cents_after", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["cycle_runs.id"], name=op.f("fk_cycle_items_run_id_cycle_runs")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_cycle_items_request_id_requests")),
        sa.PrimaryKeyConstraint("run_id", "request_id", name=op.f("pk_cycle_items")),
    )
    op.create_index(op.f("ix_cycle_items_request_id"), "cycle_items", ["request_id"])
    op.create_table(
        "proofs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("requests_checked", sa.BigInteger(), nullable=False),
        sa.Column("clients_checked", sa.BigInteger(), nullable=False),
        sa.Column("differences", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["requested_by"], ["users.id"], name=op.f("fk_proofs_requested_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proofs")),
    )
    op.create_index(op.f("ix_proofs_requested_by"), "proofs", ["requested_by"])
    op.create_index(op.f("ix_proofs_opened_at"), "proofs", ["opened_at"])
    op.create_index(
        "uq_proofs_clock", "proofs", ["business_date"], unique=True,
        postgresql_where=sa.text("requested_by IS NULL"),
    )  # fmt: skip
    op.create_table(
        "proof_differences",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("proof_id", sa.Uuid(), nullable=False),
        sa.Column("invariant", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["proof_id"], ["proofs.id"], name=op.f("fk_proof_differences_proof_id_proofs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proof_differences")),
    )
    op.create_index(op.f("ix_proof_differences_proof_id"), "proof_differences", ["proof_id"])
    # The cycles look at the unsettled invoices of a contract up to a date.
    op.create_index(
        "ix_invoices_unsettled_request_id", "invoices", ["request_id", "effective_due_date"],
        postgresql_where=sa.text("status IN ('OPEN', 'UNPAID')"),
    )  # fmt: skip
    # A nightly update of every row of a page stays on it, without a new entry in every index; pages written before
    # keep their rows until these move.
    op.execute("ALTER TABLE invoices SET (fillfactor = 50)")
    op.execute("ALTER TABLE requests SET (fillfactor = 50)")


def downgrade() -> None:
    op.execute("ALTER TABLE requests SET (fillfactor = 70)")
    op.execute("ALTER TABLE invoices SET (fillfactor = 80)")
    op.drop_index("ix_invoices_unsettled_request_id", table_name="invoices")
    op.drop_table("proof_differences")
    op.drop_table("proofs")
    op.drop_table("cycle_items")
    op.drop_index(op.f("ix_cycle_runs_only_client_id"), table_name="cycle_runs")
    op.drop_index(op.f("ix_cycle_runs_retry_of"), table_name="cycle_runs")
    op.drop_constraint(op.f("ck_cycle_runs_one_part"), "cycle_runs")
    op.drop_constraint(op.f("fk_cycle_runs_only_client_id_clients"), "cycle_runs")
    op.drop_constraint(op.f("fk_cycle_runs_retry_of_cycle_runs"), "cycle_runs")
    op.drop_column("cycle_runs", "only_client_id")
    op.drop_column("cycle_runs", "retry_of")
    op.drop_column("company_settings", "skips_charge_on_holidays")
