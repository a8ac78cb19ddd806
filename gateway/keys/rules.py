"""Who may have API keys, and what a key may be: pure decisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final, Literal

from gateway.front import scopes as scoping
from shared.auth import roles as r
from shared.errors import DomainError

Network = IPv4Network | IPv6Network
SignatureMode = Literal["none", "optional", "required"]
Algorithm = Literal["ed25519", "hmac-sha256"]
Status = Literal["proposed", "active", "expired", "revoked"]

KEY_ROLES: Final = frozenset({r.BANK, r.GUARANTOR, r.BUREAU, r.ENTERPRISE, r.CENTRE_OPERATOR, r.PROVIDER})
"""Organisations whose systems call the API. An official, an auditor or an administrator decides in person: no key
stands for one."""
LIVE_KEYS: Final = 2
"""An owner's keys of one mode at a time: the one in use and the one that replaces it."""
STRENGTH: Final[dict[SignatureMode, int]] = {"none": 0, "optional": 1, "required": 2}


def check_owner(roles: Iterable[str]) -> None:
    """Raises 422 `key-owner-wrong` for an account that holds anything else than an organisation's roles."""
    held = frozenset(roles)
    if not held or held - KEY_ROLES:
        wrong = ", ".join(sorted(held - KEY_ROLES)) or "-"
        raise DomainError("key-owner-wrong", 422, params={"roles": wrong, "allowed": ", ".join(sorted(KEY_ROLES))})


def check_scopes(scopes: Iterable[str]) -> list[str]:
    """The scopes, sorted and once each. Raises 422 `scopes-unknown`, also where there are none."""
    wanted = sorted(set(scopes))
    unknown = scoping.unknown(wanted)
    if unknown or not wanted:
        raise DomainError("scopes-unknown", 422, params={"scopes": ", ".join(unknown) or "-"})
    return wanted


def check_networks(networks: Sequence[str]) -> list[str]:
    """The networks in their normal form. Raises 422 `network-invalid` for what is none, or has host bits set."""
    found = []
    for text in networks:
        try:
            found.append(str(ip_network(text)))
        except ValueError as error:
            raise DomainError("network-invalid", 422, params={"network": text}) from error
    return sorted(set(found))


def check_expiry(expires_at: datetime | None, now: datetime, longest: timedelta) -> datetime:
    """When the key ends; the longest time there is where nothing is said. Raises 422 `expiry-invalid`."""
    latest = now + longest
    if expires_at is None:
        return latest
    if not now < expires_at <= latest:
        raise DomainError("expiry-invalid", 422, params={"days": longest.days})
    return expires_at


def check_narrower(
    *,
    scopes: Sequence[str],
    networks: Sequence[str],
    signature: SignatureMode,
    own_scopes: Sequence[str],
    own_networks: Sequence[str],
    own_signature: SignatureMode,
) -> None:
    """An owner makes keys that can do no more than the one he has.

    Raises 403 `key-wider` naming what is wider: scopes, networks or the duty to sign. Whoever has stolen a key could
    otherwise make himself a better one.
    """
    own = frozenset(own_scopes)
    wider = [scope for scope in scopes if not scoping.covers(own, scope)]
    if wider:
        raise DomainError("key-wider", 403, params={"what": ", ".join(wider)})
    if own_networks and not _all_within(networks, own_networks):
        raise DomainError("key-wider", 403, params={"what": "networks"})
    if STRENGTH[signature] < STRENGTH[own_signature]:
        raise DomainError("key-wider", 403, params={"what": "signature"})


def _all_within(networks: Sequence[str], own: Sequence[str]) -> bool:
    return bool(networks) and all(any(_within(network, other) for other in own) for network in networks)


def _within(network: str, other: str) -> bool:
    inner, outer = ip_network(network), ip_network(other)
    if isinstance(inner, IPv4Network) and isinstance(outer, IPv4Network):
        return inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and isinstance(outer, IPv6Network) and inner.subnet_of(outer)


def status_of(
    *, confirmed_at: datetime | None, revoked_at: datetime | None, expires_at: datetime, now: datetime
) -> Status:
    """Where a key stands at an instant."""
    if revoked_at is not None:
        return "revoked"
    if expires_at <= now:
        return "expired"
    return "active" if confirmed_at is not None else "proposed"
