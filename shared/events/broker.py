"""The connection to NATS: kept for ever, and its loss never stops the service's own work."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import nats.errors
import structlog
from nats.aio.client import Client

if TYPE_CHECKING:
    from shared.settings import ServiceSettings

log = structlog.get_logger(__name__)

CONNECT_RETRY_SECONDS = 0.5
RECONNECT_SECONDS = 0.2


class Broker:
    """One NATS connection of a service, opened in the background and reopened without end.

    The client's inbox prefix is `_INBOX_<user>`, so that one service cannot read another's replies.
    """

    def __init__(self, url: str, *, user: str, password: str | None, name: str) -> None:
        self.client = Client()
        self._url = url
        self._user = user
        self._password = password
        self._name = name
        self._closing = False

    @classmethod
    def of(cls, settings: ServiceSettings, name: str) -> Broker:
        """The connection that `settings` describe."""
        return cls(settings.nats_url, user=settings.nats_user or name, password=settings.nats_secret(), name=name)

    @property
    def connected(self) -> bool:
        return bool(self.client.is_connected)

    async def run(self) -> None:
        """Connect, however long it takes; after that the client reconnects by itself."""
        while True:
            try:
                await self.client.connect(
                    servers=[self._url],
                    user=self._user,
                    password=self._password,
                    name=self._name,
                    inbox_prefix=f"_INBOX_{self._user}".encode(),
                    allow_reconnect=True,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=RECONNECT_SECONDS,  # type: ignore[arg-type]  # a float works; the annotation is too narrow
                    connect_timeout=2,
                    ping_interval=5,
                    max_outstanding_pings=2,
                    error_cb=self._on_error,
                    disconnected_cb=self._on_disconnected,
                    reconnected_cb=self._on_reconnected,
                    closed_cb=self._on_closed,
                )
            except (OSError, nats.errors.Error, TimeoutError) as error:
                log.warning("broker-unreachable", error=repr(error))
                await asyncio.sleep(CONNECT_RETRY_SECONDS)
            else:
                log.info("broker-connected", server=self._url.rsplit("@", 1)[-1])
                return

    async def close(self) -> None:
        """Flush what is buffered and close for good."""
        self._closing = True
        if self.client.is_connected:
            try:
                await asyncio.wait_for(self.client.flush(), 1)
            except (nats.errors.Error, OSError, TimeoutError) as error:
                log.warning("broker-flush-failed", error=repr(error))
        if not self.client.is_closed:
            await self.client.close()

    async def _on_error(self, error: Exception) -> None:
        log.warning("broker-error", error=repr(error))

    async def _on_disconnected(self) -> None:
        if not self._closing:
            log.warning("broker-disconnected")

    async def _on_reconnected(self) -> None:
        log.info("broker-reconnected")

    async def _on_closed(self) -> None:
        if not self._closing:
            log.critical("broker-closed-for-good")
            os.kill(os.getpid(), signal.SIGTERM)
