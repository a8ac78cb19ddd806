"""Which projects and choices of the library somebody sees and may move."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.registry.access import DIVISION_ROLES, READ_ALL, division_of, mentor_of, operator_code_of, person_of
from services.registry.centres.models import Centre
from services.registry.names.queries import name_matches, name_order
from services.registry.persons.consents import consented
from services.registry.persons.models import Person
from services.registry.project_library import rules
from services.registry.project_library.claim_schemas import ClaimFilter, LibraryClaimOut
from services.registry.project_library.models import LibraryClaim, LibraryItem, LibraryRound
from services.registry.project_library.schemas import ItemFilter, LibraryItemOut, PublicLibraryItemOut
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import both_ways

PURPOSE: Final = "project_library"
"""What owners and founders consent to."""

ITEM: Final = "library-item"
CLAIM: Final = "library-claim"
ROUND: Final = "library-round"

LIBRARIANS: Final = (r.HR_OFFICER, r.SCIENCE_OFFICER)
"""4.8: the two bureaus that lead; their officers draft for anybody and enter what came on paper."""

EDITORS: Final = (*LIBRARIANS, r.HR_APPROVER, r.SCIENCE_APPROVER)
"""Check and publish what others drafted."""

WHOLE: Final = (r.CENTRE_OPERATOR, r.FOUNDER, *DIVISION_ROLES, *READ_ALL)
"""May see projects whole, each those of its scope."""

READERS: Final = (r.CENTRE_OPERATOR, r.FOUNDER, r.MENTOR, *DIVISION_ROLES, *READ_ALL)

ORDERS: Final = both_ways({"drafted": (LibraryItem.id,), "name": (name_order(LibraryItem), LibraryItem.id)})
CLAIM_ORDERS: Final = both_ways({"requested": (LibraryClaim.id,)})


def own_centres(principal: Principal) -> Select[UUID]:
    """The centres that the caller runs; an operator's only."""
    code = operator_code_of(principal)
    return select(Centre.id).where(false() if code is None else Centre.operator_code == code)


def _persons(reference: str) -> Select[UUID]:
    return select(Person.id).where(Person.ref == reference)


def owner_scope(principal: Principal) -> ColumnElement[bool]:
    """The founder's own projects."""
    own = person_of(principal)
    return false() if own is None else LibraryItem.owner_person_id.in_(_persons(own))


def author_scope(principal: Principal) -> ColumnElement[bool]:
    """The projects that the caller drafts: an own one, those of its centres, an officer all."""
    if principal.has(*LIBRARIANS):
        return true()
    return or_(owner_scope(principal), LibraryItem.centre_id.in_(own_centres(principal)))


def read_scope(principal: Principal) -> ColumnElement[bool]:
    """The projects that the caller sees whole, published or not."""
    if principal.has(*READ_ALL):
        return true()
    scopes = [author_scope(principal)]
    if (division := division_of(principal)) is not None:
        owned = select(Centre.id).where(Centre.owner_division == division)
        scopes.append(LibraryItem.centre_id.in_(owned))
    return or_(*scopes)


def public_on(day: date) -> ColumnElement[bool]:
    """What the public page shows: the switch is on, and the owner's consent runs on that very day."""
    agreed = consented(LibraryItem.owner_person_id, PURPOSE, day, subject_id=LibraryItem.id)
    return and_(LibraryItem.status == rules.PUBLISHED, agreed)


def visible(principal: Principal) -> Select[LibraryItem, str, bool]:
    """Projects with the owner's reference and a mark whether the caller sees the whole of it."""
    whole, claim = read_scope(principal), LibraryClaim
    chosen = exists().where(claim.item_id == LibraryItem.id, claim_scope(principal, owners=False))
    query = select(LibraryItem, Person.ref.label("owner_ref"), whole.label("whole"))
    joined = query.join(Person, Person.id == LibraryItem.owner_person_id)
    return joined.where(or_(whole, public_on(principal.today), chosen))


