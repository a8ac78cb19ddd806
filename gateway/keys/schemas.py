"""API keys as sent and shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from gateway.keys.form import Mode
from gateway.keys.models import ApiKey
from gateway.keys.rules import Algorithm, SignatureMode, Status
from gateway.signatures.signing_keys import jwk_of
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response

Name = Annotated[str, Field(min_length=1, max_length=100)]
Scopes = Annotated[list[Annotated[str, Field(max_length=80)]], Field(min_length=1, max_length=100)]
Networks = Annotated[list[Annotated[str, Field(max_length=50)]], Field(max_length=50)]
RateClass = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]


class SigningNew(Request):
    """How requests with the key are signed. `public_key` (PEM, or a JWK as text) for ed25519; for hmac-sha256 the
    answer has the secret, once."""

    mode: Literal["optional", "required"]
    algorithm: Algorithm
    public_key: str | None = Field(default=None, max_length=2000)

    @model_validator(mode="after")
    def _key_for_ed25519_only(self) -> Self:
        if (self.algorithm == "ed25519") != (self.public_key is not None):
            raise ValueError("public_key belongs to ed25519, and only there")
        return self


class KeyNew(Request):
    """A new key. An administrator names the account; an owner makes the second key of his own and leaves out what shall
    be as with the one he has."""

    name: Name
    account_id: UUID | None = None
    mode: Mode | None = None
    scopes: Scopes | None = None
    networks: Networks | None = None
    expires_at: AwareDatetime | None = None
    signature: SigningNew | None = None
    rate_class: RateClass | None = None


class KeyRotation(Request):
    """A successor with the same rights. The old key goes on for `overlap_hours`, at most until its own end; a key whose
    requests are signed with Ed25519 keeps its public key unless another one is sent."""

    name: Name | None = None
    overlap_hours: int = Field(default=168, ge=0, le=720)
    expires_at: AwareDatetime | None = None
    public_key: str | None = Field(default=None, max_length=2000)


class KeyPatch(Request):
    """Another name or other networks, or an earlier end; what is left out stays."""

    name: Name | None = None
    networks: Networks | None = None
    expires_at: AwareDatetime | None = None


class KeyFilter(PageParams):
    """Which keys to list."""

    account_id: UUID | None = None
    mode: Mode | None = None
    status: Status | None = None


class KeyOut(Response):
    """A key without its secret. `public_id` is the part of it between the second and the third underscore."""

    id: UUID
    account_id: UUID
    public_id: str
    mode: Mode
    name: str
    status: Status
    scopes: list[str]
    networks: list[str]
    signature_mode: SignatureMode
    algorithm: Algorithm | None
    public_jwk: dict[str, str] | None
    expires_at: datetime
    last_used_at: datetime | None
    replaces: UUID | None
    rate_class: str | None
    created_at: datetime
    confirmed_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> KeyOut:
        """Show a row."""
        return cls.model_validate(_shown(key))


class KeyIssued(KeyOut):
    """A new key, the only time that it is shown. `signing_secret` (base64) is the key of HMAC-SHA256."""

    key: str
    signing_secret: str | None

    @classmethod
    def with_secrets(cls, key: ApiKey, text: str, signing_secret: str | None) -> KeyIssued:
        """Show a row with what is not kept."""
        return cls.model_validate({**_shown(key), "key": text, "signing_secret": signing_secret})


def _shown(key: ApiKey) -> dict[str, object]:
    plain = {name: getattr(key, name) for name in KeyOut.model_fields if name not in ("mode", "public_jwk")}
    return {
        **plain,
        "mode": "live" if key.livemode else "test",
        "public_jwk": jwk_of(key.public_key) if key.public_key is not None else None,
    }
