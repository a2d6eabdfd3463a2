"""One JSON line per event; a constant dotted name, the data as fields, no personal data."""

import logging
import sys
from contextvars import ContextVar

import orjson
import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, WrappedLogger

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def configure(*, service: str, level: str = "INFO") -> None:
    """Called once per process, before anything logs."""
    structlog.configure(
        processors=[
            _with_request,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _traceback,
            _without_values,
            structlog.processors.JSONRenderer(serializer=lambda value, **_: orjson.dumps(value, default=str)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(file=sys.stdout.buffer),
        cache_logger_on_first_use=True,
    )
    _Bound.service = service
    for noisy in ("uvicorn.access", "httpx", "nats"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


# Without local variables: they would carry personal data into the log.
_traceback = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))


# What other exceptions say may quote a value: a row, a parameter, a field of the request.
_SPEAKING = {"TypeError", "AttributeError", "NameError", "AssertionError", "ImportError", "RuntimeError"}


def _without_values(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    for told in event.get("exception", ()):
        if told["exc_type"] not in _SPEAKING:
            told["exc_value"] = ""
    return event


class _Bound:
    service = "-"


def _with_request(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    event["service"] = _Bound.service
    if current := request_id.get():
        event["request_id"] = current
    return event
