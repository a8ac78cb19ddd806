"""Migrating every database of the stack, whether it runs or not."""

from collections.abc import Iterator
from contextlib import contextmanager

from deploy import migrations
from deploy.embedded.databases import DATABASES, provision
from deploy.settings import StackSettings
from deploy.state import Lock, supervised


def migrate(settings: StackSettings) -> Iterator[str]:
    """Migrate one database after the other; yields a line for each. Alembic's errors pass through."""
    with database_server(settings):
        for service in DATABASES:
            migrations.upgrade(service, settings.migration_url(service), settings.runtime_role(service))
            yield f"{service}: at {migrations.head(service) or 'no revision'}"


@contextmanager
def database_server(settings: StackSettings) -> Iterator[None]:
    """The embedded PostgreSQL while the block runs; does nothing where a supervisor runs it or it is not embedded."""
    if not settings.embeds_postgres or supervised(settings.home):
        yield
        return
    with Lock(settings.home) as lock:
        if not lock.acquire():
            yield
            return
        settings.secrets.ensure()
        server = settings.postgres()
        server.start()
        try:
            provision(server, settings.secrets.role_passwords())
            yield
        finally:
            server.stop()
