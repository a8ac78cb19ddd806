"""Invitations as sent and shown."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field, SecretStr

from gateway.accounts.schemas import Division, Password, Reference, Roles
from gateway.invitations.models import Invitation
from shared.clock import utcnow
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.identifiers import UnifiedSocialCreditCode

Status = Literal["unconfirmed", "open", "accepted", "revoked", "expired"]


class InvitationNew(Request):
    """Whom to invite to what; which scope fields it needs depends on the roles."""

    username: str = Field(min_length=3, max_length=64)
    roles: Roles
    org: UnifiedSocialCreditCode | None = None
    division: Division | None = None
    provider: Reference | None = None
    bank: Reference | None = None
    person_ref: Reference | None = None
    days: int | None = Field(default=None, ge=1, le=30)
    """How long it is good."""


class InvitationAgain(Request):
    """How long the next token is good."""

    days: int | None = Field(default=None, ge=1, le=30)


class InvitationAcceptance(Request):
    """The token from the invitation and the password that only the invited person knows."""

    model_config = ConfigDict(str_strip_whitespace=False)

    token: SecretStr = Field(min_length=1, max_length=200)
    password: Password


class InvitationFilter(PageParams):
    """Which invitations to list."""

    username: str | None = Field(default=None, max_length=200)
    waiting: bool | None = None
    """Only those that a security administrator has to confirm."""


class InvitationOut(Response):
    """An invitation, without its token."""

    id: UUID
    username: str
    roles: list[str]
    org: str | None
    division: str | None
    provider: str | None
    bank: str | None
    person_ref: str | None
    status: Status
    invited_by: str
    confirmed_by: str | None
    sent_at: datetime
    expires_at: datetime
    account_id: UUID | None

    @classmethod
    def of(cls, row: Invitation) -> InvitationOut:
        """Show a row."""
        return cls.model_validate(_fields(row))


class InvitationSent(InvitationOut):
    """With the token for the invited person, shown this once."""

    token: str

    @classmethod
    def once(cls, row: Invitation, token: str) -> InvitationSent:
        """Show a row and its token."""
        return cls.model_validate({**_fields(row), "token": token})


class Accepted(Response):
    """The account that was opened; its holder signs in now."""

    account_id: UUID
    username: str


def _fields(row: Invitation) -> dict[str, object]:
    shown = {name: getattr(row, name) for name in InvitationOut.model_fields if name != "status"}
    return {**shown, "status": _status(row)}


def _status(row: Invitation) -> Status:
    if row.accepted_at is not None:
        return "accepted"
    if row.revoked_at is not None:
        return "revoked"
    if row.expires_at <= utcnow():
        return "expired"
    return "unconfirmed" if row.needs_confirmation and row.confirmed_by is None else "open"
