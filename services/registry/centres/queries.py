"""Which centres somebody sees, and loading one with the lock that a use case needs."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import READ_ALL, acts_for_bureau, division_of, operator_code_of
from services.registry.bans.queries import hold_operator
from services.registry.centres.models import Centre
from services.registry.centres.rules import LISTABLE, PUBLIC
from services.registry.centres.schemas import CentreFilter, CentreOut, PublicCentreOut
from services.registry.history.queries import PublicView
from services.registry.names.queries import name_matches, name_order
from services.registry.notices.subjects import NoticeSubject
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import both_ways

ORDERS: Final = both_ways({"registered": (Centre.id,), "name": (name_order(Centre), Centre.id)})

PUBLIC_VIEW: Final = PublicView(PUBLIC, frozenset(PublicCentreOut.model_fields))


def read_scope(principal: Principal) -> ColumnElement[bool]:
    """The centres whose whole case the caller may read."""
    if principal.has(*READ_ALL):
        return true()
    scopes: list[ColumnElement[bool]] = [false()]
    if (code := operator_code_of(principal)) is not None:
        scopes.append(Centre.operator_code == code)
    if (division := division_of(principal)) is not None:
        scopes.append(or_(Centre.owner_division == division, Centre.site_division == division))
    return or_(*scopes)


def write_scope(principal: Principal) -> ColumnElement[bool]:
    """The centres whose case the caller may move: an operator its own, the two bureaus all."""
    if acts_for_bureau(principal):
        return true()
    return Centre.operator_code == operator_code_of(principal)


def visible(principal: Principal) -> Select[Centre, bool]:
    """Centres with a mark whether the caller sees the whole case or only the public fields."""
    whole = read_scope(principal)
    return select(Centre, whole.label("whole")).where(or_(whole, Centre.status.in_(PUBLIC)))


def matching(wanted: CentreFilter, tier: ColumnElement[Any]) -> ColumnElement[bool]:
    """The list's filters; `tier` is the one of today."""
    exact = {
        Centre.operator_code: wanted.operator_code,
        Centre.status: wanted.status,
        tier: wanted.tier,
        Centre.owner_division: wanted.owner_division,
        Centre.site_division: wanted.site_division,
        Centre.enclave: wanted.enclave,
        Centre.cluster_tag: wanted.cluster_tag,
        Centre.ownership_type: wanted.ownership_type,
        Centre.no: wanted.no,
    }
    conditions = [column == value for column, value in exact.items() if value is not None]
    if wanted.name:
        conditions.append(Centre.name.icontains(wanted.name, autoescape=True))
    if wanted.q is not None:
        conditions.append(name_matches(Centre, wanted.q))
    return and_(true(), *conditions)


def shown(row: Row[Centre, bool]) -> CentreOut | PublicCentreOut:
    """The whole case, or its public fields."""
    return (CentreOut if row[1] else PublicCentreOut).model_validate(row[0])


async def find_visible(session: AsyncSession, principal: Principal, centre_id: UUID) -> Row[Centre, bool]:
    """One centre as the caller sees it. Raises 404."""
    row = (await session.execute(visible(principal).where(Centre.id == centre_id))).one_or_none()
    if row is None:
        raise not_found("centre")
    return row


async def lock_for_change(session: AsyncSession, principal: Principal, centre_id: UUID) -> Centre:
    """The centre, locked for a step of its own case, under its operator's lock. Raises 404 for somebody else's."""
    return await _lock(session, write_scope(principal), centre_id, shared=False)


async def hold_standing(session: AsyncSession, scope: ColumnElement[bool], centre_id: UUID) -> Centre:
    """The centre, locked so that its standing lasts until the transaction ends, under its operator's lock.

    Delisting takes the same locks exclusively and then sweeps: what was decided on "listed" is committed before that,
    or sees "delisted". Raises 404 for a centre outside the scope.
    """
    return await _lock(session, scope, centre_id, shared=True)


async def require_readable(session: AsyncSession, principal: Principal, centre_id: UUID) -> None:
    """Whether the caller sees the centre's whole case, what hangs on it included. Raises 404."""
    query = select(Centre.id).where(Centre.id == centre_id, read_scope(principal))
    if await session.scalar(query) is None:
        raise not_found("centre")


async def require_writable(session: AsyncSession, principal: Principal, centre_id: UUID) -> str:
    """The code of the centre's operator, if the caller may move its case. Raises 404."""
    return await _operator_in(session, write_scope(principal), centre_id)


async def notice_subject(session: AsyncSession, principal: Principal, centre_id: UUID) -> NoticeSubject:
    """The centre as its public notice shows it: to everybody once it was announced. Raises 404."""
    seen = or_(read_scope(principal), Centre.status.in_(PUBLIC))
    columns = (Centre.id, Centre.no, Centre.name, Centre.status, Centre.operator_code)
    query = select(*columns).where(Centre.id == centre_id, seen)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise not_found("centre")
    own = row.operator_code == operator_code_of(principal)
    return NoticeSubject(id=row.id, no=row.no, name=row.name, announced=row.status in LISTABLE, own=own)


async def _lock(session: AsyncSession, scope: ColumnElement[bool], centre_id: UUID, *, shared: bool) -> Centre:
    """Operator first, then the row. Where another operator took over in between, its lock is taken too and the scope
    tested again; that order may deadlock with a delisting, and then the whole request is done again."""
    held = await _operator_in(session, scope, centre_id)
    await hold_operator(session, held)
    locked = {"read": True} if shared else True
    centre = await session.get_one(Centre, centre_id, with_for_update=locked, populate_existing=True)
    if centre.operator_code != held:
        await hold_operator(session, await _operator_in(session, scope, centre_id))
    return centre


async def _operator_in(session: AsyncSession, scope: ColumnElement[bool], centre_id: UUID) -> str:
    operator_code = await session.scalar(select(Centre.operator_code).where(Centre.id == centre_id, scope))
    if operator_code is None:
        raise not_found("centre")
    return operator_code
