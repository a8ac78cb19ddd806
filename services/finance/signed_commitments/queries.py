"""Reading signed commitments."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.centres import visible_to
from services.finance.projections import known_centre
from services.finance.signed_commitments.models import SignedCommitment
from services.finance.signed_commitments.schemas import CommitmentFilter, CommitmentItem
from services.finance.signed_commitments.states import HONOURED
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import Page, paginate
from shared.money import ZERO


def _visible(principal: Principal) -> Select[SignedCommitment]:
    centre = known_centre.c
    return (
        select(SignedCommitment)
        .join(known_centre, centre.id == SignedCommitment.centre_id)
        .where(visible_to(principal))
    )


async def list_commitments(
    session: AsyncSession, wanted: CommitmentFilter, *, principal: Principal
) -> Page[CommitmentItem]:
    """One page of the commitments of centres the caller may see, newest first."""
    statement = _visible(principal)
    case = SignedCommitment
    for column in (case.no, case.grant_id, case.centre_id, case.status):
        if (value := getattr(wanted, column.key)) is not None:
            statement = statement.where(column == value)
    return await paginate(session, statement, keys=[case.id.desc()], params=wanted, item=CommitmentItem.model_validate)


async def find_commitment(session: AsyncSession, commitment_id: UUID, *, principal: Principal) -> SignedCommitment:
    """A commitment the caller may see. Raises 404."""
    commitment = await session.scalar(_visible(principal).where(SignedCommitment.id == commitment_id))
    if commitment is None:
        raise not_found("signed-commitment")
    return commitment


async def promised(session: AsyncSession, grant_id: UUID) -> Decimal:
    """What other contracts of the grant were honoured for and is not paid yet."""
    open_part = func.coalesce(func.sum(SignedCommitment.honoured - SignedCommitment.settled), ZERO)
    query = select(open_part).where(SignedCommitment.grant_id == grant_id, SignedCommitment.status == HONOURED)
    return (await session.execute(query)).scalar_one() or ZERO
