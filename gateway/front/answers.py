"""What the front puts on every answer: safety for browsers, who may keep it, which other site may read it."""

from __future__ import annotations

from typing import Final

from gateway.front.exchange import Exchange
from gateway.front.headers import Headers
from gateway.settings import GatewaySettings

ALLOWED_METHODS: Final = b"GET, HEAD, POST, PUT, PATCH, DELETE"
ALLOWED_HEADERS: Final = (
    b"Accept, Accept-Language, Authorization, Content-Digest, Content-Disposition, Content-Type, Idempotency-Key,"
    b" If-Match, If-None-Match, Last-Event-Id, Mengchuang-Today, Range, Traceparent, X-Request-Id"
)
EXPOSED_HEADERS: Final = (
    b"Content-Disposition, Content-Language, ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy,"
    b" Retry-After, WWW-Authenticate, X-Request-Id"
)
PREFLIGHT_SECONDS: Final = 600

_API: Final[Headers] = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]


class Dress:
    """The headers that the settings ask for, made once."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._origins = frozenset(origin.encode("ascii") for origin in settings.cors_origins)
        self._always: Headers = list(_API)
        if settings.hsts_seconds:
            value = f"max-age={settings.hsts_seconds}; includeSubDomains".encode()
            self._always.append((b"strict-transport-security", value))
        self._names = frozenset(name for name, _ in self._always)

    def begin(self, exchange: Exchange) -> None:
        """What is known of the answer before there is one."""
        exchange.always = self._always
        exchange.always_names = self._names
        if self._origins:
            self._share(exchange)

    def is_preflight(self, exchange: Exchange) -> bool:
        """A browser asks whether a page of another site may send this request (Fetch, 4.8)."""
        fields = exchange.fields
        return (
            bool(self._origins)
            and exchange.method == "OPTIONS"
            and b"origin" in fields
            and b"access-control-request-method" in fields
        )

    async def answer_preflight(self, exchange: Exchange) -> None:
        """204; a page of an unlisted site finds no permission in it. Nobody else is asked."""
        headers: Headers = []
        if exchange.fields[b"origin"] in self._origins:
            headers = [
                (b"access-control-allow-methods", ALLOWED_METHODS),
                (b"access-control-allow-headers", ALLOWED_HEADERS),
                (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
            ]
        vary = (b"vary", b"Access-Control-Request-Method, Access-Control-Request-Headers")
        await exchange.start(204, [*headers, vary])
        await exchange.write(b"", more=False)

    def _share(self, exchange: Exchange) -> None:
        """Credentials are never allowed: what this API believes is a header that a page has to set itself."""
        exchange.extra.append((b"vary", b"Origin"))
        origin = exchange.fields.get(b"origin")
        if origin is not None and origin in self._origins:
            exchange.extra.append((b"access-control-allow-origin", origin))
            exchange.extra.append((b"access-control-expose-headers", EXPOSED_HEADERS))
