"""What each kind of maker may ask for: an administrator anything, an owner no more than he has."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.front.callers import Caller, invalid_token
from gateway.keys import queries, rules, usecases
from gateway.keys.models import ApiKey
from gateway.keys.queries import View
from gateway.keys.schemas import KeyNew, KeyRotation, SigningNew
from gateway.keys.usecases import Issued, Signing, Wanted
from gateway.sealing import keyring_of
from gateway.settings import GatewaySettings
from shared.auth.principal import Principal
from shared.clock import utcnow
from shared.errors import DomainError
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.sealing import Keyring
from shared.settings import ServiceSettings


async def propose(
    session: AsyncSession, settings: ServiceSettings, principal: Principal, _caller: Caller, body: KeyNew
) -> Issued:
    """An administrator's proposal. Raises 422 `key-fields-missing` without account or scopes."""
    if body.account_id is None or body.scopes is None:
        raise DomainError("key-fields-missing", 422)
    signing = _signing(body.signature)
    wanted = Wanted(
        name=body.name,
        livemode=body.mode != "test",
        scopes=body.scopes,
        networks=body.networks or [],
        expires_at=_expiry(settings, body.expires_at),
        signing=signing,
        rate_class=body.rate_class,
    )
    context = EventContext.of(principal)
    keys = _keys(settings, signing)
    return await usecases.issue_key(session, body.account_id, wanted, confirmed=False, keys=keys, context=context)


async def add_own(
    session: AsyncSession, settings: ServiceSettings, principal: Principal, caller: Caller, body: KeyNew
) -> Issued:
    """The second key of an owner who has one. What he leaves out is as with that one.

    Raises 403 `key-wider`; 403 `first-key-by-administrator` where there is none of the mode to begin with.
    """
    if body.account_id not in (None, UUID(principal.account_id)) or body.rate_class is not None:
        raise DomainError("key-not-for-others", 403)
    own = await _authority(session, principal, caller, body.mode)
    signing = _signing(body.signature) if body.signature is not None else _same_signing(own, None)
    wanted = Wanted(
        name=body.name,
        livemode=own.livemode,
        scopes=body.scopes or own.scopes,
        networks=own.networks if body.networks is None else body.networks,
        expires_at=_expiry(settings, body.expires_at),
        signing=signing,
        rate_class=own.rate_class,
    )
    _check_narrower(wanted, own)
    context = EventContext.of(principal)
    keys = _keys(settings, signing)
    return await usecases.issue_key(session, own.account_id, wanted, confirmed=True, keys=keys, context=context)


async def rotate_own(
    session: AsyncSession,
    settings: ServiceSettings,
    principal: Principal,
    caller: Caller,
    old: ApiKey,
    body: KeyRotation,
    *,
    overlap: timedelta,
    if_match: str | None,
) -> Issued:
    """The successor of an owner's key; asked for with another key, it can do no more than that one.

    Raises 403 `key-wider`, 409 `invalid-transition`, 409 `keys-too-many`.
    """
    honour_match(if_match, old.version)
    signing = _same_signing(old, body.public_key)
    wanted = Wanted(
        name=body.name or old.name,
        livemode=old.livemode,
        scopes=old.scopes,
        networks=old.networks,
        expires_at=_expiry(settings, body.expires_at),
        signing=signing,
        rate_class=old.rate_class,
        replaces=old.id,
    )
    if caller.credential == "key":
        _check_narrower(wanted, await _authority(session, principal, caller, None))
    keys, context = _keys(settings, signing), EventContext.of(principal)
    return await usecases.rotate_key(session, old, wanted, overlap=overlap, keys=keys, context=context)


async def _authority(session: AsyncSession, principal: Principal, caller: Caller, mode: str | None) -> ApiKey:
    """The key that an owner's new one is measured by: the one he came in with, otherwise his latest of the mode."""
    account_id = UUID(principal.account_id)
    if caller.credential == "key":
        assert caller.credential_id is not None
        if mode is not None and (mode == "live") != caller.livemode:
            raise DomainError("key-wider", 403, params={"what": mode})
        own = await queries.get_key(session, View(account_id), UUID(caller.credential_id), lock=True)
        if own.status != "active":
            # The front may believe a key for a moment after its end: long enough to leave a successor behind.
            raise invalid_token()
        return own
    newest = await queries.newest_active(session, account_id, livemode=mode != "test")
    if newest is None:
        raise DomainError("first-key-by-administrator", 403)
    return newest


def _check_narrower(wanted: Wanted, own: ApiKey) -> None:
    rules.check_narrower(
        scopes=wanted.scopes,
        networks=rules.check_networks(wanted.networks),
        signature=wanted.signing.mode,
        own_scopes=own.scopes,
        own_networks=own.networks,
        own_signature=own.signature_mode,
    )


def _signing(sent: SigningNew | None) -> Signing:
    return Signing() if sent is None else Signing.of(sent.mode, sent.algorithm, sent.public_key)


def _same_signing(old: ApiKey, public_key: str | None) -> Signing:
    """As the old key's; its public key stays unless there is another, a secret is always a new one."""
    if public_key is not None and old.algorithm != "ed25519":
        raise DomainError("public-key-invalid", 422)
    if old.algorithm == "ed25519" and public_key is None:
        return Signing(old.signature_mode, old.algorithm, public_key=old.public_key)
    return Signing.of(old.signature_mode, old.algorithm, public_key)


def _expiry(settings: ServiceSettings, expires_at: datetime | None) -> datetime:
    assert isinstance(settings, GatewaySettings)
    return rules.check_expiry(expires_at, utcnow(), timedelta(days=settings.api_key_max_days))


def _keys(settings: ServiceSettings, signing: Signing) -> Keyring | None:
    return keyring_of(settings) if signing.secret is not None else None
