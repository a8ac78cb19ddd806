"""Keeps the broker's accounts at what is on record about bureaus, whichever way the record changed.

The commands tell the broker themselves. An account that is disabled over the API, or a database brought back from a
backup, tells nobody: this looks every two seconds.
"""

import asyncio
from collections.abc import Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from deploy import bureaus as broker
from deploy.commands.databases import open_databases
from deploy.embedded.nats_bureaus import Bureau, bureaus_text, read_bureaus
from deploy.settings import StackSettings
from gateway.bureaus import models, queries
from shared.db import Database

EVERY_SECONDS = 2.0

log = structlog.get_logger("deploy.bureaus")


def known(row: models.Bureau) -> Bureau:
    """The record as the broker knows it."""
    return Bureau(row.name, row.public_key, None if row.topics is None else tuple(row.topics))


async def on_record(session: AsyncSession) -> list[Bureau]:
    """Whom the broker is to let in."""
    return [known(row) for row in await queries.bureaus_let_in(session)]


async def follow(settings: StackSettings, *, every_seconds: float = EVERY_SECONDS) -> None:
    """Apply what is on record whenever it is not what was applied, until cancelled; a failure is tried again.

    Nothing else runs in this process's loop, so waiting for a command's lock or for the broker may hold it up.
    """
    async with open_databases(settings, ["gateway"]) as databases:
        failed = False
        while True:
            try:
                await _once(settings, databases["gateway"], anyway=failed)
                failed = False
            except (SQLAlchemyError, OSError, RuntimeError) as error:
                failed = True
                log.warning("bureaus-not-applied", error=repr(error))
            await asyncio.sleep(every_seconds)


async def _once(settings: StackSettings, database: Database, *, anyway: bool) -> None:
    if not anyway and _is_applied(settings, await _read(database)):
        return
    with broker.one_at_a_time(settings):
        bureaus = await _read(database)
        if anyway or not _is_applied(settings, bureaus):
            log.info("bureaus-applied", outcome=broker.apply(settings, bureaus), bureaus=len(bureaus))


async def _read(database: Database) -> Sequence[Bureau]:
    async with database.transaction() as session:
        return await on_record(session)


def _is_applied(settings: StackSettings, bureaus: Sequence[Bureau]) -> bool:
    return bureaus_text(bureaus) == bureaus_text(read_bureaus(settings.secrets.nats_bureaus))
