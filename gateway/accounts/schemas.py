"""Accounts as sent and shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, SecretStr

from gateway.accounts.models import Account
from gateway.accounts.rules import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.identifiers import UnifiedSocialCreditCode

Division = Annotated[str, Field(pattern=r"^[0-9A-Z][0-9A-Z_-]{1,15}$")]
Reference = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
Password = Annotated[
    SecretStr,
    Field(max_length=1000, description=f"{MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters of any kind"),
]
Roles = Annotated[list[str], Field(min_length=1, max_length=10)]
Status = Literal["active", "disabled"]


class AccountNew(Request):
    """A new account; which scope fields it needs depends on its roles."""

    model_config = ConfigDict(str_strip_whitespace=False)

    username: str = Field(min_length=3, max_length=64)
    password: Password
    roles: Roles
    org: UnifiedSocialCreditCode | None = None
    division: Division | None = None
    provider: Reference | None = None
    bank: Reference | None = None
    person_ref: Reference | None = None


class AccountPatch(Request):
    """Other roles or another scope; what is left out stays, null takes a scope away."""

    roles: Roles | None = None
    org: UnifiedSocialCreditCode | None = None
    division: Division | None = None
    provider: Reference | None = None
    bank: Reference | None = None
    person_ref: Reference | None = None


class PasswordChange(Request):
    """The password one has and the one to have."""

    model_config = ConfigDict(str_strip_whitespace=False)

    current_password: Password
    new_password: Password


class AccountFilter(PageParams):
    """Which accounts to list."""

    username: str | None = Field(default=None, max_length=200)
    role: str | None = Field(default=None, max_length=64)
    org: str | None = Field(default=None, max_length=18)
    division: str | None = Field(default=None, max_length=16)
    status: Status | None = None


class AccountOut(Response):
    """An account, without anything secret."""

    id: UUID
    username: str
    roles: list[str]
    org: str | None
    division: str | None
    provider: str | None
    bank: str | None
    person_ref: str | None
    status: Status
    created_at: datetime
    updated_at: datetime
    password_changed_at: datetime
    signed_in_at: datetime | None

    @classmethod
    def of(cls, account: Account) -> AccountOut:
        """Show a row."""
        return cls(
            id=account.id,
            username=account.username,
            roles=account.roles,
            org=account.org,
            division=account.division,
            provider=account.provider,
            bank=account.bank,
            person_ref=account.person_ref,
            status="active" if account.disabled_at is None else "disabled",
            created_at=account.created_at,
            updated_at=account.updated_at,
            password_changed_at=account.password_changed_at,
            signed_in_at=account.signed_in_at,
        )
