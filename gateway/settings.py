"""Settings of a gateway process, beside those every service has."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_settings import NoDecode

from gateway.breached.lists import BreachList, check_file
from gateway.front.changes import MAX_AGE_SECONDS
from gateway.sessions.lifetimes import Lifetimes
from shared.settings import ServiceSettings

MEBIBYTE = 1024 * 1024


def _listed(value: object) -> object:
    """`a, b` of the environment as a list."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?|https?://\[[0-9a-f:]+\](?::[0-9]{1,5})?")


def _origin(value: str) -> str:
    if not _ORIGIN.fullmatch(value):
        raise ValueError("an origin is a scheme, a host in lower case and perhaps a port; there is no * and no null")
    return value


Origins = Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], NoDecode, BeforeValidator(_listed)]
"""Origins of web pages (RFC 6454), in the environment separated by commas."""

Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_listed)]
"""CIDR networks, in the environment separated by commas."""


SCHEDULE: Final = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
"""Seconds between attempts to deliver to a webhook, over three days (Standard Webhooks, "Retry schedule")."""


class GatewaySettings(ServiceSettings):
    """Keys, limits and times of the front. Sizes are bytes, times seconds."""

    service_name: str = "gateway"

    access_signing_key_file: Path
    """Ed25519 private key (PEM) of the access tokens that people carry; never the key of the internal tokens."""
    access_token_seconds: int = Field(default=900, ge=60, le=3600)
    session_idle_seconds: int = Field(default=12 * 3600, ge=300, le=30 * 86_400)
    """How long a refresh token waits to be used; then the session is over."""
    session_seconds: int = Field(default=7 * 86_400, ge=300, le=90 * 86_400)
    """After which somebody signs in again, however often the session was refreshed."""
    second_factor: Literal["required", "optional"] = "required"
    """Whether administrators, auditors and approvers act only in sessions with a second factor; `optional` is for
    trials and refused in production."""
    invitation_days: int = Field(default=7, ge=1, le=30)
    breached_passwords_file: Path | None = None
    """Sorted SHA-1 digests of passwords that are known to everybody, one a line, as Have I Been Pwned offers them."""
    account_cache_seconds: float = Field(default=MAX_AGE_SECONDS, ge=0, le=MAX_AGE_SECONDS)
    """How long a disabled account may still be let in by another gateway process that heard nothing of it."""
    gateway_keys_file: Path | None = None
    """Keys for what is sealed here: secrets of second factors, of webhooks and of signed requests."""
    answer_signing_key_file: Path | None = None
    """Ed25519 private key (PEM) that answers are signed with for whoever asks for it; none are without it."""

    api_key_max_days: int = Field(default=366, ge=1, le=1100)
    """How long an API key is good at most, from the day it is made."""
    public_url: str = ""
    """Where partners reach the gateway (`https://api.example.org`), which signed requests name; empty: what their Host
    header says, over HTTP."""

    oidc_issuers_file: Path | None = None
    """Whose access tokens are believed besides our own (TOML or JSON); nobody's without it."""

    max_header_bytes: int = Field(default=32 * 1024, ge=4096)
    max_body_bytes: int = Field(default=2 * MEBIBYTE, ge=1024)
    max_upload_bytes: int = Field(default=64 * MEBIBYTE, ge=1024)
    """For imports and documents; anything else keeps to `max_body_bytes`."""
    body_wait_seconds: float = Field(default=30.0, gt=0)
    """How long the caller may pause within a body."""

    max_address_bytes: int = Field(default=8192, ge=256)
    """Path and query together."""
    json_depth: int = Field(default=64, ge=4, le=500)
    """How deep JSON bodies may nest."""
    body_rate: float = Field(default=1024.0, ge=1)
    """The slowest that a body may come, in bytes a second over the time it was waited for, after the first 5 s."""

    rate_limits: Literal["on", "off"] = "on"
    rate_limits_file: Path | None = None
    """TOML that changes values of `gateway/limits/limits.toml`."""
    rate_limits_alone: float = Field(default=0.25, gt=0, le=1)
    """The part of each limit that one process keeps to by itself while the database is away."""
    max_in_flight: int = Field(default=1500, ge=8)
    """Requests answered at a time by one process; beyond that they are turned away."""
    max_lag_seconds: float = Field(default=0.5, gt=0)
    """How late the event loop may be, for most of a second, before requests are turned away."""

    cors_origins: Origins = ()
    """Sites whose pages may read answers, such as `https://portal.example`; empty: none but our own."""
    hsts_seconds: int = Field(default=0, ge=0)
    """For Strict-Transport-Security; 0 where there is no TLS before the gateway."""
    public_cache_seconds: float | None = Field(default=None, ge=0, le=5)
    """How old answers from the public registers to nobody in particular may be. 1 s, under a simulated clock 0."""

    upstream_connections: int = Field(default=128, ge=1)
    """Requests that one service works on at a time."""
    upstream_long_connections: int = Field(default=64, ge=1)
    """The same for uploads, exports and streams, beside those."""
    upstream_waiting: int = Field(default=128, ge=0)
    """Requests that may wait for a place at one service; beyond that they are turned away."""
    upstream_connect_seconds: float = Field(default=2.0, gt=0)
    """Until a place and a connection are had."""
    upstream_read_seconds: float = Field(default=120.0, gt=0)
    """How long a service may be silent at most; most classes of routes have less."""
    upstream_idle_seconds: float = Field(default=15.0, gt=0)
    """Idle connections are closed before the service would close them, or a request falls into the gap."""

    trusted_proxies: Networks = ()
    """Proxies before the gateway whose word about a caller's address is believed; empty: nobody stands before it."""
    forwarded_header: Literal["x-forwarded-for", "forwarded"] = "x-forwarded-for"
    """The one header in which those proxies say it; the other one may come from the caller and is not looked at."""

    metrics_networks: tuple[IPv4Network | IPv6Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    """From where `/metrics` is read without signing in."""

    streams_per_caller: int = Field(default=20, ge=1)
    streams_per_process: int = Field(default=500, ge=1)
    """Event streams open at a time."""

    public_nats_url: str = ""
    """Where other bureaus find the broker, such as `tls://events.example.org:4222`."""

    audit_heads_dir: Path | None = None
    """Where the heads of all logs are written every day; none are without it."""
    audit_heads_copy_dir: Path | None = None
    """A second place for them, such as a medium that is written once only."""
    audit_bulk_rows: int = Field(default=1000, ge=200)
    """Rows of one list that one account reads in an hour, page by page, before that counts as taking it out."""

    tasks_seconds: float = Field(default=3.0, gt=0)
    """How long a service may need to say what waits for a caller; later it counts as not answering."""

    description_seconds: float = Field(default=10.0, ge=0)
    """How long a service's own API description is believed before it is asked for again."""
    description_ahead: bool = True
    """Whether the merged description is made as the process starts, or only when somebody asks for it."""
    description_file: Path | None = None
    """Where it is kept, for the next process to answer with until it has made its own."""

    @property
    def lifetimes(self) -> Lifetimes:
        """Of sessions."""
        return Lifetimes(timedelta(seconds=self.session_idle_seconds), timedelta(seconds=self.session_seconds))

    @property
    def breach_list(self) -> BreachList:
        """What new passwords are looked up in."""
        return BreachList(self.breached_passwords_file)

    webhook_allow_nets: Networks = ()
    """Networks that webhooks may be sent to though they are not public; at every port, and without TLS as well."""
    webhook_allow_ports: tuple[int, ...] = (443, 8443)
    """Ports that webhooks may be sent to elsewhere."""
    webhook_ca_file: Path | None = None
    """Further authorities (PEM) whose certificates webhooks' receivers may show, beside the public ones."""
    webhook_timeout_seconds: float = Field(default=15.0, gt=0, le=60)
    """An attempt's time, from looking the name up to the answer."""
    webhook_retry_seconds: tuple[float, ...] = Field(default=SCHEDULE, min_length=1)
    """Waits between attempts; what has failed for as long as their sum is given up."""
    webhook_poll_seconds: float = Field(default=1.0, gt=0, le=60)
    """How soon an event is seen of which the broker did not tell."""
    webhook_log_days: int = Field(default=30, ge=4, le=3650)
    """How long deliveries can be looked at and sent again."""

    @model_validator(mode="after")
    def _production_seals_secrets(self) -> Self:
        if self.environment == "production" and self.gateway_keys_file is None:
            raise ValueError("GATEWAY_KEYS_FILE is needed in production")
        if self.environment == "production" and self.rate_limits == "off":
            raise ValueError("RATE_LIMITS=off is refused in production")
        if self.breached_passwords_file is not None:
            check_file(self.breached_passwords_file)
        if self.environment == "production" and self.second_factor != "required":
            raise ValueError("SECOND_FACTOR=optional is refused in production")
        return self
