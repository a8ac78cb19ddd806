"""`/v1/voucher-usage`: the city's view of all vouchers, and each issuer's of its own (4.3-4)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from services.vouchers.access import IssuerReader
from services.vouchers.usage import burn, queries
from services.vouchers.usage.schemas import BurnOut, BurnQuery, LapseQuery, LapsesOut, UsageOut, UsageQuery
from shared.db import Session
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.policy.edition import PolicyNotInForce
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/voucher-usage", tags=["voucher usage"], route_class=ServiceRoute)

READ = problem_responses(403)


@router.get("", responses=READ)
async def read_usage(session: Session, principal: IssuerReader, wanted: Annotated[UsageQuery, Query()]) -> UsageOut:
    """What was captured, by division, programme, kind, category, provider, size of the enterprise or month."""
    return await queries.use_of_vouchers(session, principal, wanted)


@router.get("/burn", responses=problem_responses(403, 409))
async def read_burn(
    session: Session, principal: IssuerReader, runtime: RuntimeDep, wanted: Annotated[BurnQuery, Query()]
) -> BurnOut:
    """Where budgets stand: issued, held, captured, settled, returned, and what is going to lapse."""
    edition = runtime.editions.closest_to(principal.today)
    if edition is None:
        raise PolicyNotInForce(principal.today, None)
    return await burn.burn_of_budgets(session, edition, principal, wanted)


@router.get("/lapses", responses=READ)
async def read_lapses(session: Session, principal: IssuerReader, wanted: Annotated[LapseQuery, Query()]) -> LapsesOut:
    """What of running vouchers ends in which month."""
    return await burn.lapses(session, principal, wanted)
