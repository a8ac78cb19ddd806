"""Prometheus metrics of a service process; those of the event log are in ``shared.events.metrics``."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram, generate_latest

from shared.db import Database

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS = Counter("mengchuang_http_requests", "Answered requests", ["service", "method", "route", "status"])
SECONDS = Histogram(
    "mengchuang_http_request_seconds",
    "From the request's start to the last byte of its answer",
    ["service", "method", "route"],
    buckets=_BUCKETS,
)
POOL_IN_USE = Gauge("mengchuang_db_pool_in_use", "Database connections in use", ["service"])


def observe_request(service: str, method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request; ``route`` is the path template, never the path."""
    REQUESTS.labels(service, method, route, str(status)).inc()
    SECONDS.labels(service, method, route).observe(seconds)


def watch_pool(service: str, db: Database) -> None:
    """Report this database's pool at every scrape."""
    POOL_IN_USE.labels(service).set_function(db.connections_in_use)


def render() -> bytes:
    """Everything this process measures, in the text exposition format."""
    return generate_latest()
