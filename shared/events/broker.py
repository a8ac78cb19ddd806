"""The connection to NATS: kept for ever, and its loss never stops the service's own work."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

if TYPE_CHECKING:
    from shared.settings import ServiceSettings

log = structlog.get_logger(__name__)

CONNECT_RETRY_SECONDS = 0.5
END_SECONDS = 5.0
RECONNECT_SECONDS = 0.2


async def end(task: asyncio.Task[None]) -> None:
    """Cancel a task that uses a connection until it is over, for a few seconds at most: the client may take a
    cancellation for a connection that failed, and go on trying."""
    deadline = asyncio.get_running_loop().time() + END_SECONDS
    while not task.done() and asyncio.get_running_loop().time() < deadline:
        task.cancel()
        await asyncio.wait({task}, timeout=0.2)
    if not task.done():
        log.error("broker-task-does-not-end", task=task.get_name())


async def hear(broker: Broker, listeners: Mapping[str, Callable[[Msg], Awaitable[None]]]) -> None:
    """Subscribe to subjects, again until each is subscribed: a connection may be lost right after it was made."""
    for subject, heard in listeners.items():
        while True:
            try:
                await broker.client.subscribe(subject, cb=heard)
            except nats.errors.Error as error:
                log.warning("broker-subscription-failed", subject=subject, error=repr(error))
                await asyncio.sleep(CONNECT_RETRY_SECONDS)
            else:
                break


class Broker:
    """One NATS connection of a service, opened in the background and reopened without end.

    The client's inbox prefix is `_INBOX_<user>`, so that one service cannot read another's replies.
    """

    def __init__(
        self,
        url: str,
        *,
        user: str,
        password: str | None,
        name: str,
        tls_ca_file: Path | None = None,
        tls_hostname: str = "",
    ) -> None:
        self.client = Client()
        self._url = url
        self._user = user
        self._password = password
        self._name = name
        self._tls_hostname = tls_hostname
        self._tls_ca_file = tls_ca_file
        self._closing = False

    @classmethod
    def of(cls, settings: ServiceSettings, name: str) -> Broker:
        """The connection that `settings` describe."""
        return cls(
            settings.nats_url,
            user=settings.nats_user or name,
            password=settings.nats_secret(),
            name=name,
            tls_ca_file=settings.nats_tls_ca_file,
            tls_hostname=settings.nats_tls_hostname,
        )

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
                    tls=self._tls(),
                    tls_hostname=self._tls_hostname or None,
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

    def _tls(self) -> ssl.SSLContext | None:
        """Read anew at each connect, so that a renewed authority counts; None where nothing is said about TLS, which
        the client then uses if the server asks for it."""
        if self._tls_ca_file is None and not self._tls_hostname:
            return None
        return ssl.create_default_context(cafile=None if self._tls_ca_file is None else str(self._tls_ca_file))

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
