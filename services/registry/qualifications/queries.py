"""Which titles and applications somebody sees, and what a centre holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Select, and_, case, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import operator_code_of
from services.registry.centres.models import Centre
from services.registry.centres.queries import read_scope
from services.registry.history.queries import PublicView
from services.registry.notices.subjects import NoticeSubject
from services.registry.qualifications import rules
from services.registry.qualifications.models import Qualification, TitleMeasure
from services.registry.qualifications.rules import GRANTED, IN_FORCE
from services.registry.qualifications.schemas import (
    ApplicationFilter,
    MeasureFilter,
    QualificationFilter,
    QualificationOut,
)
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import SortKey

KIND = "qualification-applications"


def _run_out(fields: Mapping[str, JsonValue], day: date) -> Mapping[str, JsonValue]:
    """A past state with what nobody need have recorded: that the title had run out."""
    last = fields.get("expires_on")
    expires_on = date.fromisoformat(last) if isinstance(last, str) else None
    return {**fields, "status": rules.status_on(str(fields["status"]), expires_on, day)}


PUBLIC_VIEW: Final = PublicView(GRANTED, frozenset(QualificationOut.model_fields), _run_out)


def applications(principal: Principal) -> Select[Qualification]:
    """Applications whose centre the caller reads as a whole, and those its organisation made."""
    theirs: ColumnElement[bool] = Qualification.centre_id.in_(select(Centre.id).where(read_scope(principal)))
    if (code := operator_code_of(principal)) is not None:
        theirs = or_(theirs, Qualification.applicant_code == code)
    return select(Qualification).where(theirs)


def titles() -> Select[Qualification]:
    """Titles that were ever granted: a public register."""
    return select(Qualification).where(Qualification.status.in_(GRANTED))


def measures(principal: Principal, title_id: UUID, wanted: MeasureFilter) -> Select[TitleMeasure]:
    """The measures on a title whose application the caller reads."""
    theirs = applications(principal).with_only_columns(Qualification.id)
    query = select(TitleMeasure).where(
        TitleMeasure.qualification_id == title_id, TitleMeasure.qualification_id.in_(theirs)
    )
    return query if wanted.status is None else query.where(TitleMeasure.status == wanted.status)


def status_on(day: date) -> ColumnElement[str]:
    """The state as of the day: a title whose last day is over has expired."""
    over = and_(Qualification.status.in_(IN_FORCE), Qualification.expires_on < day)
    return case((over, "expired"), else_=Qualification.status)


def held_on(day: date) -> ColumnElement[bool]:
    """Whether the title was held on the day, suspended or not; the day of the revocation does not count."""
    return and_(
        Qualification.granted_on <= day,
        or_(Qualification.revoked_on.is_(None), Qualification.revoked_on > day),
        or_(Qualification.expires_on.is_(None), Qualification.expires_on >= day),
    )


def matching(wanted: ApplicationFilter | QualificationFilter, today: date) -> ColumnElement[bool]:
    """The lists' filters, states as of the business day."""
    exact: list[tuple[SortKey, object]] = [
        (Qualification.centre_id, wanted.centre_id),
        (Qualification.operator_code, wanted.operator_code),
        (Qualification.kind, wanted.kind),
        (Qualification.level, wanted.level),
        (status_on(today), wanted.status),
        (Qualification.no, wanted.no),
    ]
    conditions = [column == value for column, value in exact if value is not None]
    if isinstance(wanted, QualificationFilter):
        conditions += _register_filters(wanted, today)
    return and_(true(), *conditions)


def _register_filters(wanted: QualificationFilter, today: date) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.plaque_no is not None:
        conditions.append(Qualification.plaque_no == wanted.plaque_no)
    if wanted.on is not None:
        conditions.append(held_on(wanted.on))
    if wanted.plaque_overdue is not None:
        overdue = and_(Qualification.plaque_due_on < today, Qualification.plaque_returned_on.is_(None))
        conditions.append(overdue if wanted.plaque_overdue else overdue.is_not(True))
    return conditions


async def find(session: AsyncSession, query: Select[Qualification], kind: str, wanted_id: UUID) -> Qualification:
    """One row of the query. Raises 404."""
    found = (await session.scalars(query.where(Qualification.id == wanted_id))).one_or_none()
    if found is None:
        raise not_found(kind)
    return found


async def find_notice_subject(session: AsyncSession, principal: Principal, application_id: UUID) -> NoticeSubject:
    """The case of a public notice: open to everybody once it was announced, to its parties before. Raises 404."""
    parties = applications(principal).with_only_columns(Qualification.id)
    query = (
        select(Qualification.id, Qualification.no, Qualification.status, Centre.name, Centre.operator_code)
        .join(Centre, Centre.id == Qualification.centre_id)
        .where(
            Qualification.id == application_id,
            or_(Qualification.announced_on.is_not(None), Qualification.id.in_(parties)),
        )
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise not_found("qualification-application")
    own = row.operator_code == operator_code_of(principal)
    return NoticeSubject(row.id, row.no, row.name, row.status == "announced", own)


async def open_application(session: AsyncSession, centre_id: UUID, kind: str, level: str) -> str | None:
    """The number of the centre's open application for the title."""
    query = select(Qualification.no).where(
        Qualification.centre_id == centre_id,
        Qualification.kind == kind,
        Qualification.level == level,
        Qualification.status.in_(rules.PENDING),
    )
    number: str | None = await session.scalar(query.order_by(Qualification.id).limit(1))
    return number


async def kinds_held(session: AsyncSession, centre_id: UUID, level: str, day: date) -> frozenset[str]:
    """The kinds of titles of the level that the centre holds as of the day, suspended ones included."""
    query = select(Qualification.kind).where(
        Qualification.centre_id == centre_id,
        Qualification.level == level,
        status_on(day).in_(IN_FORCE),
    )
    return frozenset(await session.scalars(query))
