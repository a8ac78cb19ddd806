"""Which addresses a webhook may be sent to: public ones, and those that WEBHOOK_ALLOW_NETS names.

The lists are our own: `is_global` of Python's `ipaddress` differs by version, takes an IPv4 address within IPv6 for a
public one, and says yes to multicast. Sources: IANA special-purpose registries (RFC 6890), RFC 1112, 3879, 4291, 5180,
6052, 6598, 7526, 8215, 9637.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

from shared.errors import DomainError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_REFUSED_V4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers; one cloud's metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a cloud's own agent, at a public address
        "169.254.0.0/16",  # link-local; most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; one cloud's metadata
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_GLOBAL_V6: Final = IPv6Network("2000::/3")
"""What is assigned for public use; everything outside is local, multicast, unspecified or not assigned."""
_REFUSED_V6: Final = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address of any kind within
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")
_ISATAP: Final = frozenset({bytes.fromhex("00005efe"), bytes.fromhex("02005efe")})


class AddressRefused(Exception):
    """Nothing is sent there."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def as_error(self) -> DomainError:
        """As an answer to whoever registers such a URL."""
        return DomainError(self.code, 422)


def plain(address: Address) -> Address:
    """The IPv4 address that packets would reach in the end, where an IPv6 address only carries one."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(address.packed[12:])
    return address


def is_public(address: Address) -> bool:
    """Whether an address belongs to the internet at large."""
    reached = plain(address)
    if isinstance(reached, IPv4Address):
        return not any(reached in network for network in _REFUSED_V4)
    if reached.scope_id is not None or reached not in _GLOBAL_V6 or any(reached in net for net in _REFUSED_V6):
        return False
    return reached.packed[8:12] not in _ISATAP or is_public(IPv4Address(reached.packed[12:]))


@dataclass(frozen=True, slots=True)
class Boundary:
    """Where webhooks may go. `nets` are allowed whatever they are, at every port, and without TLS; everybody else must
    be public, and listen at one of `ports` with TLS."""

    nets: tuple[Network, ...]
    ports: frozenset[int]

    def check(self, addresses: Sequence[Address], port: int, *, tls: bool) -> None:
        """Raises AddressRefused unless every address may be connected to: of several, any may be taken."""
        if not addresses:
            raise AddressRefused("webhook-host-unknown")
        outside = [address for address in addresses if not any(plain(address) in net for net in self.nets)]
        if not all(is_public(address) for address in outside):
            raise AddressRefused("webhook-address-refused")
        if outside and not tls:
            raise AddressRefused("webhook-scheme-refused")
        if outside and port not in self.ports:
            raise AddressRefused("webhook-port-refused")
