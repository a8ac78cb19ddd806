"""A gateway process that waits for the limits' database as long as it takes, so that a busy machine changes nothing."""

from unittest import mock

from gateway import build
from gateway.limits import leases
from gateway.main import app
from shared.db import Database

__all__ = ["app"]


def _patient(url: str, *, pool_size: int, application_name: str, **_: float) -> Database:
    return Database(url, pool_size=pool_size, pool_timeout=60, statement_timeout=60, application_name=application_name)


mock.patch.object(leases, "PATIENCE_SECONDS", 60.0).start()
mock.patch.object(build, "Database", _patient).start()
