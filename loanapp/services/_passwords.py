"""Passwords: how they are hashed, compared and chosen.  The parameters of the hash stand here and nowhere else."""

import secrets
from base64 import b64encode

from passlib.context import CryptContext

from domain.errors import Invalid
from domain.sign_in import SHORTEST_PASSWORD

LONGEST_PASSWORD = 1000

# The second recommended option of RFC 9106, section 4.  A stored hash with others is made anew at the next sign-in.
MEMORY_KIB = 65_536
ROUNDS = 3
LANES = 4
_CONTEXT = CryptContext(
    schemes=["argon2"],
    argon2__type="ID",
    argon2__memory_cost=MEMORY_KIB,
    argon2__rounds=ROUNDS,
    argon2__parallelism=LANES,
)

# The commonest that are long enough, from the published lists of leaks, and what this country and house add to them.
_COMMON = frozenset({
    "12345678", "123456789", "1234567890", "11111111", "00000000", "87654321", "password", "password1", "password123",
    "qwertyui", "qwerty123", "qwertyuiop", "1q2w3e4r", "1qaz2wsx", "abcd1234", "iloveyou", "sunshine", "princess",
    "football", "baseball", "superman", "trustno1", "whatever", "senha123", "senha1234", "senha12345", "minhasenha",
    "mudar123", "trocar123", "brasil123", "flamengo", "corinthians", "palmeiras", "cobranca", "carteira",
    "emprestimo", "administrador", "admin123", "admin1234",
})  # fmt: skip


class PasswordTooShort(Invalid):
    """The password is shorter than the least length, or longer than any that a person uses."""

    code = "auth.password_too_short"


class PasswordEasy(Invalid):
    """The password is among the commonest, or it is the user's own e-mail or name."""

    code = "auth.password_easy"


def _nobodys_hash() -> str:
    """Return a hash with today's parameters that no password was hashed to: comparing with it takes as long."""
    salt, digest = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19$m={MEMORY_KIB},t={ROUNDS},p={LANES}${salt}${digest}"


_NOBODYS_HASH = _nobodys_hash()


def is_right(password: str, stored: str | None) -> bool:
    """Compare a password with a stored hash; without one it takes as long and is always wrong."""
    matches: bool = _CONTEXT.verify(password[:LONGEST_PASSWORD], stored or _NOBODYS_HASH)
    return matches and stored is not None


def is_outdated(stored: str) -> bool:
    """Whether a stored hash was made with other parameters than today's."""
    outdated: bool = _CONTEXT.needs_update(stored)
    return outdated


def hashed(password: str) -> str:
    """Return what is stored of a password."""
    stored: str = _CONTEXT.hash(password)
    return stored


def require_good(password: str, *, email: str, name: str, field: str = "password") -> None:
    """Raise `PasswordTooShort` or `PasswordEasy` for a password that a user must not choose."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise PasswordTooShort(field=field, least=SHORTEST_PASSWORD)
    folded = password.casefold()
    its_own = {email, email.partition("@")[0], name.casefold(), name.casefold().replace(" ", "")}
    if folded in _COMMON | its_own or len(set(folded)) == 1:
        raise PasswordEasy(field=field)
