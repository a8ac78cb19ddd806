"""The documents of providers: licences, evidence of an account, papers of a review."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import DIVISION_ROLES, READ_ALL
from services.vouchers.documents.shelves import case_documents
from services.vouchers.providers.licences.models import ProviderLicence
from services.vouchers.providers.models import Provider
from services.vouchers.providers.queries import lock, readable
from services.vouchers.providers.rules import APPLIED, REMOVED, REVIEWED, STANDING
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.errors import invalid_transition

KIND = "providers"
OPEN = (APPLIED, REVIEWED, *STANDING, REMOVED)


async def _read(session: AsyncSession, principal: Principal, provider_id: UUID) -> None:
    await readable(session, principal, provider_id)


async def _write(session: AsyncSession, principal: Principal, provider_id: UUID) -> bool:
    """By the provider and the science bureau; taken out again only while no licence names one."""
    await readable(session, principal, provider_id)
    provider = await lock(session, provider_id)
    if provider.status not in OPEN:
        raise invalid_transition(provider.status, OPEN)
    named = select(ProviderLicence.id).where(ProviderLicence.provider_id == provider_id).limit(1)
    return provider.status == APPLIED and await session.scalar(named) is None


router = case_documents(
    "/v1/providers",
    KIND,
    edition=lambda provider_id: select(Provider.edition).where(Provider.id == provider_id),
    read=_read,
    write=_write,
    readers=require(*READ_ALL, *DIVISION_ROLES, r.PROVIDER),
    writers=require(r.PROVIDER, r.SCIENCE_OFFICER, r.SCIENCE_APPROVER),
)
