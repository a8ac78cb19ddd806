"""Which applications and designations somebody sees, and a centre as its criteria see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import operator_code_of
from services.registry.centres.models import Centre
from services.registry.centres.queries import read_scope
from services.registry.enterprises.models import Enterprise
from services.registry.grades.queries import latest_grade
from services.registry.notices.subjects import NoticeSubject
from services.registry.partners.models import Agreement, Partner
from services.registry.partners.queries import agreement_covers
from services.registry.service_records.queries import counts_by_type
from services.registry.tenancies.models import Tenancy
from services.registry.tenancies.queries import stays_on
from services.registry.tiers.models import Designation, TierApplication
from services.registry.tiers.periods import tiers_again
from services.registry.tiers.rules import TierFacts, industry_prefix, window_start
from services.registry.tiers.schemas import TierApplicationFilter
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.policy.edition import Edition

KIND = "tier-applications"


def applications(principal: Principal) -> Select[TierApplication]:
    """Applications whose centre the caller reads as a whole, and those its organisation made."""
    theirs: ColumnElement[bool] = TierApplication.centre_id.in_(select(Centre.id).where(read_scope(principal)))
    if (code := operator_code_of(principal)) is not None:
        theirs = or_(theirs, TierApplication.operator_code == code)
    return select(TierApplication).where(theirs)


def matching(wanted: TierApplicationFilter) -> ColumnElement[bool]:
    """The list's filters."""
    exact = {
        TierApplication.operator_code: wanted.operator_code,
        TierApplication.tier: wanted.tier,
        TierApplication.status: wanted.status,
        TierApplication.no: wanted.no,
    }
    conditions = [column == value for column, value in exact.items() if value is not None]
    if wanted.centre_id is not None:
        conditions.append(TierApplication.centre_id == wanted.centre_id)
    return and_(true(), *conditions)


async def find_application(session: AsyncSession, principal: Principal, application_id: UUID) -> TierApplication:
    """One application as the caller sees it. Raises 404."""
    query = applications(principal).where(TierApplication.id == application_id)
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise not_found("tier-application")
    return found


async def find_notice_subject(session: AsyncSession, principal: Principal, application_id: UUID) -> NoticeSubject:
    """The case of a public notice: open to everybody once it was announced, to its parties before. Raises 404."""
    parties = applications(principal).with_only_columns(TierApplication.id)
    query = (
        select(TierApplication.id, TierApplication.no, TierApplication.status, Centre.name, Centre.operator_code)
        .join(Centre, Centre.id == TierApplication.centre_id)
        .where(
            TierApplication.id == application_id,
            or_(TierApplication.announced_on.is_not(None), TierApplication.id.in_(parties)),
        )
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise not_found("tier-application")
    own = row.operator_code == operator_code_of(principal)
    return NoticeSubject(row.id, row.no, row.name, row.status == "announced", own)


async def find_designation(session: AsyncSession, centre_id: UUID, designation_id: UUID) -> Designation:
    """One of the centre's designations. Raises 404."""
    query = select(Designation).where(Designation.id == designation_id, Designation.centre_id == centre_id)
    found: Designation | None = await session.scalar(query)
    if found is None:
        raise not_found("designation")
    return found


async def facts_on(session: AsyncSession, edition: Edition, centre: Centre, day: date) -> TierFacts:
    """What the criteria of 2.1-1 and 2.1-2 need to know about a centre on a day."""
    since = window_start(edition, day)
    incubatees, same = await _incubatees(session, edition, centre, day)
    again = await tiers_again(session, edition, [centre.id], day)
    due, filed, exits, documented = await _comings_and_goings(session, centre.id, since, day)
    return TierFacts(
        centre_status=centre.status,
        current_tier=again.get(centre.id, centre.tier),
        industry_code=centre.industry_code,
        services=await counts_by_type(session, centre.id, since=since, until=day),
        incubatees=incubatees,
        same_industry=same,
        admissions_due=due,
        admissions_filed=filed,
        exits=exits,
        exits_documented=documented,
        incubator_agreements=await _incubator_agreements(session, edition, centre.id, day),
        grade=await latest_grade(session, centre.id, day),
    )


async def _incubatees(session: AsyncSession, edition: Edition, centre: Centre, day: date) -> tuple[int, int]:
    same: ColumnElement[bool] = false()
    if centre.industry_code is not None:
        same = Enterprise.industry_code.startswith(industry_prefix(edition, centre.industry_code), autoescape=True)
    query = (
        select(func.count(), func.count().filter(same))
        .select_from(Tenancy)
        .join(Enterprise, Enterprise.id == Tenancy.enterprise_id)
        .where(Tenancy.centre_id == centre.id, stays_on(day))
    )
    row = (await session.execute(query)).one()
    return row[0], row[1]


async def _comings_and_goings(
    session: AsyncSession, centre_id: UUID, since: date, day: date
) -> tuple[int, int, int, int]:
    """Of the window, both days included: admissions whose filing was due or done by the day and how many were filed;
    exits, and how many have a document. A graduation is no exit."""
    admitted = Tenancy.admitted_on.between(since, day)
    filed = Tenancy.filed_on <= day
    left = and_(Tenancy.status == "exited", Tenancy.ended_on.between(since, day))
    query = select(
        func.count().filter(admitted, or_(filed, Tenancy.filing_due_on < day)),
        func.count().filter(admitted, filed),
        func.count().filter(left),
        func.count().filter(left, func.cardinality(Tenancy.evidence) > 0),
    ).where(Tenancy.centre_id == centre_id)
    row = (await session.execute(query)).one()
    return row[0], row[1], row[2], row[3]


async def _incubator_agreements(session: AsyncSession, edition: Edition, centre_id: UUID, day: date) -> int:
    query = (
        select(func.count())
        .select_from(Agreement)
        .join(Partner, Partner.id == Agreement.partner_id)
        .where(
            Agreement.centre_id == centre_id,
            Partner.kind.in_(edition.tier_applications.incubator_kinds.value),
            agreement_covers(day),
        )
    )
    return await session.scalar(query) or 0


async def unknown_ids(session: AsyncSession, known: Select[UUID], wanted: Sequence[UUID]) -> set[UUID]:
    """Those of the wanted ids that the query does not have."""
    return set(wanted) - set(await session.scalars(known)) if wanted else set()
