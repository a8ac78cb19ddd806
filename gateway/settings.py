"""Settings of a gateway process, beside those every service has."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from pydantic import Field

from shared.settings import ServiceSettings

MEBIBYTE = 1024 * 1024


class GatewaySettings(ServiceSettings):
    """Keys, limits and times of the front. Sizes are bytes, times seconds."""

    service_name: str = "gateway"

    access_signing_key_file: Path
    """Ed25519 private key (PEM) of the access tokens that people carry; never the key of the internal tokens."""
    access_token_seconds: int = Field(default=3600, ge=60, le=86_400)
    account_cache_seconds: float = Field(default=2.0, ge=0, le=2)
    """How long a disabled account may still be let in by another gateway process."""

    max_header_bytes: int = Field(default=32 * 1024, ge=4096)
    max_body_bytes: int = Field(default=2 * MEBIBYTE, ge=1024)
    max_upload_bytes: int = Field(default=64 * MEBIBYTE, ge=1024)
    """For imports and documents; anything else keeps to `max_body_bytes`."""
    body_wait_seconds: float = Field(default=30.0, gt=0)
    """How long the caller may pause within a body."""

    upstream_connections: int = Field(default=128, ge=1)
    """Open connections to one service at a time."""
    upstream_connect_seconds: float = Field(default=2.0, gt=0)
    """Until a connection is had, waiting for a free one included."""
    upstream_read_seconds: float = Field(default=40.0, gt=0)
    """How long a service may be silent; longer than the longest long poll."""
    upstream_idle_seconds: float = Field(default=15.0, gt=0)
    """Idle connections are closed before the service would close them, or a request falls into the gap."""

    metrics_networks: tuple[IPv4Network | IPv6Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    """From where `/metrics` is read without signing in."""

    tasks_seconds: float = Field(default=3.0, gt=0)
    """How long a service may need to say what waits for a caller; later it counts as not answering."""

    description_seconds: float = Field(default=10.0, ge=0)
    """How long a service's own API description is believed before it is fetched again."""
