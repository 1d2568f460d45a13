"""One-time links: a random token of which only the hash is kept, good once, for some hours, until a newer one is made.

An administrator hands the link over; the token travels in the address's fragment, which no server sees (ADR 0015).
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from uuid import UUID, uuid4

from sqlalchemy import update

from loanapp import clock
from loanapp.models.auth import LinkPurpose, User, UserLink
from loanapp.services import _audit
from loanapp.services._use_case import Tx

_TOKEN_BYTES = 32
LINK_HOURS: Mapping[LinkPurpose, int] = MappingProxyType({LinkPurpose.INVITATION: 72, LinkPurpose.PASSWORD_RESET: 2})
LINK_PAGES: Mapping[LinkPurpose, str] = MappingProxyType(
    {LinkPurpose.INVITATION: "/primeiro-acesso", LinkPurpose.PASSWORD_RESET: "/redefinir-senha"}
)


@dataclass(frozen=True, kw_only=True)
class UserLinkMade:
    """A one-time link; its token is known here and to whom it is handed, never to the database."""

    user_id: UUID
    token: str = field(repr=False)
    purpose: LinkPurpose
    expires_at: datetime

    @property
    def path(self) -> str:
        """The page that it opens, with the token in the fragment: to be written behind the public address."""
        return f"{LINK_PAGES[self.purpose]}#{self.token}"


def token_hash(token: str) -> str:
    """Return what is kept of a token."""
    return sha256(token.encode()).hexdigest()


def make(tx: Tx, user: User) -> UserLinkMade:
    """Make the user's only good link: an invitation while they have no password, else a password reset."""
    purpose = LinkPurpose.PASSWORD_RESET if user.password_hash else LinkPurpose.INVITATION
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    # A link is for people, who live in real time: a fast sandbox clock must not take it from them.
    expires_at = tx.now + timedelta(hours=LINK_HOURS[purpose]) * clock.speed()
    void(tx, user)
    tx.session.add(
        UserLink(
            id=uuid4(),
            user_id=user.id,
            purpose=purpose,
            token_hash=token_hash(token),
            created_by=tx.actor.user_id,
            created_at=tx.now,
            expires_at=expires_at,
        )
    )
    _audit.note(tx, None, "user.link_made", "user", user.id, after={"purpose": purpose.value})
    return UserLinkMade(user_id=user.id, token=token, purpose=purpose, expires_at=expires_at)


def void(tx: Tx, user: User) -> None:
    """Make all links of a user, who must be locked, worth nothing."""
    tx.session.execute(
        update(UserLink).where(UserLink.user_id == user.id, UserLink.used_at.is_(None)).values(used_at=tx.now)
    )
