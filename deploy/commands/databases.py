"""Databases for commands that look into them while the stack runs or rests."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy import make_url

from deploy.embedded.databases import DATABASES
from deploy.secrets import read
from deploy.settings import StackSettings
from shared.db import Database


def chosen(service: str | None) -> Sequence[str]:
    """The one service, or all. Raises RuntimeError for a name that is none."""
    if service is not None and service not in DATABASES:
        raise RuntimeError(f"no service {service!r}; there are {', '.join(DATABASES)}")
    return DATABASES if service is None else (service,)


@asynccontextmanager
async def open_databases(settings: StackSettings, services: Sequence[str]) -> AsyncIterator[dict[str, Database]]:
    """Connected as the run-time roles: a command may do no more than the service itself."""
    async with AsyncExitStack() as stack:
        databases: dict[str, Database] = {}
        for service in services:
            url = make_url(settings.database_url(service))
            if url.password is None:
                url = url.set(password=read(settings.secrets.database_password(service)))
            databases[service] = Database(url, pool_size=2, application_name="mengchuang-cli")
            stack.push_async_callback(databases[service].close)
        yield databases
