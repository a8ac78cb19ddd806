"""Gauges and counters of the event log (Prometheus)."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

APPLIED = Counter("mengchuang_events_applied", "Events applied by consumers", ["service", "topic"])
POSITION = Gauge("mengchuang_consumer_position", "Position a consumer has reached", ["service", "topic"])
BLOCKED = Gauge("mengchuang_consumer_blocked", "1 while a transient failure blocks a topic", ["service", "topic"])
FORKED = Gauge("mengchuang_topic_forked", "1 when the producer's past is not the one acted on", ["service", "topic"])
PARKED = Counter("mengchuang_events_parked", "Events set aside after repeated failure", ["service", "topic"])
