"""Talent brought in: entered by the host or the lead bureau, verified by another person before it counts (4.7-1)."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import READ_ALL, division_of, enterprise_code_of, operator_code_of
from services.registry.alliances import rules
from services.registry.alliances.models import AllianceMember, TalentArrival
from services.registry.alliances.queries import LEAD_OFFICERS, led_by, require_lead
from services.registry.alliances.schemas import (
    RecordTalent,
    TalentCountFilter,
    TalentFilter,
)
from services.registry.centres.models import Centre
from services.registry.centres.rules import require_state
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import known_by
from services.registry.policy import edition_at, require_known
from services.registry.steps import CaseStep, require_four_eyes, step_day
from shared.auth.principal import Principal
from shared.db import constraint_of
from shared.errors import DomainError, not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Editions

RULES: Final = ("alliances.talent",)


async def record_talent(
    session: AsyncSession, editions: Editions, principal: Principal, sent: RecordTalent
) -> TalentArrival:
    """Enter people whom a member brought: the host for itself, the lead bureau for anybody.

    Raises 404 for an unknown membership or another's host, 422, 409 `talent-outside-membership`,
    `talent-entered-already` where the host and the bureau both enter one document.
    """
    edition = edition_at(editions, principal.today)
    member = await session.scalar(
        select(AllianceMember).where(AllianceMember.id == sent.member_id).with_for_update(read=True)
    )
    if member is None or member.joined_on is None:
        raise not_found("alliance-member")
    leads = principal.has(*LEAD_OFFICERS) and member.alliance in led_by(principal, edition)
    await _require_host(session, principal, sent, leads=leads)
    require_known("kind", [sent.kind], edition.alliances.talent_kinds)
    if sent.industry is not None:
        require_known("industry", [sent.industry], edition.alliances.pairing_industries.value)
    if sent.arrived_on > principal.today:
        raise PayloadInvalid.at("arrived_on", "in_the_future")
    if sent.stays_until is not None and sent.stays_until < sent.arrived_on:
        raise PayloadInvalid.at("stays_until", "before_beginning")
    if not member.joined_on <= sent.arrived_on <= (member.left_on or date.max):
        raise DomainError(
            "talent-outside-membership", 409, params={"joined_on": member.joined_on, "left_on": member.left_on}
        )
    arrival = TalentArrival(
        id=uuid7(),
        version=0,
        alliance=member.alliance,
        province=member.province,
        status=rules.RECORDED,
        recorded_by=principal.account_id,
        edition=edition.id,
        no=await next_case_no(session, "TA", principal.today.year),
        **sent.model_dump(),
    )
    session.add(arrival)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "uq_talent_arrival_once":
            raise DomainError("talent-entered-already", 409, clauses=["4.7-1"]) from error
        raise
    await _record(session, rc.TalentArrivalRecorded, arrival, EventContext.of(principal, sent.arrived_on))
    return arrival


async def verify_talent(
    session: AsyncSession, editions: Editions, principal: Principal, arrival_id: UUID, step: CaseStep
) -> TalentArrival:
    """Count it. Raises 403 `four-eyes-required` for whoever entered it."""
    arrival = await _lock(session, editions, principal, arrival_id, step)
    require_state(arrival.status, (rules.RECORDED,))
    require_four_eyes(principal, arrival.recorded_by)
    day = step_day(principal, step.on, after=arrival.arrived_on)
    arrival.status = rules.VERIFIED
    arrival.verified_by, arrival.verified_on = principal.account_id, day
    await _record(session, rc.TalentArrivalVerified, arrival, EventContext.of(principal, day))
    return arrival


async def reject_talent(
    session: AsyncSession, editions: Editions, principal: Principal, arrival_id: UUID, step: CaseStep
) -> TalentArrival:
    """Do not count it, or no longer, with a reason of the edition (422). Striking what was verified is another person's
    than the one who verified it."""
    arrival = await _lock(session, editions, principal, arrival_id, step)
    require_state(arrival.status, (rules.RECORDED, rules.VERIFIED))
    require_known(
        "reason_code", [step.reason_code or ""], edition_at(editions, principal.today).alliances.talent_reasons
    )
    counted = arrival.status == rules.VERIFIED
    if counted:
        require_four_eyes(principal, arrival.verified_by)
    arrival.status, arrival.reason_code = (rules.STRUCK if counted else rules.REJECTED), step.reason_code
    happened = rc.TalentArrivalStruck if counted else rc.TalentArrivalRejected
    await _record(session, happened, arrival, EventContext.of(principal))
    return arrival


def host_scope(principal: Principal) -> ColumnElement[bool]:
    """What came to the caller's own centres or enterprise."""
    scopes: list[ColumnElement[bool]] = [false()]
    if (operator := operator_code_of(principal)) is not None:
        scopes.append(TalentArrival.centre_id.in_(select(Centre.id).where(Centre.operator_code == operator)))
    if (code := enterprise_code_of(principal)) is not None:
        scopes.append(TalentArrival.enterprise_id.in_(select(Enterprise.id).where(known_by(code))))
    return or_(*scopes)


