"""Enterprises as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.schemas import EnterpriseOut


async def shown(session: AsyncSession, enterprises: Sequence[Enterprise]) -> list[EnterpriseOut]:
    """With the codes of the records that were merged into each."""
    ids = [enterprise.id for enterprise in enterprises]
    query = select(Enterprise.merged_into_id, Enterprise.code).where(Enterprise.merged_into_id.in_(ids))
    codes: dict[UUID | None, list[str]] = {}
    for survivor_id, code in await session.execute(query.order_by(Enterprise.code)):
        codes.setdefault(survivor_id, []).append(code)
    return [
        EnterpriseOut.model_validate(enterprise).model_copy(update={"merged_from": codes.get(enterprise.id, [])})
        for enterprise in enterprises
    ]
