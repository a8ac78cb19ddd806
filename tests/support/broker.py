"""A real nats-server with the suite's users and rights."""

from pathlib import Path

import nats
from nats.aio.client import Client

from deploy.embedded.nats import NatsServer
from deploy.embedded.nats_permissions import OPERATOR, USERS, inbox_prefix
from tests.support import reaper
from tests.support.waiting import free_port


class Broker(NatsServer):
    """A NatsServer on a port of its own; it can be stopped, killed, wiped and started again there.

    The user `operator` has all rights, for tests that delete messages and purge streams.
    """

    def __init__(self, folder: Path, *, sync_always: bool = False) -> None:
        users = {user: f"{user}-secret" for user in USERS}
        super().__init__(folder / "nats", free_port(), users=users, sync_always=sync_always)
        reaper.watch_folder(folder)

    def start(self, timeout: float = 120) -> None:
        super().start(timeout)
        reaper.watch_process(self.process())

    async def connect(self, user: str = OPERATOR) -> Client:
        """A client of that user, with the inbox prefix that its rights ask for."""
        return await nats.connect(self.url_for(user), inbox_prefix=inbox_prefix(user).encode())
