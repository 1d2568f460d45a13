"""Access: links, second factors, throttles and limits; assigned clients; follow-ups, documents, approvals."""

import sqlalchemy as sa

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_PERSON = "(kind = 'PERSON') = (tax_id ~ '^[0-9]{11}$')"
_COMPANY = "(kind = 'COMPANY') = (tax_id ~ '^[0-9A-Z]{12}[0-9]{2}$')"
_PHONE = "phone ~ '^[+]55[0-9]{10,11}$'"
_OF_CLIENTS = (("tax_id_person", _PERSON), ("tax_id_company", _COMPANY), ("phone", _PHONE))

# Whose the webhooks are that came before: those about a text by its key, then answers by a number that one client has.
_OF_TEXTS = """
    UPDATE inbound_events AS event SET client_id = message.client_id FROM messages AS message
     WHERE message.provider_key = coalesce(event.payload #>> '{data,keyId}', event.payload #>> '{data,key,id}')
"""
# WhatsApp may know a mobile number without its 9 (`domain.delivery.digits_at_whatsapp`).
_OF_NUMBERS = """
    WITH numbers AS (
        SELECT id, substr(phone, 2) AS digits FROM clients UNION SELECT id, substr(other_phone, 2) FROM clients
    ), known AS (
        SELECT id, digits FROM numbers WHERE digits <> ''
        UNION SELECT id, left(digits, 4) || substr(digits, 6) FROM numbers WHERE digits ~ '^[0-9]{4}9[6-9][0-9]{7}$'
    ), owners AS (
        SELECT digits, min(id::text)::uuid AS client_id FROM known GROUP BY digits HAVING count(*) = 1
    ), senders AS (
        SELECT id, split_part(split_part(CASE WHEN payload #>> '{data,key,remoteJid}' LIKE '%@lid'
                                              THEN payload #>> '{data,key,remoteJidAlt}'
                                              ELSE payload #>> '{data,key,remoteJid}' END, '@', 1), ':', 1) AS digits
          FROM inbound_events
         WHERE client_id IS NULL AND event = 'messages.upsert' AND payload #>> '{data,key,fromMe}' = 'false'
    )
    UPDATE inbound_events AS event SET client_id = owners.client_id FROM senders JOIN owners USING (digits)
     WHERE event.id = senders.id
"""


