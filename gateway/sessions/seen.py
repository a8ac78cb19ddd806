"""What a session keeps of where it was opened: enough for its holder to know it again, too little to follow him."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from starlette.requests import Request

from gateway.front.address import HEADER

UNKNOWN: Final = "-"
_FAMILIES: Final = (
    ("MicroMessenger/", "WeChat"),
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,39}")


@dataclass(frozen=True, slots=True)
class Seen:
    """An address as text, or None where there is none, and the family of the client's program."""

    address: str | None
    agent: str

    @property
    def network(self) -> str:
        """The address' network: /24, of IPv6 the /64 that one subscriber has to himself."""
        return network_of(self.address)

    @classmethod
    def of(cls, request: Request) -> Seen:
        """Of a request that the front passed on; only the front says the address."""
        address = request.headers.get(HEADER.decode("ascii")) or (request.client.host if request.client else None)
        return cls(address, family_of(request.headers.get("user-agent", "")))


def network_of(host: str | None) -> str:
    """The /24 or /64 that a host is in."""
    try:
        address = ip_address(host or "")
    except ValueError:
        return UNKNOWN
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None:
            return str(ip_network((int(address), 64), strict=False))
        address = address.ipv4_mapped
    return str(ip_network((int(address), 24), strict=False))


def family_of(agent: str) -> str:
    """`Firefox` of a browser's long line, else the first product's name."""
    for mark, name in _FAMILIES:
        if mark in agent:
            return name
    product = _PRODUCT.match(agent)
    return product[0] if product else UNKNOWN
