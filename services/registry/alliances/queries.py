"""Which alliances, members and talent somebody sees and may move, and who leads what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, false, func, or_, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import READ_ALL, division_of, enterprise_code_of, operator_code_of
from services.registry.alliances.models import Alliance, AllianceMember, LeadBody
from services.registry.alliances.rules import ACTIVE
from services.registry.alliances.schemas import (
    AllianceOut,
    LeadBodyOut,
    LeadProposalOut,
    MemberFilter,
    MemberOut,
    PublicMemberOut,
)
from services.registry.centres.models import Centre
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import known_by
from services.registry.names.queries import name_matches
from services.registry.partners.models import Partner
from services.registry.persons.models import Consent, Person
from services.registry.trainings.rules import masked_name
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import forbidden, not_found
from shared.http.paging import SortKey
from shared.ids import uuid7
from shared.policy.alliances import Alliance as Terms
from shared.policy.edition import Edition, Editions

LEAD_OFFICERS: Final = (r.INDUSTRY_OFFICER, r.EDUCATION_OFFICER)
LEAD_APPROVERS: Final = (r.INDUSTRY_APPROVER, r.EDUCATION_APPROVER)
"""The bureaus that may lead an alliance (4.6-2, 4.7-3); which of them leads which one, the edition says."""

PARTIES: Final = (r.CENTRE_OPERATOR, r.ENTERPRISE)
"""Members that speak for themselves; a partner has no account and consents on paper."""

ORDERS: Final[Mapping[str, Sequence[SortKey]]] = {
    "requested": (AllianceMember.id,),
    "-requested": (AllianceMember.id.desc(),),
}
_DAY: Final = timedelta(days=1)


def terms_of(edition: Edition, alliance: str) -> Terms:
    """What the edition says of an alliance. Raises 404 for one it does not have."""
    terms = edition.alliances.kinds.get(alliance)
    if terms is None:
        raise not_found("alliance")
    return terms


def led_by(principal: Principal, edition: Edition) -> set[str]:
    """4.6-2, 4.7-3: the alliances whose lead bureau the caller works for."""
    leads = {
        name: edition.departments[alliance.lead_department.value].role_prefix
        for name, alliance in edition.alliances.kinds.items()
    }
    return {name for name, prefix in leads.items() if principal.has(f"{prefix}_officer", f"{prefix}_approver")}


def require_lead(principal: Principal, edition: Edition, alliance: str) -> None:
    """403 for an officer of the bureau that leads the other alliance."""
    if alliance not in led_by(principal, edition):
        raise forbidden()


async def open_alliances(session: AsyncSession, edition: Edition) -> None:
    """See that every alliance of the edition has its row; nothing that exists is touched."""
    known = set(await session.scalars(select(Alliance.kind)))
    missing = [{"id": uuid7(), "version": 0, "kind": kind} for kind in edition.alliances.kinds if kind not in known]
    if missing:
        await session.execute(insert(Alliance).values(missing).on_conflict_do_nothing(index_elements=["kind"]))


async def find_alliance(session: AsyncSession, alliance_id: UUID, *, lock: bool = False) -> Alliance:
    """One alliance. Raises 404."""
    query = select(Alliance).where(Alliance.id == alliance_id)
    alliance = await session.scalar(query.with_for_update() if lock else query)
    if alliance is None:
        raise not_found("alliance")
    return alliance


async def lead_bodies(session: AsyncSession, editions: Editions, alliance: Alliance) -> list[LeadBodyOut]:
    """Who led the alliance from when to when, the latest first; the edition's own body from its first day on."""
    query = select(LeadBody).where(LeadBody.alliance_id == alliance.id).order_by(LeadBody.from_on)
    led: list[tuple[str, str | None, date, str | None]] = [
        (terms.lead_body.value, None, edition.first_day, None)
        for edition in list(editions)[:1]
        if (terms := edition.alliances.kinds.get(alliance.kind)) and terms.lead_body.value
    ]
    led += [(row.name, row.code, row.from_on, row.document_no) for row in await session.scalars(query)]
    ends = [*(later[2] - _DAY for later in led[1:]), None][: len(led)]
    return [
        LeadBodyOut(name=name, code=code, from_on=since, until_on=until, document_no=document_no)
        for (name, code, since, document_no), until in zip(led, ends, strict=True)
        if until is None or until >= since
    ][::-1]


