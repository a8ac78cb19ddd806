"""The demonstration from the first account to the last step: for the command, and for tests with a smaller cast."""

from __future__ import annotations

from deploy.demo.accounts import Credentials, OpenAdmin, open_accounts, open_remaining_accounts
from deploy.demo.api_keys import open_api_key
from deploy.demo.client import Api
from deploy.demo.files import Data
from deploy.demo.story.telling import tell
from deploy.demo.story.world import Progress, World

EDITION = "lhasa-demo-2021"
"""Under which the story goes on after the policy's last day."""


class NoDemoEdition(RuntimeError):
    """The running stack knows only the policy itself, which ended before the story does."""


def cast(api: Api, data: Data, credentials: Credentials, progress: Progress | None = None) -> World:
    """Who plays: the data, and a caller with a password for each account of it."""
    return World(api, data, credentials.callers(data.accounts), progress or Progress())


async def play(world: World, credentials: Credentials, open_admin: OpenAdmin) -> None:
    """Do what is missing of the whole story. Raises RuntimeError with what an operator can do about it."""
    credentials.write(world.api.base_url, world.data.accounts, world.callers)
    await open_accounts(world, credentials, open_admin)
    if not (await world.api.get("/v1/rubrics", world.auditor, edition=EDITION))["items"]:
        raise NoDemoEdition(
            f"the stack runs without the policy edition {EDITION}, which the demonstration needs after 2020:"
            " stop it with `make down`, then run `make demo` again"
        )
    await tell(world)
    await open_remaining_accounts(world)
    await open_api_key(world, credentials)
