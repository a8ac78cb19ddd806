"""Wrong tries at naming a person are counted by account and day, and end in 429 without a word about anybody."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from services.registry.persons.models import WrongTries
from services.registry.settings import RegistrySettings
from tests.registry.support import Caller, Registry, expect, refused
from tests.registry.tenants.support import ENTERPRISES, fresh_card

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIMIT: int = RegistrySettings.model_fields["person_wrong_tries_a_day"].default


async def known(registry: Registry) -> tuple[str, str]:
    """The card of somebody behind another enterprise, and where the caller names persons."""
    card = fresh_card()
    elsewhere, own = await registry.enterprise(), await registry.enterprise()
    founder = {"capacity": "founder", "name": "扎西", "id_number": card}
    expect(await registry.officer.post(f"{ENTERPRISES}/{elsewhere['id']}/persons", founder), 201)
    return card, own["code"]


async def try_name(caller: Caller, enterprise_id: str, card: str, name: str) -> int:
    body = {"capacity": "founder", "name": name, "id_number": card}
    return (await caller.post(f"{ENTERPRISES}/{enterprise_id}/persons", body)).status_code


async def test_guessing_ends_for_the_day_and_right_names_do_not_count(
    registry: Registry, capfd: pytest.CaptureFixture[str]
) -> None:
    card, code = await known(registry)
    [own] = expect(await registry.officer.get(ENTERPRISES, code=code), 200)["items"]
    caller = registry.caller("enterprise", org=code, account="guessing")
    for number in range(LIMIT):
        assert await try_name(caller, own["id"], card, f"次仁{number}") == 409
    path = f"{ENTERPRISES}/{own['id']}/persons"
    answer = await caller.post(path, {"capacity": "founder", "name": "扎西", "id_number": card})
    refused(answer, 429, "person-tries-exhausted")
    assert 0 < int(answer.headers["Retry-After"]) <= 24 * 3600
    logged = "".join(capfd.readouterr())
    assert card not in logged
    assert "扎西" not in logged
    colleague = registry.caller("enterprise", org=code, account="careful")
    assert await try_name(colleague, own["id"], card, "扎西") == 201
    expect(await registry.officer.post(path, {"capacity": "founder", "name": "央金"}), 201)


async def test_a_new_day_begins_at_nothing(registry: Registry) -> None:
    card, code = await known(registry)
    [own] = expect(await registry.officer.get(ENTERPRISES, code=code), 200)["items"]
    caller = registry.caller("enterprise", org=code, account="guessing")
    for number in range(LIMIT):
        await try_name(caller, own["id"], card, f"次仁{number}")
    assert await try_name(caller, own["id"], card, "次仁") == 429
    async with registry.db.transaction() as session:
        await session.execute(update(WrongTries).values(day=WrongTries.day - 1))
    assert await try_name(caller, own["id"], card, "次仁") == 409
    assert await try_name(caller, own["id"], card, "扎西") == 201


async def test_bureaus_are_not_limited(registry: Registry) -> None:
    card, code = await known(registry)
    [own] = expect(await registry.officer.get(ENTERPRISES, code=code), 200)["items"]
    for number in range(LIMIT + 1):
        assert await try_name(registry.officer, own["id"], card, f"次仁{number}") == 409
