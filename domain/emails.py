"""E-mail addresses as typed: of users, who sign in with theirs, and of the company, whose papers name one."""

from domain.errors import Invalid

LENGTH_MAXIMUM = 254


class EmailNotUnderstood(Invalid):
    """The text is no e-mail address."""

    code = "auth.email_not_understood"


def parse_email(text: str) -> str:
    """Return the address in lower case, without outer spaces; raise EmailNotUnderstood."""
    email = text.strip().lower()
    local, _, host = email.rpartition("@")
    has_space_or_control = any(not character.isprintable() or character.isspace() for character in email)
    if not local or "." not in host.strip(".") or has_space_or_control or len(email) > LENGTH_MAXIMUM:
        raise EmailNotUnderstood(field="email", email=email[:60])
    return email
