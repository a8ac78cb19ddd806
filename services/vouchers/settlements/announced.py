"""The public notice of a batch: put up once its sample was inspected; the approval waits until it is over (4.3-4)."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import distinct, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import division_of, provider_code_of
from services.vouchers.notices.models import NoticeObjection, PublicNotice
from services.vouchers.notices.subjects import NoticeSubject
from services.vouchers.notices.usecases import open_notice, require_notice_over
from services.vouchers.providers.models import Provider
from services.vouchers.settlements import lines, states
from services.vouchers.settlements.cases import Case, Step, open_case, visible_to
from services.vouchers.settlements.checking import sample_decision
from services.vouchers.settlements.models import Settlement, SettlementLine
from shared.auth.principal import Principal
from shared.errors import DomainError, not_found
from shared.events.contracts import vouchers as vc
from shared.http.notices import NoticeIn
from shared.policy.decision import Decision
from shared.refusals import require_passed

KIND: Final = "settlements"
CLAUSE: Final = "4.3-4"
NOTICED: Final = ("notice.given", "vouchers.settlement_sample")


async def announce(session: AsyncSession, *, step: Step, sent: NoticeIn) -> PublicNotice:
    """Put the batch on public notice. Raises 409 `settlement-inspections-open`, `settlement-empty`."""
    case = await open_case(session, step, states.CHECKING)
    settlement = case.settlement
    if settlement.line_count == 0:
        params = {"period": settlement.period, "collects_to": settlement.collects_to}
        raise DomainError("settlement-empty", 409, params=params, clauses=[CLAUSE])
    require_passed(await sample_decision(session, case))
    day = case.day(sent.starts_on, settlement.checked_on)
    notice = await open_notice(
        session,
        step.principal,
        case.edition,
        KIND,
        settlement.id,
        clause=CLAUSE,
        starts_on=day,
        document_no=sent.document_no,
        amount=settlement.total,
    )
    case.note_hand()
    settlement.status, settlement.noticed_by, settlement.noticed_on = states.NOTICED, step.principal.account_id, day
    await lines.tell(session, vc.SettlementNoticed, settlement, case.context(day), NOTICED)
    return notice


async def notice_over(session: AsyncSession, case: Case, day: date) -> Decision:
    """That the batch may be approved on `day`; an upheld objection is dealt with once the lines that it is about are
    out. Raises as `require_notice_over`."""
    settlement_id = case.settlement.id
    out = select(func.count(distinct(SettlementLine.objection_id))).where(
        SettlementLine.settlement_id == settlement_id, SettlementLine.status != states.INCLUDED
    )
    carried_out = await session.scalar(out) or 0
    return await require_notice_over(
        session, case.edition, KIND, settlement_id, day, clause=CLAUSE, carried_out=carried_out
    )


async def require_upheld(session: AsyncSession, settlement: Settlement, objection_id: UUID) -> None:
    """409 `settlement-objection-not-upheld` for an objection of another batch, or one that was not upheld."""
    query = (
        select(NoticeObjection.id)
        .join(PublicNotice, PublicNotice.id == NoticeObjection.notice_id)
        .where(
            NoticeObjection.id == objection_id,
            NoticeObjection.outcome == "upheld",
            PublicNotice.subject_kind == KIND,
            PublicNotice.subject_id == settlement.id,
        )
    )
    if await session.scalar(query) is None:
        raise DomainError("settlement-objection-not-upheld", 409)


async def find_announced(session: AsyncSession, principal: Principal, settlement_id: UUID) -> NoticeSubject:
    """A batch as its notice shows it: to everybody once it was announced, before that to who may see the batch."""
    announced = select(PublicNotice.id).where(
        PublicNotice.subject_kind == KIND, PublicNotice.subject_id == Settlement.id
    )
    columns = (Settlement.id, Settlement.no, Settlement.period, Settlement.issuer_division, Settlement.status)
    visible = or_(visible_to(principal), announced.exists())
    row = (await session.execute(select(*columns).where(Settlement.id == settlement_id, visible))).one_or_none()
    if row is None:
        raise not_found("settlement")
    code = provider_code_of(principal)
    own = code is not None and await _has_lines(session, settlement_id, code)
    return NoticeSubject(
        id=row.id,
        no=row.no,
        name=f"{row.issuer_division} {row.period}",
        announced=row.status == states.NOTICED,
        own=own,
        in_charge=division_of(principal) == row.issuer_division,
    )


async def _has_lines(session: AsyncSession, settlement_id: UUID, code: str) -> bool:
    line = SettlementLine
    query = select(line.id).join(Provider, Provider.id == line.provider_id)
    query = query.where(line.settlement_id == settlement_id, Provider.code == code)
    return await session.scalar(query.limit(1)) is not None
