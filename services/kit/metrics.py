"""What operations can see: requests, the outbox, consumers and overdue cases."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY = CollectorRegistry()

requests = Counter("http_requests", "Requests answered", ["operation", "status"], registry=REGISTRY)
request_seconds = Histogram(
    "http_request_seconds",
    "Time to answer",
    ["operation"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
outbox_waiting = Gauge("outbox_waiting", "Events not yet published", registry=REGISTRY)
outbox_oldest_seconds = Gauge("outbox_oldest_seconds", "Age of the oldest waiting event", registry=REGISTRY)
events_published = Counter("events_published", "Events published", registry=REGISTRY)
events_handled = Counter("events_handled", "Events whose effect is committed", ["subject"], registry=REGISTRY)
events_repeated = Counter("events_repeated", "Deliveries of an event that had its effect", registry=REGISTRY)
events_failed = Counter("events_failed", "Handler failures", ["subject"], registry=REGISTRY)
dead_letters = Counter("dead_letters", "Events given up", ["subject"], registry=REGISTRY)
cases_overdue = Gauge("cases_overdue", "Cases past their promised day", ["procedure"], registry=REGISTRY)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition() -> bytes:
    """All metrics of this process in the text format."""
    return generate_latest(REGISTRY)