def upgrade() -> None:
    op.create_table(
        "sign_in_throttles",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('ACCOUNT', 'ADDRESS')", name=op.f("ck_sign_in_throttles_kind")),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_sign_in_throttles_failures")),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_sign_in_throttles")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
    )
    op.create_index(op.f("ix_recovery_codes_user_id"), "recovery_codes", ["user_id"], unique=False)
    op.create_table(
        "role_limits",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "name IN ('approve_cents', 'write_off_cents', 'waive_pct', 'discount_pct', 'cash_day_cents')",
            name=op.f("ck_role_limits_name"),
        ),
        sa.CheckConstraint(
            "role IN ('LOAN_MANAGEMENT', 'RENEGOTIATION_ANALYST', 'STREET_SUPERVISOR', 'SUPER_ADMIN')",
            name=op.f("ck_role_limits_role"),
        ),
        sa.CheckConstraint("value >= 0", name=op.f("ck_role_limits_value")),
        sa.ForeignKeyConstraint(["changed_by"], ["users.id"], name=op.f("fk_role_limits_changed_by_users")),
        sa.PrimaryKeyConstraint("role", "name", name=op.f("pk_role_limits")),
    )
    op.create_index(op.f("ix_role_limits_changed_by"), "role_limits", ["changed_by"], unique=False)
    op.create_table(
        "user_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('INVITATION', 'PASSWORD_RESET')", name=op.f("ck_user_links_purpose")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_user_links_created_by_users")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_links_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_links_token_hash")),
    )
    op.create_index(op.f("ix_user_links_created_by"), "user_links", ["created_by"], unique=False)
    op.create_index(op.f("ix_user_links_user_id"), "user_links", ["user_id"], unique=False)
    op.create_table(
        "documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.Uuid(), nullable=True),
        sa.Column("removal_reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('IDENTITY', 'ADDRESS', 'INCOME', 'CONTRACT', 'PAYMENT', 'PHOTO', 'OTHER')",
            name=op.f("ck_documents_kind"),
        ),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_documents_size_bytes")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_documents_client_id_clients")),
        sa.ForeignKeyConstraint(["removed_by"], ["users.id"], name=op.f("fk_documents_removed_by_users")),
        sa.ForeignKeyConstraint(["uploaded_by"], ["users.id"], name=op.f("fk_documents_uploaded_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
    )
    op.create_index(op.f("ix_documents_client_id"), "documents", ["client_id"], unique=False)
    op.create_index(op.f("ix_documents_removed_by"), "documents", ["removed_by"], unique=False)
    op.create_index(op.f("ix_documents_uploaded_by"), "documents", ["uploaded_by"], unique=False)
    op.create_table(
        "follow_ups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("promised_cents", sa.BigInteger(), nullable=True),
        sa.Column("promised_method", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'PROMISE') = (promised_on IS NOT NULL) AND (kind = 'PROMISE') = (promised_cents IS NOT NULL)",
            name=op.f("ck_follow_ups_promise"),
        ),
        sa.CheckConstraint("(kind IN ('CALL', 'VISIT')) = (outcome <> '')", name=op.f("ck_follow_ups_outcome_kind")),
        sa.CheckConstraint("kind IN ('NOTE', 'CALL', 'VISIT', 'PROMISE')", name=op.f("ck_follow_ups_kind")),
        sa.CheckConstraint(
            "outcome IN ('', 'ANSWERED', 'NOT_FOUND', 'WRONG_CONTACT', 'REFUSED', 'POSTPONED')",
            name=op.f("ck_follow_ups_outcome"),
        ),
        sa.CheckConstraint(
            "promised_method IN ('', 'PIX', 'CASH', 'TRANSFER', 'BOLETO')", name=op.f("ck_follow_ups_promised_method")
        ),
        sa.CheckConstraint("promised_cents > 0", name=op.f("ck_follow_ups_promised_cents")),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_follow_ups_author_id_users")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_follow_ups_client_id_clients")),
        sa.ForeignKeyConstraint(["undone_by"], ["users.id"], name=op.f("fk_follow_ups_undone_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_ups")),
    )
    op.create_index(op.f("ix_follow_ups_author_id"), "follow_ups", ["author_id"], unique=False)
    op.create_index("ix_follow_ups_client_id_at", "follow_ups", ["client_id", "at"], unique=False)
    op.create_index(
        "ix_follow_ups_promises",
        "follow_ups",
        ["client_id", "promised_on"],
        unique=False,
        postgresql_where=sa.text("kind = 'PROMISE'"),
    )
    op.create_index(op.f("ix_follow_ups_undone_by"), "follow_ups", ["undone_by"], unique=False)
    op.create_table(
        "approvals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.CheckConstraint("(status = 'PENDING') = (decided_at IS NULL)", name=op.f("ck_approvals_decided")),
        sa.CheckConstraint("kind IN ('WRITE_OFF')", name=op.f("ck_approvals_kind")),
        sa.CheckConstraint("status IN ('PENDING', 'GRANTED', 'REFUSED')", name=op.f("ck_approvals_status")),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_approvals_amount")),
        sa.CheckConstraint("decided_by <> asked_by", name=op.f("ck_approvals_second_person")),
        sa.ForeignKeyConstraint(["asked_by"], ["users.id"], name=op.f("fk_approvals_asked_by_users")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_approvals_client_id_clients")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_approvals_decided_by_users")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_approvals_request_id_requests")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
    )
    op.create_index(op.f("ix_approvals_asked_by"), "approvals", ["asked_by"], unique=False)
    op.create_index(op.f("ix_approvals_client_id"), "approvals", ["client_id"], unique=False)
    op.create_index(op.f("ix_approvals_decided_by"), "approvals", ["decided_by"], unique=False)
    op.create_index(op.f("ix_approvals_request_id"), "approvals", ["request_id"], unique=False)
    op.create_index("ix_approvals_status_asked_at", "approvals", ["status", "asked_at"], unique=False)
    op.create_index(
        "uq_approvals_pending",
        "approvals",
        ["request_id", "kind"],
        unique=True,
        postgresql_where=sa.text("status = 'PENDING'"),
    )
    op.create_table(
        "document_contents",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_document_contents_document_id_documents")
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_document_contents")),
    )
    op.create_index("ix_audit_events_at_id", "audit_events", ["at", "id"], unique=False)
    op.add_column("clients", sa.Column("supervisor_id", sa.Uuid(), nullable=True))
    op.add_column("clients", sa.Column("anonymised_on", sa.Date(), nullable=True))
    op.create_index(op.f("ix_clients_supervisor_id"), "clients", ["supervisor_id"], unique=False)
    op.create_foreign_key(op.f("fk_clients_supervisor_id_users"), "clients", "users", ["supervisor_id"], ["id"])
    op.create_index(op.f("ix_clients_phone"), "clients", ["phone"], unique=False)
    op.create_index(op.f("ix_clients_other_phone"), "clients", ["other_phone"], unique=False)
    op.add_column("inbound_events", sa.Column("client_id", sa.Uuid(), nullable=True))
    op.execute(_OF_TEXTS)
    op.execute(_OF_NUMBERS)
    op.create_index(
        op.f("ix_inbound_events_client_id_received_at"), "inbound_events", ["client_id", "received_at"], unique=False
    )
    op.create_foreign_key(
        op.f("fk_inbound_events_client_id_clients"), "inbound_events", "clients", ["client_id"], ["id"]
    )
    op.add_column(
        "company_settings",
        sa.Column("is_second_factor_required", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("company_settings", sa.Column("retention_years", sa.BigInteger(), nullable=False, server_default="5"))
    op.add_column(
        "login_sessions", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())
    )
    op.add_column("login_sessions", sa.Column("ended_by", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_login_sessions_ended_by"), "login_sessions", ["ended_by"], unique=False)
    op.create_foreign_key(op.f("fk_login_sessions_ended_by_users"), "login_sessions", "users", ["ended_by"], ["id"])
    op.add_column("users", sa.Column("totp_key", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("users", sa.Column("totp_counter", sa.BigInteger(), nullable=True))
    op.alter_column("users", "password_hash", existing_type=sa.TEXT(), nullable=True)
    # The defaults filled the rows that were there; from now on the program says what it writes.
    for table, column in (
        ("company_settings", "is_second_factor_required"),
        ("company_settings", "retention_years"),
        ("login_sessions", "seen_at"),
    ):
        op.alter_column(table, column, server_default=None)
    for name, rule in _OF_CLIENTS:
        # A client who was anonymised has neither.
        op.drop_constraint(op.f(f"ck_clients_{name}"), "clients")
        op.create_check_constraint(op.f(f"ck_clients_{name}"), "clients", f"anonymised_on IS NOT NULL OR {rule}")
    op.create_check_constraint(
        op.f("ck_company_settings_retention"), "company_settings", "retention_years BETWEEN 1 AND 30"
    )
    op.create_check_constraint(op.f("ck_users_totp"), "users", "totp_confirmed_at IS NULL OR totp_key IS NOT NULL")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_users_totp"), "users")
    op.drop_constraint(op.f("ck_company_settings_retention"), "company_settings")
    for name, rule in _OF_CLIENTS:
        op.drop_constraint(op.f(f"ck_clients_{name}"), "clients")
        op.create_check_constraint(op.f(f"ck_clients_{name}"), "clients", rule)
    op.alter_column("users", "password_hash", existing_type=sa.TEXT(), nullable=False)
    op.drop_column("users", "totp_counter")
    op.drop_column("users", "totp_confirmed_at")
    op.drop_column("users", "totp_key")
    op.drop_constraint(op.f("fk_login_sessions_ended_by_users"), "login_sessions", type_="foreignkey")
    op.drop_index(op.f("ix_login_sessions_ended_by"), table_name="login_sessions")
    op.drop_column("login_sessions", "ended_by")
    op.drop_column("login_sessions", "seen_at")
    op.drop_column("company_settings", "retention_years")
    op.drop_column("company_settings", "is_second_factor_required")
    op.drop_constraint(op.f("fk_inbound_events_client_id_clients"), "inbound_events", type_="foreignkey")
    op.drop_index(op.f("ix_inbound_events_client_id_received_at"), table_name="inbound_events")
    op.drop_column("inbound_events", "client_id")
    op.drop_index(op.f("ix_clients_other_phone"), table_name="clients")
    op.drop_index(op.f("ix_clients_phone"), table_name="clients")
    op.drop_constraint(op.f("fk_clients_supervisor_id_users"), "clients", type_="foreignkey")
    op.drop_index(op.f("ix_clients_supervisor_id"), table_name="clients")
    op.drop_column("clients", "anonymised_on")
    op.drop_column("clients", "supervisor_id")
    op.drop_index("ix_audit_events_at_id", table_name="audit_events")
    op.drop_table("document_contents")
    op.drop_index("uq_approvals_pending", table_name="approvals", postgresql_where=sa.text("status = 'PENDING'"))
    op.drop_index("ix_approvals_status_asked_at", table_name="approvals")
    op.drop_index(op.f("ix_approvals_request_id"), table_name="approvals")
    op.drop_index(op.f("ix_approvals_decided_by"), table_name="approvals")
    op.drop_index(op.f("ix_approvals_client_id"), table_name="approvals")
    op.drop_index(op.f("ix_approvals_asked_by"), table_name="approvals")
    op.drop_table("approvals")
    op.drop_index(op.f("ix_follow_ups_undone_by"), table_name="follow_ups")
    op.drop_index("ix_follow_ups_promises", table_name="follow_ups", postgresql_where=sa.text("kind = 'PROMISE'"))
    op.drop_index("ix_follow_ups_client_id_at", table_name="follow_ups")
    op.drop_index(op.f("ix_follow_ups_author_id"), table_name="follow_ups")
    op.drop_table("follow_ups")
    op.drop_index(op.f("ix_documents_uploaded_by"), table_name="documents")
    op.drop_index(op.f("ix_documents_removed_by"), table_name="documents")
    op.drop_index(op.f("ix_documents_client_id"), table_name="documents")
    op.drop_table("documents")
    op.drop_index(op.f("ix_user_links_user_id"), table_name="user_links")
    op.drop_index(op.f("ix_user_links_created_by"), table_name="user_links")
    op.drop_table("user_links")
    op.drop_index(op.f("ix_role_limits_changed_by"), table_name="role_limits")
    op.drop_table("role_limits")
    op.drop_index(op.f("ix_recovery_codes_user_id"), table_name="recovery_codes")
    op.drop_table("recovery_codes")
    op.drop_table("sign_in_throttles")
