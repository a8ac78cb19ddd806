"""Reading accounts."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.models import Account, AccountRequest
from gateway.accounts.schemas import AccountDetail, AccountFilter, AccountOut
from gateway.accounts.usecases import fold_username
from gateway.second_factor.checking import has_second_factor
from gateway.second_factor.models import SecondFactor
from shared.clock import utcnow
from shared.errors import not_found
from shared.http.paging import Page, paginate


async def get_account(session: AsyncSession, account_id: UUID) -> Account:
    """One account. Raises 404."""
    account = await session.get(Account, account_id)
    if account is None:
        raise not_found("account")
    return account


async def get_detail(session: AsyncSession, account: Account) -> AccountDetail:
    """The account with what belongs to it."""
    waiting = select(AccountRequest).where(AccountRequest.account_id == account.id, *_open())
    found = (await session.scalars(waiting.order_by(AccountRequest.requested_at))).all()
    shown = await has_second_factor(session, account.id)
    return AccountDetail.whole(account, second_factor=shown, waiting=found)


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
    if wanted.waiting is not None:
        waiting = select(AccountRequest.account_id).where(*_open(wanted.waiting))
        statement = statement.where(Account.id.in_(waiting))
    if wanted.second_factor is not None:
        confirmed = select(SecondFactor.id).where(SecondFactor.confirmed_at.is_not(None))
        statement = statement.where(Account.id.in_(confirmed) if wanted.second_factor else Account.id.not_in(confirmed))
    return statement


def _open(kind: str | None = None) -> list[ColumnElement[bool]]:
    conditions = [AccountRequest.outcome.is_(None), AccountRequest.expires_at > utcnow()]
    return conditions if kind is None else [*conditions, AccountRequest.kind == kind]
