"""`/v1/providers/{id}/accounts`: where a provider is paid to (4.3-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import select

from services.vouchers.access import READ_ALL, Provider, ScienceOfficer
from services.vouchers.providers.accounts import AccountKeys, SettlementAccountRow
from services.vouchers.providers.banking import usecases
from services.vouchers.providers.banking.schemas import AccountFilter, AccountNew, AccountRejection, ProviderAccountOut
from services.vouchers.providers.queries import readable
from services.vouchers.schemas import Decided, day_sent
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute

router = APIRouter(prefix="/v1/providers/{provider_id}/accounts", tags=["providers"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(*READ_ALL, r.PROVIDER))]

_STEP = problem_responses(403, 404, 409, 412)


@router.post("", status_code=201, responses=problem_responses(404, 409, 503), dependencies=[IdempotencyRequired])
async def propose_account(
    provider_id: UUID, wanted: AccountNew, session: Session, principal: Provider, keys: AccountKeys, response: Response
) -> ProviderAccountOut:
    """Name the account to be paid to; it counts once the bureau has confirmed it."""
    found = await usecases.propose_account(
        session, keys=keys, principal=principal, provider_id=provider_id, wanted=wanted
    )
    return _answer(found, response)


@router.get("", responses=problem_responses(404))
async def list_accounts(
    provider_id: UUID, session: Session, principal: Reader, wanted: Annotated[AccountFilter, Query()]
) -> Page[ProviderAccountOut]:
    """The provider's accounts, newest first, masked."""
    await readable(session, principal, provider_id)
    query = select(SettlementAccountRow).where(SettlementAccountRow.provider_id == provider_id)
    if wanted.status is not None:
        query = query.where(SettlementAccountRow.status == wanted.status)
    keys = [SettlementAccountRow.id.desc()]
    return await paginate(session, query, keys=keys, params=wanted, item=ProviderAccountOut.model_validate)


@router.post("/{account_id}/confirm", responses=_STEP, dependencies=[IdempotencyRequired])
async def confirm_account(
    provider_id: UUID,
    account_id: UUID,
    session: Session,
    principal: ScienceOfficer,
    response: Response,
    wanted: Decided | None = None,
    if_match: IfMatch = None,
) -> ProviderAccountOut:
    """It belongs to the provider: payments go there from now on."""
    found = await usecases.confirm_account(
        session,
        principal=principal,
        provider_id=provider_id,
        account_id=account_id,
        decided_on=day_sent(wanted),
        if_match=if_match,
    )
    return _answer(found, response)


@router.post("/{account_id}/reject", responses=_STEP, dependencies=[IdempotencyRequired])
async def reject_account(
    provider_id: UUID,
    account_id: UUID,
    wanted: AccountRejection,
    session: Session,
    principal: ScienceOfficer,
    response: Response,
    if_match: IfMatch = None,
) -> ProviderAccountOut:
    """It is not paid to, with a reason."""
    found = await usecases.reject_account(
        session,
        principal=principal,
        provider_id=provider_id,
        account_id=account_id,
        wanted=wanted,
        if_match=if_match,
    )
    return _answer(found, response)


def _answer(found: usecases.Found, response: Response) -> ProviderAccountOut:
    provider, account = found
    set_etag(response, provider.version)
    return ProviderAccountOut.model_validate(account)
