"""The first schema: every table, and the triggers that keep history append-only."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("payments", "allocations", "message_events", "audit_events")


def upgrade() -> None:
    # People search by a part of a name; the extension is a trusted one, so the database's owner may create it.
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_table(
        "audit_heads",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_audit_heads")),
    )
    op.create_table(
        "company_settings",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tax_id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("support_channel", sa.Text(), nullable=False),
        sa.Column("support_hours", sa.Text(), nullable=False),
        sa.Column("late_fee_pct", sa.Numeric(precision=12, scale=6), nullable=False),
        sa.Column("mora_pct_month", sa.Numeric(precision=12, scale=6), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_company_settings_one_row")),
        sa.CheckConstraint("late_fee_pct >= 0 AND mora_pct_month >= 0", name=op.f("ck_company_settings_rates")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_settings")),
    )
    op.create_table(
        "holidays",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_holidays")),
    )
    op.create_table(
        "inbound_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_events")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_inbound_events_dedupe_key")),
    )
    op.create_index(
        "ix_inbound_events_due",
        "inbound_events",
        ["available_at"],
        unique=False,
        postgresql_where=sa.text("handled_at IS NULL"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role IN ('LOAN_MANAGEMENT', 'RENEGOTIATION_ANALYST', 'STREET_SUPERVISOR', 'SUPER_ADMIN')",
            name=op.f("ck_users_role"),
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_users_email_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "whatsapp_instances",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("connection_state", sa.Text(), nullable=False),
        sa.Column("state_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_reason", sa.Text(), nullable=False),
        sa.Column("lease_holder", sa.Uuid(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_send_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_whatsapp_instances")),
        sa.UniqueConstraint("name", name=op.f("uq_whatsapp_instances_name")),
    )
    op.create_table(
        "clients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tax_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("preferred_name", sa.Text(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("other_phone", sa.Text(), nullable=False),
        sa.Column("zip_code", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("street_number", sa.Text(), nullable=False),
        sa.Column("complement", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("occupation", sa.Text(), nullable=False),
        sa.Column("income_cents", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("blocked_reason", sa.Text(), nullable=False),
        sa.Column("accepts_messages", sa.Boolean(), nullable=False),
        sa.Column("consent_on", sa.Date(), nullable=False),
        sa.Column("consent_origin", sa.Text(), nullable=False),
        sa.Column("phone_flag", sa.Text(), nullable=False),
        sa.Column("credit_cents", sa.BigInteger(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("audit_count", sa.BigInteger(), nullable=False),
        sa.Column("audit_head", sa.Text(), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=True),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'COMPANY') = (tax_id ~ '^[0-9A-Z]{12}[0-9]{2}$')", name=op.f("ck_clients_tax_id_company")
        ),
        sa.CheckConstraint("(kind = 'PERSON') = (tax_id ~ '^[0-9]{11}$')", name=op.f("ck_clients_tax_id_person")),
        sa.CheckConstraint("kind IN ('PERSON', 'COMPANY')", name=op.f("ck_clients_kind")),
        sa.CheckConstraint("phone ~ '^[+]55[0-9]{10,11}$'", name=op.f("ck_clients_phone")),
        sa.CheckConstraint("status IN ('ACTIVE', 'BLOCKED')", name=op.f("ck_clients_status")),
        sa.CheckConstraint("credit_cents >= 0", name=op.f("ck_clients_credit")),
        sa.CheckConstraint("income_cents >= 0", name=op.f("ck_clients_income")),
        sa.ForeignKeyConstraint(["registered_by"], ["users.id"], name=op.f("fk_clients_registered_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
        sa.UniqueConstraint("number", name=op.f("uq_clients_number")),
        sa.UniqueConstraint("tax_id", name=op.f("uq_clients_tax_id")),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index("ix_clients_name", "clients", ["name", "id"], unique=False)
    op.create_index(op.f("ix_clients_registered_by"), "clients", ["registered_by"], unique=False)
    op.create_index(
        "ix_clients_search_text",
        "clients",
        ["search_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.create_table(
        "cycle_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cycle", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("replay_number", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clients_total", sa.BigInteger(), nullable=False),
        sa.Column("clients_done", sa.BigInteger(), nullable=False),
        sa.Column("examined", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("late_fee_cents_delta", sa.BigInteger(), nullable=False),
        sa.Column("mora_cents_delta", sa.BigInteger(), nullable=False),
        sa.Column("messages_queued", sa.BigInteger(), nullable=False),
        sa.Column("messages_skipped", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.CheckConstraint("cycle IN ('overdue', 'mora', 'charge')", name=op.f("ck_cycle_runs_cycle")),
        sa.CheckConstraint(
            "status IN ('SCHEDULED', 'RUNNING', 'SUCCESS', 'PARTIAL', 'FAILED', 'SKIPPED')",
            name=op.f("ck_cycle_runs_status"),
        ),
        sa.ForeignKeyConstraint(["requested_by"], ["users.id"], name=op.f("fk_cycle_runs_requested_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cycle_runs")),
        sa.UniqueConstraint(
            "cycle", "business_date", "replay_number", name=op.f("uq_cycle_runs_cycle_business_date_replay_number")
        ),
    )
    op.create_index(op.f("ix_cycle_runs_requested_by"), "cycle_runs", ["requested_by"], unique=False)
    op.create_index(op.f("ix_cycle_runs_status"), "cycle_runs", ["status"], unique=False)
    op.create_table(
        "login_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_login_sessions_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_sessions")),
        sa.UniqueConstraint("reference", name=op.f("uq_login_sessions_reference")),
    )
    op.create_index(op.f("ix_login_sessions_user_id"), "login_sessions", ["user_id"], unique=False)
    op.create_table(
        "audit_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("chain_number", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("record_kind", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_audit_events_actor_id_users")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_audit_events_client_id_clients")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
        sa.UniqueConstraint("chain", "chain_number", name=op.f("uq_audit_events_chain_chain_number")),
    )
    op.create_index(op.f("ix_audit_events_actor_id"), "audit_events", ["actor_id"], unique=False)
    op.create_index(op.f("ix_audit_events_client_id_id"), "audit_events", ["client_id", "id"], unique=False)
    op.create_index(op.f("ix_audit_events_record_id"), "audit_events", ["record_id"], unique=False)
    op.create_table(
        "cycle_failures",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_cycle_failures_client_id_clients")),
        sa.ForeignKeyConstraint(["run_id"], ["cycle_runs.id"], name=op.f("fk_cycle_failures_run_id_cycle_runs")),
        sa.PrimaryKeyConstraint("run_id", "client_id", name=op.f("pk_cycle_failures")),
    )
    op.create_index(op.f("ix_cycle_failures_client_id"), "cycle_failures", ["client_id"], unique=False)
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("template_version", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("snapshot", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_key", sa.Text(), nullable=True),
        sa.Column("provider_recipient", sa.Text(), nullable=True),
        sa.Column("provider_status", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'SENDING') = (leased_until IS NOT NULL)", name=op.f("ck_messages_sending_has_lease")
        ),
        sa.CheckConstraint("kind IN ('CHARGE', 'RECEIPT')", name=op.f("ck_messages_kind")),
        sa.CheckConstraint(
            "status IN ('QUEUED', 'SENDING', 'SENT', 'DELIVERED', 'READ', 'FAILED', 'UNKNOWN', 'WITHHELD', 'CANCELLED')",
            name=op.f("ck_messages_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('SENT', 'DELIVERED', 'READ') OR sent_at IS NOT NULL", name=op.f("ck_messages_sent_has_time")
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_messages_attempts")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_messages_client_id_clients")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_messages_created_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_messages_dedupe_key")),
    )
    op.create_index(op.f("ix_messages_client_id_created_at"), "messages", ["client_id", "created_at"], unique=False)
    op.create_index(op.f("ix_messages_created_at_id"), "messages", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_messages_created_by"), "messages", ["created_by"], unique=False)
    op.create_index(
        "ix_messages_due",
        "messages",
        ["available_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('QUEUED', 'SENDING')"),
    )
    op.create_index(
        "uq_messages_provider_key",
        "messages",
        ["provider_key"],
        unique=True,
        postgresql_where=sa.text("provider_key IS NOT NULL"),
    )
    op.create_table(
        "requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("principal_cents", sa.BigInteger(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("instalment_count", sa.BigInteger(), nullable=False),
        sa.Column("rate_pct", sa.Numeric(precision=12, scale=6), nullable=False),
        sa.Column("first_due_date", sa.Date(), nullable=False),
        sa.Column("skip_sundays", sa.Boolean(), nullable=False),
        sa.Column("skip_holidays", sa.Boolean(), nullable=False),
        sa.Column("late_fee_pct", sa.Numeric(precision=12, scale=6), nullable=True),
        sa.Column("mora_pct_month", sa.Numeric(precision=12, scale=6), nullable=True),
        sa.Column("effective_annual_cost_pct", sa.Numeric(precision=12, scale=6), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_on", sa.Date(), nullable=True),
        sa.Column("unapproved_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.Column("disbursed_by", sa.Uuid(), nullable=True),
        sa.Column("disbursed_on", sa.Date(), nullable=True),
        sa.Column("disbursed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disbursement_method", sa.Text(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("renegotiated_on", sa.Date(), nullable=True),
        sa.Column("lost_on", sa.Date(), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.Column("overdue_through", sa.Date(), nullable=True),
        sa.Column("overdue_run_id", sa.Uuid(), nullable=True),
        sa.Column("mora_through", sa.Date(), nullable=True),
        sa.Column("mora_run_id", sa.Uuid(), nullable=True),
        sa.Column("charge_run_id", sa.Uuid(), nullable=True),
        sa.Column("total_value_paid", sa.BigInteger(), nullable=False),
        sa.Column("total_value_to_breakeven", sa.BigInteger(), nullable=False),
        sa.Column("total_value_open", sa.BigInteger(), nullable=False),
        sa.Column("total_value_overdue", sa.BigInteger(), nullable=False),
        sa.Column("invoices_paid", sa.BigInteger(), nullable=False),
        sa.Column("next_due_date", sa.Date(), nullable=True),
        sa.Column("overdue_since", sa.Date(), nullable=True),
        sa.Column("metrics_updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'LOST') = (lost_on IS NOT NULL)", name=op.f("ck_requests_lost_has_date")),
        sa.CheckConstraint("(status = 'PAID') = (paid_on IS NOT NULL)", name=op.f("ck_requests_paid_has_date")),
        sa.CheckConstraint(
            "(status = 'RENEGOTIATED') = (renegotiated_on IS NOT NULL)", name=op.f("ck_requests_renegotiated_has_date")
        ),
        sa.CheckConstraint(
            "(status = 'UNAPPROVED') = (unapproved_on IS NOT NULL)", name=op.f("ck_requests_unapproved_has_date")
        ),
        sa.CheckConstraint(
            "NOT (status IN ('ACTIVE', 'PAID', 'RENEGOTIATED', 'LOST')) OR (disbursed_on IS NOT NULL AND overdue_through IS NOT NULL AND mora_through IS NOT NULL)",
            name=op.f("ck_requests_disbursed_has_date"),
        ),
        sa.CheckConstraint(
            "disbursement_method IN ('PIX', 'CASH', 'TRANSFER', 'BOLETO', 'CREDIT')",
            name=op.f("ck_requests_disbursement_method"),
        ),
        sa.CheckConstraint("plan IN ('FLAT', 'PRICE')", name=op.f("ck_requests_plan")),
        sa.CheckConstraint(
            "status IN ('OPEN', 'APPROVED', 'ACTIVE', 'PAID', 'RENEGOTIATED', 'UNAPPROVED', 'LOST')",
            name=op.f("ck_requests_status"),
        ),
        sa.CheckConstraint(
            "status IN ('OPEN', 'UNAPPROVED') OR (late_fee_pct >= 0 AND mora_pct_month >= 0 AND approved_on IS NOT NULL)",
            name=op.f("ck_requests_approved_has_rates"),
        ),
        sa.CheckConstraint("step IN ('DAILY', 'WEEKLY', 'BIWEEKLY', 'MONTHLY')", name=op.f("ck_requests_step")),
        sa.CheckConstraint(
            "principal_cents > 0 AND instalment_count > 0 AND rate_pct >= 0", name=op.f("ck_requests_terms")
        ),
        sa.CheckConstraint(
            "total_value_paid >= 0 AND total_value_to_breakeven >= 0 AND total_value_open >= 0 AND total_value_overdue >= 0",
            name=op.f("ck_requests_aggregates"),
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_requests_client_id_clients")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_requests_decided_by_users")),
        sa.ForeignKeyConstraint(["disbursed_by"], ["users.id"], name=op.f("fk_requests_disbursed_by_users")),
        sa.ForeignKeyConstraint(["parent_id"], ["requests.id"], name=op.f("fk_requests_parent_id_requests")),
        sa.ForeignKeyConstraint(["requested_by"], ["users.id"], name=op.f("fk_requests_requested_by_users")),
        sa.ForeignKeyConstraint(["root_id"], ["requests.id"], name=op.f("fk_requests_root_id_requests")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
        sa.UniqueConstraint("number", name=op.f("uq_requests_number")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index(
        "ix_requests_active_client",
        "requests",
        ["client_id"],
        unique=False,
        postgresql_where=sa.text("status = 'ACTIVE'"),
    )
    op.create_index(op.f("ix_requests_client_id"), "requests", ["client_id"], unique=False)
    op.create_index(op.f("ix_requests_decided_by"), "requests", ["decided_by"], unique=False)
    op.create_index(op.f("ix_requests_disbursed_by"), "requests", ["disbursed_by"], unique=False)
    op.create_index(op.f("ix_requests_parent_id"), "requests", ["parent_id"], unique=False)
    op.create_index(op.f("ix_requests_requested_by"), "requests", ["requested_by"], unique=False)
    op.create_index(op.f("ix_requests_root_id"), "requests", ["root_id"], unique=False)
    op.create_index("ix_requests_status_requested_at", "requests", ["status", "requested_at"], unique=False)
    op.create_table(
        "invoices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=False),
        sa.Column("effective_due_date", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("principal_cents", sa.BigInteger(), nullable=False),
        sa.Column("interest_cents", sa.BigInteger(), nullable=False),
        sa.Column("original_cents", sa.BigInteger(), nullable=False),
        sa.Column("late_fee_base_cents", sa.BigInteger(), nullable=False),
        sa.Column("late_fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("mora_base_cents", sa.BigInteger(), nullable=False),
        sa.Column("mora_remaining_base_cents", sa.BigInteger(), nullable=False),
        sa.Column("mora_frozen_cents", sa.BigInteger(), nullable=False),
        sa.Column("mora_since", sa.Date(), nullable=False),
        sa.Column("mora_cents", sa.BigInteger(), nullable=False),
        sa.Column("waived_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column(
            "open_cents",
            sa.BigInteger(),
            sa.Computed(
                "CASE WHEN status IN ('RENEGOTIATED', 'CANCELLED') THEN 0 ELSE original_cents + late_fee_cents + mora_cents - waived_cents - paid_cents END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("(status = 'PAID') = (paid_on IS NOT NULL)", name=op.f("ck_invoices_paid_has_date")),
        sa.CheckConstraint(
            "(status = 'PAID') = (status NOT IN ('RENEGOTIATED', 'CANCELLED') AND paid_cents + waived_cents = original_cents + late_fee_cents + mora_cents)",
            name=op.f("ck_invoices_paid_when_nothing_open"),
        ),
        sa.CheckConstraint(
            "status IN ('OPEN', 'UNPAID', 'PAID', 'RENEGOTIATED', 'CANCELLED')", name=op.f("ck_invoices_status")
        ),
        sa.CheckConstraint("effective_due_date >= due_date", name=op.f("ck_invoices_dates")),
        sa.CheckConstraint("late_fee_base_cents BETWEEN 0 AND original_cents", name=op.f("ck_invoices_late_fee_base")),
        sa.CheckConstraint(
            "late_fee_cents >= 0 AND mora_cents >= 0 AND mora_frozen_cents >= 0", name=op.f("ck_invoices_charges")
        ),
        sa.CheckConstraint("mora_base_cents BETWEEN 0 AND original_cents", name=op.f("ck_invoices_mora_base")),
        sa.CheckConstraint(
            "mora_remaining_base_cents BETWEEN 0 AND mora_base_cents", name=op.f("ck_invoices_mora_remaining_base")
        ),
        sa.CheckConstraint(
            "original_cents = principal_cents + interest_cents AND original_cents > 0",
            name=op.f("ck_invoices_original"),
        ),
        sa.CheckConstraint(
            "paid_cents >= 0 AND waived_cents >= 0 AND paid_cents + waived_cents <= original_cents + late_fee_cents + mora_cents",
            name=op.f("ck_invoices_never_over"),
        ),
        sa.CheckConstraint("principal_cents >= 0 AND interest_cents >= 0", name=op.f("ck_invoices_parts")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_invoices_request_id_requests")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("request_id", "number", name=op.f("uq_invoices_request_id_number")),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index("ix_invoices_effective_due_date", "invoices", ["effective_due_date", "id"], unique=False)
    op.create_index(
        "ix_invoices_unsettled_effective_due_date",
        "invoices",
        ["effective_due_date", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('OPEN', 'UNPAID')"),
    )
    op.create_table(
        "message_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=True),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_message_events_message_id_messages")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_events")),
    )
    op.create_index(op.f("ix_message_events_message_id"), "message_events", ["message_id"], unique=False)
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "method IN ('PIX', 'CASH', 'TRANSFER', 'BOLETO', 'CREDIT')", name=op.f("ck_payments_method")
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_payments_amount")),
        sa.CheckConstraint("received_on <= business_date", name=op.f("ck_payments_not_in_future")),
        sa.ForeignKeyConstraint(["registered_by"], ["users.id"], name=op.f("fk_payments_registered_by_users")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_payments_request_id_requests")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("number", name=op.f("uq_payments_number")),
    )
    op.create_index(op.f("ix_payments_received_on"), "payments", ["received_on"], unique=False)
    op.create_index(op.f("ix_payments_registered_by"), "payments", ["registered_by"], unique=False)
    op.create_index(op.f("ix_payments_request_id"), "payments", ["request_id"], unique=False)
    op.create_table(
        "allocations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("mora_cents", sa.BigInteger(), nullable=False),
        sa.Column("late_fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("interest_cents", sa.BigInteger(), nullable=False),
        sa.Column("principal_cents", sa.BigInteger(), nullable=False),
        sa.Column("cause_payment_id", sa.Uuid(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(mora_cents >= 0 AND late_fee_cents >= 0 AND interest_cents >= 0 AND principal_cents >= 0) OR (mora_cents <= 0 AND late_fee_cents <= 0 AND interest_cents <= 0 AND principal_cents <= 0)",
            name=op.f("ck_allocations_one_sign"),
        ),
        sa.CheckConstraint(
            "mora_cents + late_fee_cents + interest_cents + principal_cents <> 0", name=op.f("ck_allocations_not_empty")
        ),
        sa.ForeignKeyConstraint(
            ["cause_payment_id"], ["payments.id"], name=op.f("fk_allocations_cause_payment_id_payments")
        ),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_allocations_invoice_id_invoices")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_allocations_payment_id_payments")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocations")),
    )
    op.create_index(op.f("ix_allocations_cause_payment_id"), "allocations", ["cause_payment_id"], unique=False)
    op.create_index(op.f("ix_allocations_invoice_id"), "allocations", ["invoice_id"], unique=False)
    op.create_index(op.f("ix_allocations_payment_id"), "allocations", ["payment_id"], unique=False)
    op.execute("""
        CREATE FUNCTION refuse_to_change_history() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'the rows of % are append-only: a correction is a new row', TG_TABLE_NAME
            USING ERRCODE = '23001';
        END $$
    """)
    for table in APPEND_ONLY:
        op.execute(f"""
            CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history()
        """)


def downgrade() -> None:
    op.drop_index(op.f("ix_allocations_payment_id"), table_name="allocations")
    op.drop_index(op.f("ix_allocations_invoice_id"), table_name="allocations")
    op.drop_index(op.f("ix_allocations_cause_payment_id"), table_name="allocations")
    op.drop_table("allocations")
    op.drop_index(op.f("ix_payments_request_id"), table_name="payments")
    op.drop_index(op.f("ix_payments_registered_by"), table_name="payments")
    op.drop_index(op.f("ix_payments_received_on"), table_name="payments")
    op.drop_table("payments")
    op.drop_index(op.f("ix_message_events_message_id"), table_name="message_events")
    op.drop_table("message_events")
    op.drop_index(
        "ix_invoices_unsettled_effective_due_date",
        table_name="invoices",
        postgresql_where=sa.text("status IN ('OPEN', 'UNPAID')"),
    )
    op.drop_index("ix_invoices_effective_due_date", table_name="invoices")
    op.drop_table("invoices")
    op.drop_index("ix_requests_status_requested_at", table_name="requests")
    op.drop_index(op.f("ix_requests_root_id"), table_name="requests")
    op.drop_index(op.f("ix_requests_requested_by"), table_name="requests")
    op.drop_index(op.f("ix_requests_parent_id"), table_name="requests")
    op.drop_index(op.f("ix_requests_disbursed_by"), table_name="requests")
    op.drop_index(op.f("ix_requests_decided_by"), table_name="requests")
    op.drop_index(op.f("ix_requests_client_id"), table_name="requests")
    op.drop_index("ix_requests_active_client", table_name="requests", postgresql_where=sa.text("status = 'ACTIVE'"))
    op.drop_table("requests")
    op.drop_index(
        "uq_messages_provider_key", table_name="messages", postgresql_where=sa.text("provider_key IS NOT NULL")
    )
    op.drop_index("ix_messages_due", table_name="messages", postgresql_where=sa.text("status IN ('QUEUED', 'SENDING')"))
    op.drop_index(op.f("ix_messages_created_by"), table_name="messages")
    op.drop_index(op.f("ix_messages_created_at_id"), table_name="messages")
    op.drop_index(op.f("ix_messages_client_id_created_at"), table_name="messages")
    op.drop_table("messages")
    op.drop_index(op.f("ix_cycle_failures_client_id"), table_name="cycle_failures")
    op.drop_table("cycle_failures")
    op.drop_index(op.f("ix_audit_events_record_id"), table_name="audit_events")
    op.drop_index(op.f("ix_audit_events_client_id_id"), table_name="audit_events")
    op.drop_index(op.f("ix_audit_events_actor_id"), table_name="audit_events")
    op.drop_table("audit_events")
    op.drop_index(op.f("ix_login_sessions_user_id"), table_name="login_sessions")
    op.drop_table("login_sessions")
    op.drop_index(op.f("ix_cycle_runs_status"), table_name="cycle_runs")
    op.drop_index(op.f("ix_cycle_runs_requested_by"), table_name="cycle_runs")
    op.drop_table("cycle_runs")
    op.drop_index(
        "ix_clients_search_text",
        table_name="clients",
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.drop_index(op.f("ix_clients_registered_by"), table_name="clients")
    op.drop_index("ix_clients_name", table_name="clients")
    op.drop_table("clients")
    op.drop_table("whatsapp_instances")
    op.drop_table("users")
    op.drop_index("ix_inbound_events_due", table_name="inbound_events", postgresql_where=sa.text("handled_at IS NULL"))
    op.drop_table("inbound_events")
    op.drop_table("holidays")
    op.drop_table("company_settings")
    op.drop_table("audit_heads")
    op.execute("DROP FUNCTION refuse_to_change_history()")
