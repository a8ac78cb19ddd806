"""Outside identities and trusted issuers as sent and shown."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from gateway.front.callers import Caller
from gateway.oidc.config import Issuer
from gateway.oidc.models import OutsideIdentity
from gateway.oidc.tokens import MAX_SUBJECT_LENGTH
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response

Status = Literal["waiting", "own", "linked", "disabled"]


class OutsideIdentityNew(Request):
    """Somebody of a trusted issuer, entered before he was ever seen; `issuer` is its short name."""

    issuer: str = Field(max_length=32)
    subject: str = Field(min_length=1, max_length=MAX_SUBJECT_LENGTH)
    account_id: UUID | None = None


class OutsideIdentityLink(Request):
    """The account that the identity is."""

    account_id: UUID


class OutsideIdentityFilter(PageParams):
    """Which identities to list."""

    issuer: str | None = Field(default=None, max_length=32)
    subject: str | None = Field(default=None, max_length=MAX_SUBJECT_LENGTH)
    account_id: UUID | None = None
    status: Status | None = None


class OutsideIdentityOut(Response):
    """An identity of a trusted issuer. `account_id` is under which id it acts, in audits too; null while it waits.

    `confirmed` is whether a second person has confirmed the link, without which roles of power do not count.
    """

    id: UUID
    issuer: str
    subject: str
    status: Status
    account_id: UUID | None
    linked_by: str | None
    linked_at: datetime | None
    confirmed: bool
    confirmed_by: str | None
    created_at: datetime
    seen_at: datetime | None

    @classmethod
    def of(cls, row: OutsideIdentity) -> OutsideIdentityOut:
        """Show a row."""
        return cls(
            id=row.id,
            issuer=row.issuer_name,
            subject=row.subject,
            status=row.status,
            account_id=row.account_id,
            linked_by=row.linked_by,
            linked_at=row.linked_at,
            confirmed=row.confirmed_at is not None,
            confirmed_by=row.confirmed_by,
            created_at=row.created_at,
            seen_at=row.seen_at,
        )


class OwnIdentity(Response):
    """Who the caller is by his outside token, and what he may do with it."""

    id: UUID
    issuer: str
    account_id: str
    roles: list[str]
    scopes: list[str] | None
    org: str | None
    division: str | None
    provider: str | None
    bank: str | None
    person_ref: str | None
    second_factor: bool

    @classmethod
    def of(cls, row: OutsideIdentity, caller: Caller) -> OwnIdentity:
        """Show a row as who came in by it is today."""
        return cls(
            id=row.id,
            issuer=row.issuer_name,
            account_id=caller.account_id,
            roles=list(caller.roles),
            scopes=sorted(caller.scopes) if caller.scopes is not None else None,
            org=caller.org,
            division=caller.division,
            provider=caller.provider,
            bank=caller.bank,
            person_ref=caller.person_ref,
            second_factor=caller.mfa,
        )


class IssuerOut(Response):
    """A trusted issuer, as a client needs to know it: whom to ask for a token, and for which audience."""

    name: str
    issuer: str
    audiences: list[str]
    provisioning: Literal["linked", "first_sight"]
    scopes: list[str] | None
    acr_values: list[str]
    """What to ask it for where a second factor is needed, the first that it can do."""

    @classmethod
    def of(cls, issuer: Issuer) -> IssuerOut:
        """Show what everybody may know."""
        return cls(
            name=issuer.name,
            issuer=issuer.issuer,
            audiences=list(issuer.audiences),
            provisioning=issuer.provisioning,
            scopes=sorted(issuer.scopes) if issuer.scopes is not None else None,
            acr_values=list(issuer.second_factor.acr),
        )
