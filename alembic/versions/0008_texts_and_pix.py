"""Texts and Pix: the company's Pix key and electronic address, and the texts that carry a proposal or a calculation."""

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NEW_COLUMNS = ("email", "pix_key", "pix_city")
_KINDS_BEFORE = "'CHARGE', 'RECEIPT'"


def upgrade() -> None:
    for column in NEW_COLUMNS:
        op.add_column("company_settings", sa.Column(column, sa.Text(), nullable=False, server_default=""))
        # The default filled the row that was there; from now on the program says what it writes.
        op.alter_column("company_settings", column, server_default=None)
    op.create_check_constraint(
        op.f("ck_company_settings_pix_has_city"), "company_settings", "pix_key = '' OR pix_city <> ''"
    )
    _check_kinds(f"{_KINDS_BEFORE}, 'PROPOSAL', 'CALCULATION'")


def downgrade() -> None:
    _check_kinds(_KINDS_BEFORE)
    op.drop_constraint(op.f("ck_company_settings_pix_has_city"), "company_settings")
    for column in NEW_COLUMNS:
        op.drop_column("company_settings", column)


def _check_kinds(kinds: str) -> None:
    op.drop_constraint(op.f("ck_messages_kind"), "messages")
    op.create_check_constraint(op.f("ck_messages_kind"), "messages", f"kind IN ({kinds})")
