"""The API documentation: the merged document, and a page that shows it without asking any other host."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

STATIC = Path(__file__).parent / "static"
_POLICY = (
    b"content-security-policy",
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'",
)
Page = tuple[int, list[tuple[bytes, bytes]], bytes]


class Pages:
    """Fixed answers by path, open to everyone."""

    def __init__(self, document: dict[str, Any]) -> None:
        html = (STATIC / "docs.html").read_bytes()
        self._pages = {
            "/openapi.json": _page(b"application/json", orjson.dumps(document)),
            "/docs": _page(b"text/html; charset=utf-8", html),
            "/docs/docs.js": _page(b"text/javascript; charset=utf-8", (STATIC / "docs.js").read_bytes()),
            "/docs/docs.css": _page(b"text/css; charset=utf-8", (STATIC / "docs.css").read_bytes()),
        }

    def get(self, method: str, path: str) -> Page | None:
        """The page of a path."""
        return self._pages.get(path) if method == "GET" else None


def _page(media: bytes, body: bytes) -> Page:
    headers = [
        (b"content-type", media),
        (b"content-length", b"%d" % len(body)),
        (b"etag", b'"%b"' % sha256(body).hexdigest()[:16].encode("ascii")),
        (b"cache-control", b"no-cache"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        _POLICY,
    ]
    return 200, headers, body
