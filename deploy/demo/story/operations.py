"""Long work of the services, followed to its end."""

from __future__ import annotations

import asyncio
from typing import Final

from deploy.demo.client import Json
from deploy.demo.story.world import StoryBroken, World

_SECONDS: Final = 180.0
_PAUSE: Final = 0.1


async def finished(world: World, operation: Json, what: str) -> Json:
    """The operation once it is done. Raises StoryBroken where it fails, leaves something out or is too slow."""
    for _ in range(round(_SECONDS / _PAUSE)):
        if operation["status"] != "running":
            break
        await asyncio.sleep(_PAUSE)
        operation = await world.api.get(f"/v1/operations/{operation['id']}", world.auditor)
    if operation["status"] != "done" or operation["errors"]:
        kind, problem = operation["kind"], operation["errors"] or "too slow"
        raise StoryBroken(f"{kind} of {what} ended as {operation['status']}: {problem}")
    return operation
