"""What an admission is decided on, gathered from the provider's file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.providers.licences.models import VERIFIED, ProviderLicence
from services.vouchers.providers.models import Provider
from services.vouchers.providers.penalties.usecases import penalties_of
from services.vouchers.providers.rules import Applicant, Licence, decide_admission
from shared.policy.decision import Decision
from shared.policy.edition import Edition


async def decide_for(
    session: AsyncSession,
    edition: Edition,
    provider: Provider,
    day: date,
    *,
    categories: Sequence[str] | None = None,
    declared: bool | None = None,
) -> Decision:
    """The decision on the provider as its file stands, for a day; `categories` and `declared` where a renewal brings
    its own."""
    licences = select(ProviderLicence.valid_from, ProviderLicence.valid_to).where(
        ProviderLicence.provider_id == provider.id, ProviderLicence.status == VERIFIED
    )
    applicant = Applicant(
        categories=provider.categories if categories is None else categories,
        declared=provider.declared_on is not None if declared is None else declared,
        penalties=await penalties_of(session, provider.code),
        licences=[Licence(row.valid_from, row.valid_to) for row in await session.execute(licences)],
    )
    return decide_admission(edition, applicant, day)
