"""Reading accounts."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.models import Account
from gateway.accounts.schemas import AccountFilter, AccountOut
from gateway.accounts.usecases import fold_username
from shared.errors import not_found
from shared.http.paging import Page, paginate


async def get_account(session: AsyncSession, account_id: UUID) -> Account:
    """One account. Raises 404."""
    account = await session.get(Account, account_id)
    if account is None:
        raise not_found("account")
    return account


async def list_accounts(session: AsyncSession, wanted: AccountFilter) -> Page[AccountOut]:
    """Accounts in the order in which they were made."""
    keys = [Account.created_at, Account.id]
    return await paginate(session, _matching(wanted), keys=keys, params=wanted, item=AccountOut.of)


def _matching(wanted: AccountFilter) -> Select[Account]:
    statement = select(Account)
    if wanted.username is not None:
        statement = statement.where(Account.username == fold_username(wanted.username))
    if wanted.role is not None:
        statement = statement.where(Account.roles.contains([wanted.role]))
    if wanted.org is not None:
        statement = statement.where(Account.org == wanted.org)
    if wanted.division is not None:
        statement = statement.where(Account.division == wanted.division)
    if wanted.status is not None:
        disabled = Account.disabled_at.is_not(None)
        statement = statement.where(disabled if wanted.status == "disabled" else ~disabled)
    return statement