def read_scope(principal: Principal) -> ColumnElement[bool]:
    """Its own for a host, those in its division, all for the bureaus."""
    if principal.has(*READ_ALL):
        return true()
    scopes = [host_scope(principal)]
    if (division := division_of(principal)) is not None:
        here = or_(Centre.owner_division == division, Centre.site_division == division)
        scopes.append(TalentArrival.centre_id.in_(select(Centre.id).where(here)))
        scopes.append(TalentArrival.enterprise_id.in_(select(Enterprise.id).where(Enterprise.division == division)))
    return or_(*scopes)


def matching(wanted: TalentFilter) -> ColumnElement[bool]:
    """The list's filters."""
    exact = ("no", "alliance", "member_id", "centre_id", "enterprise_id", "kind", "industry", "status")
    values = {getattr(TalentArrival, field): getattr(wanted, field) for field in exact}
    conditions: list[ColumnElement[bool]] = [column == value for column, value in values.items() if value is not None]
    if wanted.since is not None:
        conditions.append(TalentArrival.arrived_on >= wanted.since)
    if wanted.until is not None:
        conditions.append(TalentArrival.arrived_on <= wanted.until)
    return and_(true(), *conditions)


def counts(wanted: TalentCountFilter) -> tuple[Select[*tuple[Any, ...]], list[ColumnElement[Any]]]:
    """Verified heads of a year by alliance, kind and province, and what orders them."""
    table = TalentArrival
    province = func.coalesce(table.province, "").label("province")
    query = (
        select(
            table.alliance, table.kind, province, func.sum(table.heads).label("heads"), func.count().label("records")
        )
        .where(
            table.status == rules.VERIFIED,
            table.arrived_on.between(date(wanted.year, 1, 1), date(wanted.year, 12, 31)),
            table.alliance == wanted.alliance if wanted.alliance else true(),
        )
        .group_by(table.alliance, table.kind, province)
    )
    found = query.subquery()
    return select(*found.c), [found.c.alliance, found.c.kind, found.c.province]


async def find(session: AsyncSession, principal: Principal, arrival_id: UUID) -> TalentArrival:
    """One entry as the caller sees it. Raises 404."""
    query = select(TalentArrival).where(TalentArrival.id == arrival_id, read_scope(principal))
    arrival = await session.scalar(query)
    if arrival is None:
        raise not_found("talent-arrival")
    return arrival


async def _lock(
    session: AsyncSession, editions: Editions, principal: Principal, arrival_id: UUID, step: CaseStep
) -> TalentArrival:
    arrival = await session.scalar(select(TalentArrival).where(TalentArrival.id == arrival_id).with_for_update())
    if arrival is None:
        raise not_found("talent-arrival")
    require_lead(principal, edition_at(editions, principal.today), arrival.alliance)
    honour_match(step.if_match, arrival.version)
    return arrival


async def _require_host(session: AsyncSession, principal: Principal, sent: RecordTalent, *, leads: bool) -> None:
    if sent.centre_id is not None:
        own: ColumnElement[bool] = Centre.operator_code == operator_code_of(principal)
        found = await session.scalar(select(Centre.id).where(Centre.id == sent.centre_id, true() if leads else own))
    else:
        code = enterprise_code_of(principal)
        mine = known_by(code) if code is not None else false()
        scope = true() if leads else mine
        found = await session.scalar(select(Enterprise.id).where(Enterprise.id == sent.enterprise_id, scope))
    if found is None:
        raise not_found("centre" if sent.centre_id is not None else "enterprise")


async def _record(
    session: AsyncSession, event_type: EventType[rc.TalentArrivalState], arrival: TalentArrival, context: EventContext
) -> None:
    state = rc.TalentArrivalState.model_validate(arrival, from_attributes=True)
    await outbox.append(session, event_type, arrival, state, context=context, rules=RULES, edition=arrival.edition)
