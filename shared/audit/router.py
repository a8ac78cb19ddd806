"""`/internal/audit/…`: what the gateway gathers for the auditor; no other service may ask."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy import MetaData

from shared.audit.cases import CaseLog, read_case, read_correlated
from shared.audit.duties import MOST_ROWS, Asked, Duties, Member, Spending, Ties, snapshot
from shared.auth.principal import Principal, require_internal
from shared.errors import DomainError, not_found
from shared.http.schemas import Response
from shared.runtime import RuntimeDep

PREFIX: Final = "/internal/audit"
MOST_CAUSES: Final = 100
"""Correlation ids of one question: they stand in its address."""

Gateway = Annotated[Principal, Depends(require_internal("gateway"))]
Cause = Annotated[str, Query(max_length=100, pattern=r"^[^\"\\]+$")]


class Known(Response):
    """The populations of a service, and whether each member has an amount."""

    populations: dict[str, bool]


def audit_router(metadata: MetaData, duties: Duties) -> APIRouter:
    """The routes of one service. They read in one transaction each, at one moment of the database."""
    router = APIRouter(prefix=PREFIX, tags=["audit"], include_in_schema=False)
    named = {population.name: population for population in duties.populations}

    @router.get("/cases/{case_id}")
    async def case(case_id: UUID, _: Gateway, runtime: RuntimeDep) -> CaseLog:
        """Everything that this service has of a case, but for the contents of documents and current states."""
        async with snapshot(runtime.db) as session:
            return await read_case(session, metadata, case_id)

    @router.get("/correlated")
    async def correlated(
        _: Gateway, runtime: RuntimeDep, cause: Annotated[list[Cause], Query(min_length=1, max_length=MOST_CAUSES)]
    ) -> CaseLog:
        """What happened here for these causes."""
        async with snapshot(runtime.db) as session:
            return await read_correlated(session, cause)

    @router.get("/populations")
    async def populations(_: Gateway) -> Known:
        """What may be drawn from."""
        return Known(populations={name: found.money for name, found in named.items()})

    @router.get("/populations/{name}")
    async def population(name: str, since: date, until: date, _: Gateway, runtime: RuntimeDep) -> list[Member]:
        """All members of a population within a period."""
        if name not in named:
            raise not_found("population")
        async with snapshot(runtime.db) as session:
            members = list(await named[name].find(Asked(session, runtime, since, until)))
        _require_bounded(len(members))
        return members

    @router.get("/ties")
    async def ties(since: date, until: date, _: Gateway, runtime: RuntimeDep) -> Ties:
        """Who shares what with whom as of `until`, and the money of the period."""
        if duties.ties is None:
            return Ties()
        async with snapshot(runtime.db) as session:
            found = await duties.ties(Asked(session, runtime, since, until))
        _require_bounded(len(found.ties) + len(found.flows))
        return found

    @router.get("/spending")
    async def spending(since: date, until: date, _: Gateway, runtime: RuntimeDep) -> Spending:
        """Every payment of public money in the period."""
        if duties.spending is None:
            return Spending()
        async with snapshot(runtime.db) as session:
            found = await duties.spending(Asked(session, runtime, since, until))
        _require_bounded(len(found.spent))
        return found

    return router


def _require_bounded(count: int) -> None:
    if count > MOST_ROWS:
        raise DomainError("audit-too-many", 409, params={"limit": MOST_ROWS})
