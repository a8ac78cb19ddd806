"""`/v1/entitlements`: what may still be applied for."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.finance.entitlements.queries import READERS, entitlements
from services.finance.entitlements.schemas import EntitlementQuery, EntitlementsOut
from shared.auth.principal import Principal, require
from shared.http.decisions import Explain
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute, Session
from shared.runtime import RuntimeDep

Reader = Annotated[Principal, Depends(require(*READERS))]

router = APIRouter(prefix="/v1/entitlements", tags=["entitlements"], route_class=ServiceRoute)


@router.get("", responses=problem_responses(404))
async def read_entitlements(
    session: Session,
    runtime: RuntimeDep,
    caller: Reader,
    wanted: Annotated[EntitlementQuery, Query()],
    explain: Explain,
) -> EntitlementsOut:
    """What an enterprise or a centre may still apply for today: loans, bank products, vouchers, and a centre's grants,
    each with the rules of its application, what is missing, and what its caps leave."""
    return await entitlements(session, runtime.editions, wanted, caller, explain)
