"""Money: reversals, adjustments, refunds and uses of credit, early settlements, moved due dates, and their limits."""

import sqlalchemy as sa

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPEND_ONLY = ("reversals", "adjustments", "credit_uses", "refunds", "settled_invoices", "due_date_changes")
NEW_COLUMNS = (
    ("company_settings", "remainder_waive_cents", "100"),
    ("requests", "credit_cents", "0"),
    ("invoices", "waived_late_fee_cents", "0"),
    ("invoices", "waived_mora_cents", "0"),
)
_WAIVED_CHARGES = (
    "waived_late_fee_cents BETWEEN 0 AND late_fee_cents AND waived_mora_cents BETWEEN 0 AND mora_cents"
    " AND waived_late_fee_cents + waived_mora_cents <= waived_cents"
)
_LIMITS_BEFORE = "'approve_cents', 'write_off_cents', 'waive_pct', 'discount_pct', 'cash_day_cents'"
_AGGREGATES = "total_value_paid >= 0 AND total_value_to_breakeven >= 0 AND total_value_open >= 0"


def upgrade() -> None:
    op.create_table(
        "refunds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("refunded_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("refunded_by", sa.Uuid(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("refunded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("method IN ('PIX', 'CASH', 'TRANSFER')", name=op.f("ck_refunds_method")),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_refunds_amount")),
        sa.CheckConstraint("refunded_on <= business_date", name=op.f("ck_refunds_not_in_future")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_refunds_client_id_clients")),
        sa.ForeignKeyConstraint(["refunded_by"], ["users.id"], name=op.f("fk_refunds_refunded_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("number", name=op.f("uq_refunds_number")),
    )
    op.create_index(op.f("ix_refunds_client_id"), "refunds", ["client_id"], unique=False)
    op.create_index(op.f("ix_refunds_refunded_by"), "refunds", ["refunded_by"], unique=False)
    op.create_table(
        "adjustments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(kind = 'WAIVER') = (payment_id IS NULL)", name=op.f("ck_adjustments_waiver_stands_alone")),
        sa.CheckConstraint(
            "component IN ('MORA', 'LATE_FEE', 'INTEREST', 'PRINCIPAL')", name=op.f("ck_adjustments_component")
        ),
        sa.CheckConstraint(
            "kind <> 'WAIVER' OR component IN ('MORA', 'LATE_FEE')", name=op.f("ck_adjustments_waiver_of_charges")
        ),
        sa.CheckConstraint("kind IN ('WAIVER', 'REMAINDER', 'SETTLEMENT')", name=op.f("ck_adjustments_kind")),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_adjustments_amount")),
        sa.CheckConstraint("granted_on <= business_date", name=op.f("ck_adjustments_not_in_future")),
        sa.ForeignKeyConstraint(["granted_by"], ["users.id"], name=op.f("fk_adjustments_granted_by_users")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_adjustments_invoice_id_invoices")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_adjustments_payment_id_payments")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_adjustments_request_id_requests")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustments")),
        sa.UniqueConstraint("number", name=op.f("uq_adjustments_number")),
        sa.UniqueConstraint(
            "order_id", "invoice_id", "component", name=op.f("uq_adjustments_order_id_invoice_id_component")
        ),
    )
    op.create_index(op.f("ix_adjustments_granted_by"), "adjustments", ["granted_by"], unique=False)
    op.create_index(op.f("ix_adjustments_invoice_id"), "adjustments", ["invoice_id"], unique=False)
    op.create_index(op.f("ix_adjustments_payment_id"), "adjustments", ["payment_id"], unique=False)
    op.create_index(op.f("ix_adjustments_request_id"), "adjustments", ["request_id"], unique=False)
    op.create_table(
        "credit_uses",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source_payment_id", sa.Uuid(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("used_by_payment_id", sa.Uuid(), nullable=True),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_credit_uses_amount")),
        sa.CheckConstraint("num_nonnulls(used_by_payment_id, refund_id) = 1", name=op.f("ck_credit_uses_one_user")),
        sa.CheckConstraint("used_by_payment_id <> source_payment_id", name=op.f("ck_credit_uses_not_itself")),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"], name=op.f("fk_credit_uses_refund_id_refunds")),
        sa.ForeignKeyConstraint(
            ["source_payment_id"], ["payments.id"], name=op.f("fk_credit_uses_source_payment_id_payments")
        ),
        sa.ForeignKeyConstraint(
            ["used_by_payment_id"], ["payments.id"], name=op.f("fk_credit_uses_used_by_payment_id_payments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_uses")),
    )
    op.create_index(op.f("ix_credit_uses_refund_id"), "credit_uses", ["refund_id"], unique=False)
    op.create_index(op.f("ix_credit_uses_source_payment_id"), "credit_uses", ["source_payment_id"], unique=False)
    op.create_index(op.f("ix_credit_uses_used_by_payment_id"), "credit_uses", ["used_by_payment_id"], unique=False)
    op.create_table(
        "due_date_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("old_due_date", sa.Date(), nullable=False),
        sa.Column("new_due_date", sa.Date(), nullable=False),
        sa.Column("old_effective_due_date", sa.Date(), nullable=False),
        sa.Column("new_effective_due_date", sa.Date(), nullable=False),
        sa.Column("late_fee_relief_cents", sa.BigInteger(), nullable=False),
        sa.Column("mora_relief_cents", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "late_fee_relief_cents >= 0 AND mora_relief_cents >= 0", name=op.f("ck_due_date_changes_relief")
        ),
        sa.CheckConstraint("new_due_date <> old_due_date", name=op.f("ck_due_date_changes_moves")),
        sa.CheckConstraint(
            "old_effective_due_date >= old_due_date AND new_effective_due_date >= new_due_date",
            name=op.f("ck_due_date_changes_effective"),
        ),
        sa.ForeignKeyConstraint(["changed_by"], ["users.id"], name=op.f("fk_due_date_changes_changed_by_users")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_due_date_changes_invoice_id_invoices")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_due_date_changes")),
        sa.UniqueConstraint("number", name=op.f("uq_due_date_changes_number")),
    )
    op.create_index(op.f("ix_due_date_changes_changed_by"), "due_date_changes", ["changed_by"], unique=False)
    op.create_index(op.f("ix_due_date_changes_invoice_id"), "due_date_changes", ["invoice_id"], unique=False)
    op.create_table(
        "settled_invoices",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_settled_invoices_invoice_id_invoices")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_settled_invoices_payment_id_payments")),
        sa.PrimaryKeyConstraint("payment_id", "invoice_id", name=op.f("pk_settled_invoices")),
    )
    op.create_index(op.f("ix_settled_invoices_invoice_id"), "settled_invoices", ["invoice_id"], unique=False)
    op.create_table(
        "reversals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("adjustment_id", sa.Uuid(), nullable=True),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reversed_by", sa.Uuid(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_reversals_reason")),
        sa.CheckConstraint(
            "num_nonnulls(payment_id, adjustment_id, refund_id) = 1", name=op.f("ck_reversals_one_target")
        ),
        sa.ForeignKeyConstraint(
            ["adjustment_id"], ["adjustments.id"], name=op.f("fk_reversals_adjustment_id_adjustments")
        ),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_reversals_payment_id_payments")),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"], name=op.f("fk_reversals_refund_id_refunds")),
        sa.ForeignKeyConstraint(["reversed_by"], ["users.id"], name=op.f("fk_reversals_reversed_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reversals")),
        sa.UniqueConstraint("adjustment_id", name=op.f("uq_reversals_adjustment_id")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_reversals_payment_id")),
        sa.UniqueConstraint("refund_id", name=op.f("uq_reversals_refund_id")),
    )
    op.create_index(op.f("ix_reversals_reversed_by"), "reversals", ["reversed_by"], unique=False)
    op.add_column("allocations", sa.Column("cause_reversal_id", sa.Uuid(), nullable=True))
    op.add_column("allocations", sa.Column("cause_adjustment_id", sa.Uuid(), nullable=True))
    op.add_column("allocations", sa.Column("cause_due_date_change_id", sa.Uuid(), nullable=True))
    op.alter_column("allocations", "cause_payment_id", existing_type=sa.UUID(), nullable=True)
    op.create_index(op.f("ix_allocations_cause_adjustment_id"), "allocations", ["cause_adjustment_id"], unique=False)
    op.create_index(
        op.f("ix_allocations_cause_due_date_change_id"), "allocations", ["cause_due_date_change_id"], unique=False
    )
    op.create_index(op.f("ix_allocations_cause_reversal_id"), "allocations", ["cause_reversal_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_allocations_cause_reversal_id_reversals"), "allocations", "reversals", ["cause_reversal_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_allocations_cause_due_date_change_id_due_date_changes"),
        "allocations",
        "due_date_changes",
        ["cause_due_date_change_id"],
        ["id"],
    )
    op.create_foreign_key(
        op.f("fk_allocations_cause_adjustment_id_adjustments"),
        "allocations",
        "adjustments",
        ["cause_adjustment_id"],
        ["id"],
    )
    op.create_check_constraint(
        op.f("ck_allocations_one_cause"),
        "allocations",
        "num_nonnulls(cause_payment_id, cause_reversal_id, cause_adjustment_id, cause_due_date_change_id) = 1",
    )
    # The rows that stand get a value; from then on the product says it.
    for table, column, value in NEW_COLUMNS:
        op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=False, server_default=value))
        op.alter_column(table, column, server_default=None)
    op.create_check_constraint(op.f("ck_invoices_waived_charges"), "invoices", _WAIVED_CHARGES)
    op.execute("""
        UPDATE requests r SET credit_cents = p.cents
          FROM (SELECT request_id, sum(amount_cents - coalesce(a.cents, 0)) AS cents
                  FROM payments LEFT JOIN (
                       SELECT payment_id, sum(mora_cents + late_fee_cents + interest_cents + principal_cents) AS cents
                         FROM allocations GROUP BY payment_id) a ON a.payment_id = payments.id
                 GROUP BY request_id) p
         WHERE p.request_id = r.id AND p.cents <> 0
    """)
    op.create_check_constraint(op.f("ck_company_settings_remainder"), "company_settings", "remainder_waive_cents >= 0")
    _replace_check("requests", "aggregates", f"{_AGGREGATES} AND total_value_overdue >= 0 AND credit_cents >= 0")
    _replace_check("role_limits", "name", f"name IN ({_LIMITS_BEFORE}, 'backdate_days')")
    for table in APPEND_ONLY:
        op.execute(f"""
            CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history()
        """)


