"""The Content-Security-Policy that fits a build of the front end: its own inline scripts by hash, and no others.

Reflex evaluates the scripts that its server sends, so `'unsafe-eval'` must stay; what is injected into a page as an
inline script, a handler attribute or a foreign file does not run.
"""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

_SCRIPT = re.compile(r"<script([^>]*)>(.*?)</script>", re.DOTALL)


def script_hashes(build: Path) -> list[str]:
    """Return the CSP sources of all inline scripts in the pages of a build's folder, each once, in order."""
    bodies = {
        body
        for page in build.rglob("*.html")
        for attributes, body in _SCRIPT.findall(page.read_text())
        if "src=" not in attributes
    }
    return sorted(f"'sha256-{b64encode(sha256(body.encode()).digest()).decode()}'" for body in bodies)


def content_policy(build: Path, public_url: str) -> str:
    """Return the policy of the pages of a build that is served at an address."""
    address = urlsplit(public_url)
    # Older Safari does not count the websocket among what 'self' is.
    socket = f"{'wss' if address.scheme == 'https' else 'ws'}://{address.netloc}"
    directives = (
        "default-src 'self'",
        " ".join(("script-src 'self' 'unsafe-eval'", *script_hashes(build))),
        "style-src 'self' 'unsafe-inline'",
        "font-src 'self' data:",
        "img-src 'self' data: blob:",
        f"connect-src 'self' {socket}",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
    return "; ".join(directives)
