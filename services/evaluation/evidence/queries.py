"""Reading evidence: a centre its own, experts and bureaus all, divisions that of theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import in_scope, reads_all
from services.evaluation.documents.models import Document
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.evidence.models import Evidence
from services.evaluation.evidence.schemas import EvidenceOut
from services.evaluation.experts.queries import marked_by
from shared.auth.principal import Principal
from shared.auth.roles import EXPERT
from shared.errors import not_found


def reads_file(principal: Principal) -> ColumnElement[bool]:
    """Evaluations whose evidence the caller may read, whether results are announced or not."""
    if reads_all(principal):
        return true()
    if principal.has(EXPERT):
        return marked_by(principal)
    return in_scope(principal, Evaluation.centre_id)


async def find_file(session: AsyncSession, principal: Principal, evaluation_id: UUID) -> Evaluation:
    """An evaluation whose evidence the caller may read. Raises 404."""
    query = select(Evaluation).where(Evaluation.id == evaluation_id, reads_file(principal))
    evaluation = await session.scalar(query)
    if evaluation is None:
        raise not_found("evaluation")
    return evaluation


def _evidence() -> Select[Evidence, str, str, bool]:
    joined = select(Evidence, Document.name, Document.sha256, Document.removed_at.is_not(None))
    return joined.join(Document, Document.id == Evidence.document_id)


def shown(row: Row[Evidence, str, str, bool]) -> EvidenceOut:
    """With the document's name and hash."""
    own = set(EvidenceOut.model_fields) - {"name", "sha256", "document_removed"}
    known = {name: getattr(row[0], name) for name in own}
    return EvidenceOut(**known, name=row[1], sha256=row[2], document_removed=row[3])


async def evidence_of(session: AsyncSession, evaluation_id: UUID) -> list[EvidenceOut]:
    """All of an evaluation, withdrawn ones too, by indicator."""
    query = _evidence().where(Evidence.evaluation_id == evaluation_id).order_by(Evidence.indicator, Evidence.id)
    return [shown(row) for row in await session.execute(query)]


async def show_evidence(session: AsyncSession, evidence_id: UUID) -> EvidenceOut:
    """One piece that is known to be there."""
    return shown((await session.execute(_evidence().where(Evidence.id == evidence_id))).one())


async def evidence_by_indicator(session: AsyncSession, evaluation_id: UUID | None) -> Mapping[str, Sequence[UUID]]:
    """Documents in force for each indicator of an evaluation; nothing where there is none yet."""
    found: dict[str, list[UUID]] = {}
    if evaluation_id is None:
        return found
    query = (
        select(Evidence.indicator, Evidence.document_id)
        .join(Document, Document.id == Evidence.document_id)
        .where(Evidence.evaluation_id == evaluation_id, Evidence.status == "filed", Document.removed_at.is_(None))
    )
    for row in await session.execute(query.order_by(Evidence.id)):
        found.setdefault(row.indicator, []).append(row.document_id)
    return found
