"""What is sent and answered at the sign-in."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field, SecretStr

from gateway.sessions.models import AccountSession
from shared.http.schemas import Request, Response

Secret = SecretStr | None


class TokenForm(Request):
    """The form of OAuth 2.0's token endpoint; client fields are taken and not looked at.

    `password` with `username`, `password` and, where needed, `otp`; `refresh_token` with `refresh_token`;
    `second_factor` with the `challenge` of a refusal and `otp`.
    """

    model_config = ConfigDict(str_strip_whitespace=False)

    grant_type: str = Field(default="password", max_length=100)
    username: str | None = Field(default=None, max_length=200)
    password: Secret = Field(default=None, max_length=1000)
    otp: Secret = Field(default=None, max_length=100)
    challenge: Secret = Field(default=None, max_length=4096)
    refresh_token: Secret = Field(default=None, max_length=200)
    scope: str = Field(default="", max_length=1000)
    client_id: str | None = Field(default=None, max_length=200)
    client_secret: Secret = Field(default=None, max_length=200)


class RevokeForm(Request):
    """The form of RFC 7009."""

    token: SecretStr = Field(min_length=1, max_length=4096)
    token_type_hint: str | None = Field(default=None, max_length=100)
    client_id: str | None = Field(default=None, max_length=200)
    client_secret: Secret = Field(default=None, max_length=200)


class Token(Response):
    """An access token for the Authorization header and the token that gets the next one; seconds until each is over.

    `restriction` says what comes first, as the code of the refusal that anything else is answered with.
    """

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the scheme's name
    expires_in: int
    refresh_token: str
    refresh_expires_in: int
    restriction: Literal["password-change-required", "second-factor-required"] | None


class SessionOut(Response):
    """A session as its holder recognises it: the network it was opened from, and with what."""

    id: UUID
    opened_at: datetime
    last_used_at: datetime
    expires_at: datetime
    address: str
    agent: str
    second_factor: bool
    current: bool

    @classmethod
    def of(cls, row: AccountSession, current: UUID | None) -> SessionOut:
        """Show a row."""
        return cls(
            id=row.id,
            opened_at=row.opened_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
            address=row.address,
            agent=row.agent,
            second_factor=row.second_factor,
            current=row.id == current,
        )


class SessionList(Response):
    """The sessions that are open, the newest first; there are never many."""

    items: list[SessionOut]


class SessionsEnd(Request):
    """Which of one's own sessions to end."""

    keep_current: bool = True


class Ended(Response):
    """How many sessions were ended."""

    ended: int