async def alliance_out(
    session: AsyncSession, editions: Editions, edition: Edition, principal: Principal, alliance: Alliance, on: date
) -> AllianceOut:
    """An alliance as it stood on a day; the proposal that waits is for bureaus and the auditor."""
    terms = terms_of(edition, alliance.kind)
    bodies = [body for body in await lead_bodies(session, editions, alliance) if body.from_on <= on]
    by_type = await _numbers(session, alliance.kind, on, AllianceMember.kind)
    by_province = await _numbers(session, alliance.kind, on, AllianceMember.province)
    people = await _numbers(session, alliance.kind, on, AllianceMember.kind, AllianceMember.person_id.is_not(None))
    return AllianceOut(
        id=alliance.id,
        version=alliance.version,
        kind=alliance.kind,
        title_zh=terms.title_zh,
        title_en=terms.title_en,
        on=on,
        lead_department=terms.lead_department.value,
        lead_body=bodies[0].name if bodies else None,
        lead_bodies=bodies,
        members=sum(by_type.values()),
        natural_persons=sum(people.values()),
        members_by_type={word: by_type.get(word, 0) for word in terms.member_types},
        members_by_province=by_province,
        proposal=_proposal(alliance) if principal.has(*READ_ALL) else None,
    )


def _proposal(alliance: Alliance) -> LeadProposalOut | None:
    body, since, by = alliance.proposed_body, alliance.proposed_from, alliance.proposed_by
    document_no = alliance.proposed_document_no
    if body is None or since is None or by is None or document_no is None:
        return None
    code = alliance.proposed_code
    return LeadProposalOut(name=body, code=code, from_on=since, document_no=document_no, proposed_by=by)


def member_on(day: date) -> ColumnElement[bool]:
    """Whether it is a membership on the day; its last day counts."""
    return and_(AllianceMember.joined_on <= day, or_(AllianceMember.left_on.is_(None), AllianceMember.left_on >= day))


_GOING_ON: Final = func.coalesce(Enterprise.merged_into_id, AllianceMember.party_id)
"""Records of one enterprise that were merged are one member."""


async def _numbers(
    session: AsyncSession, alliance: str, on: date, by: Any, *only: ColumnElement[bool]
) -> dict[str, int]:
    query = (
        select(by, func.count(_GOING_ON.distinct()))
        .outerjoin(Enterprise, Enterprise.id == AllianceMember.enterprise_id)
        .where(AllianceMember.alliance == alliance, member_on(on), by.is_not(None), *only)
        .group_by(by)
        .order_by(by)
    )
    return dict((await session.execute(query)).all())


def party_scope(principal: Principal) -> ColumnElement[bool]:
    """The memberships of the caller's own centres and enterprise."""
    scopes: list[ColumnElement[bool]] = [false()]
    if (operator := operator_code_of(principal)) is not None:
        scopes.append(AllianceMember.centre_id.in_(select(Centre.id).where(Centre.operator_code == operator)))
    if (code := enterprise_code_of(principal)) is not None:
        own = select(Enterprise.id).where(known_by(code))
        merged = select(Enterprise.id).where(Enterprise.merged_into_id.in_(own))
        scopes.append(or_(AllianceMember.enterprise_id.in_(own), AllianceMember.enterprise_id.in_(merged)))
    return or_(*scopes)


def lead_scope(principal: Principal, edition: Edition) -> ColumnElement[bool]:
    """The memberships of the alliances that the caller's bureau leads."""
    return AllianceMember.alliance.in_(led_by(principal, edition))


def read_scope(principal: Principal) -> ColumnElement[bool]:
    """The memberships that the caller sees whole: its own, those in its division, all for the bureaus."""
    if principal.has(*READ_ALL):
        return true()
    scopes = [party_scope(principal)]
    if (division := division_of(principal)) is not None:
        here = or_(Centre.owner_division == division, Centre.site_division == division)
        scopes.append(AllianceMember.centre_id.in_(select(Centre.id).where(here)))
        scopes.append(AllianceMember.enterprise_id.in_(select(Enterprise.id).where(Enterprise.division == division)))
    return or_(*scopes)


def file_scope(principal: Principal) -> ColumnElement[bool]:
    """The memberships whose papers the caller adds to: its own, and officers of the lead bureaus."""
    return true() if principal.has(*LEAD_OFFICERS) else party_scope(principal)


def _named_to_everybody() -> ColumnElement[bool]:
    """Any party but a natural person, and such a one as long as its consent to being named runs."""
    runs = exists().where(
        Consent.subject_id == AllianceMember.id,
        Consent.person_id == AllianceMember.person_id,
        Consent.withdrawn_on.is_(None),
        Consent.lapsed_on.is_(None),
    )
    return or_(AllianceMember.person_id.is_(None), and_(AllianceMember.name_shown, runs))