def matching(wanted: ItemFilter) -> ColumnElement[bool]:
    """The list's filters."""
    exact: Mapping[Any, object] = {
        LibraryItem.no: wanted.no,
        LibraryItem.stage: wanted.stage,
        LibraryItem.province: wanted.province,
        LibraryItem.owner_kind: wanted.owner_kind,
        LibraryItem.status: wanted.status,
        LibraryItem.round_id: wanted.round_id,
        LibraryItem.centre_id: wanted.centre_id,
        LibraryItem.project_id: wanted.project_id,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
    if wanted.q is not None:
        conditions.append(name_matches(LibraryItem, wanted.q))
    if wanted.industry is not None:
        conditions.append(LibraryItem.industry_code.startswith(wanted.industry, autoescape=True))
    if wanted.school is not None:
        conditions.append(LibraryItem.school.icontains(wanted.school, autoescape=True))
    return and_(true(), *conditions)


def shown(row: Row[LibraryItem, str, bool]) -> LibraryItemOut | PublicLibraryItemOut:
    """The whole project, or what is published of it."""
    return whole_item(row[0], row[1]) if row[2] else PublicLibraryItemOut.model_validate(row[0])


def whole_item(item: LibraryItem, owner_ref: str) -> LibraryItemOut:
    """As those see it who take part in it."""
    names = LibraryItemOut.model_fields.keys() - {"owner_ref", "remark"}
    return LibraryItemOut.model_validate({"owner_ref": owner_ref, **{name: getattr(item, name) for name in names}})


async def find_visible(session: AsyncSession, principal: Principal, item_id: UUID) -> Row[LibraryItem, str, bool]:
    """One project as the caller sees it. Raises 404."""
    row = (await session.execute(visible(principal).where(LibraryItem.id == item_id))).one_or_none()
    if row is None:
        raise not_found(ITEM)
    return row


async def find_whole(session: AsyncSession, principal: Principal, item_id: UUID) -> LibraryItem:
    """One project that the caller sees whole. Raises 404 also for what is only published to it."""
    item: LibraryItem | None = await session.scalar(
        select(LibraryItem).where(LibraryItem.id == item_id, read_scope(principal))
    )
    if item is None:
        raise not_found(ITEM)
    return item


async def lock_item(session: AsyncSession, scope: ColumnElement[bool], item_id: UUID) -> LibraryItem:
    """One project of the scope, locked. Raises 404."""
    query = select(LibraryItem).where(LibraryItem.id == item_id, scope)
    item: LibraryItem | None = await session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if item is None:
        raise not_found(ITEM)
    return item


async def lock_round(session: AsyncSession, round_id: UUID) -> LibraryRound:
    """One round, locked. Raises 404."""
    found: LibraryRound | None = await session.get(LibraryRound, round_id, with_for_update=True)
    if found is None:
        raise not_found(ROUND)
    return found


def claim_scope(principal: Principal, *, owners: bool = True) -> ColumnElement[bool]:
    """A founder's own choices and, with `owners`, those of an own project; those that a centre or mentor follows up,
    those of a division's centres; the bureaus all."""
    if principal.has(*READ_ALL):
        return true()
    scopes = [follow_scope(principal), claimant_scope(principal)]
    if owners:
        scopes.append(LibraryClaim.item_id.in_(select(LibraryItem.id).where(owner_scope(principal))))
    if (division := division_of(principal)) is not None:
        owned = select(Centre.id).where(Centre.owner_division == division)
        scopes.append(LibraryClaim.centre_id.in_(owned))
    return or_(*scopes)


def log_scope(principal: Principal) -> ColumnElement[bool]:
    """Choices whose follow-up log the caller reads: it is about the founder and not the owner's business."""
    return claim_scope(principal, owners=False)


def claimant_scope(principal: Principal) -> ColumnElement[bool]:
    """The founder's own choices."""
    own = person_of(principal)
    return false() if own is None else LibraryClaim.person_id.in_(_persons(own))


def answer_scope(principal: Principal) -> ColumnElement[bool]:
    """Requests that the caller answers: for an own project, or as an officer from paper."""
    if principal.has(*LIBRARIANS):
        return true()
    return LibraryClaim.item_id.in_(select(LibraryItem.id).where(owner_scope(principal)))


def follow_scope(principal: Principal) -> ColumnElement[bool]:
    """Choices that the caller follows up: its centre's, those given to the mentor; an officer all."""
    if principal.has(*LIBRARIANS):
        return true()
    scopes: list[ColumnElement[bool]] = [LibraryClaim.centre_id.in_(own_centres(principal))]
    if (mentor := mentor_of(principal)) is not None:
        scopes.append(LibraryClaim.mentor_person_id.in_(_persons(mentor)))
    return or_(*scopes)


def party_scope(principal: Principal) -> ColumnElement[bool]:
    """Choices that the caller gives up for the founder: the founder itself, the centre, an officer."""
    if principal.has(*LIBRARIANS):
        return true()
    return or_(claimant_scope(principal), LibraryClaim.centre_id.in_(own_centres(principal)))


def centre_scope(principal: Principal) -> ColumnElement[bool]:
    """Choices whose success the caller records: its centre's; an officer all."""
    return true() if principal.has(*LIBRARIANS) else LibraryClaim.centre_id.in_(own_centres(principal))


def claims(principal: Principal) -> Select[LibraryClaim, str, str | None]:
    """Choices that the caller reads, with the references of founder and mentor."""
    founder, mentor = aliased(Person), aliased(Person)
    query = select(LibraryClaim, founder.ref.label("person_ref"), mentor.ref.label("mentor_ref"))
    joined = query.join(founder, founder.id == LibraryClaim.person_id)
    return joined.outerjoin(mentor, mentor.id == LibraryClaim.mentor_person_id).where(claim_scope(principal))


def claims_matching(wanted: ClaimFilter, today: date) -> ColumnElement[bool]:
    """The list's filters."""
    exact: Mapping[Any, object] = {
        LibraryClaim.no: wanted.no,
        LibraryClaim.item_id: wanted.item_id,
        LibraryClaim.centre_id: wanted.centre_id,
        LibraryClaim.enterprise_id: wanted.enterprise_id,
        LibraryClaim.status: wanted.status,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
    if wanted.overdue is not None:
        late = and_(LibraryClaim.status == rules.CLAIMED, LibraryClaim.next_due_on < today)
        conditions.append(late if wanted.overdue else ~late)
    return and_(true(), *conditions)


def shown_claim(row: Row[LibraryClaim, str, str | None], today: date) -> LibraryClaimOut:
    """A choice as it is read."""
    return claim_out(row[0], row[1], row[2], today)


def claim_out(claim: LibraryClaim, person_ref: str, mentor_ref: str | None, today: date) -> LibraryClaimOut:
    """A choice with its persons' references."""
    named = {"person_ref": person_ref, "mentor_ref": mentor_ref, "overdue": False}
    if claim.status == rules.CLAIMED and claim.next_due_on is not None:
        named["overdue"] = claim.next_due_on < today
    names = LibraryClaimOut.model_fields.keys() - {*named, "remark"}
    return LibraryClaimOut.model_validate({**named, **{name: getattr(claim, name) for name in names}})


def shown_on(today: date) -> Any:
    """`shown_claim` of that day."""
    return partial(shown_claim, today=today)


async def find_claim(session: AsyncSession, principal: Principal, claim_id: UUID) -> Row[LibraryClaim, str, str | None]:
    """One choice as the caller reads it. Raises 404."""
    row = (await session.execute(claims(principal).where(LibraryClaim.id == claim_id))).one_or_none()
    if row is None:
        raise not_found(CLAIM)
    return row


async def claim_in(session: AsyncSession, scope: ColumnElement[bool], claim_id: UUID) -> LibraryClaim:
    """One choice of the scope, not locked. Raises 404."""
    claim: LibraryClaim | None = await session.scalar(select(LibraryClaim).where(LibraryClaim.id == claim_id, scope))
    if claim is None:
        raise not_found(CLAIM)
    return claim
