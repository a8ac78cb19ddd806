"""`/v1/delegations`: who stands in for whom during leave."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy import or_, select
from starlette.requests import Request

from gateway.accounts.usecases import fold_username
from gateway.delegations import usecases
from gateway.delegations.models import Delegation
from gateway.delegations.schemas import DelegationFilter, DelegationNew, DelegationOut
from gateway.signin.router import local_account
from shared.auth.principal import Principal, require
from shared.auth.roles import AUDITOR, SECURITY_ADMIN
from shared.db import Session
from shared.errors import DomainError
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute

router = APIRouter(prefix="/v1/delegations", tags=["accounts"], route_class=ServiceRoute)

SignedIn = Annotated[Principal, Depends(require())]

_CHANGES: Final = problem_responses(404, 409)


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def propose(request: Request, session: Session, caller: SignedIn, body: DelegationNew) -> DelegationOut:
    """Ask a colleague of one's bureau to stand in; it counts once the colleague has agreed."""
    local_account(request, caller)
    delegation = await usecases.propose(
        session,
        caller,
        delegate=fold_username(body.delegate),
        roles=body.roles,
        from_on=body.from_on,
        to_on=body.to_on,
    )
    return DelegationOut.of(delegation, caller.today)


@router.get("")
async def list_delegations(
    session: Session, caller: SignedIn, wanted: Annotated[DelegationFilter, Query()]
) -> Page[DelegationOut]:
    """One's own, given and taken; everybody's for auditors and security administrators. Oldest first."""
    statement = select(Delegation)
    if not caller.has(AUDITOR, SECURITY_ADMIN):
        own = _with_account(caller)
        statement = statement.where(or_(Delegation.grantor_id == own, Delegation.delegate_id == own))
    if wanted.account is not None:
        named = wanted.account
        statement = statement.where(or_(Delegation.grantor_id == named, Delegation.delegate_id == named))
    keys = [Delegation.created_at, Delegation.id]
    item = partial(DelegationOut.of, today=caller.today)
    return await paginate(session, statement, keys=keys, params=wanted, item=item)


@router.post("/{delegation_id}/accept", responses=_CHANGES)
async def accept(session: Session, caller: SignedIn, delegation_id: UUID) -> DelegationOut:
    """Agree to stand in. The roles one receives are used under one's own account, and the counterpart of each rests."""
    return DelegationOut.of(await usecases.accept(session, caller, delegation_id), caller.today)


@router.post("/{delegation_id}/decline", responses=_CHANGES)
async def decline(session: Session, caller: SignedIn, delegation_id: UUID) -> DelegationOut:
    """Do not agree."""
    return DelegationOut.of(await usecases.decline(session, caller, delegation_id), caller.today)


@router.post("/{delegation_id}/withdraw", responses=_CHANGES)
async def withdraw(session: Session, caller: SignedIn, delegation_id: UUID) -> DelegationOut:
    """End it early, from the next request on."""
    return DelegationOut.of(await usecases.withdraw(session, caller, delegation_id), caller.today)


def _with_account(caller: Principal) -> UUID:
    """Raises 403 `local-account-needed` for a caller without an account here."""
    try:
        return UUID(caller.account_id)
    except ValueError as error:
        raise DomainError("local-account-needed", 403) from error
