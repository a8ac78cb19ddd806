"""What is counted rather than kept one by one, and what is about money, sanctions, people or access."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from gateway.audit.tally import HOUR, MINUTE, Kind
from shared.events.contracts.gateway import (
    KeyUsed,
    KeyUsedState,
    PublicFilesFetched,
    PublicFilesState,
    RefusedState,
    RequestRefused,
    SignInRefused,
    SignInRefusedState,
)
from shared.events.types import EventType

OTHERS: Final = "others"

KEY_USED: Final = Kind("key_used", KeyUsedState, HOUR, ("account_id", "credential_id", "route_class", "answered"))
SIGN_IN_REFUSED: Final = Kind(
    "sign_in_refused", SignInRefusedState, MINUTE, ("account_id", "code", "network"), (None, OTHERS, "-")
)
REFUSED: Final = Kind(
    "request_refused",
    RefusedState,
    MINUTE,
    ("account_id", "credential", "credential_id", "method", "route", "status", "code", "sensitive"),
    (None, "", None, "-", "-", 0, OTHERS, False),
)
PUBLIC_FILES: Final = Kind("public_files_fetched", PublicFilesState, HOUR, ("route",), (OTHERS,))

KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in (KEY_USED, SIGN_IN_REFUSED, REFUSED, PUBLIC_FILES)}
TYPES: Final[Mapping[str, EventType[Any]]] = {
    "key_used": KeyUsed,
    "sign_in_refused": SignInRefused,
    "request_refused": RequestRefused,
    "public_files_fetched": PublicFilesFetched,
}

REFUSALS: Final = frozenset({401, 403, 404, 429})
"""404 is also what a service says of somebody else's: one who tries ids stands out by their number."""

_MONEY: Final = (
    *("grants", "appropriations", "loans", "referrals", "bank-products", "angel-funds", "financing-rewards"),
    *("alliance-support", "matching-funds", "journal-entries", "vouchers", "redemptions", "settlements"),
    *("voucher-programmes", "voucher-recoveries", "voucher-applications", "voucher-batches", "voucher-requests"),
)
_SANCTIONS: Final = (
    *("delistings", "voucher-delistings", "evaluations", "evaluation-cycles", "circulars", "bans", "qualifications"),
    *("provider-penalties", "findings", "rectifications", "objections"),
)
_ACCESS: Final = ("accounts", "api-keys", "invitations", "delegations", "bureaus", "outside-identities", "webhooks")
SENSITIVE: Final = frozenset(segment.encode() for segment in (*_MONEY, *_SANCTIONS, *_ACCESS, "persons"))
"""First segments where a change that was not allowed is an entry of its own, kept before the refusal is sent."""
READ_SENSITIVE: Final = frozenset({b"persons", b"audit"})
"""The same for reading."""

_REVEALS: Final = re.compile(rb"/v1/persons/(?:[^/]+/(?:contacts/)?reveal|find|[^/]+/exports)")


def reveals(raw_path: bytes) -> bool:
    """Whether what is answered there holds personal data unmasked, or finds a person by them."""
    return _REVEALS.fullmatch(raw_path) is not None
