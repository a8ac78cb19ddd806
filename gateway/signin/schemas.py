"""What is sent and answered at the sign-in."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, SecretStr

from shared.http.schemas import Request, Response


class TokenForm(Request):
    """The form of OAuth 2.0's password grant (RFC 6749, 4.3.2); client fields are taken and not looked at."""

    model_config = ConfigDict(str_strip_whitespace=False)

    grant_type: Literal["password", ""] = "password"
    username: str = Field(min_length=1, max_length=200)
    password: SecretStr = Field(min_length=1, max_length=1000)
    scope: str = Field(default="", max_length=1000)
    client_id: str | None = Field(default=None, max_length=200)
    client_secret: SecretStr | None = Field(default=None, max_length=200)


class Token(Response):
    """An access token for the Authorization header; `expires_in` is in seconds."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the scheme's name
    expires_in: int
