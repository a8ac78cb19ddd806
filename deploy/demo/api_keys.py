"""The demonstration's API key: of a bank, proposed by one administrator and confirmed by the other."""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from deploy.demo.accounts import FIRST_DAY, Credentials
from deploy.demo.story.world import World
from shared.auth.roles import ADMIN, SECURITY_ADMIN

NAME: Final = "demonstration"
SCOPES: Final = (
    "*:read",
    "api-keys:write",
    "bank-products:write",
    "exposures:write",
    "loans:write",
    "referrals:write",
    "webhooks:write",
)
_OPEN: Final = ("proposed", "active")


async def open_api_key(world: World, credentials: Credentials) -> None:
    """Make the bank's key where there is none that works.

    It is kept before it is confirmed: what was interrupted in between goes on with the same key. Those whose text is
    lost are revoked, for two are live at a time.
    """
    row = next(row for row in world.data.accounts if row.key == "bank")
    name, admin, today = f"bank:{row.bank}", world.callers[ADMIN], FIRST_DAY
    accounts = [account async for account in world.api.items("/v1/accounts", admin)]
    account_id = next(account["id"] for account in accounts if account["username"] == row.username)
    keys = [key async for key in world.api.items("/v1/api-keys", admin, account_id=account_id, mode="live")]
    ours = {key["public_id"]: key for key in keys if key["name"] == NAME and key["status"] in _OPEN}
    key = ours.pop(credentials.api_keys.get(name, "__").split("_")[2], None)
    if key is None:
        for lost in ours.values():
            await world.api.post(f"/v1/api-keys/{lost['id']}/revoke", admin, today, key=f"api-key/{lost['id']}/revoke")
        body = {"name": NAME, "account_id": account_id, "scopes": SCOPES}
        key = await world.api.post("/v1/api-keys", admin, today, body, key=f"api-key/{uuid4()}")
        credentials.api_keys[name] = key["key"]
        credentials.write(world.api.base_url, world.data.accounts, world.callers)
    if key["status"] == "proposed":
        path = f"/v1/api-keys/{key['id']}/confirm"
        await world.api.post(path, world.callers[SECURITY_ADMIN], today, key=f"api-key/{key['id']}/confirm")
