"""Secrets that can be guessed and addresses that can be listened to are refused, each with a line that names them."""

import pytest

from loanapp import settings
from loanapp.settings import SettingsError
from tests.conftest import ENVIRONMENT


@pytest.mark.parametrize("name", ["LOANAPP_SECRET_KEY", "LOANAPP_DATA_KEY", "EVOLUTION_WEBHOOK_SECRET"])
@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("", "is missing"),
        ("0123456789abcdef0123456789abcde", "is too short"),
        ("x" * 64, "can be guessed"),
        ("abcabcabcabcabcabcabcabcabcabcabcabc", "can be guessed"),
        ("changeme-0123456789abcdef0123456789", "can be guessed"),
        ("openssl rand -hex 32 0123456789abcdef", "can be guessed"),
        ("my-example-secret-0123456789abcdefghi", "can be guessed"),
    ],
)
def test_a_secret_that_is_short_or_can_be_guessed_is_refused(name: str, value: str, why: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} {why}") as refusal:
        settings.read({**ENVIRONMENT, name: value})

    assert not value or value not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("LOANAPP_DATA_KEY", "LOANAPP_SECRET_KEY"),
        ("EVOLUTION_WEBHOOK_SECRET", "LOANAPP_SECRET_KEY"),
        ("EVOLUTION_WEBHOOK_SECRET", "LOANAPP_DATA_KEY"),
    ],
)
def test_two_secrets_are_never_one(name: str, other: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is the same as {other}"):
        settings.read({**ENVIRONMENT, name: ENVIRONMENT[other]})


def test_the_key_that_everybody_knows_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"^EVOLUTION_KEY is the one that the Evolution API comes with"):
        settings.read({**ENVIRONMENT, "EVOLUTION_KEY": "429683C4C977415CAAFCCE10F7D57E11"})


@pytest.mark.parametrize("url", ["http://app.example.com", "http://192.168.1.9:8000", "http://127.0.0.1.example.com"])
def test_without_tls_the_address_is_a_loopback_one(url: str) -> None:
    with pytest.raises(SettingsError, match=f"^PUBLIC_URL is '{url}': passwords would travel in the clear"):
        settings.read({**ENVIRONMENT, "PUBLIC_URL": url})


@pytest.mark.parametrize(
    ("url", "cookie"),
    [
        ("http://127.0.0.1:8000", "session"),
        ("http://localhost:8000", "session"),
        ("http://[::1]:8000", "session"),
        ("https://app.example.com", "__Host-session"),
    ],
)
def test_the_cookie_asks_for_tls_everywhere_else(url: str, cookie: str) -> None:
    assert settings.read({**ENVIRONMENT, "PUBLIC_URL": url}).session_cookie == cookie


def test_secrets_are_left_out_of_the_representation() -> None:
    shown = repr(settings.read(ENVIRONMENT))

    assert [name for name in settings.SECRETS if ENVIRONMENT[name] in shown] == []
