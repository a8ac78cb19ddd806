"""Reading delegations."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from gateway.accounts.models import Account
from gateway.delegations.models import Delegation
from gateway.delegations.rules import Standin, still_left


async def standins_of(connection: AsyncConnection, account_id: UUID) -> tuple[Standin, ...]:
    """The accepted delegations that an account gave or took, whatever the day: requests say theirs.

    What the grantor has lost meanwhile, nobody has in his stead; nor has a delegate who is no colleague any more.
    """
    grantor, delegate = aliased(Account), aliased(Account)
    wanted = (
        select(
            Delegation.grantor_id,
            Delegation.roles,
            Delegation.from_on,
            Delegation.to_on,
            grantor.roles,
            grantor.division,
            grantor.disabled_at,
            delegate.roles,
            delegate.division,
        )
        .join(grantor, grantor.id == Delegation.grantor_id)
        .join(delegate, delegate.id == Delegation.delegate_id)
        .where(Delegation.status == "accepted")
        .where(or_(Delegation.grantor_id == account_id, Delegation.delegate_id == account_id))
        .order_by(Delegation.id)
    )
    found = []
    for row in (await connection.execute(wanted)).tuples():
        grantor_id, roles, from_on, to_on, held, division, disabled_at, delegate_roles, delegate_division = row
        kept = still_left(roles, held, delegate_roles, same_division=division == delegate_division)
        left = kept if disabled_at is None else ()
        found.append(Standin(str(grantor_id), grantor_id == account_id, left, from_on, to_on))
    return tuple(found)
