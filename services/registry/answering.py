"""Who answers for those whom a record is about: never the side that recorded it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import enterprise_code_of, operator_code_of
from services.registry.centres.models import Centre
from shared.auth.principal import Principal
from shared.errors import four_eyes_required


async def require_another_side(
    session: AsyncSession, principal: Principal, centre_id: UUID | None, *, recording: bool = False
) -> None:
    """403 `four-eyes-required` for the operator of the record's centre, by whichever role it signs in, and for whoever
    else is of the `recording` side, whatever other roles the account has."""
    answering = {enterprise_code_of(principal), operator_code_of(principal)} - {None}
    operator = None if centre_id is None else (await session.get_one(Centre, centre_id)).operator_code
    if recording or operator in answering:
        raise four_eyes_required()