Shown = tuple[AllianceMember, str, bool, str | None]


def visible(principal: Principal, on: date | None) -> Select[*Shown]:
    """Memberships with the party's name, a mark whether the caller sees the whole of it, and a natural person's
    reference; others' as of a day."""
    whole = read_scope(principal)
    name = func.coalesce(Centre.name, Enterprise.name, Partner.name, Person.name)
    query = (
        select(AllianceMember, name.label("name"), whole.label("whole"), Person.ref)
        .outerjoin(Centre, Centre.id == AllianceMember.centre_id)
        .outerjoin(Enterprise, Enterprise.id == AllianceMember.enterprise_id)
        .outerjoin(Partner, Partner.id == AllianceMember.partner_id)
        .outerjoin(Person, Person.id == AllianceMember.person_id)
        .where(or_(whole, _named_to_everybody()))
    )
    if on is not None:
        return query.where(member_on(on))
    return query.where(or_(whole, member_on(principal.today)))


def matching(wanted: MemberFilter) -> ColumnElement[bool]:
    """The list's filters."""
    exact = ("no", "alliance", "kind", "status", "province", "centre_id", "enterprise_id", "partner_id")
    values = {getattr(AllianceMember, field): getattr(wanted, field) for field in exact}
    conditions: list[ColumnElement[bool]] = [column == value for column, value in values.items() if value is not None]
    if wanted.q is not None:
        found = [name_matches(table, wanted.q) for table in (Centre, Enterprise, Partner)]
        conditions.append(or_(*found))
    return and_(true(), *conditions)


def member_out(principal: Principal, member: AllianceMember, name: str, person_ref: str | None) -> MemberOut:
    """The whole membership; the name of a natural person whole for the bureaus that lead alliances."""
    fields = set(MemberOut.model_fields) - {"name", "person_ref", "remark"}
    hidden = member.person_id is not None and name and not principal.has(*LEAD_OFFICERS, *LEAD_APPROVERS)
    known = {field: getattr(member, field) for field in fields}
    told = {"name": masked_name(name) if hidden else name, "person_ref": person_ref}
    return MemberOut.model_validate({**known, **told})


def shown(principal: Principal, row: Row[*Shown]) -> MemberOut | PublicMemberOut:
    """The whole membership, or what everybody reads of it."""
    if row[2]:
        return member_out(principal, row[0], row[1], row[3])
    fields = set(PublicMemberOut.model_fields) - {"name"}
    return PublicMemberOut.model_validate({**{field: getattr(row[0], field) for field in fields}, "name": row[1]})


async def answered(session: AsyncSession, principal: Principal, member: AllianceMember) -> MemberOut:
    """The membership for whoever took a step in it."""
    row = (await session.execute(visible(principal, None).where(AllianceMember.id == member.id))).one()
    return member_out(principal, member, row[1], row[3])


async def find_visible(session: AsyncSession, principal: Principal, member_id: UUID) -> Row[*Shown]:
    """One membership as the caller sees it. Raises 404."""
    query = visible(principal, None).where(AllianceMember.id == member_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise not_found("alliance-member")
    return row


async def find_whole(session: AsyncSession, principal: Principal, member_id: UUID) -> AllianceMember:
    """One membership that the caller sees whole. Raises 404 also for what is only public to it."""
    query = select(AllianceMember).where(AllianceMember.id == member_id, read_scope(principal))
    member = await session.scalar(query)
    if member is None:
        raise not_found("alliance-member")
    return member


async def lock_member(session: AsyncSession, scope: ColumnElement[bool], member_id: UUID) -> AllianceMember:
    """One membership of the scope, locked; the natural person that it is one of before it, as who takes a consent back
    does. Raises 404."""
    await session.execute(
        select(Person.id)
        .join(AllianceMember, AllianceMember.person_id == Person.id)
        .where(AllianceMember.id == member_id)
        .with_for_update(of=Person)
    )
    query = select(AllianceMember).where(AllianceMember.id == member_id, scope)
    member = await session.scalar(query.with_for_update())
    if member is None:
        raise not_found("alliance-member")
    return member


async def current_member(session: AsyncSession, alliance: str, party_ids: Sequence[UUID]) -> AllianceMember | None:
    """The membership that one of these records of a party has now."""
    query = select(AllianceMember).where(
        AllianceMember.alliance == alliance,
        AllianceMember.party_id.in_(party_ids),
        AllianceMember.status == ACTIVE,
    )
    return await session.scalar(query.limit(1))
