"""The documents' routes under every kind of case, and the sweep of files that nobody knows."""

from __future__ import annotations

import asyncio
from typing import Final

from services.registry.documents.models import Document
from services.registry.documents.shelves import SHELVES
from services.registry.imports.worker import sweep_files
from shared.auth.principal import require
from shared.files.documents import sweep
from shared.files.router import documents_routes
from shared.logging import get_logger
from shared.runtime import Runtime

SWEEP_SECONDS: Final = 3600

log = get_logger(__name__)

# Who may see or change a case is told by the case's own scope: 404 for anybody else.
routers = [documents_routes(prefix, shelf, readers=require(), writers=require()) for prefix, shelf in SHELVES.items()]


async def sweep_storage(runtime: Runtime) -> None:
    """Every hour, in the elected process."""
    while True:
        count = await sweep(runtime.db, runtime.files, Document) + await sweep_files(runtime)
        log.info("swept", files=count)
        await asyncio.sleep(SWEEP_SECONDS)
