"""Idempotency-Key: a repeated POST gets the stored answer instead of being carried out twice.

Keys belong to a client, a mode (live or test) and a route; the answer is stored in the transaction that carried the
request out, so that it exists if and only if the effects do. Only 2xx answers are stored, those with secrets never.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

from fastapi import Depends, Header
from sqlalchemy import BigInteger, bindparam, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from shared.auth.principal import Principal
from shared.db import Database
from shared.errors import DomainError
from shared.kernel_tables import idempotency_key

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
KEPT: Final = timedelta(days=30)

_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")
_STORED_HEADERS: Final = ("content-type", "location", "etag", "link")
_PURGE_BATCH: Final = 5_000

_LOCK = select(func.pg_try_advisory_xact_lock(bindparam("number", type_=BigInteger)))
_LOOK_UP = select(idempotency_key).where(
    *(idempotency_key.c[name] == bindparam(name) for name in ("client", "route", "key"))
)
_STORE = insert(idempotency_key)


async def key_required(key: Annotated[str | None, Header(alias=HEADER)] = None) -> None:
    """Raises 400 ``idempotency-key-required``; use it as ``IdempotencyRequired``."""
    if key is None:
        raise DomainError("idempotency-key-required", 400)


IdempotencyRequired = Depends(key_required)
"""For ``dependencies=[IdempotencyRequired]`` of routes that move money: 400 without a key."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One request's hold on its key."""

    client: str
    route: str
    key: str
    request_hash: bytes

    @classmethod
    async def of(
        cls, request: Request, principal: Principal, route: str, file_digest: bytes | None = None
    ) -> Claim | None:
        """The claim of a POST with an Idempotency-Key; None for any other request, and for callers without a name: they
        would share their keys, and read each other's answers.

        Two requests are the same if method, path, query and body (or the file in it) are, byte by byte. Raises 400
        ``idempotency-key-invalid``.
        """
        if request.method != "POST" or principal.anonymous:
            return None
        keys = request.headers.getlist(HEADER)
        if not keys:
            return None
        if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
            raise DomainError("idempotency-key-invalid", 400)
        digest = hashlib.sha256()
        query = request.scope.get("query_string", b"")
        body = await request.body() if file_digest is None else file_digest
        for part in (request.method.encode(), request.scope["path"].encode(), query, body):
            digest.update(len(part).to_bytes(8, "big") + part)
        client = principal.account_id if principal.livemode else f"{principal.account_id}:test"
        return cls(client, f"{request.method} {route}", keys[0], digest.digest())

    async def take(self, session: AsyncSession) -> Response | None:
        """The stored answer, or None when this transaction now holds the key and must carry the request out.

        Two statements, because the second has to see what the key's former holder committed. Raises 409
        ``idempotency-key-in-use`` instead of waiting, 422 ``idempotency-key-reused`` for another request.
        """
        if not await session.scalar(_LOCK, {"number": self._lock_number()}):
            raise DomainError("idempotency-key-in-use", 409, headers={"Retry-After": "1"})
        name = {"client": self.client, "route": self.route, "key": self.key}
        row = (await session.execute(_LOOK_UP, name)).one_or_none()
        if row is None:
            return None
        if row.request_hash != self.request_hash:
            raise DomainError("idempotency-key-reused", 422)
        response = Response(row.body, status_code=row.status)
        for name, value in row.headers.items():
            response.headers[name] = value
        response.headers[REPLAYED] = "true"
        return response

    async def store(self, session: AsyncSession, response: Response) -> None:
        """Keep the answer with the effects; streamed answers are not kept."""
        body = getattr(response, "body", None)
        if not isinstance(body, bytes) or not 200 <= response.status_code < 300:
            return
        headers = {name: response.headers[name] for name in _STORED_HEADERS if name in response.headers}
        row = {
            "client": self.client,
            "route": self.route,
            "key": self.key,
            "request_hash": self.request_hash,
            "status": response.status_code,
            "headers": headers,
            "body": body,
        }
        await session.execute(_STORE, row)

    def _lock_number(self) -> int:
        name = f"{self.client}\n{self.route}\n{self.key}".encode()
        return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big", signed=True)


async def purge(db: Database) -> int:
    """Forget keys older than 30 days, in batches; returns how many. For the daily worker."""
    old = (
        select(idempotency_key.c.client, idempotency_key.c.route, idempotency_key.c.key)
        .where(idempotency_key.c.created_at < func.now() - KEPT)
        .limit(_PURGE_BATCH)
        .subquery()
    )
    statement = delete(idempotency_key).where(
        idempotency_key.c.client == old.c.client,
        idempotency_key.c.route == old.c.route,
        idempotency_key.c.key == old.c.key,
    )
    total = 0
    while True:
        async with db.transaction() as session:
            result = await session.execute(statement)
        count = int(getattr(result, "rowcount", 0))
        total += count
        if count < _PURGE_BATCH:
            return total
