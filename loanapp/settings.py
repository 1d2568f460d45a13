"""The process settings: one frozen object, read once from the environment (and `.env`); nobody else reads it.

The business's settings (rates, company, holidays) are tables, not environment variables: see `models/company.py`.
"""

import os
import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from dotenv import load_dotenv

SECRET_BYTES_MINIMUM = 32
# Fewer different bytes are a pattern: 32 random hexadecimal digits have 14 of the 16 as a rule.
SECRET_VARIETY_MINIMUM = 8
_PLACEHOLDERS = ("change", "example", "replace", "placeholder", "your-", "your_", "openssl", "default")
# The key that the Evolution API comes with, which everybody knows.
_EVOLUTION_DEFAULT_KEY = "429683C4C977415CAAFCCE10F7D57E11"
# The sandbox clock: beyond these, dates overflow, and what sleeps divides by nothing.
CLOCK_YEARS = range(2000, 2100)
CLOCK_SPEED_MAXIMUM = 100_000
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
SECRETS = ("LOANAPP_SECRET_KEY", "LOANAPP_DATA_KEY", "EVOLUTION_KEY", "EVOLUTION_WEBHOOK_SECRET")
_CLOCK = re.compile(r"^(?P<instant>\S+)(?:\s+x(?P<speed>\d+(?:\.\d+)?))?$")


class SettingsError(Exception):
    """A missing or wrong environment variable; its text is one line that names the variable and says what to do."""


@dataclass(frozen=True, kw_only=True)
class SandboxClock:
    """Time that starts at `start` when `up` starts and passes `speed` times as fast as real time."""

    start: datetime
    speed: float
    anchor: float

    @property
    def label(self) -> str:
        """How every page shows it."""
        return f"{self.start.astimezone(SAO_PAULO):%d/%m/%Y %H:%M} x{self.speed:g}"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything a process needs to know about where it runs. Secrets are left out of the representation."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    data_dir: Path
    secret_key: str = field(repr=False)
    data_key: str = field(repr=False)
    port: int
    public_url: str
    proxy_hops: int
    evolution_url: str
    evolution_key: str = field(repr=False)
    evolution_instance: str
    evolution_webhook_secret: str = field(repr=False)
    sandbox: bool
    clock: SandboxClock | None

    @property
    def is_secure(self) -> bool:
        """Whether the public address is behind TLS, which decides the cookie's name and its Secure flag."""
        return self.public_url.startswith("https://")

    @property
    def session_cookie(self) -> str:
        """The session cookie's name: the `__Host-` prefix binds it to the host, and browsers ask TLS for it."""
        return "__Host-session" if self.is_secure else "session"

    @property
    def instance_name(self) -> str:
        """The WhatsApp instance that this installation sends from."""
        return self.evolution_instance


def _parse_clock(text: str, anchor: str) -> SandboxClock | None:
    if not text:
        return None
    match = _CLOCK.match(text.strip())
    try:
        start = datetime.fromisoformat(match["instant"] if match else text)
        speed = float(match["speed"] or 1) if match else 1.0
        began = float(anchor)
    except ValueError:
        raise SettingsError(
            f"LOANAPP_CLOCK is '{text}': write an instant and a speed, such as '2026-11-23T05:55 x60'."
        ) from None
    if start.year not in CLOCK_YEARS or not 0 < speed <= CLOCK_SPEED_MAXIMUM:
        raise SettingsError(
            f"LOANAPP_CLOCK is '{text}': give a year from {CLOCK_YEARS[0]} to {CLOCK_YEARS[-1]}"
            f" and a speed above 0, up to {CLOCK_SPEED_MAXIMUM}."
        )
    return SandboxClock(start=start if start.tzinfo else start.replace(tzinfo=SAO_PAULO), speed=speed, anchor=began)


def _whole_number(environment: dict[str, str], name: str, default: str, *, least: int, most: int) -> int:
    text = environment.get(name) or default
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most))) or not least <= int(text) <= most:
        raise SettingsError(f"{name} is '{text}': set it to a whole number from {least} to {most}.")
    return int(text)


def _required(environment: dict[str, str], name: str, why: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"{name} is missing: {why}")
    return value


def _address(environment: dict[str, str], name: str, schemes: tuple[str, ...], why: str) -> str:
    value = _required(environment, name, why)
    if not value.startswith(schemes):
        raise SettingsError(f"{name} must start with {' or '.join(schemes)}: {why}")
    if _location(value) is None:
        raise SettingsError(f"{name} is no address, look at its host and port: {why}")
    return value


