"""What is counted of outside issuers (Prometheus)."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

FETCHES = Counter("mengchuang_oidc_key_fetches", "Fetches of an issuer's keys", ["issuer", "outcome"])
FETCHED_AT = Gauge("mengchuang_oidc_keys_fetched_timestamp", "When an issuer's keys were last fetched", ["issuer"])
REFUSED = Counter("mengchuang_oidc_tokens_refused", "Tokens of an issuer that were refused", ["issuer", "reason"])
