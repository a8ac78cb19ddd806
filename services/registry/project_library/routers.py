"""The routes of the library: its projects, the choices of them, its publication rounds."""

from __future__ import annotations

from typing import Final

from services.registry.project_library import claims_router, rounds_router, router

routers: Final = (router.router, claims_router.router, rounds_router.router)