def _location(address: str) -> SplitResult | None:
    """Return host, port and what follows of an address; None when they can't be read.  A password is not looked at."""
    try:
        location = urlsplit("//" + address.partition("://")[2].rpartition("@")[2])
        location.port  # noqa: B018 - it is read here to find out whether it is a port.
    except ValueError:
        return None
    return location


def _secret(environment: dict[str, str], name: str, why: str) -> str:
    value = _required(environment, name, why)
    if len(value.encode()) < SECRET_BYTES_MINIMUM:
        raise SettingsError(f"{name} is too short: give it at least 32 bytes, for example from `openssl rand -hex 32`.")
    if len(set(value)) < SECRET_VARIETY_MINIMUM or any(word in value.lower() for word in _PLACEHOLDERS):
        raise SettingsError(f"{name} can be guessed: make one of its own, for example with `openssl rand -hex 32`.")
    return value


def _public_url(environment: dict[str, str], port: int) -> str:
    """Return the address that people use; without TLS, which keeps the session cookie safe, only on loopback."""
    public_url = (environment.get("PUBLIC_URL") or f"http://127.0.0.1:{port}").rstrip("/")
    if not public_url.startswith(("http://", "https://")):
        raise SettingsError(f"PUBLIC_URL is '{public_url}': start it with http:// or https://.")
    location = _location(public_url)
    if location is None or not location.hostname or location.path or location.query or location.fragment:
        raise SettingsError(
            f"PUBLIC_URL is '{public_url}': give a host and a port only, as in https://app.example.com."
        )
    if public_url.startswith("http://") and not _is_loopback(location.hostname):
        raise SettingsError(
            f"PUBLIC_URL is '{public_url}': passwords would travel in the clear, so put a TLS proxy before it"
            " and start it with https://."
        )
    return public_url


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _refuse_shared_secrets(environment: dict[str, str]) -> None:
    """Raise `SettingsError` when two secrets are one, or one is known to everybody."""
    owners: dict[str, str] = {}
    for name in SECRETS:
        other = owners.setdefault(environment[name], name)
        if other != name:
            raise SettingsError(f"{name} is the same as {other}: give each a secret of its own.")
    if environment["EVOLUTION_KEY"].upper() == _EVOLUTION_DEFAULT_KEY:
        raise SettingsError("EVOLUTION_KEY is the one that the Evolution API comes with: set another on both sides.")


def read(environment: dict[str, str]) -> Settings:
    """Build the settings from a mapping; raise `SettingsError` for the first variable that is missing or wrong."""
    port = _whole_number(environment, "PORT", "8000", least=1, most=65535)
    public_url = _public_url(environment, port)
    clock = _parse_clock(environment.get("LOANAPP_CLOCK", ""), environment.get("LOANAPP_CLOCK_ANCHOR") or "0")
    sandbox = environment.get("LOANAPP_SANDBOX") == "1"
    if clock and not sandbox:
        raise SettingsError("LOANAPP_CLOCK works with the sandbox only: take it away, or unset EVOLUTION_URL.")
    settings = Settings(
        database_url=_address(
            environment,
            "DATABASE_URL",
            ("postgresql://", "postgresql+psycopg://"),
            "the address of PostgreSQL; `loanapp up` starts one by itself.",
        ),
        redis_url=_address(
            environment,
            "REDIS_URL",
            ("redis://", "rediss://", "unix://"),
            "the address of Redis; `loanapp up` starts one by itself.",
        ),
        data_dir=Path(environment.get("LOANAPP_DATA_DIR") or ".data").resolve(),
        secret_key=_secret(environment, "LOANAPP_SECRET_KEY", "it signs the session cookies."),
        data_key=_secret(environment, "LOANAPP_DATA_KEY", "it seals documents and second factors in the database."),
        port=port,
        public_url=public_url,
        proxy_hops=_whole_number(environment, "PROXY_HOPS", "0", least=0, most=10),
        evolution_url=_address(
            environment,
            "EVOLUTION_URL",
            ("http://", "https://"),
            "the address of the Evolution API.",
        ).rstrip("/"),
        evolution_key=_required(environment, "EVOLUTION_KEY", "the instance's key at the Evolution API."),
        evolution_instance=environment.get("EVOLUTION_INSTANCE") or "loanapp",
        evolution_webhook_secret=_secret(
            environment,
            "EVOLUTION_WEBHOOK_SECRET",
            "it proves that a webhook comes from our Evolution API.",
        ),
        sandbox=sandbox,
        clock=clock,
    )
    _refuse_shared_secrets(environment)
    return settings


@cache
def current() -> Settings:
    """Return the settings of this process, read on first use."""
    load_dotenv()
    return read(dict(os.environ))
