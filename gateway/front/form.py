"""Refuses what two readers could read differently, and what is larger than anybody needs, before anybody reads it."""

from __future__ import annotations

from typing import Final

from gateway.front.exchange import Exchange
from gateway.front.headers import connection_options
from gateway.front.routes import is_ambiguous
from gateway.settings import GatewaySettings
from shared.errors import DomainError

MOST_HEADERS: Final = 100

_VERSIONS: Final = frozenset({"1.1", "1.0"})


def check_form(exchange: Exchange, settings: GatewaySettings) -> None:
    """Raises 400 `request-malformed` or `header-repeated`, 414 `address-too-long`, 431 `headers-too-large`.

    The parser has refused bare line feeds, folded fields, a length beside chunks, and what is no token already. What it
    lets through and is refused here: chunks under HTTP/1.0, codings beside `chunked`, versions that are none, a change
    of protocol (RFC 9112, 3.2, 6.1 and 6.3; RFC 9110, 7.8).
    """
    if exchange.headers_size > settings.max_header_bytes or len(exchange.headers) > MOST_HEADERS:
        raise DomainError("headers-too-large", 431, params={"limit": settings.max_header_bytes, "fields": MOST_HEADERS})
    twice = exchange.repeated
    if twice is not None:
        raise DomainError(
            "header-repeated", 400, params={"header": twice.decode("latin-1")}, headers={"Connection": "close"}
        )
    fields = exchange.fields
    version = exchange.scope.get("http_version", "1.1")
    if version not in _VERSIONS or (version == "1.1" and b"host" not in fields):
        raise _malformed()
    coding = fields.get(b"transfer-encoding")
    if coding is not None and (coding.lower() != b"chunked" or version == "1.0" or b"content-length" in fields):
        raise _malformed()
    if b"upgrade" in fields and b"upgrade" in connection_options(exchange.headers):
        raise _malformed()
    path, query = exchange.raw_path, exchange.query
    if len(path) + len(query) > settings.max_address_bytes:
        raise DomainError("address-too-long", 414, params={"limit": settings.max_address_bytes})
    if not query.isascii() or b"#" in query or not path.isascii() or is_ambiguous(path):
        raise _malformed()


def _malformed() -> DomainError:
    return DomainError("request-malformed", 400, headers={"Connection": "close"})
