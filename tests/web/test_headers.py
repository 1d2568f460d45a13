"""The security headers of every kind of answer, over real HTTP, and the policy that fits a build."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from loanapp.content_policy import content_policy, script_hashes
from loanapp.web.headers import SecurityHeaders
from tests.build.serving import serving

# echo -n 'let ours' | openssl dgst -sha256 -binary | base64
OURS = "'sha256-fw+7byp7ROwYRKFmSQPJzq3DTSRfzwPW8W+jJEQlVGU='"


@pytest.fixture
def build(tmp_path: Path) -> Path:
    (tmp_path / "clientes").mkdir()
    (tmp_path / "index.html").write_text('<script src="/app.js"></script><script>let ours</script>')
    (tmp_path / "clientes" / "index.html").write_text('<script type="module">let ours</script><p>no script</p>')
    return tmp_path


async def _answer(request: Request) -> Response:
    own = {"cache-control": "private"} if request.url.path == "/own" else {}
    return PlainTextResponse("x", status_code=404 if "gone" in request.url.path else 200, headers=own)


@pytest.fixture
def address(build: Path) -> Iterator[str]:
    wrapped: Any = SecurityHeaders(Starlette(routes=[Route("/{any:path}", _answer)]), build=build)
    with serving(wrapped) as url:
        yield url


def test_the_policy_lets_the_scripts_of_the_build_run_and_no_others(build: Path) -> None:
    assert script_hashes(build) == [OURS]
    assert content_policy(build, "https://app.example.com") == (
        f"default-src 'self'; script-src 'self' 'unsafe-eval' {OURS}; style-src 'self' 'unsafe-inline';"
        " font-src 'self' data:; img-src 'self' data: blob:; connect-src 'self' wss://app.example.com;"
        " frame-ancestors 'none'; object-src 'none'; base-uri 'self'; form-action 'self'"
    )


@pytest.mark.parametrize("path", ["/", "/clientes", "/gone", "/auth/sair", "/app.js"])
def test_every_answer_has_the_headers(address: str, build: Path, path: str) -> None:
    headers = httpx.get(f"{address}{path}").headers

    assert headers["content-security-policy"] == content_policy(build, "http://127.0.0.1:8000")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["permissions-policy"].startswith("camera=(self), geolocation=()")
    assert "strict-transport-security" not in headers


@pytest.mark.parametrize(
    ("path", "cache"),
    [
        ("/assets/page-0123abcd.js", "public, max-age=31536000, immutable"),
        ("/assets/gone-0123abcd.js", "no-cache"),
        ("/app.js", "no-cache"),
        ("/clientes", "no-cache"),
        ("/files/1", "no-store"),
        ("/exports/cliente/1.pdf", "no-store"),
        ("/own", "private"),
    ],
)
def test_only_what_is_named_after_its_content_is_kept(address: str, path: str, cache: str) -> None:
    assert httpx.get(f"{address}{path}").headers["cache-control"] == cache


@pytest.mark.parametrize("path", ["/primeiro-acesso", "/redefinir-senha/"])
def test_the_page_of_a_one_time_link_posts_its_form_with_an_origin(address: str, path: str) -> None:
    assert httpx.get(f"{address}{path}").headers["referrer-policy"] == "same-origin"


def test_behind_tls_the_browser_is_told_to_stay_there(build: Path, change_settings: Any) -> None:
    change_settings(PUBLIC_URL="https://app.example.com")
    wrapped: Any = SecurityHeaders(Starlette(routes=[Route("/{any:path}", _answer)]), build=build)
    with serving(wrapped) as url:
        assert httpx.get(url).headers["strict-transport-security"] == "max-age=31536000"
