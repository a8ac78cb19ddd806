"""The documents' routes under the cases that have them, and the sweep of files that nobody knows."""

from __future__ import annotations

import asyncio
from typing import Final

from services.evaluation.access import DIVISION_ROLES, READ_ALL
from services.evaluation.documents.models import Document
from services.evaluation.documents.shelves import EVALUATIONS
from shared.auth import roles as r
from shared.auth.principal import require
from shared.files.documents import sweep
from shared.files.router import documents_routes
from shared.logging import get_logger
from shared.runtime import Runtime

SWEEP_SECONDS: Final = 3600

log = get_logger(__name__)

_READERS: Final = require(*READ_ALL, *DIVISION_ROLES, r.CENTRE_OPERATOR, r.EXPERT)

routers = [documents_routes("/v1/evaluations", EVALUATIONS, readers=_READERS, writers=require(r.CENTRE_OPERATOR))]


async def sweep_storage(runtime: Runtime) -> None:
    """Every hour, in the elected process."""
    while True:
        log.info("swept", files=await sweep(runtime.db, runtime.files, Document))
        await asyncio.sleep(SWEEP_SECONDS)
