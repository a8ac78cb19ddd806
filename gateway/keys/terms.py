"""What requests by an API key must keep to, besides knowing the key."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from uuid import UUID

from gateway.keys.rules import Algorithm, SignatureMode
from shared.errors import DomainError
from shared.sealing import Sealed

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """From where a key may be used, and how its requests are signed: `public_key` for Ed25519, otherwise the secret,
    sealed for the row of `id`."""

    id: UUID
    public_id: str
    networks: tuple[Network, ...]
    signature_mode: SignatureMode
    algorithm: Algorithm | None
    public_key: bytes | None
    secret: Sealed | None

    def check_address(self, address: IPv4Address | IPv6Address | None) -> None:
        """Raises 403 `address-not-allowed`, without saying what would be allowed."""
        if self.networks and not any(address in network for network in self.networks if address is not None):
            raise DomainError("address-not-allowed", 403)
