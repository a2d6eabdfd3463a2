"""What operations can see of the gateway: plain counters on the path, turned into metrics when they are read.

They are served on their own port, for the public one is open to the world.
"""

import time
from collections.abc import Iterator
from typing import Any

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from gateway.audit import Trail

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, float("inf"))


class Meter(Collector):
    """Requests by action and status, seconds by action, and the state of the trail."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, int], int] = {}
        self._seconds: dict[str, list[float]] = {}
        self._trail: Trail | None = None
        self._server: Any = None

    def count(self, action: str, status: int, began: float) -> None:
        """One request answered."""
        key = (action, status)
        self._requests[key] = self._requests.get(key, 0) + 1
        took = time.perf_counter() - began
        times = self._seconds.get(action)
        if times is None:
            times = self._seconds[action] = [0.0] * (len(BUCKETS) + 1)
        place = 0
        while took > BUCKETS[place]:
            place += 1
        times[place] += 1
        times[-1] += took

    def serve(self, port: int, trail: Trail) -> None:
        """Serves the metrics on their own port; 0 serves none."""
        self._trail = trail
        if port:
            registry = CollectorRegistry()
            registry.register(self)
            self._server, _ = start_http_server(port, registry=registry)

    def close(self) -> None:
        """Frees the port."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def collect(self) -> Iterator[Any]:
        """What prometheus_client reads."""
        requests = CounterMetricFamily("gateway_requests", "Requests answered", labels=["action", "status"])
        for (action, status), number in list(self._requests.items()):
            requests.add_metric([action, str(status)], number)
        yield requests
        seconds = HistogramMetricFamily("gateway_request_seconds", "Time to answer", labels=["action"])
        for action, times in list(self._seconds.items()):
            seconds.add_metric([action], *_histogram(times))
        yield seconds
        if self._trail is not None:
            yield GaugeMetricFamily(
                "gateway_audit_down", "1 while the trail cannot be written", float(self._trail.down)
            )
            yield CounterMetricFamily(
                "gateway_audit_lost", "Rows of the trail given up", float(self._trail.lost)
            )


def _histogram(times: list[float]) -> tuple[list[tuple[str, float]], float]:
    total, buckets = 0.0, []
    for bound, number in zip(BUCKETS, times, strict=False):
        total += number
        buckets.append(("+Inf" if bound == float("inf") else str(bound), total))
    return buckets, times[-1]
