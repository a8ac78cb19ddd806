"""People and keys for the tests of keys and signatures."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response

Json = dict[str, Any]
SCOPES = ["referrals:read", "referrals:write", "centres:read", "centres:write", "api-keys:read", "api-keys:write"]


@dataclass(frozen=True)
class Key:
    """An issued key."""

    id: UUID
    text: str
    account_id: UUID
    version: int
    secret: str | None = None
    shown: Mapping[str, Any] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.text}"}

    @property
    def public_id(self) -> str:
        return self.text.split("_")[2]

    @classmethod
    def of(cls, response: Response) -> "Key":
        assert response.status_code == 201, response.text
        shown = response.json()
        version = int(response.headers["etag"].strip('"'))
        return cls(UUID(shown["id"]), shown["key"], UUID(shown["account_id"]), version, shown["signing_secret"], shown)


@dataclass(frozen=True)
class Office:
    """Who makes keys: an administrator, a security administrator, and banks."""

    client: AsyncClient
    admin: Mapping[str, str]
    security: Mapping[str, str]

    async def propose(self, account_id: UUID, **body: Any) -> Key:
        """A key that an administrator has proposed."""
        sent = {"name": "core banking", "account_id": str(account_id), "scopes": SCOPES, **body}
        return Key.of(await self.client.post("/v1/api-keys", json=sent, headers=self.admin))

    async def confirm(self, key: Key) -> Key:
        response = await self.client.post(f"/v1/api-keys/{key.id}/confirm", headers=self.security)
        assert response.status_code == 200, response.text
        return key

    async def key(self, account_id: UUID, **body: Any) -> Key:
        """A key that can be used."""
        return await self.confirm(await self.propose(account_id, **body))


MakeKey = Callable[..., Awaitable[Key]]
Scopes = Sequence[str]
