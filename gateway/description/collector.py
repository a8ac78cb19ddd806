"""Collects the services' descriptions, keeps the last good ones and merges them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from gateway.description.openapi import Document, merge
from gateway.front.routes import OWN, UPSTREAMS
from shared.errors import service_unavailable
from shared.logging import get_logger
from shared.peers import PeerClient, PeerRefused, PeerUnavailable

TITLE: Final = "Mengchuang (梦创)"
DESCRIPTION: Final = (
    "The public interface of the suite that runs a city's innovation-and-entrepreneurship policy.\n\n"
    "Money is a string in yuan, dates are business days in Asia/Shanghai, errors are RFC 9457 problems in Chinese or"
    " English (`Accept-Language`), lists are paged by `cursor`, changes are guarded by `ETag` and `If-Match`, and POSTs"
    " repeated with the same `Idempotency-Key` are carried out once.\n\n"
    "`x-roles` names who may call an operation, any one of them; `x-second-factor` those that only take a session with"
    " a second factor. What breaks a program is announced in docs/api-changes.toml before it comes."
)
SIMULATED: Final = "\n\nThis instance runs on a simulated business clock: send `Mengchuang-Today: YYYY-MM-DD`."
FETCH_SECONDS: Final = 20.0
"""A service writes its description when it is first asked, which takes seconds on a busy machine."""

log = get_logger(__name__)


@dataclass(slots=True)
class _Copy:
    document: Document
    fetched_at: float


class Descriptions:
    """The merged description, at most `seconds` behind the services that answer."""

    def __init__(
        self,
        peers: PeerClient,
        own: Callable[[], Document],
        seconds: float,
        *,
        simulated: bool = False,
        issuers: Sequence[str] = (),
    ) -> None:
        self._peers = peers
        self._own = own
        self._seconds = seconds
        self._description = DESCRIPTION + (SIMULATED if simulated else "")
        self._issuers = issuers
        self._copies: dict[str, _Copy] = {}
        self._merged: bytes | None = None
        self._lock = asyncio.Lock()

    async def openapi(self) -> bytes:
        """The document as JSON. Raises 503 `service-unavailable` while a service has never answered."""
        async with self._lock:
            changed = await asyncio.gather(*(self._refresh(service) for service in UPSTREAMS))
            if self._merged is None or any(changed):
                documents = {service: self._copies[service].document for service in UPSTREAMS}
                self._merged = await asyncio.to_thread(self._merge, documents)
            return self._merged

    async def of(self, service: str) -> Document:
        """One service's own description. Raises 503 `service-unavailable` while it has never answered."""
        async with self._lock:
            await self._refresh(service)
            return self._copies[service].document

    def _merge(self, documents: dict[str, Document]) -> bytes:
        """Takes seconds, hence in a thread: the event loop goes on answering."""
        documents[OWN] = self._own()
        merged = merge(documents, title=TITLE, description=self._description, issuers=self._issuers)
        return json.dumps(merged, ensure_ascii=False, separators=(",", ":")).encode()

    async def _refresh(self, service: str) -> bool:
        """Whether there is another description now. A service that is away keeps its last one."""
        copy = self._copies.get(service)
        if copy is not None and time.monotonic() - copy.fetched_at < self._seconds:
            return False
        try:
            document: JsonValue = await self._peers.get_json(service, "/openapi.json", timeout=FETCH_SECONDS)
            if not isinstance(document, dict) or "paths" not in document:
                raise PeerUnavailable(service, "not a description")
        except (PeerUnavailable, PeerRefused, LookupError) as error:
            log.warning("description-not-fetched", service=service, reason=str(error))
            if copy is None:
                raise service_unavailable(service) from error
            copy.fetched_at = time.monotonic()
            return False
        self._copies[service] = _Copy(document, time.monotonic())
        return copy is None or copy.document != document