def _replace_check(table: str, name: str, rule: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule)


def downgrade() -> None:
    op.execute("DELETE FROM role_limits WHERE name = 'backdate_days'")
    _replace_check("role_limits", "name", f"name IN ({_LIMITS_BEFORE})")
    _replace_check("requests", "aggregates", f"{_AGGREGATES} AND total_value_overdue >= 0")
    for table, column, _ in NEW_COLUMNS:
        op.drop_column(table, column)
    op.drop_constraint(op.f("ck_allocations_one_cause"), "allocations")
    op.drop_constraint(op.f("fk_allocations_cause_adjustment_id_adjustments"), "allocations", type_="foreignkey")
    op.drop_constraint(
        op.f("fk_allocations_cause_due_date_change_id_due_date_changes"), "allocations", type_="foreignkey"
    )
    op.drop_constraint(op.f("fk_allocations_cause_reversal_id_reversals"), "allocations", type_="foreignkey")
    op.drop_index(op.f("ix_allocations_cause_reversal_id"), table_name="allocations")
    op.drop_index(op.f("ix_allocations_cause_due_date_change_id"), table_name="allocations")
    op.drop_index(op.f("ix_allocations_cause_adjustment_id"), table_name="allocations")
    op.alter_column("allocations", "cause_payment_id", existing_type=sa.UUID(), nullable=False)
    op.drop_column("allocations", "cause_due_date_change_id")
    op.drop_column("allocations", "cause_adjustment_id")
    op.drop_column("allocations", "cause_reversal_id")
    op.drop_index(op.f("ix_reversals_reversed_by"), table_name="reversals")
    op.drop_table("reversals")
    op.drop_index(op.f("ix_settled_invoices_invoice_id"), table_name="settled_invoices")
    op.drop_table("settled_invoices")
    op.drop_index(op.f("ix_due_date_changes_invoice_id"), table_name="due_date_changes")
    op.drop_index(op.f("ix_due_date_changes_changed_by"), table_name="due_date_changes")
    op.drop_table("due_date_changes")
    op.drop_index(op.f("ix_credit_uses_used_by_payment_id"), table_name="credit_uses")
    op.drop_index(op.f("ix_credit_uses_source_payment_id"), table_name="credit_uses")
    op.drop_index(op.f("ix_credit_uses_refund_id"), table_name="credit_uses")
    op.drop_table("credit_uses")
    op.drop_index(op.f("ix_adjustments_request_id"), table_name="adjustments")
    op.drop_index(op.f("ix_adjustments_payment_id"), table_name="adjustments")
    op.drop_index(op.f("ix_adjustments_invoice_id"), table_name="adjustments")
    op.drop_index(op.f("ix_adjustments_granted_by"), table_name="adjustments")
    op.drop_table("adjustments")
    op.drop_index(op.f("ix_refunds_refunded_by"), table_name="refunds")
    op.drop_index(op.f("ix_refunds_client_id"), table_name="refunds")
    op.drop_table("refunds")
