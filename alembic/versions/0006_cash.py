"""Cash: what is handed in and counted; the ceiling is on what is in hand, no longer on a day."""

import sqlalchemy as sa

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_OTHER_LIMITS = "'approve_cents', 'write_off_cents', 'waive_pct', 'discount_pct'"


def upgrade() -> None:
    op.create_table(
        "cash_hand_ins",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("handed_in_by", sa.Uuid(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expected_cents", sa.BigInteger(), nullable=True),
        sa.Column("counted_cents", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("checked_by", sa.Uuid(), nullable=True),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "amount_cents > 0 AND expected_cents >= 0 AND counted_cents >= 0", name=op.f("ck_cash_hand_ins_amounts")
        ),
        sa.CheckConstraint(
            "(status = 'CHECKED') = (num_nonnulls(expected_cents, counted_cents, checked_on, checked_at) = 4)",
            name=op.f("ck_cash_hand_ins_checked"),
        ),
        sa.CheckConstraint(
            "checked_by <> holder_id AND checked_by <> handed_in_by", name=op.f("ck_cash_hand_ins_second_person")
        ),
        sa.CheckConstraint(
            "counted_cents = expected_cents OR reason <> ''", name=op.f("ck_cash_hand_ins_difference_has_reason")
        ),
        sa.CheckConstraint("status IN ('OPEN', 'CHECKED')", name=op.f("ck_cash_hand_ins_status")),
        sa.ForeignKeyConstraint(["checked_by"], ["users.id"], name=op.f("fk_cash_hand_ins_checked_by_users")),
        sa.ForeignKeyConstraint(["handed_in_by"], ["users.id"], name=op.f("fk_cash_hand_ins_handed_in_by_users")),
        sa.ForeignKeyConstraint(["holder_id"], ["users.id"], name=op.f("fk_cash_hand_ins_holder_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cash_hand_ins")),
        sa.UniqueConstraint("number", name=op.f("uq_cash_hand_ins_number")),
    )
    op.create_index(op.f("ix_cash_hand_ins_checked_by"), "cash_hand_ins", ["checked_by"], unique=False)
    op.create_index(op.f("ix_cash_hand_ins_handed_in_by"), "cash_hand_ins", ["handed_in_by"], unique=False)
    op.create_index(op.f("ix_cash_hand_ins_holder_id"), "cash_hand_ins", ["holder_id"], unique=False)
    op.create_index("ix_cash_hand_ins_status_handed_in_at", "cash_hand_ins", ["status", "handed_in_at"], unique=False)
    op.create_table(
        "handed_in_payments",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("hand_in_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hand_in_id"], ["cash_hand_ins.id"], name=op.f("fk_handed_in_payments_hand_in_id_cash_hand_ins")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_handed_in_payments_payment_id_payments")
        ),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_handed_in_payments")),
    )
    op.create_index(op.f("ix_handed_in_payments_hand_in_id"), "handed_in_payments", ["hand_in_id"], unique=False)
    _close_the_past()
    op.execute("""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON handed_in_payments
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history()
    """)
    _rename_limit("cash_day_cents", "cash_in_hand_cents")


def _close_the_past() -> None:
    """Take the cash of before this control as handed in and counted: it was, and nobody could say so here."""
    op.execute("""
        WITH cash AS (
            SELECT p.id, p.registered_by, p.amount_cents, p.business_date, p.registered_at FROM payments p
             WHERE p.method = 'CASH' AND p.registered_by IS NOT NULL
               AND NOT EXISTS (SELECT FROM reversals r WHERE r.payment_id = p.id)
        ), closed AS (
            INSERT INTO cash_hand_ins (id, holder_id, amount_cents, status, business_date, handed_in_at,
                                       expected_cents, counted_cents, reason, checked_on, checked_at)
            SELECT gen_random_uuid(), registered_by, sum(amount_cents), 'CHECKED', max(business_date),
                   max(registered_at), sum(amount_cents), sum(amount_cents), '', max(business_date), max(registered_at)
              FROM cash GROUP BY registered_by
            RETURNING id, holder_id
        )
        INSERT INTO handed_in_payments (payment_id, hand_in_id)
        SELECT cash.id, closed.id FROM cash JOIN closed ON closed.holder_id = cash.registered_by
    """)


def _rename_limit(old: str, new: str) -> None:
    op.drop_constraint(op.f("ck_role_limits_name"), "role_limits")
    op.execute(f"UPDATE role_limits SET name = '{new}' WHERE name = '{old}'")  # noqa: S608 - our own two words.
    op.create_check_constraint(
        op.f("ck_role_limits_name"), "role_limits", f"name IN ({_OTHER_LIMITS}, '{new}', 'backdate_days')"
    )


def downgrade() -> None:
    _rename_limit("cash_in_hand_cents", "cash_day_cents")
    op.drop_index(op.f("ix_handed_in_payments_hand_in_id"), table_name="handed_in_payments")
    op.drop_table("handed_in_payments")
    op.drop_index("ix_cash_hand_ins_status_handed_in_at", table_name="cash_hand_ins")
    op.drop_index(op.f("ix_cash_hand_ins_holder_id"), table_name="cash_hand_ins")
    op.drop_index(op.f("ix_cash_hand_ins_handed_in_by"), table_name="cash_hand_ins")
    op.drop_index(op.f("ix_cash_hand_ins_checked_by"), table_name="cash_hand_ins")
    op.drop_table("cash_hand_ins")
