"""The demo accounts on a gateway alone: invited, confirmed, with second factors, within its limits; no second time."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from httpx import AsyncClient

from deploy.demo import files
from deploy.demo.accounts import Credentials, PasswordsLost, open_accounts, open_remaining_accounts
from deploy.demo.api_keys import open_api_key
from deploy.demo.client import Api
from deploy.demo.play import cast
from shared.auth.roles import SECOND_FACTOR_ROLES
from tests.e2e.test_demo import CAST, _open_admin
from tests.support.postgres import Cluster
from tests.support.suite import Suite

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]


async def _open(suite: Suite, credentials: Credentials) -> int:
    async with Api(suite.gateway_url, language="zh-CN") as api:
        world = cast(api, files.reduced(files.load(), CAST), credentials)
        credentials.write(api.base_url, world.data.accounts, world.callers)
        await open_accounts(world, credentials, partial(_open_admin, suite))
        await open_remaining_accounts(world)
        return api.writes


async def _open_key(suite: Suite, credentials: Credentials) -> int:
    async with Api(suite.gateway_url, language="zh-CN") as api:
        world = cast(api, files.reduced(files.load(), CAST), credentials)
        credentials.write(api.base_url, world.data.accounts, world.callers)
        await open_accounts(world, credentials, partial(_open_admin, suite))
        await api.arrived(world.callers["bank"])
        await open_api_key(world, credentials)
        return api.writes


async def _bank_of(suite: Suite, key: str) -> tuple[int, str]:
    """How the gateway answers the key, and the name it has there."""
    async with AsyncClient(base_url=suite.gateway_url) as http:
        answer = await http.get("/v1/api-keys", headers={"Authorization": f"Bearer {key}"})
    items = answer.json().get("items", [])
    return answer.status_code, next((item["name"] for item in items if item["public_id"] == key.split("_")[2]), "")


async def test_the_bank_s_key_works_is_kept_and_replaced_once_its_text_is_lost(
    postgres: Cluster, tmp_path: Path
) -> None:
    credentials = Credentials(tmp_path / "demo")
    with Suite(postgres, tmp_path / "suite", only=("gateway",)) as suite:
        await _open_key(suite, credentials)
        first = json.loads(credentials.path.read_text(encoding="utf-8"))["api_keys"]["bank:CCB"]
        assert await _bank_of(suite, first) == (200, "demonstration")
        again = Credentials(tmp_path / "demo")
        assert await _open_key(suite, again) == 0
        assert again.api_keys == {"bank:CCB": first}
        again.api_keys.clear()
        assert await _open_key(suite, again) > 0
        second = again.api_keys["bank:CCB"]
        assert second != first
        assert await _bank_of(suite, second) == (200, "demonstration")
        assert (await _bank_of(suite, first))[0] == 401


async def test_accounts_are_opened_once_with_their_second_factors(postgres: Cluster, tmp_path: Path) -> None:
    credentials = Credentials(tmp_path / "demo")
    limited = {"RATE_LIMITS": "on"}
    with Suite(postgres, tmp_path / "suite", only=("gateway",), extra=limited) as suite:
        assert await _open(suite, credentials) > 0
        kept = credentials.path.read_text(encoding="utf-8")
        assert await _open(suite, credentials) == 0
        assert credentials.path.read_text(encoding="utf-8") == kept
        accounts = json.loads(kept)["accounts"]
        assert "security_admin" in accounts
        for key, account in accounts.items():
            assert ("totp_secret" in account) is (key.removesuffix("_2") in SECOND_FACTOR_ROLES), key
        accounts["admin"].pop("totp_secret")
        content = {"base_url": "http://127.0.0.1:1", "accounts": accounts}
        credentials.path.write_text(json.dumps(content), encoding="utf-8")
        with pytest.raises(PasswordsLost):
            await _open(suite, credentials)
