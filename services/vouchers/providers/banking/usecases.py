"""A provider names the account that it is paid to, and an officer of the bureau confirms it (4.3-2)."""

from __future__ import annotations

import re
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.documents.shelves import require_document
from services.vouchers.policy import require_not_before
from services.vouchers.providers.accounts import (
    CURRENT,
    PROPOSED,
    REJECTED,
    REPLACED,
    SettlementAccountRow,
    row_in,
    seal_number,
)
from services.vouchers.providers.banking.schemas import AccountNew, AccountRejection
from services.vouchers.providers.models import Provider
from services.vouchers.providers.queries import lock, lock_own
from services.vouchers.providers.rules import APPLIED, REFUSED, REVIEWED, STANDING
from services.vouchers.providers.telling import record
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import four_eyes_required, invalid_transition, not_found
from shared.events.contracts.vouchers.providers import (
    ProviderAccountConfirmed,
    ProviderAccountData,
    ProviderAccountProposed,
    ProviderAccountRejected,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.ids import uuid7
from shared.sealing import Keyring

RULES: Final = ("vouchers.provider_account",)
NAMED_ANEW_BY: Final = "service:vouchers"
"""Decides on an account that its provider replaced before anybody looked at it."""
_NUMBER: Final = re.compile(r"[0-9]{8,32}", re.ASCII)

Found = tuple[Provider, SettlementAccountRow]


async def propose_account(
    session: AsyncSession, *, keys: Keyring, principal: Principal, provider_id: UUID, wanted: AccountNew
) -> Found:
    """The provider names an account; one that waited is dropped for it, the current one stays until it is confirmed.

    One that has left the register is still paid for what it delivered, so it may name one too. Raises 404, 409
    `invalid-transition` for a refused application, 422 for a number that is none, without showing it.
    """
    provider = await lock_own(session, principal, provider_id)
    if provider.status == REFUSED:
        raise invalid_transition(provider.status, [APPLIED, REVIEWED, *STANDING])
    number = re.sub(r"[ -]", "", wanted.number.get_secret_value())
    if _NUMBER.fullmatch(number) is None:
        raise PayloadInvalid.at("number", "account_number")
    if wanted.document_id is not None:
        await require_document(session, "providers", provider.id, wanted.document_id)
    waiting = await row_in(session, PROPOSED, provider.id)
    if waiting is not None:
        waiting.status, waiting.reason_code = REJECTED, "named_anew"
        waiting.decided_by, waiting.decided_on = NAMED_ANEW_BY, principal.today
        await session.flush()
    account = SettlementAccountRow(
        id=uuid7(),
        provider_id=provider.id,
        status=PROPOSED,
        proposed_by=principal.account_id,
        proposed_on=principal.today,
        **wanted.model_dump(exclude={"number"}),
    )
    seal_number(account, number, keys)
    session.add(account)
    await session.flush()
    await _record(session, ProviderAccountProposed, provider, account, EventContext.of(principal))
    return provider, account


async def confirm_account(
    session: AsyncSession,
    *,
    principal: Principal,
    provider_id: UUID,
    account_id: UUID,
    decided_on: date | None,
    if_match: str | None,
) -> Found:
    """From now on the provider is paid to this account. Raises 404, 403, 412, 409 `invalid-transition`."""
    provider, account = await _open(session, principal, provider_id, account_id, if_match)
    day = effective_date(principal, decided_on)
    require_not_before(account.proposed_on, day)
    before = await row_in(session, CURRENT, provider.id)
    if before is not None:
        before.status = REPLACED
        await session.flush()
    account.status, account.decided_by, account.decided_on = CURRENT, principal.account_id, day
    await _record(session, ProviderAccountConfirmed, provider, account, EventContext.of(principal, day))
    return provider, account


async def reject_account(
    session: AsyncSession,
    *,
    principal: Principal,
    provider_id: UUID,
    account_id: UUID,
    wanted: AccountRejection,
    if_match: str | None,
) -> Found:
    """It is not paid to, with a reason. Raises as `confirm_account`."""
    provider, account = await _open(session, principal, provider_id, account_id, if_match)
    day = effective_date(principal, wanted.decided_on)
    require_not_before(account.proposed_on, day)
    account.status, account.decided_by, account.decided_on = REJECTED, principal.account_id, day
    account.reason_code = wanted.reason_code
    await _record(session, ProviderAccountRejected, provider, account, EventContext.of(principal, day))
    return provider, account


async def _open(
    session: AsyncSession, principal: Principal, provider_id: UUID, account_id: UUID, if_match: str | None
) -> Found:
    provider = await lock(session, provider_id)
    account = await session.get(SettlementAccountRow, account_id, populate_existing=True)
    if account is None or account.provider_id != provider.id:
        raise not_found("bank_account")
    honour_match(if_match, provider.version)
    if account.status != PROPOSED:
        raise invalid_transition(account.status, [PROPOSED])
    if account.proposed_by == principal.account_id:
        raise four_eyes_required()
    return provider, account


async def _record(
    session: AsyncSession,
    event_type: EventType[ProviderAccountData],
    provider: Provider,
    account: SettlementAccountRow,
    context: EventContext,
) -> None:
    await record(session, event_type, provider, context, RULES, account_id=account.id, account_status=account.status)
