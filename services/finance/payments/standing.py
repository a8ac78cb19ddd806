"""How a centre stands, asked of the services that decide it, before money leaves that cannot be called back.

The order of a payment, and why nobody is paid whose delisting was published before the check began:

1. idempotency look-up: a repeated request is answered from the store and asks nobody;
2. evaluation is asked, then the registry, while no row is locked. Evaluation's standing turns in the very transaction
   that publishes the result, so a check that begins after that commit is refused;
3. the transaction locks the centre FOR SHARE and the grant FOR UPDATE, tests both again, pays and commits. Finance's
   own sweep takes the centre exclusively: it finds the grant unpaid and cancels it, or paid and opens a recovery. A
   payment in flight while the result is published is the second case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.finance.payments.rules import GOOD
from shared.errors import DomainError
from shared.peers import PeerClient, PeerRefused, PeerUnavailable

TIMEOUT_SECONDS: Final = 1.0
"""For each of the two questions; the caller holds a database connection meanwhile, but no lock on any row."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The two answers; the registry's is None where evaluation's already decides."""

    evaluation: str
    registry: str | None


async def ask_standing(peers: PeerClient, centre_id: UUID, *, correlation_id: str) -> Standing:
    """Ask evaluation, then the registry. Raises 503 `standing-unknown` if either does not give an answer."""
    evaluation = await _ask(peers, "evaluation", centre_id, correlation_id)
    if evaluation != GOOD:
        return Standing(evaluation, None)
    return Standing(evaluation, await _ask(peers, "registry", centre_id, correlation_id))


async def _ask(peers: PeerClient, service: str, centre_id: UUID, correlation_id: str) -> str:
    try:
        answer = await peers.get_json(
            service,
            f"/internal/centres/{centre_id}/standing",
            timeout=TIMEOUT_SECONDS,
            correlation_id=correlation_id,
        )
    except (PeerUnavailable, PeerRefused, LookupError) as error:
        raise _unknown(service) from error
    standing = answer.get("standing") if isinstance(answer, dict) else None
    if not isinstance(standing, str) or not isinstance(answer, dict) or answer.get("centre_id") != str(centre_id):
        raise _unknown(service)
    return standing


def _unknown(service: str) -> DomainError:
    return DomainError("standing-unknown", 503, params={"dependency": service}, headers={"Retry-After": "1"})
