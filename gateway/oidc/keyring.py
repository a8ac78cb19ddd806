"""An issuer's keys as they are believed here: fetched when needed, never more often than agreed, kept while it is away.

Nobody outside can make this process ask an issuer often: a token with an unknown key may lead to one question in
`unknown_key_pause` seconds, however many such tokens come, and all who wait share one fetch.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Final

from gateway.oidc import metrics
from gateway.oidc.config import Issuer
from gateway.oidc.documents import Documents, NotFetched
from gateway.oidc.keys import SigningKey
from shared.logging import get_logger

RETRY_SECONDS: Final = 5.0
"""After a fetch that failed, the next one waits so long (or `unknown_key_pause` where that is shorter)."""

log = get_logger(__name__)


class IssuerAway(Exception):
    """The issuer has not answered, and no key of it is known that may still be believed."""


class Keyring:
    """The keys of one issuer in this process."""

    def __init__(self, issuer: Issuer, documents: Documents) -> None:
        self._issuer = issuer
        self._documents = documents
        self._keys: tuple[SigningKey, ...] = ()
        self._fetched_at = 0.0
        self._fresh_for = 0.0
        self._tried_at: float | None = None
        self._failed = False
        self._task: asyncio.Task[None] | None = None

    def holds(self, key: SigningKey) -> bool:
        """Whether a token signed with this key may still be believed without asking anew."""
        return key in self._keys and self._age() <= self._fresh_for

    async def find(self, kid: str | None, algorithm: str) -> SigningKey | None:
        """The key of that id for that algorithm; without an id, the only key there is for it.

        Raises IssuerAway when there is nothing to look in.
        """
        await self._refresh_if_old()
        if not self._keys or self._age() > self._issuer.keys_kept:
            raise IssuerAway(self._issuer.name)
        found = self._look_up(kid, algorithm)
        if found is None and self._may_ask(self._issuer.unknown_key_pause):
            await asyncio.shield(self._start())
            found = self._look_up(kid, algorithm)
        return found

    async def _refresh_if_old(self) -> None:
        """In the background a little after the keys' time, before anything else when they are a good deal older."""
        age = self._age()
        if self._keys and age <= self._fresh_for:
            return
        pause = min(RETRY_SECONDS, self._issuer.unknown_key_pause) if self._failed else 0.0
        if not self._may_ask(pause):
            return
        task = self._start()
        if not self._keys or age > 2 * self._fresh_for:
            await asyncio.shield(task)

    def _look_up(self, kid: str | None, algorithm: str) -> SigningKey | None:
        fitting = [key for key in self._keys if key.algorithm == algorithm and (kid is None or key.kid == kid)]
        return fitting[0] if len(fitting) == 1 else None

    def _age(self) -> float:
        return monotonic() - self._fetched_at

    def _may_ask(self, pause: float) -> bool:
        """A fetch that runs already may always be waited for."""
        running = self._task is not None and not self._task.done()
        return running or self._tried_at is None or monotonic() - self._tried_at >= pause

    def _start(self) -> asyncio.Task[None]:
        if self._task is None or self._task.done():
            self._tried_at = monotonic()
            self._task = asyncio.create_task(self._fetch(), name=f"oidc:{self._issuer.name}")
        return self._task

    async def _fetch(self) -> None:
        try:
            published = await self._documents.fetch()
        except NotFetched as error:
            self._failed = True
            metrics.FETCHES.labels(self._issuer.name, "failed").inc()
            log.warning("issuer-keys-not-fetched", issuer=self._issuer.name, reason=str(error))
            return
        before = {key.digest for key in self._keys}
        self._keys, self._failed, self._fetched_at = published.keys, False, monotonic()
        self._fresh_for = min(max(published.max_age, self._issuer.keys_min_age), self._issuer.keys_max_age)
        metrics.FETCHES.labels(self._issuer.name, "ok").inc()
        metrics.FETCHED_AT.labels(self._issuer.name).set_to_current_time()
        if before != {key.digest for key in published.keys}:
            log.info("issuer-keys-changed", issuer=self._issuer.name, keys=len(published.keys))

    async def close(self) -> None:
        """End a fetch on its way."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task})
