"""A small pooled HTTP/1.1 client for the services behind the gateway.

General clients cost several times the request itself (`docs/decisions`), so this one knows only what a
proxy needs: one origin, bounded heads and bodies, streaming both ways, and no guessing. An answer whose
length is not certain (doubled, contradictory or missing) is refused, because guessing is how answers of
two callers get mixed up.
"""

from gateway.upstream.connection import (
    Bounds,
    Broken,
    ConnectFailed,
    Connection,
    Stale,
    TimedOut,
    Unsendable,
    UpstreamError,
)
from gateway.upstream.pool import Upstream, check_head

__all__ = [
    "Bounds",
    "Broken",
    "ConnectFailed",
    "Connection",
    "Stale",
    "TimedOut",
    "Unsendable",
    "Upstream",
    "UpstreamError",
    "check_head",
]
