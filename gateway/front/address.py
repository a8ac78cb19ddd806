"""From which address a caller comes, where proxies stand before the gateway: nobody else's word about it counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from gateway.front.exchange import Exchange
from gateway.settings import GatewaySettings

HEADER: Final = b"x-client-address"
"""How the gateway's own app is told the address; the front alone sets it, and lets none in from outside."""

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_MOST_HOPS: Final = 32


def client_address(exchange: Exchange, settings: GatewaySettings) -> Address | None:
    """The address of the caller, or None where the connection has none (a Unix socket).

    The connection's own address, unless `TRUSTED_PROXIES` names it: then the nearest address in `FORWARDED_HEADER` that
    is not a trusted proxy's either (read from the end: what stands further left was written by the caller). An entry
    that is no address ends the search at the proxy that passed it on. Source: RFC 7239, sections 4 to 6.
    """
    peer = exchange.scope.get("client")
    if peer is None:
        return None
    nearest = parse_address(peer[0])
    networks = settings.trusted_proxies
    if nearest is None or not networks or not _trusted(nearest, networks):
        return nearest
    values = exchange.all(settings.forwarded_header.encode("ascii"))
    hops = _forwarded(values) if settings.forwarded_header == "forwarded" else _listed(values)
    for count, hop in enumerate(hops):
        found = parse_address(_without_port(hop))
        if found is None or count == _MOST_HOPS:
            return nearest
        nearest = found
        if not _trusted(found, networks):
            return found
    return nearest


@lru_cache(maxsize=4096)
def parse_address(text: str) -> Address | None:
    """The address a text names, an IPv4 address within IPv6 as itself; None where it is none, or has a zone."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return None if address.scope_id is not None else address.ipv4_mapped or address
    return address


@lru_cache(maxsize=4096)
def _trusted(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


def _listed(values: Sequence[bytes]) -> Iterator[str]:
    """The entries of X-Forwarded-For, the nearest first; several fields are one list (RFC 9110, 5.3)."""
    for value in reversed(values):
        for entry in reversed(value.decode("latin-1").split(",")):
            yield entry.strip(" \t")


def _forwarded(values: Sequence[bytes]) -> Iterator[str]:
    """The `for=` of each element of Forwarded, the nearest first; an element without one counts as no address."""
    for value in reversed(values):
        for element in reversed(value.decode("latin-1").split(",")):
            pairs = (pair.strip(" \t").partition("=") for pair in element.split(";"))
            named = [given.strip('"') for name, _, given in pairs if name.lower() == "for"]
            yield named[0] if len(named) == 1 else ""


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    host, colon, port = hop.partition(":")
    return host if colon and ":" not in port else hop
