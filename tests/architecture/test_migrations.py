"""A migration of a database in use fills what it adds from the rows that are there."""

from sqlalchemy import Engine, text

from alembic import command
from loanapp.commands.schema import alembic_config

# As the first version of the schema had them: two clients, one of whom has a number that the other has too.
BEFORE = """
    INSERT INTO clients (id, kind, tax_id, name, preferred_name, phone, other_phone, zip_code, street, street_number,
        complement, district, city, state, occupation, income_cents, status, blocked_reason, accepts_messages,
        consent_on, consent_origin, phone_flag, credit_cents, search_text, audit_count, audit_head, registered_on,
        registered_at)
    SELECT md5(number)::uuid, 'PERSON', lpad(number, 11, '0'), number, '', phone, other, '', '', '', '', '', '', '',
           '', 0, 'ACTIVE', '', true, '2026-01-02', '', '', 0, '', 0, '', '2026-01-02', now()
      FROM (VALUES ('1', '+5531988887777', '+551131234567'), ('2', '+5531988886666', '+551131234567'))
           AS known (number, phone, other);
    INSERT INTO messages (id, kind, client_id, dedupe_key, status, reason, template, template_version, body, body_hash,
        reference, snapshot, phone, business_date, available_at, attempts, provider_key, provider_status, created_at,
        sent_at)
    VALUES (md5('m')::uuid, 'CHARGE', md5('2')::uuid, 'm', 'SENT', '', '', 1, '', '', '', '{}', '', '2026-01-02',
        now(), 1, 'KEY', '', now(), now());
    INSERT INTO inbound_events (id, instance, event, dedupe_key, payload, received_at, available_at, attempts, outcome)
    SELECT md5(name)::uuid, 'i', event, name, payload::jsonb, now(), now(), 1, ''
      FROM (VALUES
        ('ack', 'messages.update', '{"data": {"keyId": "KEY", "status": "READ"}}'),
        ('news', 'send.message', '{"data": {"key": {"id": "KEY"}}}'),
        ('answer', 'messages.upsert',
         '{"data": {"key": {"id": "A", "fromMe": false, "remoteJid": "5531988887777:3@s.whatsapp.net"}}}'),
        ('short', 'messages.upsert',
         '{"data": {"key": {"id": "B", "fromMe": false, "remoteJid": "553188887777@s.whatsapp.net"}}}'),
        ('hidden', 'messages.upsert',
         '{"data": {"key": {"id": "C", "fromMe": false, "remoteJid": "9@lid",
                            "remoteJidAlt": "553188886666@s.whatsapp.net"}}}'),
        ('shared', 'messages.upsert',
         '{"data": {"key": {"id": "D", "fromMe": false, "remoteJid": "551131234567@s.whatsapp.net"}}}'),
        ('stranger', 'messages.upsert',
         '{"data": {"key": {"id": "E", "fromMe": false, "remoteJid": "5521900000000@s.whatsapp.net"}}}'),
        ('cleared', 'messages.upsert', '{}')) AS known (name, event, payload)
"""


def test_the_webhooks_that_were_there_find_their_clients(scratch_database: Engine) -> None:
    config = alembic_config(scratch_database.url.render_as_string())
    command.upgrade(config, "0001")
    with scratch_database.begin() as connection:
        for statement in BEFORE.split(";\n"):
            connection.exec_driver_sql(statement)

    command.upgrade(config, "0002")

    with scratch_database.connect() as connection:
        found = connection.execute(
            text("SELECT dedupe_key, name FROM inbound_events LEFT JOIN clients ON clients.id = client_id ORDER BY 1")
        ).all()
    assert found == [
        ("ack", "2"), ("answer", "1"), ("cleared", None), ("hidden", "2"), ("news", "2"), ("shared", None),
        ("short", "1"), ("stranger", None),
    ]  # fmt: skip
