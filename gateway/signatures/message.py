"""A request and its answer as the signature library wants to see them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway.front.exchange import Exchange


class Fields:
    """Header fields line by line, as they came in."""

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self._lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]

    def items(self) -> Iterator[tuple[str, str]]:
        return iter(self._lines)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """`url` is absolute and undecoded."""

    method: str
    url: str
    headers: Fields


@dataclass(frozen=True, slots=True)
class SignedAnswer:
    """An answer to `request`; `headers` are those that the signature may cover."""

    status_code: int
    headers: dict[str, str]
    request: SignedRequest


def request_of(exchange: Exchange, public_url: str) -> SignedRequest:
    """The request as its sender saw it. A proxy may have changed scheme and host on the way: then `public_url` says
    what partners call, and what is signed for another installation is not good here."""
    base = public_url.rstrip("/") or f"http://{(exchange.first(b'host') or b'').decode('latin-1')}"
    query: bytes = exchange.scope.get("query_string", b"")
    path = exchange.raw_path.decode("ascii")
    url = f"{base}{path}?{query.decode('ascii')}" if query else base + path
    return SignedRequest(exchange.method, url, Fields(exchange.headers))
