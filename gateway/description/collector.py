"""Collects the services' descriptions, keeps the last good ones and merges them, all of it beside the requests."""

from __future__ import annotations

import asyncio
import contextvars
import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from gateway.description.openapi import Document, merge
from gateway.description.written import Written
from gateway.front.routes import OWN, UPSTREAMS
from shared.errors import DomainError, service_unavailable
from shared.http.openapi import PATH
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
FETCH_SECONDS: Final = 30.0
"""A service writes its description when it is first asked, which takes seconds on a busy machine."""
RETRY_SECONDS: Final = 1.0
"""Between looks for a service that has never answered."""

log = get_logger(__name__)


@dataclass(slots=True)
class _Copy:
    document: Document
    tag: str | None
    fetched_at: float


class Descriptions:
    """The merged description, about `seconds` behind the services that answer.

    It is made in the background from `begin` on, and kept in `file` between one process and the next: then a new
    process answers with the last one until it has made its own.
    """

    def __init__(
        self,
        peers: PeerClient,
        own: Callable[[], Document],
        seconds: float,
        *,
        simulated: bool = False,
        issuers: Sequence[str] = (),
        file: Path | None = None,
    ) -> None:
        self._peers = peers
        self._own = own
        self._seconds = seconds
        self._description = DESCRIPTION + (SIMULATED if simulated else "")
        self._issuers = issuers
        self._file = file
        self._copies: dict[str, _Copy] = {}
        self._locks = {service: asyncio.Lock() for service in UPSTREAMS}
        self._written: Written | None = None
        self._made_of: dict[str, Document] = {}
        self._looked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def recall(self) -> None:
        """Take over what the last process left in the file."""
        if self._file is not None:
            with suppress(OSError, ValueError):
                self._written = await asyncio.to_thread(Written.read, self._file)

    def begin(self) -> None:
        """Look at the services from now on. Does nothing where that goes on already."""
        if self._task is None:
            nobodys = contextvars.Context()  # not that of a request, whose time is soon over
            self._task = asyncio.create_task(self._look_on(), name="gateway:description", context=nobodys)

    async def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def openapi(self) -> Written:
        """The document. Only where there has been none yet is it waited for.

        Raises 503 `service-unavailable` while a service has never answered.
        """
        self.begin()
        if self._written is None:
            await self._looked.wait()
        if self._written is None:
            raise service_unavailable(next((name for name in UPSTREAMS if name not in self._copies), OWN))
        return self._written

    async def of(self, service: str) -> Document:
        """One service's own description. Raises 503 `service-unavailable` while it has never answered."""
        await self._refresh(service)
        return self._copies[service].document

    async def _look_on(self) -> None:
        while True:
            self._looked.clear()
            try:
                await self._look()
            except Exception:
                log.exception("description-not-made")
            self._looked.set()
            await asyncio.sleep(self._seconds if self._made_of else RETRY_SECONDS)

    async def _look(self) -> None:
        for outcome in await asyncio.gather(*map(self._refresh, UPSTREAMS), return_exceptions=True):
            if isinstance(outcome, DomainError):
                return
            if outcome is not None:
                raise outcome
        documents = {service: self._copies[service].document for service in UPSTREAMS}
        if any(documents[service] is not self._made_of.get(service) for service in UPSTREAMS):
            self._written = await asyncio.to_thread(self._write, documents)
            self._made_of = documents

    def _write(self, documents: dict[str, Document]) -> Written:
        """Takes seconds, hence in a thread: the event loop goes on answering."""
        merged = merge(
            {**documents, OWN: self._own()}, title=TITLE, description=self._description, issuers=self._issuers
        )
        written = Written.of(json.dumps(merged, ensure_ascii=False, separators=(",", ":")).encode())
        if self._file is not None:
            try:
                written.keep(self._file)
            except OSError as error:
                log.warning("description-not-kept", reason=str(error))
        return written

    async def _refresh(self, service: str) -> None:
        """Fetch it again if that is due. A service that is away keeps its last one."""
        async with self._locks[service]:
            copy = self._copies.get(service)
            if copy is not None and time.monotonic() - copy.fetched_at < self._seconds:
                return
            tag = copy.tag if copy is not None else None
            try:
                found = await self._peers.get_changed(service, PATH, tag, timeout=FETCH_SECONDS)
                if found is not None:
                    self._copies[service] = copy = _copy(service, *found, before=copy)
            except (PeerUnavailable, PeerRefused, LookupError) as error:
                log.warning("description-not-fetched", service=service, reason=str(error))
                if copy is None:
                    raise service_unavailable(service) from error
            assert copy is not None
            copy.fetched_at = time.monotonic()


def _copy(service: str, document: JsonValue, tag: str | None, *, before: _Copy | None) -> _Copy:
    """What was fetched; the same object as before where it says the same. Raises PeerUnavailable."""
    if not isinstance(document, dict) or "paths" not in document:
        raise PeerUnavailable(service, "not a description")
    same = before is not None and before.document == document
    return _Copy(before.document if before is not None and same else document, tag, 0.0)
