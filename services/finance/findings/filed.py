"""The documents of findings: what the centre's reply rests on."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.centres import READERS
from services.finance.documents.shelves import case_documents
from services.finance.findings.models import Finding
from services.finance.findings.queries import find
from services.finance.findings.states import ANSWERED, OPEN
from services.finance.grants.models import Grant
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.errors import invalid_transition

_UNDECIDED: Final = (OPEN, ANSWERED)


async def _read(session: AsyncSession, principal: Principal, finding_id: UUID) -> None:
    await find(session, finding_id, principal=principal)


async def _write(session: AsyncSession, principal: Principal, finding_id: UUID) -> bool:
    """Until the finding is decided; taken out again only before it is answered."""
    finding = await find(session, finding_id, principal=principal, lock=True)
    if finding.status not in _UNDECIDED:
        raise invalid_transition(finding.status, _UNDECIDED)
    return finding.status == OPEN


router = case_documents(
    "/v1/findings",
    "findings",
    rule="grants.finding",
    edition=lambda finding_id: (
        select(Grant.edition).join(Finding, Finding.grant_id == Grant.id).where(Finding.id == finding_id)
    ),
    read=_read,
    write=_write,
    readers=require(*READERS),
    writers=require(r.CENTRE_OPERATOR, r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER),
)
