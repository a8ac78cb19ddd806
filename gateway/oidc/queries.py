"""Reading outside identities."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.oidc.models import OutsideIdentity
from gateway.oidc.schemas import OutsideIdentityFilter, OutsideIdentityOut, Status
from shared.errors import not_found
from shared.http.paging import Page, paginate


async def get_identity(session: AsyncSession, identity_id: UUID) -> OutsideIdentity:
    """One identity. Raises 404."""
    row = await session.get(OutsideIdentity, identity_id)
    if row is None:
        raise not_found("outside-identity")
    return row


async def list_identities(session: AsyncSession, wanted: OutsideIdentityFilter) -> Page[OutsideIdentityOut]:
    """Identities in the order in which they were first seen or announced."""
    keys = [OutsideIdentity.created_at, OutsideIdentity.id]
    return await paginate(session, _matching(wanted), keys=keys, params=wanted, item=OutsideIdentityOut.of)


def _matching(wanted: OutsideIdentityFilter) -> Select[OutsideIdentity]:
    statement = select(OutsideIdentity)
    if wanted.issuer is not None:
        statement = statement.where(OutsideIdentity.issuer_name == wanted.issuer)
    if wanted.subject is not None:
        statement = statement.where(OutsideIdentity.subject == wanted.subject)
    if wanted.account_id is not None:
        own = and_(OutsideIdentity.id == wanted.account_id, OutsideIdentity.admitted_at.is_not(None))
        statement = statement.where(or_(OutsideIdentity.linked_account_id == wanted.account_id, own))
    if wanted.status is not None:
        statement = statement.where(_has(wanted.status))
    return statement


def _has(status: Status) -> ColumnElement[bool]:
    row = OutsideIdentity
    if status == "disabled":
        return row.disabled_at.is_not(None)
    living = row.disabled_at.is_(None)
    if status == "linked":
        return and_(living, row.linked_account_id.is_not(None))
    if status == "own":
        return and_(living, row.admitted_at.is_not(None))
    return and_(living, row.admitted_at.is_(None), row.linked_account_id.is_(None))
