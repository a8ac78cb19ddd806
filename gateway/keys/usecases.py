"""API keys: made, confirmed by another person, replaced by their owner, narrowed and revoked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.models import Account
from gateway.keys import rules
from gateway.keys.form import KeyText, new_key
from gateway.keys.models import ApiKey
from gateway.keys.rules import Algorithm, SignatureMode
from gateway.signatures.signing_keys import new_secret, read_public_key
from shared.clock import utcnow
from shared.errors import DomainError, four_eyes_required, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts.gateway import (
    ApiKeyChanged,
    ApiKeyConfirmed,
    ApiKeyIssued,
    ApiKeyRevoked,
    ApiKeyState,
)
from shared.events.outbox import EventContext
from shared.http.etag import honour_match, require_match
from shared.ids import uuid7
from shared.sealing import Keyring

_SLOTS: Final = range(1, rules.LIVE_KEYS + 1)


@dataclass(frozen=True, slots=True)
class Signing:
    """How requests are to be signed; `public_key` is 32 bytes of Ed25519, `secret` base64 for HMAC-SHA256."""

    mode: SignatureMode = "none"
    algorithm: Algorithm | None = None
    public_key: bytes | None = None
    secret: str | None = None

    @classmethod
    def of(cls, mode: SignatureMode, algorithm: Algorithm | None, public_key: str | None) -> Signing:
        """Raises 422 `public-key-invalid`."""
        if algorithm is None:
            return cls()
        if algorithm == "ed25519":
            return cls(mode, algorithm, public_key=read_public_key(public_key or ""))
        return cls(mode, algorithm, secret=new_secret())


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a new key is to be."""

    name: str
    livemode: bool
    scopes: Sequence[str]
    networks: Sequence[str]
    expires_at: datetime
    signing: Signing
    rate_class: str | None = None
    replaces: UUID | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A new key with what is shown once."""

    row: ApiKey
    key: KeyText
    signing_secret: str | None


async def issue_key(
    session: AsyncSession,
    account_id: UUID,
    wanted: Wanted,
    *,
    confirmed: bool,
    keys: Keyring | None,
    context: EventContext,
) -> Issued:
    """Make a key for an account; one that is not `confirmed` is of no use until another person has confirmed it.

    Raises 404, 409 `account-disabled`, 422 `key-owner-wrong` or `scopes-unknown`, and 409 `keys-too-many` where two of
    the mode are live already. `keys` may be None where nothing is to be sealed.
    """
    account = await session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise not_found("account")
    if account.disabled_at is not None:
        raise DomainError("account-disabled", 409)
    rules.check_owner(account.roles)
    slot = await _free_slot(session, account_id, livemode=wanted.livemode)
    text, now = new_key(livemode=wanted.livemode), utcnow()
    row = ApiKey(
        id=uuid7(),
        version=0,
        account_id=account_id,
        public_id=text.public_id,
        livemode=wanted.livemode,
        name=wanted.name,
        digest=text.digest,
        scopes=rules.check_scopes(wanted.scopes),
        networks=rules.check_networks(wanted.networks),
        slot=slot,
        expires_at=wanted.expires_at,
        requested_by=context.actor,
        confirmed_at=now if confirmed else None,
        confirmed_by=context.actor if confirmed else None,
        replaces=wanted.replaces,
        signature_mode=wanted.signing.mode,
        algorithm=wanted.signing.algorithm,
        public_key=wanted.signing.public_key,
        rate_class=wanted.rate_class,
    )
    if wanted.signing.secret is not None:
        if keys is None:
            raise DomainError("gateway-keys-missing", 503)
        sealed = keys.seal(row.id, wanted.signing.secret)
        row.key_id, row.sealed_secret = sealed.key_id, sealed.content
    session.add(row)
    await outbox.append(session, ApiKeyIssued, row, _state(row), context=context)
    return Issued(row, text, wanted.signing.secret)


async def rotate_key(
    session: AsyncSession,
    old: ApiKey,
    wanted: Wanted,
    *,
    overlap: timedelta,
    keys: Keyring | None,
    context: EventContext,
) -> Issued:
    """Make the owner's successor of a key, which goes on for `overlap` and not longer than it would have.

    Raises 409 `invalid-transition` unless the old one is active, and what `issue_key` raises.
    """
    if old.status != "active":
        raise invalid_transition(old.status, ["active"])
    issued = await issue_key(session, old.account_id, wanted, confirmed=True, keys=keys, context=context)
    old.expires_at = min(old.expires_at, utcnow() + overlap)
    await outbox.append(session, ApiKeyChanged, old, _state(old), context=context)
    return issued


async def confirm_key(
    session: AsyncSession, key_id: UUID, *, by: frozenset[str], if_match: str | None, context: EventContext
) -> ApiKey:
    """Let a proposed key be used. `by` is who confirms, and for whom. Raises 403 `four-eyes-required`."""
    row = await locked_key(session, key_id)
    honour_match(if_match, row.version)
    if row.status != "proposed":
        raise invalid_transition(row.status, ["proposed"])
    if row.requested_by in by or str(row.account_id) in by:
        raise four_eyes_required()
    row.confirmed_at, row.confirmed_by = utcnow(), context.actor
    await outbox.append(session, ApiKeyConfirmed, row, _state(row), context=context)
    return row


async def revoke_key(session: AsyncSession, row: ApiKey, *, if_match: str | None, context: EventContext) -> ApiKey:
    """End a key at once. Raises 409 `invalid-transition` for one that has ended."""
    honour_match(if_match, row.version)
    if row.status not in ("proposed", "active"):
        raise invalid_transition(row.status, ["proposed", "active"])
    row.revoked_at, row.slot = utcnow(), None
    await outbox.append(session, ApiKeyRevoked, row, _state(row), context=context)
    return row


async def narrow_key(
    session: AsyncSession,
    row: ApiKey,
    *,
    if_match: str | None,
    name: str | None,
    networks: Sequence[str] | None,
    expires_at: datetime | None,
    context: EventContext,
) -> ApiKey:
    """Change what a key is called, or let it do less: fewer networks, an earlier end.

    Raises 403 `key-wider` for networks outside its own and for a later end, and 409 `invalid-transition`.
    """
    require_match(if_match, row.version)
    if row.status not in ("proposed", "active"):
        raise invalid_transition(row.status, ["proposed", "active"])
    if networks is not None:
        found = rules.check_networks(networks)
        rules.check_narrower(
            scopes=row.scopes,
            networks=found,
            signature=row.signature_mode,
            own_scopes=row.scopes,
            own_networks=row.networks,
            own_signature=row.signature_mode,
        )
        row.networks = found
    if expires_at is not None:
        if expires_at > row.expires_at:
            raise DomainError("key-wider", 403, params={"what": "expires_at"})
        row.expires_at = max(expires_at, utcnow())
    if name is not None:
        row.name = name
    await outbox.append(session, ApiKeyChanged, row, _state(row), context=context)
    return row


async def locked_key(session: AsyncSession, key_id: UUID) -> ApiKey:
    """One key, for a change. Raises 404."""
    row = await session.get(ApiKey, key_id, with_for_update=True)
    if row is None:
        raise not_found("api-key")
    return row


async def _free_slot(session: AsyncSession, account_id: UUID, *, livemode: bool) -> int:
    """A place among the live keys; those that are over leave theirs. The account's row is locked."""
    taken = select(ApiKey).where(
        ApiKey.account_id == account_id, ApiKey.livemode.is_(livemode), ApiKey.slot.is_not(None)
    )
    rows, now = (await session.scalars(taken.with_for_update())).all(), utcnow()
    over = [row for row in rows if row.expires_at <= now]
    for row in over:
        row.slot = None
    await session.flush()
    free = set(_SLOTS) - {row.slot for row in rows}
    if not free:
        raise DomainError("keys-too-many", 409, params={"most": rules.LIVE_KEYS})
    return min(free)


def _state(row: ApiKey) -> ApiKeyState:
    return ApiKeyState(
        account_id=row.account_id,
        livemode=row.livemode,
        scopes=tuple(row.scopes),
        signature_mode=row.signature_mode,
        status=row.status,
        expires_at=row.expires_at,
        replaces=row.replaces,
    )
