"""Accounts as sent and shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, SecretStr

from gateway.accounts.models import Account, AccountRequest
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
Waiting = Literal["rights", "second_factor_reset", "password_reset"]


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
    waiting: Waiting | None = None
    """Only those for which something waits for a second person."""
    second_factor: bool | None = None
    """Only those with, or without, a second factor."""


class RequestOut(Response):
    """What somebody asked for and a second person decides."""

    kind: Waiting
    roles: list[str] | None
    scope: dict[str, str | None] | None
    requested_by: str
    requested_at: datetime
    expires_at: datetime


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
    must_change_password: bool
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
            must_change_password=account.must_change_password,
            signed_in_at=account.signed_in_at,
        )


class AccountDetail(AccountOut):
    """An account with its second factor and what waits for a second person."""

    second_factor: bool
    requests: list[RequestOut]

    @classmethod
    def whole(cls, account: Account, *, second_factor: bool, waiting: Sequence[AccountRequest]) -> AccountDetail:
        """Show a row and what belongs to it."""
        found = [RequestOut.model_validate(request, from_attributes=True) for request in waiting]
        return cls(**AccountOut.of(account).model_dump(), second_factor=second_factor, requests=found)


class OwnAccount(AccountDetail):
    """The caller's account and the roles that count today, where colleagues stand in for each other."""

    roles_today: list[str]
    on_behalf_of: list[str]
    recovery_codes_left: int


class EnrolmentStart(Request):
    """A second factor is set up only by who knows the password too."""

    model_config = ConfigDict(str_strip_whitespace=False)

    password: Password


class EnrolmentOut(Response):
    """What an authenticator needs, shown this once: the secret, its address, and that as a picture."""

    secret: str
    uri: str
    qr_svg: str
    qr_png: str
    """A `data:` address."""


class Code(Request):
    """A code of the authenticator, or where one is taken away a recovery code."""

    code: SecretStr = Field(min_length=6, max_length=100)


class RecoveryCodes(Response):
    """Each stands for the authenticator once; shown this once."""

    recovery_codes: list[str]
