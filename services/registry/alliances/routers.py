"""The routes of the alliances' rooms."""

from typing import Final

from fastapi import APIRouter

from services.registry.alliances import members_router, router, talent_router

routers: Final[tuple[APIRouter, ...]] = (router.router, members_router.router, talent_router.router)
