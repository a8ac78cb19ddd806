"""`GET /v1/<things>/{id}/history`, one route for each kind of thing that has one, also for things within things."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeAlias
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.history.queries import history_page
from services.registry.history.schemas import HistoryEntryOut, HistoryParams
from shared.auth.principal import Principal, require
from shared.db import Session
from shared.events.types import Topic
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

Find: TypeAlias = Callable[[AsyncSession, Principal, UUID], Awaitable[object]]
"""Loads the thing as the caller may read it; raises 404."""


FindWithin: TypeAlias = Callable[[AsyncSession, Principal, UUID, UUID], Awaitable[object]]
"""The same for a thing within another, by the ids of both; raises 404 where it is in another one."""


def history_within(within: str, segment: str, topic: Topic, roles: Sequence[str], find: FindWithin) -> APIRouter:
    """The history of the things under `/v1/<within>/{id}/<segment>`."""
    router = APIRouter(prefix=f"/v1/{within}", tags=[within], route_class=ServiceRoute)
    reader = Depends(require(*roles))

    @router.get(
        f"/{{parent_id}}/{segment}/{{thing_id}}/history",
        responses=problem_responses(404),
        operation_id=f"history_of_{within}_{segment.replace('-', '_')}",
    )
    async def history(
        parent_id: UUID,
        thing_id: UUID,
        session: Session,
        runtime: RuntimeDep,
        wanted: Annotated[HistoryParams, Query()],
        principal: Principal = reader,
    ) -> Page[HistoryEntryOut]:
        """Who changed what, when, effective when, why, and by which clause."""
        await find(session, principal, parent_id, thing_id)
        return await history_page(session, runtime.editions, principal, topic, thing_id, wanted)

    return router


def history_routes(segment: str, topic: Topic, roles: Sequence[str], find: Find) -> APIRouter:
    """The history of the things under `/v1/<segment>`, whose events are in `topic`, for whoever may read the thing."""
    router = APIRouter(prefix=f"/v1/{segment}", tags=[segment.partition("/")[0]], route_class=ServiceRoute)
    reader = Depends(require(*roles))

    @router.get(
        "/{thing_id}/history",
        responses=problem_responses(404),
        operation_id=f"history_of_{segment.replace('-', '_').replace('/', '_')}",
    )
    async def history(
        thing_id: UUID,
        session: Session,
        runtime: RuntimeDep,
        wanted: Annotated[HistoryParams, Query()],
        principal: Principal = reader,
    ) -> Page[HistoryEntryOut]:
        """Who changed what, when, effective when, why, and by which clause."""
        await find(session, principal, thing_id)
        return await history_page(session, runtime.editions, principal, topic, thing_id, wanted)

    return router
